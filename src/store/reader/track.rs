//! The lines of one instance, over all parts of its log.

use std::collections::BTreeMap;
use std::io;

use memchr::{memchr, memchr_iter};

use super::part::Part;
use super::{Archive, Line};
use crate::logs::Channel;
use crate::logs::when::Moment;
use crate::store::index::{Kind, Record};
use crate::store::names;

/// How much of a line is handed out in one piece.
const LONGEST_PIECE_BYTES: usize = 1 << 20;

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the oldest line.
    Oldest,
    /// So many lines before the end, or a few more.
    Last(usize),
    /// With what is written from now on.
    Now,
}

/// Which records are wanted; lines of others are not even read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Wanted {
    since: Option<Moment>,
    until: Option<Moment>,
    run: Option<u32>,
}

/// The lines of one instance, one after the other.
#[derive(Debug)]
pub struct Track {
    stem: String,
    part: Option<Part>,
    /// The order of the last record that was taken, so that nothing is taken twice while parts grow older.
    last_order: u64,
    wanted: Wanted,
    pids: BTreeMap<u32, i32>,
    /// The position of the process in its Procfile, as the latest run knew it.
    position: usize,
    /// What was read and not handed out.
    text: Vec<u8>,
    handed_out: usize,
    /// What the index says of the last bytes of it.
    current: Option<Record>,
    /// What it says of the beginning of a line that began earlier.
    head: Option<Record>,
    /// Whether the next piece begins a line.
    begins: bool,
    /// Whether bytes without a record are lines, too: at the end of what a killed forge has left.
    orphans: bool,
}

