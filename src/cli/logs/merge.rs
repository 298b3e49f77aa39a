//! The lines of several processes as one stream, in the order in which forge read them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;

use super::super::args::Lines;
use super::Wish;
use crate::logs::Filter;
use crate::store::names::{EVENTS, SYSTEM};
use crate::store::reader::{Archive, Line, Start, Track};
use crate::ui::history::History;
use crate::ui::terminal;

/// How much is written at once.
const WRITE_BYTES: usize = 64 * 1024;

/// Whether there is somebody to show anything to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Everything,
    NobodyReads,
}

/// Everything that is read and shown.
pub(super) struct Merge {
    archive: Archive,
    wish: Wish,
    history: History,
    follows: bool,
    voices: BTreeMap<String, Voice>,
    /// The last lines, where only these are wanted, until all is read.
    last: Option<VecDeque<Said>>,
    /// How many lines these are.
    lines: usize,
    out: Vec<u8>,
    nobody_reads: bool,
}

/// The lines of one instance, or forge's remarks.
struct Voice {
    track: Track,
    filter: Filter<Line>,
    /// What is read and wanted.
    ready: VecDeque<Line>,
}

/// A line, and whose it is.
struct Said {
    name: String,
    position: usize,
    line: Line,
}

impl Merge {
    /// Opens what is wanted.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn new(archive: Archive, wish: Wish, history: History, follows: bool) -> io::Result<Merge> {
        let last = match wish.lines {
            Lines::All => None,
            Lines::Last(_) => Some(VecDeque::new()),
        };
        let voices = BTreeMap::new();
        let mut merge = Merge {
            archive,
            wish,
            history,
            follows,
            voices,
            last,
            lines: 0,
            out: Vec::new(),
            nobody_reads: false,
        };
        let start = merge.wish.start();
        for name in merge.wish.choice.of(&merge.archive.names()?) {
            merge.open(name, start)?;
        }
        // Of some of the remarks, nobody knows how many they are.
        let start = if merge.wish.choice.is_everybody() { start } else { Start::Oldest };
        if merge.history.has_remarks() {
            merge.open(EVENTS.to_owned(), start)?;
        }
        Ok(merge)
    }

    fn open(&mut self, name: String, start: Start) -> io::Result<()> {
        let mut track = Track::open(&self.archive, &name, start)?;
        let Wish { since, until, run, .. } = self.wish;
        track.only(&self.archive, since, until, run)?;
        if self.follows {
            track.without_orphans();
        }
        self.voices.insert(name, Voice { track, filter: Filter::default(), ready: VecDeque::new() });
        Ok(())
    }

    /// Looks whether somebody speaks who was not there before.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(super) fn look_for_new(&mut self) -> io::Result<()> {
        for name in self.wish.choice.of(&self.archive.names()?) {
            if !self.voices.contains_key(&name) {
                self.open(name, Start::Oldest)?;
            }
        }
        Ok(())
    }

    /// Returns whether something is held that may go on.
    pub(super) fn waits(&self) -> bool {
        self.voices.values().any(|voice| voice.filter.waits())
    }

    /// Shows what was held.
    pub(super) fn end_reports(&mut self) {
        for voice in self.voices.values_mut() {
            let mut out = Vec::new();
            voice.filter.end(&self.wish.question, &mut out);
            voice.ready.extend(out);
        }
    }

    /// Shows all that there is now.
    ///
    /// # Errors
    /// It cannot be read, or not be written.
    pub(super) fn show_all(&mut self) -> io::Result<Shown> {
        // The next line of each, by its order.
        let mut next = BTreeSet::new();
        let names: Vec<String> = self.voices.keys().cloned().collect();
        for name in &names {
            if let Some(order) = self.fill(name)? {
                next.insert((order, name));
            }
        }
        while let Some((_, name)) = next.pop_first() {
            self.take(name)?;
            if self.nobody_reads {
                return Ok(Shown::NobodyReads);
            }
            if let Some(order) = self.fill(name)? {
                next.insert((order, name));
            }
        }
        for said in self.last.take().into_iter().flatten() {
            self.show(&said)?;
        }
        self.flush()?;
        Ok(if self.nobody_reads { Shown::NobodyReads } else { Shown::Everything })
    }

    /// Reads until a line of this voice is wanted; returns its place in the order.
    fn fill(&mut self, name: &str) -> io::Result<Option<u64>> {
        let Merge { archive, wish, follows, voices, .. } = self;
        let Some(voice) = voices.get_mut(name) else { return Ok(None) };
        let mut out = Vec::new();
        while voice.ready.is_empty() {
            match voice.track.next(archive)? {
                Some(line) if name != EVENTS && wish.question.is_open() => out.push(line),
                Some(line) if !line.begins => voice.filter.go_on(line, &mut out),
                Some(line) if name == EVENTS => {
                    if let Some(remark) = Remark::of(&line.text)
                        && wish.choice.has(remark.about.as_deref().unwrap_or(SYSTEM))
                    {
                        voice.filter.hear(&wish.question, remark.text.as_bytes(), line, &mut out);
                    }
                }
                Some(line) => {
                    let text = line.text.clone();
                    voice.filter.hear(&wish.question, &text, line, &mut out);
                }
                None => {
                    if !*follows {
                        voice.filter.end(&wish.question, &mut out);
                    }
                    voice.ready.extend(out.drain(..));
                    break;
                }
            }
            voice.ready.extend(out.drain(..));
        }
        Ok(voice.ready.front().map(|line| line.order))
    }

    /// Shows the next line of a voice, to its end.
    fn take(&mut self, name: &str) -> io::Result<()> {
        loop {
            let Some(voice) = self.voices.get_mut(name) else { return Ok(()) };
            let Some(line) = voice.ready.pop_front() else { return Ok(()) };
            let ends = line.ends;
            let said = Said { name: name.to_owned(), position: voice.track.position(), line };
            match (&mut self.last, self.wish.lines) {
                (Some(last), Lines::Last(most)) => {
                    self.lines += usize::from(said.line.begins);
                    last.push_back(said);
                    while self.lines > most {
                        let gone = last.pop_front();
                        // The other pieces of a line go with its first.
                        self.lines -=
                            usize::from(last.front().is_none_or(|said| said.line.begins) && gone.is_some());
                    }
                }
                _ => self.show(&said)?,
            }
            if ends || self.nobody_reads {
                return Ok(());
            }
            self.fill(name)?;
        }
    }

    fn show(&mut self, said: &Said) -> io::Result<()> {
        let Said { name, position, line } = said;
        if name == EVENTS {
            if let Some(remark) = Remark::of(&line.text) {
                let about = remark
                    .about
                    .as_deref()
                    .map(|about| (about, self.voices.get(about).map_or(0, |voice| voice.track.position())));
                self.history.remark(about, &remark.text, &line.text, line.at, &mut self.out);
            }
        } else {
            self.history.line(name, *position, line, &mut self.out);
        }
        if self.out.len() >= WRITE_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() && !self.nobody_reads {
            self.nobody_reads = !terminal::out_to_reader(&self.out)?;
        }
        self.out.clear();
        Ok(())
    }
}

/// A remark of forge, as it is kept for programs.
struct Remark {
    about: Option<String>,
    text: String,
}

impl Remark {
    fn of(object: &[u8]) -> Option<Remark> {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(object).ok()?;
        let text = |key: &str| object.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        Some(Remark { about: text("instance"), text: text("text")? })
    }
}
