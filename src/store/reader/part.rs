//! One file and its index, open to read.

use std::fs::File;
use std::io;

use super::Archive;
use crate::store::index::{self, Kind, RECORD_BYTES, Record};
use crate::store::names;
use crate::sys::folder;

/// How many records are read at once.
const BLOCK: usize = 128;

/// One file and its index.
#[derive(Debug)]
pub(super) struct Part {
    text: Option<File>,
    index: File,
    /// Which file the index is, to see whether another one has taken its place.
    pub(super) number: u64,
    /// The record that comes next.
    next: u64,
    /// Records that have been read.
    block: Vec<Record>,
    /// The next of them.
    in_block: usize,
    /// Where the bytes of the last record ended.
    covered: u64,
}

impl Part {
    /// Opens a part of this age. `None` if there is none.
    pub(super) fn open(archive: &Archive, stem: &str, age: u32) -> io::Result<Option<Part>> {
        let index = match archive.index.read(&names::index(stem, age)) {
            Ok(index) => index,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = match archive.logs.read(&names::text(stem, age)) {
            Ok(text) => Some(text),
            // Somebody has removed it; then nothing is left of it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut head = [0; RECORD_BYTES];
        folder::read_at(&index, &mut head, 0)?;
        if head != [0; RECORD_BYTES] && !index::is_header(&head) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("`{}` was not written by this version of forge", names::index(stem, age)),
            ));
        }
        let number = folder::facts(&index)?.number;
        let mut part = Part { text, index, number, next: 1, block: Vec::new(), in_block: 0, covered: 0 };
        part.skip_what_is_gone()?;
        Ok(Some(part))
    }

    /// How many records there are, with the header.
    pub(super) fn records(&self) -> io::Result<u64> {
        Ok(folder::facts(&self.index)?.bytes / RECORD_BYTES as u64)
    }

    /// The bytes of the file, and when they were last changed.
    pub(super) fn facts(&self) -> io::Result<(u64, i64)> {
        let Some(text) = &self.text else { return Ok((0, 0)) };
        let facts = folder::facts(text)?;
        Ok((facts.bytes, facts.changed))
    }

    /// Reads one record, by its number.
    pub(super) fn record(&self, number: u64) -> io::Result<Option<Record>> {
        let mut bytes = [0; RECORD_BYTES];
        let length = folder::read_at(&self.index, &mut bytes, number * RECORD_BYTES as u64)?;
        Ok(Record::decode(&bytes[..length]))
    }

    /// Goes to a record; it comes next.
    pub(super) fn go_to(&mut self, number: u64) -> io::Result<()> {
        self.next = number;
        self.block.clear();
        self.in_block = 0;
        self.covered = match number {
            0 | 1 => 0,
            _ => {
                self.record(number - 1)?.map_or(0, |record| record.offset.saturating_add(record.text_bytes()))
            }
        };
        Ok(())
    }

    /// The number of the record that comes next.
    pub(super) fn place(&self) -> u64 {
        self.next - (self.block.len() - self.in_block) as u64
    }

    /// Takes the next record; with it, where the bytes that belong to it begin: some before its own may have lost theirs.
    pub(super) fn take(&mut self) -> io::Result<Option<(Record, u64)>> {
        if self.in_block == self.block.len() {
            self.read_block()?;
        }
        let Some(record) = self.block.get(self.in_block).copied() else { return Ok(None) };
        self.in_block += 1;
        let from = self.covered.min(record.offset);
        if matches!(record.kind, Kind::Text { .. } | Kind::Gap) {
            self.covered = record.offset.saturating_add(record.length);
            return Ok(Some((record, from)));
        }
        Ok(Some((record, record.offset)))
    }

    /// Where the bytes end of which records speak, as far as they have been taken.
    pub(super) fn covered(&self) -> u64 {
        self.covered
    }

    /// Says that bytes up to here have been taken without a record.
    pub(super) fn cover(&mut self, bytes: u64) {
        self.covered = bytes;
    }

    /// Reads bytes of the file, as far as they are there.
    pub(super) fn read(&self, from: u64, to: u64, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(text) = &self.text else { return Ok(()) };
        let length = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        // A record of a broken index may speak of anything.
        let there = usize::try_from(self.facts()?.0.saturating_sub(from)).unwrap_or(usize::MAX);
        let before = out.len();
        out.resize(before + length.min(there), 0);
        let read = folder::read_at(text, &mut out[before..], from)?;
        out.truncate(before + read);
        Ok(())
    }

    fn read_block(&mut self) -> io::Result<()> {
        let mut bytes = vec![0; BLOCK * RECORD_BYTES];
        let length = folder::read_at(&self.index, &mut bytes, self.next * RECORD_BYTES as u64)?;
        self.block.clear();
        self.in_block = 0;
        let whole = length - length % RECORD_BYTES;
        for bytes in bytes[..whole].chunks_exact(RECORD_BYTES) {
            self.next += 1;
            // Zeros, where a machine has lost its power.
            self.block.extend(Record::decode(bytes));
        }
        if self.block.is_empty() && whole > 0 {
            return self.read_block();
        }
        Ok(())
    }

    /// Somebody may have emptied the file and the process has gone on: what came before is gone.
    fn skip_what_is_gone(&mut self) -> io::Result<()> {
        let (mut begin, mut end) = (1, 0);
        loop {
            let place = self.place();
            let Some((record, _)) = self.take()? else { break };
            if record.offset < end {
                begin = place;
            }
            end = record.offset.saturating_add(record.text_bytes());
        }
        self.go_to(begin)?;
        if begin > 1 {
            self.covered = 0;
        }
        Ok(())
    }
}
