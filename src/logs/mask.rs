//! Secrets in the output of processes, and `•••` in their place.
//!
//! What is masked of a line follows from the line alone, however it arrives: every byte that belongs to an occurrence of
//! a secret, also where two of them overlap. Each unbroken run of such bytes becomes one `•••`. A secret has no line
//! end in it, so lines can be judged one by one, or many at once.
//!
//! # How they are found
//!
//! All are looked for in one pass, which does not get slower with their number. Each occurrence of a text of at least `n` bytes
//! holds a group of four bytes that begins at a multiple of `n - 3`. So only those groups of the output are looked at, by
//! their hash in a small table of bits. Where one is known, the secrets that have it are compared.
//!
//! # A line that comes in pieces
//!
//! The end of a piece that may be the beginning of a secret is kept back until the line goes on. If it does not, and
//! somebody may be waiting for it, it is shown as far as nobody learns more than the first three bytes of a secret. So a
//! word that begins as a secret does is late by some letters, but never lost.

use std::borrow::Cow;
use std::ops::Range;

use super::framer::Frame;
use super::record::{Lines, Piece};
use crate::project::secrets::{MASK, Secret};

/// How many bytes are looked at together.
const GROUP_BYTES: usize = 4;

/// As many bits has the hash of a group. The table takes 8 KiB: a quarter of the fastest cache.
const HASH_BITS: u32 = 16;

/// Groups further apart than this would gain nothing more.
const LONGEST_STRIDE: usize = 29;

/// How much of a secret may be seen at the end of a line that waits, in bytes.
const TOLD_BYTES: usize = 3;

/// All secrets of a project, ready to be looked for.
#[derive(Debug, Default)]
pub struct Mask {
    secrets: Vec<Secret>,
    /// Every occurrence has a known group that begins at a multiple of this.
    stride: usize,
    /// How long the longest secret is.
    longest: usize,
    /// A bit for each hash that a known group has.
    bits: Vec<u8>,
    /// All known groups, sorted.
    groups: Vec<Group>,
    /// Which bytes a secret begins with.
    firsts: Vec<bool>,
}

/// Four bytes of a secret.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    bytes: u32,
    /// Where they stand in it.
    offset: usize,
    /// Its place among the secrets.
    secret: usize,
}

impl Mask {
    /// Makes a mask for these secrets.
    pub fn new(secrets: Vec<Secret>) -> Mask {
        let Some(shortest) = secrets.iter().map(|secret| secret.text().len()).min() else {
            return Mask::default();
        };
        let stride = (shortest + 1 - GROUP_BYTES).min(LONGEST_STRIDE);
        let mut mask = Mask {
            stride,
            longest: secrets.iter().map(|secret| secret.text().len()).max().unwrap_or(0),
            bits: vec![0; 1 << (HASH_BITS - 3)],
            groups: Vec::with_capacity(secrets.len() * stride),
            firsts: vec![false; 256],
            secrets,
        };
        for (place, secret) in mask.secrets.iter().enumerate() {
            mask.firsts[usize::from(secret.text()[0])] = true;
            for offset in 0..stride {
                let bytes = group_at(secret.text(), offset).expect("a secret is longer than a stride and a group");
                let hash = hash(bytes);
                mask.bits[hash >> 3] |= 1 << (hash & 7);
                mask.groups.push(Group { bytes, offset, secret: place });
            }
        }
        mask.groups.sort_unstable();
        mask
    }

