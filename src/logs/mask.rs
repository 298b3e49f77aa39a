//! Secrets in the output of processes, and `•••` in their place.
//!
//! What is masked of a line follows from the line alone, however it arrives: every byte that belongs to an occurrence of
//! a secret, also where two of them overlap. Each unbroken run of such bytes becomes one `•••`. A secret has no line
//! end in it, so lines can be judged one by one, or many at once.
//!
//! # How they are found
//!
//! All are looked for in one pass, which hardly gets slower with their number. Each occurrence of a text of at least `n` bytes
//! holds a group of four bytes that begins at a multiple of `n - 3`. So only those groups of the output are looked at, by
//! their hash in a small table of bits. Where one is known, the secrets that have it are compared.

use std::borrow::Cow;
use std::ops::Range;

use crate::project::secrets::{MASK, Secret};

/// How many bytes are looked at together.
const GROUP_BYTES: usize = 4;

/// As many different hashes a group can have. A bit for each takes 8 KiB: a quarter of the fastest cache at most.
const HASHES: usize = 1 << 16;

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
    bits: Vec<u32>,
    /// All known groups, sorted.
    groups: Vec<Group>,
    /// Which bytes a secret begins with.
    firsts: Vec<bool>,
}

/// Four bytes of a secret.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    bytes: [u8; GROUP_BYTES],
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
            groups: Vec::with_capacity(secrets.len() * stride),
            firsts: vec![false; 256],
            secrets,
            bits: vec![0; HASHES / 32],
        };
        for (place, secret) in mask.secrets.iter().enumerate() {
            mask.firsts[usize::from(secret.text()[0])] = true;
            for offset in 0..stride {
                let bytes =
                    secret.text()[offset..].first_chunk().expect("no secret is shorter than the shortest");
                let hash = hash(*bytes);
                mask.bits[hash / 32] |= 1 << (hash % 32);
                mask.groups.push(Group { bytes: *bytes, offset, secret: place });
            }
        }
        mask.groups.sort_unstable();
        mask
    }

    /// Returns a mask for these secrets, too.
    #[must_use]
    pub fn with(&self, secrets: &[Secret]) -> Mask {
        let mut all: Vec<Secret> = self.secrets.iter().chain(secrets).cloned().collect();
        all.sort_unstable();
        all.dedup();
        Mask::new(all)
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

    /// Returns where a place in a text stands when that is masked; within a secret, that is its beginning.
    pub fn offset(&self, text: &[u8], place: usize) -> usize {
        let mut runs = Vec::new();
        self.find(text, &mut runs);
        join(&mut runs);
        let before = runs.iter().take_while(|run| run.start < place);
        before.fold(place, |moved, run| {
            let mask = if run.end <= place { MASK.len() } else { 0 };
            moved + mask - (run.end.min(place) - run.start)
        })
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
    pub(super) fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        if self.is_empty() {
            return;
        }
        // The hot loop. A stride is longer than a group, so that each part begins with one.
        let parts = text.chunks_exact(self.stride);
        let rest = parts.remainder();
        for (number, part) in parts.enumerate() {
            if let Some(group) = part.first_chunk()
                && self.knows(*group)
            {
                self.compare(text, number * self.stride, *group, found);
            }
        }
        if let Some(group) = rest.first_chunk()
            && self.knows(*group)
        {
            self.compare(text, text.len() - rest.len(), *group, found);
        }
    }

    /// Returns whether a group may be one of a secret; mostly it says no, and then it is right.
    fn knows(&self, group: [u8; GROUP_BYTES]) -> bool {
        let hash = hash(group);
        self.bits[hash / 32] >> (hash % 32) & 1 != 0
    }

    /// Adds the occurrences that have this group at this place.
    #[cold]
    fn compare(&self, text: &[u8], at: usize, bytes: [u8; GROUP_BYTES], found: &mut Vec<Range<usize>>) {
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
    pub(super) fn undecided(&self, text: &[u8]) -> usize {
        self.beginnings(text).next().map_or(text.len(), |(place, _)| place)
    }

    /// Returns how much of a text may be shown although it may end in the beginning of a secret.
    pub(super) fn harmless(&self, text: &[u8]) -> usize {
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
            let begins =
                move |secret: &&Secret| secret.text().len() > end.len() && secret.text().starts_with(end);
            self.secrets.iter().filter(begins).map(move |secret| (place, secret))
        })
    }
}

/// Sorts ranges, and makes one of those that overlap or touch.
pub(super) fn join(runs: &mut Vec<Range<usize>>) {
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
pub(super) fn cover(text: &[u8], runs: &[Range<usize>], out: &mut Vec<u8>) {
    let mut from = 0;
    for run in runs {
        out.extend_from_slice(&text[from..run.start]);
        out.extend_from_slice(MASK.as_bytes());
        from = run.end;
    }
    out.extend_from_slice(&text[from..]);
}

/// Multiplicative hashing: the upper bits of a product with 2^32 divided by the golden ratio.
fn hash(group: [u8; GROUP_BYTES]) -> usize {
    (u32::from_le_bytes(group).wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASHES.ilog2())) as usize
}

#[cfg(test)]
mod tests;
