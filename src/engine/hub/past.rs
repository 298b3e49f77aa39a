//! What was said lately, by everybody, in the order in which it was shown: for whoever comes later and asks.
//!
//! It is made for writing: lines cost one copy and one small entry for all that came together, and nothing is looked at twice. What
//! it means for somebody (a format, a filter) is found out when it is read, which may be never. What fills most of what was read at
//! once is not even copied: the buffer itself is kept, and the next read goes to another one.

use std::collections::VecDeque;
use std::mem::{self, size_of};
use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr};

use super::CHUNK_BYTES;
use crate::logs::{Channel, Frame, Lines, Origin, Piece, Sink, StreamId};
use crate::project::InstanceSpec;
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;

/// How much is kept, texts and all that belongs to them.
pub(super) const KEPT_BYTES: usize = 512 * 1024;

/// From this size on the room for texts is made as large as it will ever be: growing by halves would end above it.
const WHOLE_BYTES: usize = KEPT_BYTES / 2;

/// From this size on lines are kept in the buffer into which they were read.
const LARGE_BYTES: usize = 32 * 1024;

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
    /// Where the buffer is into which was read, while what was read is shown.
    source: Option<Range<*const u8>>,
    /// The entry that waits for that buffer.
    expects: Option<u64>,
    /// A buffer that was kept and is free again.
    spare: Vec<u8>,
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
    Batch(Box<Batch>),
    Piece { stream: StreamId, length: usize, begins: bool, ends: bool },
    Ends(StreamId),
    Note(Box<Note>),
}

/// Lines in the buffer into which they were read.
struct Batch {
    stream: StreamId,
    buffer: Vec<u8>,
    lines: Range<usize>,
}

/// Who is heard on a stream.
struct Voice {
    at: WallTime,
    instance: InstanceSpec,
    channel: Channel,
    run: RunId,
    number: u32,
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

impl Batch {
    fn text(&self) -> &[u8] {
        // It comes a moment later than the entry; nobody looks before that.
        self.buffer.get(self.lines.clone()).unwrap_or_default()
    }
}

impl Voice {
    fn begin(&self, stream: StreamId, sink: &mut dyn Sink) {
        let Voice { at, instance, channel, run, number, pid } = self;
        let (channel, run, number, pid) = (*channel, *run, *number, *pid);
        sink.begins(*at, stream, &Origin { instance, channel, run, number, pid });
    }
}

impl What {
    /// How much it has of the texts.
    fn length(&self) -> usize {
        match self {
            What::Lines { length, .. } | What::Piece { length, .. } => *length,
            What::Batch(_) | What::Begins(..) | What::Ends(_) | What::Note(_) => 0,
        }
    }