    /// Returns whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Masks a whole text.
    pub fn bytes<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let mut runs = Vec::new();
        self.find(text, &mut runs);
        if runs.is_empty() {
            return Cow::Borrowed(text);
        }
        join(&mut runs);
        let mut masked = Vec::with_capacity(text.len());
        cover(text, &runs, &mut masked);
        Cow::Owned(masked)
    }

    /// Masks a whole text that is a string.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Only a secret that is no UTF-8 itself can have cut a character.
            Cow::Owned(masked) => Cow::Owned(String::from_utf8_lossy(&masked).into_owned()),
        }
    }

    /// Adds what is to be hidden of every occurrence of every secret, in no particular order.
    fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        if self.is_empty() {
            return;
        }
        let mut at = 0;
        while let Some(bytes) = group_at(text, at) {
            let hash = hash(bytes);
            if self.bits[hash >> 3] & (1 << (hash & 7)) != 0 {
                self.compare(text, at, bytes, found);
            }
            at += self.stride;
        }
    }

    /// Adds the occurrences that have this group at this place.
    #[cold]
    fn compare(&self, text: &[u8], at: usize, bytes: u32, found: &mut Vec<Range<usize>>) {
        let first = self.groups.partition_point(|group| group.bytes < bytes);
        for group in self.groups[first..].iter().take_while(|group| group.bytes == bytes) {
            let Some(start) = at.checked_sub(group.offset) else { continue };
            let secret = &self.secrets[group.secret];
            if text[start..].starts_with(secret.text()) {
                let hidden = secret.hidden();
                found.push(start + hidden.start..start + hidden.end);
            }
        }
    }

    /// Returns where the end of a text begins that may be the beginning of a secret; the length of the text if nowhere.
    fn undecided(&self, text: &[u8]) -> usize {
        self.beginnings(text).next().map_or(text.len(), |(place, _)| place)
    }

    /// Returns how much of a text may be shown although it may end in the beginning of a secret.
    fn harmless(&self, text: &[u8]) -> usize {
        let told = self.beginnings(text).map(|(place, secret)| place + secret.hidden().start + TOLD_BYTES);
        told.min().unwrap_or(text.len()).min(text.len())
    }

    /// Returns the ends of a text that a secret may begin with, the longest first.
    fn beginnings<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, &'a Secret)> {
        let first = (text.len() + 1).saturating_sub(self.longest);
        // Nothing to look for: `firsts` is empty, and so is every end.
        let last = if self.is_empty() { first } else { text.len() };
        (first..last).filter(|place| self.firsts[usize::from(text[*place])]).flat_map(move |place| {
            let end = &text[place..];
            let begins = move |secret: &&Secret| secret.text().len() > end.len() && secret.text().starts_with(end);
            self.secrets.iter().filter(begins).map(move |secret| (place, secret))
        })
    }
}

/// Masks the output of one process; the cuts between its pieces mean nothing.
#[derive(Debug, Default)]
pub struct Masker {
    /// The end of the unfinished line, as the process wrote it, that may be the beginning of a secret.
    tail: Vec<u8>,
    /// How much of `tail` has been handed out all the same.
    shown: usize,
    /// What in `tail` belongs to a secret that began before it.
    hidden: Vec<Range<usize>>,
    /// Whether what was handed out of the line ends in a mask.
    masked: bool,
    /// Whether anything of the line was handed out.
    begun: bool,
    /// What is masked now.
    runs: Vec<Range<usize>>,
    /// What is handed out, if it is not what came in.
    text: Vec<u8>,
}

