//! The reader: looks at every line, whether it is whole, and whose it is and which.

use std::time::Instant;

use super::flood::{HEAD_BYTES, LINE_BYTES, PADDING_BYTES, now, padding};

/// What has been seen.
pub(super) struct Check {
    /// When the first and the last bytes of a process came.
    pub(super) first: Option<Instant>,
    pub(super) last: Instant,
    /// Lines of floods that were as they should be.
    pub(super) good: u64,
    /// For each process the number of its next line.
    next: Vec<usize>,
    ended: Vec<bool>,
    lines_each: usize,
    torn: u64,
    lost: u64,
    doubled_or_late: u64,
    /// How much of a line of `#` came, and in how many pieces.
    pub(super) long_bytes: usize,
    pub(super) long_pieces: usize,
    pub(super) latencies: Vec<u64>,
    padding: Vec<u8>,
    rest: Vec<u8>,
    is_long: bool,
}

impl Check {
    pub(super) fn new(processes: usize, lines_each: usize) -> Check {
        Check {
            first: None,
            last: Instant::now(),
            good: 0,
            next: vec![0; 64],
            ended: vec![false; processes],
            lines_each,
            torn: 0,
            lost: 0,
            doubled_or_late: 0,
            long_bytes: 0,
            long_pieces: 0,
            latencies: Vec::new(),
            padding: padding(),
            rest: Vec::new(),
            is_long: false,
        }
    }

    /// Takes what was read.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.last = Instant::now();
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, behind) = rest.split_at(end);
            if self.rest.is_empty() {
                self.line(line);
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(line);
                self.line(&whole);
                whole.clear();
                self.rest = whole;
            }
            rest = &behind[1..];
        }
        self.rest.extend_from_slice(rest);
        // A long line is counted and not kept.
        if self.rest.len() > 1 << 20 && self.rest.ends_with(b"#") {
            self.long_bytes += memchr::memchr_iter(b'#', &self.rest).count();
            self.is_long = true;
            self.rest.clear();
        }
    }

    fn line(&mut self, line: &[u8]) {
        if std::mem::take(&mut self.is_long) || line.ends_with(b"#") {
            self.long_bytes += memchr::memchr_iter(b'#', line).count();
            self.long_pieces += 1;
            return;
        }
        let Some(at) = memchr::memchr(b'@', line) else {
            // A remark of the program, or what is left of a line whose head is elsewhere.
            self.torn += u64::from(memchr::memmem::find(line, b"abcdefgh").is_some());
            return;
        };
        self.first.get_or_insert_with(Instant::now);
        if self.own(&line[at..]).is_none() {
            self.torn += 1;
        }
    }

    /// Looks at what a process wrote; `None` if it is no whole line of it.
    fn own(&mut self, line: &[u8]) -> Option<()> {
        let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<usize>().ok();
        let id = number(line.get(1..5)?)?;
        let next = self.next.get_mut(id)?;
        match line.get(5)? {
            b'L' => {
                let this = number(line.get(6..HEAD_BYTES)?)?;
                let letters = &self.padding[this % 26..][..PADDING_BYTES];
                if line.len() != LINE_BYTES - 1
                    || &line[HEAD_BYTES..LINE_BYTES - 2] != letters
                    || !line.ends_with(b"$")
                {
                    return None;
                }
                if this < *next {
                    self.doubled_or_late += 1;
                } else {
                    self.lost += (this - *next) as u64;
                    *next = this + 1;
                }
                self.good += 1;
            }
            b'T' => self.latencies.push(now().saturating_sub(number(line.get(6..26)?)? as u64)),
            b'E' => {
                self.lost += number(line.get(6..HEAD_BYTES)?)?.saturating_sub(*next) as u64;
                if let Some(ended) = self.ended.get_mut(id) {
                    self.doubled_or_late += u64::from(*ended);
                    *ended = true;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Says that so many processes were ended in the middle of a line.
    pub(super) fn expect_cut_lines(&mut self, processes: u64) {
        self.torn = self.torn.saturating_sub(processes);
    }

    /// Returns whether every process has said its last line.
    pub(super) fn is_over(&self) -> bool {
        self.ended.iter().all(|ended| *ended)
    }

    /// Returns what was wrong.
    pub(super) fn complaint(&self) -> Option<String> {
        let Check { torn, lost, doubled_or_late, .. } = self;
        let unsaid = if self.lines_each > 0 { self.ended.iter().filter(|ended| !**ended).count() } else { 0 };
        let wrong = *torn + *lost + *doubled_or_late > 0 || unsaid > 0;
        wrong.then(|| {
            format!("{torn} TORN, {lost} LOST, {doubled_or_late} DOUBLED OR LATE, {unsaid} processes without an end")
        })
    }
}
