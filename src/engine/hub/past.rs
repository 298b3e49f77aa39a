//! What was said lately, by everybody, in the order in which it was shown: for whoever comes later and asks.
//!
//! It is made for writing: a batch of lines costs one copy and one small entry, and nothing is looked at twice. What
//! it means for somebody (a format, a filter) is found out when it is read, which may be never.

use std::collections::VecDeque;
use std::mem::size_of;

use memchr::{memchr, memchr_iter, memrchr};

use crate::logs::{Channel, Frame, Lines, Origin, Piece, Sink, StreamId};
use crate::project::InstanceSpec;
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;

/// How much is kept, texts and all that belongs to them.
pub(super) const KEPT_BYTES: usize = 512 * 1024;

/// From this size on the room for texts is made as large as it will ever be: growing by halves would end above it.
const WHOLE_BYTES: usize = KEPT_BYTES / 2;

/// What was said lately.
#[derive(Default)]
pub(super) struct Past {
    entries: VecDeque<Entry>,
    /// The texts of all entries, one behind the other.
    texts: VecDeque<u8>,
    /// How much all of it takes.
    size: usize,
    /// The place before the first entry.
    oldest: Mark,
    /// Who was heard on each stream before the first entry, and the number of the entry that said so.
    heard: Vec<(u64, Voice)>,
}

/// A place in the past: between two entries, or within the lines of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// Which entry is next, counted from the first that there ever was.
    number: u64,
    /// How much of its lines is behind this place.
    done: usize,
    /// Where its text goes on, counted from the first that there ever was.
    byte: u64,
}

struct Entry {
    at: WallTime,
    what: What,
}

enum What {
    Begins(StreamId, Box<Voice>),
    Lines { stream: StreamId, length: usize },
    Piece { stream: StreamId, length: usize, begins: bool, ends: bool },
    Ends(StreamId),
    Note(Box<Note>),
}

/// Who is heard on a stream.
struct Voice {
    at: WallTime,
    instance: InstanceSpec,
    channel: Channel,
    run: RunId,
    pid: i32,
}

/// What is about to be forgotten.
pub(super) struct Forgotten<'a> {
    past: &'a Past,
    entry: &'a Entry,
}

impl Mark {
    /// Returns whether something may have been said between this place and a later one.
    pub(super) fn is_before(self, other: Mark) -> bool {
        (self.number, self.done) < (other.number, other.done)
    }
}

impl Voice {
    fn begin(&self, stream: StreamId, sink: &mut dyn Sink) {
        let Voice { at, instance, channel, run, pid } = self;
        sink.begins(*at, stream, &Origin { instance, channel: *channel, run: *run, pid: *pid });
    }
}

impl What {
    fn length(&self) -> usize {
        match self {
            What::Lines { length, .. } | What::Piece { length, .. } => *length,
            What::Begins(..) | What::Ends(_) | What::Note(_) => 0,
        }
    }

    fn size(&self) -> usize {
        let apart = match self {
            What::Begins(..) => size_of::<Voice>(),
            What::Note(_) => size_of::<Note>(),
            What::Lines { length, .. } | What::Piece { length, .. } => *length,
            What::Ends(_) => 0,
        };
        size_of::<Entry>() + apart
    }
}

impl Forgotten<'_> {
    /// Returns whose lines these are and how many of them begin behind a mark. A remark of forge is a line of nobody.
    pub(super) fn lines_behind(&self, mark: Mark) -> Option<(Option<StreamId>, u64)> {
        if mark.number > self.past.oldest.number {
            return None;
        }
        match self.entry.what {
            What::Lines { stream, length } => {
                let done = if mark.number == self.past.oldest.number { mark.done } else { 0 };
                let (one, other) = self.past.texts_at(done, length - done);
                let count = memchr_iter(b'\n', one).count() + memchr_iter(b'\n', other).count();
                Some((Some(stream), count as u64))
            }
            What::Piece { stream, begins, .. } => Some((Some(stream), u64::from(begins))),
            What::Note(_) => Some((None, 1)),
            What::Begins(..) | What::Ends(_) => None,
        }
    }
}

impl Past {
    /// Returns the place before the oldest that is kept.
    pub(super) fn oldest(&self) -> Mark {
        self.oldest
    }

    /// Returns the place behind everything.
    pub(super) fn end(&self) -> Mark {
        let Mark { number, byte, .. } = self.oldest;
        Mark { number: number + self.entries.len() as u64, done: 0, byte: byte + self.texts.len() as u64 }
    }

    /// Keeps that a run begins to be heard.
    pub(super) fn begins(&mut self, at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        let Origin { instance, channel, run, pid } = *origin;
        let voice = Voice { at, instance: instance.clone(), channel, run, pid };
        self.push(at, What::Begins(stream, Box::new(voice)), b"");
    }

    /// Keeps what a process has said. The hot path goes through here.
    pub(super) fn frame(&mut self, at: WallTime, stream: StreamId, frame: Frame<'_>) {
        match frame {
            Frame::Lines(lines) => {
                let text = lines.bytes();
                self.push(at, What::Lines { stream, length: text.len() }, text);
            }
            Frame::Piece(Piece { text, begins, ends }) => {
                self.push(at, What::Piece { stream, length: text.len(), begins, ends }, text);
            }
        }
    }

