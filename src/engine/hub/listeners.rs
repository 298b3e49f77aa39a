//! Those who listen to everything that is said, and may go away at any time: clients of the control socket.
//!
//! Nobody waits for them. What a client has not taken yet is a text of limited length; when that is full, nothing is done for
//! the client any more until it takes. Then it hears what it has missed from the past, as far as that is kept, and of the rest
//! how many lines it was.

use std::collections::BTreeMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use memchr::memchr_iter;
use tokio::sync::Notify;

use super::past::{Mark, Past};
use crate::logs::{Frame, Origin, Sink, StreamId};
use crate::supervisor::Note;
use crate::sys::clock;
use crate::time::WallTime;

/// How much may wait for one of them.
pub(super) const FULL_BYTES: usize = 256 * 1024;

/// How many lines, in bytes, are told at once: a sink makes many times as much of short ones, and looks at the limit only between.
const PART_BYTES: usize = 4 * 1024;

/// How much of what was said before somebody wants to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// All that is kept.
    Oldest,
    /// The last lines that its sink shows.
    Last(usize),
}

/// When somebody has heard enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When it has heard all that was said before.
    Now,
    /// When the stack has ended.
    End,
}

/// What was said, and those who listen to it.
#[derive(Default)]
pub(super) struct Listeners {
    past: Past,
    all: Vec<Listener>,
    /// How many there ever were.
    count: u64,
    /// How many streams there are.
    streams: usize,
    /// How often one of them has taken something.
    taken: u64,
    /// Nothing more will be said.
    is_over: bool,
    /// Room for a text in one piece.
    copy: Vec<u8>,
}

/// One of them.
struct Listener {
    id: ListenerId,
    sink: Box<dyn Sink>,
    /// How far it has come.
    mark: Mark,
    /// Where it has heard enough.
    until: Option<Mark>,
    /// How many lines at the beginning it does not want to hear.
    skipped: usize,
    /// What was forgotten before it could hear it, by stream; forge's remarks under none.
    missed: BTreeMap<Option<StreamId>, u64>,
    /// Its sink has panicked.
    is_broken: bool,
    news: Rc<Notify>,
}

/// Which of all that ever listened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListenerId(u64);

/// What there is for one of them.
pub(super) enum Heard {
    Text(Vec<u8>),
    /// Nothing now; its sink waits for a silence.
    Waiting,
    Nothing,
    Over,
}

impl Listeners {
    pub(super) fn begins(&mut self, at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        self.streams = self.streams.max(stream.0 + 1);
        self.make_room(0);
        self.past.begins(at, stream, origin);
        self.tell();
    }

    pub(super) fn ends(&mut self, at: WallTime, stream: StreamId) {
        self.make_room(0);
        self.past.ends(at, stream);
        self.tell();
    }

    pub(super) fn note(&mut self, at: WallTime, note: &Note) {
        self.make_room(0);
        self.past.note(at, note);
        self.tell();
    }

    /// The hot path: where nobody listens, this is one copy.
    pub(super) fn frame(&mut self, at: WallTime, stream: StreamId, frame: Frame<'_>) {
        let length = match frame {
            Frame::Lines(lines) => lines.bytes().len(),
            Frame::Piece(piece) => piece.text.len(),
        };
        self.make_room(length);
        self.past.frame(at, stream, frame);
        self.tell();
    }

    fn make_room(&mut self, length: usize) {
        let Listeners { past, all, .. } = self;
        past.make_room(length, |forgotten| {
            for one in all.iter_mut() {
                if let Some((stream, lines)) = forgotten.lines_behind(one.mark) {
                    *one.missed.entry(stream).or_default() += lines;
                }
            }
        });
    }

    fn tell(&mut self) {
        for one in &mut self.all {
            one.hear(&self.past, &mut self.copy);
        }
    }

    /// Begins to listen, from what `make` makes; it makes the same sink twice where lines have to be counted.
    pub(super) fn add(
        &mut self,
        make: &dyn Fn() -> Box<dyn Sink>,
        since: Since,
        until: Until,
    ) -> (ListenerId, Rc<Notify>) {
        let end = self.past.end();
        let new = |sink| Listener {
            id: ListenerId(self.count),
            sink,
            mark: Mark::default(),
            until: Some(end),
            skipped: 0,
            missed: BTreeMap::new(),
            is_broken: false,
            news: Rc::new(Notify::new()),
        };
        let skipped = match since {
            Since::Oldest => 0,
            Since::Last(wanted) => new(make()).count_lines(&self.past, self.streams).saturating_sub(wanted),
        };
        let mut one = Listener { skipped, ..new(make()) };
        if until == Until::End {
            one.until = None;
        }
        self.count += 1;
        let found = (one.id, Rc::clone(&one.news));
        self.all.push(one);
        found
    }

    /// Stops listening.
    pub(super) fn remove(&mut self, id: ListenerId) {
        self.all.retain(|one| one.id != id);
    }

