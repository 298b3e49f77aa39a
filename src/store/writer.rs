//! Writes what the sink has formatted to its files: a few descriptors for however many there are, and one write to a file
//! for all that has come together.
//!
//! What cannot be written is missing, and the file says so as soon as it can be written again; nobody waits for a disk to
//! have room.

mod file;

use std::io;

use self::file::{LogFile, Trouble};
use super::directory::Directory;
use super::frame::{self, Frame};
use super::names;
use crate::logs::Writer;
use crate::supervisor::Note;
use crate::time::WallTime;

/// How many log files are open at once; each has an index.
const OPEN: usize = 24;

/// How long a trouble that was told of is not told of again, in seconds.
const SILENCE: i64 = 60;

/// When a file is put aside, and how many of those are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// No file gets larger than this, in bytes, unless a single line is.
    pub bytes: u64,
    /// How many older parts there are of each.
    pub keep: u32,
}

/// Writes log files.
#[derive(Debug)]
pub struct LogWriter {
    directory: Directory,
    rotation: Rotation,
    files: Vec<LogFile>,
    /// Counts the uses of files.
    uses: u64,
    /// When somebody was told of a trouble.
    told: Option<WallTime>,
}

impl LogWriter {
    /// Writes into a directory. What is older than what is kept is removed.
    pub fn new(directory: Directory, rotation: Rotation) -> LogWriter {
        for name in directory.index.names().unwrap_or_default() {
            if let Some((stem, age)) = names::parts(&name)
                && age > rotation.keep
            {
                // Whatever cannot be removed is as it was.
                let _ = directory.logs.remove(&names::text(stem, age));
                let _ = directory.index.remove(&name);
            }
        }
        LogWriter { directory, rotation, files: Vec::new(), uses: 0, told: None }
    }

    /// Writes what has come for one file.
    fn flush(&mut self, number: usize, bytes: &[u8], notes: &mut Vec<Note>) {
        self.uses += 1;
        self.make_room(number);
        let LogWriter { directory, rotation, files, uses, told } = self;
        let Some(Trouble { name, at, error }) = files[number].flush(directory, *rotation, *uses, bytes)
        else {
            return;
        };
        if told.is_none_or(|told| at.seconds - told.seconds > SILENCE) {
            *told = Some(at);
            let file = directory.path.join(name).display().to_string();
            notes.push(Note::LogsIncomplete { file, errno: error.raw_os_error().unwrap_or(libc::EIO) });
        }
    }

    /// Closes the file that was not used for longest, where too many are open.
    fn make_room(&mut self, number: usize) {
        if self.files[number].is_open() || self.files.iter().filter(|file| file.is_open()).count() < OPEN {
            return;
        }
        if let Some(idle) = self.files.iter_mut().filter(|file| file.is_open()).min_by_key(|file| file.used) {
            idle.close();
        }
    }
}

impl Writer for LogWriter {
    fn write(&mut self, bytes: &[u8], notes: &mut Vec<Note>) -> io::Result<usize> {
        let mut rest = bytes;
        let mut touched = Vec::new();
        while let Some(frame) = frame::take(&mut rest) {
            match frame {
                Frame::File(name) => self.files.push(LogFile::new(names::stem(name))),
                Frame::Record(record, text) => {
                    let number = usize::try_from(record.offset).unwrap_or(usize::MAX);
                    let Some(file) = self.files.get_mut(number) else { continue };
                    if !file.has_news() {
                        touched.push(number);
                    }
                    let start = bytes.len() - rest.len() - text.len();
                    file.hear(record, start..start + text.len());
                }
            }
        }
        for number in touched {
            self.flush(number, bytes, notes);
        }
        Ok(bytes.len())
    }
}

#[cfg(test)]
mod tests;
