//! One log file and its index, as the writer sees them.

use std::fs::File;
use std::io;
use std::mem;
use std::ops::Range;

use super::Rotation;
use crate::logs::time_of_day;
use crate::store::directory::Directory;
use crate::store::index::{self, Kind, RECORD_BYTES, Record};
use crate::store::names;
use crate::sys::folder;
use crate::time::WallTime;

/// How long a file that could not be written is left alone, in seconds.
const REST: i64 = 1;

/// A log file, open or not.
#[derive(Debug)]
pub(super) struct LogFile {
    stem: String,
    open: Option<Open>,
    /// When it was used last, as a number.
    pub(super) used: u64,
    /// Whether its end stands at the beginning of a line.
    between_lines: bool,
    /// How many runs there were before this session; known since it was first open.
    runs_before: Option<u32>,
    /// The latest run, to go on in the next part.
    run: Option<Record>,
    /// What has come and is not written yet.
    news: Vec<(Record, Range<usize>)>,
    missing: Option<Missing>,
}

#[derive(Debug)]
struct Open {
    text: File,
    index: File,
    bytes: u64,
    index_bytes: u64,
}

/// Lines that could not be written.
#[derive(Debug)]
struct Missing {
    lines: u32,
    bytes: u64,
    since: Record,
    last_try: WallTime,
    why: String,
}

/// What could not be written, and why.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) name: String,
    pub(super) at: WallTime,
    pub(super) error: io::Error,
}