impl Track {
    /// Opens the lines of an instance, or of `system`.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn open(archive: &Archive, name: &str, start: Start) -> io::Result<Track> {
        let mut track = Track {
            stem: names::stem(name),
            part: None,
            last_order: 0,
            wanted: Wanted::default(),
            pids: BTreeMap::new(),
            position: 0,
            text: Vec::new(),
            handed_out: 0,
            current: None,
            head: None,
            begins: true,
            orphans: true,
        };
        match start {
            Start::Oldest => {}
            Start::Last(lines) => track.go_back(archive, lines)?,
            Start::Now => track.go_back(archive, 0)?,
        }
        Ok(track)
    }

    /// Leaves out what was read before, or after, or in another run. A run that is negative counts from the last one, which is -1.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn only(
        &mut self,
        archive: &Archive,
        since: Option<Moment>,
        until: Option<Moment>,
        run: Option<i64>,
    ) -> io::Result<()> {
        let run = match run {
            None => None,
            Some(run) if run >= 0 => Some(u32::try_from(run).unwrap_or(u32::MAX)),
            Some(back) => {
                let last = i64::from(self.last_run(archive)?);
                // No run has the largest number.
                Some(u32::try_from(last + 1 + back).ok().filter(|run| *run > 0).unwrap_or(u32::MAX))
            }
        };
        self.wanted = Wanted { since, until, run };
        Ok(())
    }

    /// Leaves out bytes that no record speaks of: a forge that runs is about to write their records.
    pub fn without_orphans(&mut self) {
        self.orphans = false;
    }

    /// Returns the name of the index to which what comes is added.
    pub fn index_name(&self) -> String {
        names::index(&self.stem, 0)
    }

    /// Returns the position of the process in its Procfile, as the last run that was read knew it.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Returns the next line. `None` where there is none yet.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn next(&mut self, archive: &Archive) -> io::Result<Option<Line>> {
        loop {
            if let Some(line) = self.line() {
                return Ok(Some(line));
            }
            let taken = match &mut self.part {
                Some(part) => part.take()?,
                None => None,
            };
            match taken {
                Some((record, _)) if record.order <= self.last_order => {}
                Some((record, from)) => {
                    self.last_order = record.order;
                    self.take(record, from)?;
                }
                None => {
                    if self.take_orphans()? || self.open_next(archive)? {
                        continue;
                    }
                    return Ok(if self.orphans { self.unfinished() } else { None });
                }
            }
        }
    }

    /// Takes one record and the bytes that belong to it.
    fn take(&mut self, record: Record, from: u64) -> io::Result<()> {
        match record.kind {
            Kind::Run => {
                self.learn(&record);
                return Ok(());
            }
            Kind::End => return Ok(()),
            Kind::Text { .. } | Kind::Gap => {}
        }
        self.text.drain(..self.handed_out);
        self.handed_out = 0;
        let Wanted { since, until, run } = self.wanted;
        let at = Moment::of(record.at);
        if since.is_some_and(|since| at < since)
            || until.is_some_and(|until| at > until)
            || run.is_some_and(|run| run != record.run)
        {
            self.text.clear();
            self.head = None;
            self.begins = true;
            return Ok(());
        }
        self.current = Some(record);
        match &self.part {
            Some(part) => part.read(from, record.offset.saturating_add(record.length), &mut self.text),
            None => Ok(()),
        }
    }

    fn learn(&mut self, run: &Record) {
        self.pids.insert(run.run, i32::try_from(run.length).unwrap_or(0));
        self.position = run.missing as usize;
    }

    /// Hands out the next line of what was read.
    fn line(&mut self) -> Option<Line> {
        let current = self.current?;
        let rest = &self.text[self.handed_out..];
        let (length, ends) = match memchr(b'\n', rest) {
            Some(end) => (end, true),
            None if rest.len() >= LONGEST_PIECE_BYTES => (rest.len(), false),
            None => {
                if !rest.is_empty() {
                    self.head.get_or_insert(current);
                }
                return None;
            }
        };
        Some(self.hand_out(length, ends, current))
    }

    /// Hands out the end of a line that will not go on.
    fn unfinished(&mut self) -> Option<Line> {
        let current = self.current?;
        let length = self.text.len() - self.handed_out;
        (length > 0).then(|| self.hand_out(length, true, current))
    }

    fn hand_out(&mut self, length: usize, ends: bool, current: Record) -> Line {
        let rest = &self.text[self.handed_out..];
        let text = rest[..length].to_vec();
        self.handed_out += (length + usize::from(ends)).min(rest.len());
        let about = self.head.unwrap_or(current);
        self.head = (!ends).then_some(about);
        let begins = std::mem::replace(&mut self.begins, ends);
        Line {
            text,
            begins,
            ends,
            at: about.at,
            order: about.order,
            channel: about.channel,
            run: about.run,
            pid: self.pids.get(&about.run).copied(),
            gap: about.kind == Kind::Gap,
        }
    }

    /// Takes the bytes at the end of a part of which no record speaks.
    fn take_orphans(&mut self) -> io::Result<bool> {
        let Some(part) = &mut self.part else { return Ok(false) };
        if !self.orphans {
            return Ok(false);
        }
        let (bytes, changed) = part.facts()?;
        let from = part.covered();
        if bytes <= from {
            return Ok(false);
        }
        part.cover(bytes);
        let last = self.current;
        let record = Record {
            kind: Kind::Text { begins: true, ends: true, broken: false },
            channel: last.map_or(Channel::Both, |last| last.channel),
            at: Moment(changed).wall(last.map_or(0, |last| last.at.utc_offset)),
            order: if last.is_some() { self.last_order } else { u64::try_from(changed).unwrap_or(0) },
            offset: from,
            length: bytes - from,
            run: last.map_or(0, |last| last.run),
            missing: 0,
        };
        self.take(record, from)?;
        Ok(true)
    }

    /// Opens the next part, if there is one.
    fn open_next(&mut self, archive: &Archive) -> io::Result<bool> {
        let before = self.part.as_ref().map(|part| part.number);
        if before.is_some() && before == archive.number_of(&names::index(&self.stem, 0)) {
            return Ok(false);
        }
        let Some(oldest) = archive.oldest(&self.stem) else { return Ok(false) };
        for age in (0..=oldest).rev() {
            let Some(part) = Part::open(archive, &self.stem, age)? else { continue };
            let last = part.record(part.records()?.saturating_sub(1))?.map_or(0, |record| record.order);
            if Some(part.number) != before && (last > self.last_order || age == 0) {
                // The old part may have grown between the look at it and its end.
                if let Some(old) = &mut self.part
                    && let Some((record, from)) = old.take()?
                    && record.order > self.last_order
                {
                    self.last_order = record.order;
                    self.take(record, from)?;
                    return Ok(true);
                }
                self.part = Some(part);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes so many lines back from the end, or a few more.
    fn go_back(&mut self, archive: &Archive, lines: usize) -> io::Result<()> {
        let mut missing = lines;
        let mut age = 0;
        let oldest = archive.oldest(&self.stem).unwrap_or(0);
        loop {
            let part = Part::open(archive, &self.stem, age)?;
            if let Some(mut part) = part {
                let first = part.place();
                let mut place = part.records()?.max(first);
                let mut text = Vec::new();
                while place > first && missing > 0 {
                    place -= 1;
                    let Some(record) = part.record(place)? else { continue };
                    if record.text_bytes() == 0 {
                        continue;
                    }
                    text.clear();
                    part.read(record.offset, record.offset.saturating_add(record.length), &mut text)?;
                    missing = missing.saturating_sub(memchr_iter(b'\n', &text).count());
                    if missing == 0 && matches!(record.kind, Kind::Text { begins: false, .. }) {
                        // Not with half a line.
                        missing = 1;
                    }
                }
                if missing == 0 || age >= oldest {
                    while part.place() < place {
                        let Some((record, _)) = part.take()? else { break };
                        self.last_order = record.order;
                        if record.kind == Kind::Run {
                            self.learn(&record);
                        }
                    }
                    // Bytes without a record may be the end of a line that is not wanted.
                    if place > first
                        && let Some(record) = part.record(place)?
                    {
                        part.cover(record.offset);
                    }
                    self.part = Some(part);
                    return Ok(());
                }
            }
            if age >= oldest {
                return Ok(());
            }
            age += 1;
        }
    }

    fn last_run(&self, archive: &Archive) -> io::Result<u32> {
        for age in 0..=archive.oldest(&self.stem).unwrap_or(0) {
            let Some(part) = Part::open(archive, &self.stem, age)? else { continue };
            for place in (1..part.records()?).rev() {
                if let Some(record) = part.record(place)?
                    && record.run > 0
                {
                    return Ok(record.run);
                }
            }
        }
        Ok(0)
    }
}