    /// Keeps that a run is over.
    pub(super) fn ends(&mut self, at: WallTime, stream: StreamId) {
        self.push(at, What::Ends(stream), b"");
    }

    /// Keeps a remark of forge.
    pub(super) fn note(&mut self, at: WallTime, note: &Note) {
        self.push(at, What::Note(Box::new(note.clone())), b"");
    }

    fn push(&mut self, at: WallTime, what: What, text: &[u8]) {
        let needed = self.texts.len() + text.len();
        if needed > self.texts.capacity() && needed > WHOLE_BYTES {
            self.texts.reserve_exact(KEPT_BYTES.max(needed) - self.texts.len());
        }
        self.size += what.size();
        self.texts.extend(text);
        self.entries.push_back(Entry { at, what });
    }

    /// Makes room for a text of this length, and tells of everything that is forgotten for it.
    pub(super) fn make_room(&mut self, length: usize, mut forgets: impl FnMut(&Forgotten<'_>)) {
        while self.size + length > KEPT_BYTES {
            let Some(entry) = self.entries.front() else { return };
            forgets(&Forgotten { past: self, entry });
            self.forget_one();
        }
    }

    fn forget_one(&mut self) {
        let Some(Entry { what, .. }) = self.entries.pop_front() else { return };
        self.size -= what.size();
        let length = what.length();
        self.texts.drain(..length);
        if let What::Begins(stream, voice) = what {
            let voice = (self.oldest.number, *voice);
            match self.heard.get_mut(stream.0) {
                Some(heard) => *heard = voice,
                // Streams are counted in the order in which they begin, so this is the next one.
                None => self.heard.push(voice),
            }
        }
        self.oldest.number += 1;
        self.oldest.byte += length as u64;
    }

    /// Tells a sink that has heard what was before `since` who has begun to be heard after that, as far as it is forgotten.
    pub(super) fn introduce(&self, since: Mark, sink: &mut dyn Sink) {
        for (place, (number, voice)) in self.heard.iter().enumerate() {
            if *number >= since.number {
                voice.begin(StreamId(place), sink);
            }
        }
    }

    /// Tells a sink what was said at a mark that is kept: one entry, or of many lines about `most` bytes. Returns the mark
    /// behind that, or nothing at the end. `copy` is room for a text.
    pub(super) fn tell(
        &self,
        mark: Mark,
        most: usize,
        copy: &mut Vec<u8>,
        sink: &mut dyn Sink,
    ) -> Option<Mark> {
        let place = usize::try_from(mark.number - self.oldest.number).ok()?;
        let Entry { at, what } = self.entries.get(place)?;
        let start = usize::try_from(mark.byte - self.oldest.byte).ok()?;
        let told = match what {
            What::Lines { stream, length } => {
                let left = length - mark.done;
                let part = whole_lines(self.text(start, left.min(most), copy)).unwrap_or_else(|| {
                    // One line that is longer.
                    let text = self.text(start, left, copy);
                    memchr(b'\n', text).map_or(text.len(), |end| end + 1)
                });
                if let Some(lines) = Lines::new(self.text(start, part, copy)) {
                    sink.lines(*at, *stream, lines);
                }
                if part < left {
                    return Some(Mark { done: mark.done + part, byte: mark.byte + part as u64, ..mark });
                }
                part
            }
            What::Piece { stream, length, begins, ends } => {
                let text = self.text(start, *length, copy);
                sink.piece(*at, *stream, Piece { text, begins: *begins, ends: *ends });
                *length
            }
            What::Begins(stream, voice) => {
                voice.begin(*stream, sink);
                0
            }
            What::Ends(stream) => {
                sink.ends(*at, *stream);
                0
            }
            What::Note(note) => {
                sink.note(*at, note);
                0
            }
        };
        Some(Mark { number: mark.number + 1, done: 0, byte: mark.byte + told as u64 })
    }

    /// Returns a part of the texts in one piece.
    fn text<'a>(&'a self, start: usize, length: usize, copy: &'a mut Vec<u8>) -> &'a [u8] {
        let (one, other) = self.texts_at(start, length);
        if other.is_empty() {
            return one;
        }
        copy.clear();
        copy.extend_from_slice(one);
        copy.extend_from_slice(other);
        copy
    }

    /// Returns a part of the texts, which may lie in two places.
    fn texts_at(&self, start: usize, length: usize) -> (&[u8], &[u8]) {
        let (first, second) = self.texts.as_slices();
        let cut = first.len();
        let end = start + length;
        (&first[start.min(cut)..end.min(cut)], &second[start.saturating_sub(cut)..end.saturating_sub(cut)])
    }
}

/// Returns how much of a text are whole lines, if it has one.
fn whole_lines(text: &[u8]) -> Option<usize> {
    memrchr(b'\n', text).map(|end| end + 1)
}

#[cfg(test)]
impl Past {
    /// Returns how much memory it takes.
    pub(super) fn kept_bytes(&self) -> usize {
        self.texts.capacity() + self.entries.capacity() * size_of::<Entry>()
    }
}