impl LogFile {
    pub(super) fn new(stem: String) -> LogFile {
        LogFile {
            stem,
            open: None,
            used: 0,
            between_lines: true,
            runs_before: None,
            run: None,
            news: Vec::new(),
            missing: None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Takes a record for the next flush; its bytes stand there in what is written.
    pub(super) fn hear(&mut self, record: Record, text: Range<usize>) {
        self.news.push((record, text));
    }

    /// Writes all that has come. Whatever cannot be written is missing from then on.
    pub(super) fn flush(
        &mut self,
        directory: &Directory,
        rotation: Rotation,
        use_: u64,
        bytes: &[u8],
    ) -> Option<Trouble> {
        self.used = use_;
        let news = mem::take(&mut self.news);
        let (last, _) = news.last()?;
        let at = last.at;
        // At the end of a run it is tried in any case: nobody knows whether there is another.
        if let Some(missing) = &self.missing
            && !news.iter().any(|(record, _)| record.kind == Kind::End)
            && (missing.last_try.seconds..=missing.last_try.seconds + REST).contains(&at.seconds)
        {
            self.miss(&news, bytes, None);
            return None;
        }
        let mut rest = news.as_slice();
        while !rest.is_empty() {
            let written = self.prepare(directory).and_then(|()| {
                self.write_gap()?;
                let length = self.fitting(rest, rotation);
                if length == 0 {
                    self.rotate(directory, rotation)?;
                    return Ok(0);
                }
                self.append(&rest[..length], bytes).map(|()| length)
            });
            match written {
                Ok(length) => rest = &rest[length..],
                // A limit of the file system, lower than ours: the next part has as much room again.
                Err(error)
                    if error.kind() == io::ErrorKind::FileTooLarge
                        && self.between_lines
                        && self.open.as_ref().is_some_and(|open| open.bytes > 0)
                        && self.rotate(directory, rotation).is_ok() => {}
                Err(error) => {
                    self.miss(rest, bytes, Some((&error, at)));
                    return Some(Trouble { name: names::text(&self.stem, 0), at, error });
                }
            }
        }
        None
    }

    /// Sees to it that the file is open and what it was.
    fn prepare(&mut self, directory: &Directory) -> io::Result<()> {
        if let Some(open) = &mut self.open {
            let facts = folder::facts(&open.text)?;
            if facts.named {
                // Somebody may have emptied it, as `: > web.1.log` does.
                open.bytes = facts.bytes;
                return Ok(());
            }
            // Somebody has removed it.
            self.open = None;
        }
        if self.runs_before.is_none() {
            repair(directory, &self.stem);
        }
        let text = directory.logs.append(&names::text(&self.stem, 0))?;
        let index = directory.index.append(&names::index(&self.stem, 0))?;
        let mut index_bytes = folder::facts(&index)?.bytes;
        let mut head = [0; RECORD_BYTES];
        folder::read_at(&index, &mut head, 0)?;
        if !index::is_header(&head) {
            folder::cut(&index, 0)?;
            folder::write_pieces(&index, &[&index::header()]).map_err(|(_, error)| error)?;
            index_bytes = RECORD_BYTES as u64;
        }
        // A forge that was killed may have left half a record.
        let whole = index_bytes - index_bytes % RECORD_BYTES as u64;
        if whole != index_bytes {
            folder::cut(&index, whole)?;
        }
        let mut bytes = folder::facts(&text)?.bytes;
        if self.runs_before.is_none() {
            self.runs_before = Some(runs_until_now(directory, &self.stem));
            let mut last = [b'\n'];
            if bytes > 0 {
                folder::read_at(&text, &mut last, bytes - 1)?;
            }
            if last != *b"\n" {
                // Half a line of an earlier session.
                folder::write_pieces(&text, &[b"\n"]).map_err(|(_, error)| error)?;
                bytes += 1;
            }
        }
        self.open = Some(Open { text, index, bytes, index_bytes: whole });
        Ok(())
    }

    /// Returns how many of these fit into the file; at least one, if a part cannot begin here or it is empty.
    fn fitting(&self, news: &[(Record, Range<usize>)], rotation: Rotation) -> usize {
        let Some(open) = &self.open else { return 0 };
        let (mut bytes, mut index_bytes, mut between_lines) =
            (open.bytes, open.index_bytes, self.between_lines);
        for (place, (record, _)) in news.iter().enumerate() {
            let length = record.text_bytes();
            let is_full = bytes > 0 && bytes + length > rotation.bytes
                || index_bytes > rotation.bytes.max(16 * RECORD_BYTES as u64);
            if is_full && between_lines {
                return place;
            }
            bytes += length;
            index_bytes += RECORD_BYTES as u64;
            between_lines = is_between_lines(record).unwrap_or(between_lines);
        }
        news.len()
    }

    /// Writes bytes, and the records that speak of them. All of it or nothing.
    fn append(&mut self, news: &[(Record, Range<usize>)], bytes: &[u8]) -> io::Result<()> {
        let runs_before = self.runs_before.unwrap_or(0);
        let Some(open) = &mut self.open else { return Ok(()) };
        let mut texts: Vec<&[u8]> = Vec::with_capacity(news.len());
        let mut records = Vec::with_capacity(news.len() * RECORD_BYTES);
        let (mut offset, mut between_lines, mut latest) = (open.bytes, self.between_lines, self.run);
        for (record, text) in news {
            let run = if record.run == 0 { 0 } else { runs_before.saturating_add(record.run) };
            let record = Record { offset, run, ..*record };
            records.extend_from_slice(&record.encode());
            texts.push(&bytes[text.clone()]);
            offset += text.len() as u64;
            if record.kind == Kind::Run {
                latest = Some(record);
            }
            between_lines = is_between_lines(&record).unwrap_or(between_lines);
        }
        write_both(open, &texts, &records)?;
        self.between_lines = between_lines;
        self.run = latest;
        Ok(())
    }

    /// Notes that lines are missing.
    fn miss(
        &mut self,
        news: &[(Record, Range<usize>)],
        bytes: &[u8],
        failed: Option<(&io::Error, WallTime)>,
    ) {
        for (record, text) in news {
            match record.kind {
                Kind::Text { .. } | Kind::Gap => {}
                Kind::Run => {
                    // It goes on in what comes.
                    let run = self.runs_before.unwrap_or(0).saturating_add(record.run);
                    self.run = Some(Record { run, ..*record });
                    continue;
                }
                Kind::End => continue,
            }
            let lines = memchr::memchr_iter(b'\n', &bytes[text.clone()]).count();
            let missing = self.missing.get_or_insert_with(|| Missing {
                lines: 0,
                bytes: 0,
                since: *record,
                last_try: record.at,
                why: String::new(),
            });
            missing.lines = missing.lines.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            missing.bytes += text.len() as u64;
        }
        if let (Some(missing), Some((error, at))) = (&mut self.missing, failed) {
            missing.last_try = at;
            missing.why = reason(error);
        }
    }

    /// Says what is missing, now that the file can be written again.
    fn write_gap(&mut self) -> io::Result<()> {
        let (Some(missing), Some(open)) = (&self.missing, &mut self.open) else { return Ok(()) };
        let lines =
            if missing.lines == 1 { "1 line is".to_owned() } else { format!("{} lines are", missing.lines) };
        let time = time_of_day(missing.since.at);
        let before = if self.between_lines { "" } else { "\n" };
        let text = format!(
            "{before}[forge: {lines} missing here ({} bytes, from {time} on): {}]\n",
            missing.bytes, missing.why
        );
        let gap = Record {
            kind: Kind::Gap,
            offset: open.bytes,
            length: text.len() as u64,
            missing: missing.lines,
            run: if missing.since.run == 0 { 0 } else { self.runs_before.unwrap_or(0) + missing.since.run },
            ..missing.since
        };
        let mut records = Vec::new();
        // Before the gap, to which it belongs.
        if let Some(run) = self.run {
            records.extend_from_slice(&Record { offset: open.bytes, ..run }.encode());
        }
        records.extend_from_slice(&gap.encode());
        write_both(open, &[text.as_bytes()], &records)?;
        self.between_lines = true;
        self.missing = None;
        Ok(())
    }

    /// Puts the file aside, and what is too old away.
    fn rotate(&mut self, directory: &Directory, rotation: Rotation) -> io::Result<()> {
        self.open = None;
        if rotation.keep == 0 {
            directory.logs.remove(&names::text(&self.stem, 0))?;
            directory.index.remove(&names::index(&self.stem, 0))?;
        }
        for age in (0..rotation.keep).rev() {
            shift(directory, &self.stem, age)?;
        }
        self.prepare(directory)?;
        if let (Some(run), Some(open)) = (self.run, &mut self.open) {
            write_both(open, &[], &Record { offset: 0, ..run }.encode())?;
        }
        Ok(())
    }
}

/// Makes a part one older: first the text, then its index.
fn shift(directory: &Directory, stem: &str, age: u32) -> io::Result<()> {
    for renamed in [
        directory.logs.rename(&names::text(stem, age), &names::text(stem, age + 1)),
        directory.index.rename(&names::index(stem, age), &names::index(stem, age + 1)),
    ] {
        match renamed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Ends what a killed forge has left half done in `shift`.
fn repair(directory: &Directory, stem: &str) {
    let mut age = 0;
    while directory.index.has(&names::index(stem, age)) || directory.index.has(&names::index(stem, age + 1)) {
        let alone =
            !directory.logs.has(&names::text(stem, age)) && directory.index.has(&names::index(stem, age));
        let awaited = directory.logs.has(&names::text(stem, age + 1))
            && !directory.index.has(&names::index(stem, age + 1));
        if alone && awaited {
            // If that fails, the times of these lines are not known.
            let _ = directory.index.rename(&names::index(stem, age), &names::index(stem, age + 1));
        }
        age += 1;
    }
}

/// Returns the number of the last run that any part knows.
fn runs_until_now(directory: &Directory, stem: &str) -> u32 {
    let last_run = |age: u32| {
        let index = directory.index.read(&names::index(stem, age)).ok()?;
        let mut at = folder::facts(&index).ok()?.bytes / RECORD_BYTES as u64;
        let mut bytes = [0; RECORD_BYTES];
        while at > 1 {
            at -= 1;
            folder::read_at(&index, &mut bytes, at * RECORD_BYTES as u64).ok()?;
            if let Some(record) = Record::decode(&bytes)
                && record.run > 0
            {
                return Some(record.run);
            }
        }
        None
    };
    (0..2).find_map(last_run).unwrap_or(0)
}

/// Writes text and records, both or neither.
fn write_both(open: &mut Open, texts: &[&[u8]], records: &[u8]) -> io::Result<()> {
    let length: u64 = texts.iter().map(|text| text.len() as u64).sum();
    let written =
        folder::write_pieces(&open.text, texts).and_then(|()| folder::write_pieces(&open.index, &[records]));
    if let Err((_, error)) = written {
        // Half a line would be taken for a whole one. What cannot be cut off stays, without a record.
        let _ = folder::cut(&open.text, open.bytes);
        let _ = folder::cut(&open.index, open.index_bytes);
        return Err(error);
    }
    open.bytes += length;
    open.index_bytes += records.len() as u64;
    Ok(())
}

/// Whether a file stands between two lines behind what a record speaks of; `None` if it changes nothing.
fn is_between_lines(record: &Record) -> Option<bool> {
    match record.kind {
        Kind::Text { ends, broken, .. } => Some(ends || broken),
        Kind::Gap => Some(true),
        Kind::Run | Kind::End => None,
    }
}

/// The reason in small letters, without the number of the error.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