    /// Returns what there is for one of them.
    pub(super) fn take(&mut self, id: ListenerId) -> Heard {
        let Some(one) = self.all.iter_mut().find(|one| one.id == id) else { return Heard::Over };
        one.hear(&self.past, &mut self.copy);
        let end = if self.is_over { Some(self.past.end()) } else { None };
        let has_ended = one.has_heard(one.until) || one.has_heard(end);
        if has_ended && one.sink.pending().is_empty() {
            one.fall_silent(self.streams);
        }
        let text = mem::take(one.sink.pending());
        if !text.is_empty() && !one.is_broken {
            self.taken += 1;
            return Heard::Text(text);
        }
        if has_ended || one.is_broken {
            Heard::Over
        } else if one.holds_back(self.streams).next().is_some() {
            Heard::Waiting
        } else {
            Heard::Nothing
        }
    }

    /// Nothing has come for a while: what its sink holds back is not waited for any longer.
    pub(super) fn fall_silent(&mut self, id: ListenerId) {
        if let Some(one) = self.all.iter_mut().find(|one| one.id == id) {
            one.fall_silent(self.streams);
        }
    }

    /// Everything has been said.
    pub(super) fn end(&mut self) {
        self.is_over = true;
        for one in &self.all {
            one.news.notify_one();
        }
    }

    /// Returns how often something was taken, and whether somebody may still take something.
    pub(super) fn progress(&self) -> (u64, bool) {
        (self.taken, !self.all.is_empty())
    }
}

impl Listener {
    /// Hears what it has not heard yet, as long as there is room.
    fn hear(&mut self, past: &Past, copy: &mut Vec<u8>) {
        let waiting = self.sink.pending().len();
        if waiting >= FULL_BYTES || self.is_broken {
            return;
        }
        self.is_broken = catch_unwind(AssertUnwindSafe(|| self.hear_all(past, copy))).is_err();
        if self.is_broken || (waiting == 0 && !self.sink.pending().is_empty()) {
            self.news.notify_one();
        }
    }

    fn hear_all(&mut self, past: &Past, copy: &mut Vec<u8>) {
        if self.mark.is_before(past.oldest()) {
            self.leap(past);
        }
        while self.sink.pending().len() < FULL_BYTES && !self.has_heard(self.until) {
            let Some(mark) = past.tell(self.mark, PART_BYTES, copy, self.sink.as_mut()) else { return };
            self.mark = mark;
            self.skip();
        }
    }

    /// Goes on with the oldest that there is, and tells what is missing.
    fn leap(&mut self, past: &Past) {
        past.introduce(self.mark, self.sink.as_mut());
        self.mark = past.oldest();
        let missed = mem::take(&mut self.missed);
        let lines: u64 = missed.values().sum();
        let lines = usize::try_from(lines).unwrap_or(usize::MAX);
        // It was not to hear them anyway.
        let wanted = lines > self.skipped;
        self.skipped = self.skipped.saturating_sub(lines);
        if wanted {
            let now = clock::wall();
            for (stream, lines) in missed {
                self.sink.misses(now, stream, lines);
            }
        }
    }

    /// Takes away the lines at the beginning that it does not want to hear.
    fn skip(&mut self) {
        if self.skipped == 0 {
            return;
        }
        let text = self.sink.pending();
        if let Some(last) = memchr_iter(b'\n', text).nth(self.skipped - 1) {
            text.drain(..=last);
            self.skipped = 0;
        } else {
            self.skipped -= memchr_iter(b'\n', text).count();
            text.clear();
        }
    }

    /// Returns how many lines its sink makes of the past.
    fn count_lines(mut self, past: &Past, streams: usize) -> usize {
        let (mut copy, mut lines) = (Vec::new(), 0);
        let counted = catch_unwind(AssertUnwindSafe(|| {
            past.introduce(self.mark, self.sink.as_mut());
            self.mark = past.oldest();
            while let Some(mark) = past.tell(self.mark, PART_BYTES, &mut copy, self.sink.as_mut()) {
                self.mark = mark;
                lines += memchr_iter(b'\n', self.sink.pending()).count();
                self.sink.pending().clear();
            }
            self.fall_silent(streams);
            lines + memchr_iter(b'\n', self.sink.pending()).count()
        }));
        counted.unwrap_or(0)
    }

    fn has_heard(&self, end: Option<Mark>) -> bool {
        end.is_some_and(|end| !self.mark.is_before(end))
    }

    fn holds_back(&self, streams: usize) -> impl Iterator<Item = StreamId> {
        (0..streams).map(StreamId).filter(|stream| self.sink.holds_back(*stream))
    }

    fn fall_silent(&mut self, streams: usize) {
        let now = clock::wall();
        let silent: Vec<StreamId> = self.holds_back(streams).collect();
        let all = AssertUnwindSafe(|| silent.iter().for_each(|stream| self.sink.falls_silent(now, *stream)));
        self.is_broken |= catch_unwind(all).is_err();
        self.skip();
    }
}

#[cfg(test)]
impl Listeners {
    /// Returns how much waits for each of them.
    pub(super) fn waiting_bytes(&mut self) -> Vec<usize> {
        self.all.iter_mut().map(|one| one.sink.pending().len()).collect()
    }

    /// Returns how much memory the past takes.
    pub(super) fn kept_bytes(&self) -> usize {
        self.past.kept_bytes()
    }
}