    fn size(&self) -> usize {
        let apart = match self {
            What::Begins(..) => size_of::<Voice>(),
            What::Note(_) => size_of::<Note>(),
            What::Lines { length, .. } | What::Piece { length, .. } => *length,
            // Counted twice: that many buffers in turn would push everything else out of the processor's cache, and only a
            // flood fills them.
            What::Batch(_) => size_of::<Batch>() + 2 * CHUNK_BYTES,
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
        let done = if mark.number == self.past.oldest.number { mark.done } else { 0 };
        match &self.entry.what {
            What::Lines { stream, length } => {
                let (one, other) = self.past.texts_at(done, length - done);
                let count = memchr_iter(b'\n', one).count() + memchr_iter(b'\n', other).count();
                Some((Some(*stream), count as u64))
            }
            What::Batch(batch) => {
                let count = memchr_iter(b'\n', &batch.text()[done..]).count();
                Some((Some(batch.stream), count as u64))
            }
            What::Piece { stream, begins, .. } => Some((Some(*stream), u64::from(*begins))),
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
        let Origin { instance, channel, run, number, pid } = *origin;
        let voice = Voice { at, instance: instance.clone(), channel, run, number, pid };
        self.push(at, What::Begins(stream, Box::new(voice)), b"");
    }

    /// What comes next was read into this buffer, until [`Past::has_read`].
    pub(super) fn reads(&mut self, buffer: &[u8]) {
        self.source = Some(buffer.as_ptr_range());
    }

    /// What was read into a buffer has been kept. That may be a reason to take the buffer and to leave another one.
    pub(super) fn has_read(&mut self, buffer: &mut Vec<u8>) {
        self.source = None;
        let Some(number) = self.expects.take() else { return };
        let place = usize::try_from(number - self.oldest.number).ok();
        let entry = place.and_then(|place| self.entries.get_mut(place));
        if let Some(Entry { what: What::Batch(batch), .. }) = entry {
            let mut other = mem::take(&mut self.spare);
            other.resize(buffer.len(), 0);
            batch.buffer = mem::replace(buffer, other);
        }
    }

    /// Returns where in the buffer a text lies, if it is worth keeping it there.
    fn place_in_buffer(&self, text: &[u8]) -> Option<Range<usize>> {
        let buffer = self.source.as_ref().filter(|_| text.len() >= LARGE_BYTES && self.expects.is_none())?;
        let Range { start, end } = text.as_ptr_range();
        let before = (start as usize).checked_sub(buffer.start as usize)?;
        (end <= buffer.end).then(|| before..before + text.len())
    }

    /// Keeps what a process has said. The hot path goes through here.
    pub(super) fn frame(&mut self, at: WallTime, stream: StreamId, frame: Frame<'_>) {
        match frame {
            Frame::Lines(lines) => {
                let text = lines.bytes();
                if let Some(lines) = self.place_in_buffer(text) {
                    self.expects = Some(self.end().number);
                    let batch = Batch { stream, buffer: Vec::new(), lines };
                    return self.push(at, What::Batch(Box::new(batch)), b"");
                }
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
        match what {
            What::Begins(stream, voice) => {
                let voice = (self.oldest.number, *voice);
                match self.heard.get_mut(stream.0) {
                    Some(heard) => *heard = voice,
                    // Streams are counted in the order in which they begin, so this is the next one.
                    None => self.heard.push(voice),
                }
            }
            What::Batch(batch) => self.spare = batch.buffer,
            What::Lines { .. } | What::Piece { .. } | What::Ends(_) | What::Note(_) => {}
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
                let mut text = self.text(start, left.min(most), copy);
                if memchr(b'\n', text).is_none() {
                    // One line that is longer.
                    text = self.text(start, left, copy);
                }
                let part = first_lines(text, most);
                sink.lines(*at, *stream, part);
                let part = part.bytes().len();
                if part < left {
                    return Some(Mark { done: mark.done + part, byte: mark.byte + part as u64, ..mark });
                }
                part
            }
            What::Batch(batch) => {
                let text = &batch.text()[mark.done..];
                let part = first_lines(text, most);
                sink.lines(*at, batch.stream, part);
                if part.bytes().len() < text.len() {
                    return Some(Mark { done: mark.done + part.bytes().len(), ..mark });
                }
                0
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

/// Returns the first of some lines, about `most` bytes of them.
fn first_lines(text: &[u8], most: usize) -> Lines<'_> {
    let end = memrchr(b'\n', &text[..text.len().min(most)]).or_else(|| memchr(b'\n', text));
    Lines::new(&text[..end.map_or(text.len(), |end| end + 1)]).expect("lines end with LF")
}

#[cfg(test)]
impl Past {
    /// Returns how much memory it takes.
    pub(super) fn kept_bytes(&self) -> usize {
        let batches = self.entries.iter().map(|entry| match &entry.what {
            What::Batch(batch) => batch.buffer.capacity(),
            What::Begins(..) | What::Lines { .. } | What::Piece { .. } | What::Ends(_) | What::Note(_) => 0,
        });
        batches.sum::<usize>()
            + self.texts.capacity()
            + self.spare.capacity()
            + self.entries.capacity() * size_of::<Entry>()
    }
}