impl Masker {
    /// Takes what a framer hands out, and hands it on without secrets.
    pub fn take(&mut self, mask: &Mask, frame: Frame<'_>, mut out: impl FnMut(Frame<'_>)) {
        if mask.is_empty() {
            return out(frame);
        }
        match frame {
            Frame::Lines(lines) => {
                self.runs.clear();
                mask.find(lines.bytes(), &mut self.runs);
                if self.runs.is_empty() {
                    return out(frame);
                }
                join(&mut self.runs);
                self.text.clear();
                cover(lines.bytes(), &self.runs, &mut self.text);
                // The last line end is no part of a secret.
                if let Some(lines) = Lines::new(&self.text) {
                    out(Frame::Lines(lines));
                }
            }
            Frame::Piece(piece) => self.piece(mask, piece, out),
        }
    }

    /// Hands out what may be shown of a line that has fallen silent.
    pub fn take_unfinished(&mut self, mask: &Mask, out: impl FnMut(Frame<'_>)) {
        let until = mask.harmless(&self.tail);
        if until <= self.shown {
            return;
        }
        let tail = std::mem::take(&mut self.tail);
        self.runs.clear();
        self.runs.extend_from_slice(&self.hidden);
        self.hand_out(&tail, self.shown..until, false, out);
        self.shown = until;
        self.tail = tail;
    }

    /// Returns whether there is something for [`Masker::take_unfinished`].
    pub fn has_kept(&self, mask: &Mask) -> bool {
        self.tail.len() > self.shown && mask.harmless(&self.tail) > self.shown
    }

    fn piece(&mut self, mask: &Mask, piece: Piece<'_>, out: impl FnMut(Frame<'_>)) {
        let mut tail = std::mem::take(&mut self.tail);
        let waited = !tail.is_empty();
        if waited {
            tail.extend_from_slice(piece.text);
        }
        let text = if waited { &tail } else { piece.text };
        self.runs.clear();
        self.runs.append(&mut self.hidden);
        mask.find(text, &mut self.runs);
        join(&mut self.runs);
        let decided = if piece.ends { text.len() } else { mask.undecided(text) };
        let until = decided.max(self.shown);
        self.hand_out(text, self.shown..until, piece.ends, out);
        if piece.ends {
            tail.clear();
            *self = Masker { tail, runs: std::mem::take(&mut self.runs), text: std::mem::take(&mut self.text), ..Masker::default() };
            return;
        }
        self.shown = until - decided;
        let rest = self.runs.iter().filter(|run| run.end > decided);
        self.hidden.extend(rest.map(|run| run.start.max(decided) - decided..run.end - decided));
        if waited {
            tail.drain(..decided);
        } else {
            tail.extend_from_slice(&piece.text[decided..]);
        }
        self.tail = tail;
    }

    /// Hands out a part of `text` without its secrets, whose places are in `runs`.
    fn hand_out(&mut self, text: &[u8], part: Range<usize>, ends: bool, mut out: impl FnMut(Frame<'_>)) {
        if part.is_empty() && !ends {
            return;
        }
        let begins = !self.begun;
        self.begun = true;
        let mut runs: Vec<Range<usize>> = self.runs.iter().filter_map(|run| within(run, &part)).collect();
        // A mask that was shown stands for what belongs to it, too.
        let goes_on = self.masked && runs.first().is_some_and(|run| run.start == 0);
        if !part.is_empty() {
            self.masked = runs.last().is_some_and(|run| run.end == part.len());
        }
        let mut text = &text[part];
        if goes_on {
            let length = runs.remove(0).end;
            text = &text[length..];
            for run in &mut runs {
                *run = run.start - length..run.end - length;
            }
            if text.is_empty() && !ends {
                return;
            }
        }
        if runs.is_empty() {
            return out(Frame::Piece(Piece { text, begins, ends }));
        }
        self.text.clear();
        cover(text, &runs, &mut self.text);
        out(Frame::Piece(Piece { text: &self.text, begins, ends }));
    }
}

/// Returns the common part of two ranges, counted from the beginning of the second.
fn within(run: &Range<usize>, part: &Range<usize>) -> Option<Range<usize>> {
    let (start, end) = (run.start.max(part.start), run.end.min(part.end));
    (start < end).then(|| start - part.start..end - part.start)
}

/// Sorts ranges, and makes one of those that overlap or touch.
fn join(runs: &mut Vec<Range<usize>>) {
    runs.sort_unstable_by_key(|run| run.start);
    runs.dedup_by(|later, earlier| {
        let joins = later.start <= earlier.end;
        if joins {
            earlier.end = earlier.end.max(later.end);
        }
        joins
    });
}

/// Adds a text with a mask in place of each range.
fn cover(text: &[u8], runs: &[Range<usize>], out: &mut Vec<u8>) {
    let mut from = 0;
    for run in runs {
        out.extend_from_slice(&text[from..run.start]);
        out.extend_from_slice(MASK.as_bytes());
        from = run.end;
    }
    out.extend_from_slice(&text[from..]);
}

fn group_at(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// Multiplicative hashing: the upper bits of a product with 2^32 divided by the golden ratio.
fn hash(bytes: u32) -> usize {
    (bytes.wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS)) as usize
}

#[cfg(test)]
mod tests;
