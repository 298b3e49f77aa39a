//! Masks lines on their way, also those that come in pieces: the cuts between the pieces mean nothing.
//!
//! The end of a piece that may be the beginning of a secret is kept back until the line goes on. If it does not, and
//! somebody may be waiting for it, it is shown as far as nobody learns more than the first three bytes of a secret. So a
//! word that begins as a secret does is late by some letters, but never lost.

use std::ops::Range;

use super::framer::Frame;
use super::mask::{Mask, cover, join};
use super::record::{Lines, Piece, StreamId};
use super::sink::Rewrite;
use crate::project::secrets::Secret;

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
            // There may be something to hide before the line has ended.
            self.begun = matches!(frame, Frame::Piece(Piece { ends: false, .. }));
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
            *self = Masker {
                tail,
                runs: std::mem::take(&mut self.runs),
                text: std::mem::take(&mut self.text),
                ..Masker::default()
            };
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

/// Masks what all processes of a project write.
#[derive(Debug, Default)]
pub struct Masking {
    mask: Mask,
    /// In the order of the streams.
    maskers: Vec<Masker>,
}

impl Masking {
    /// Makes it for these secrets.
    pub fn new(mask: Mask) -> Masking {
        Masking { mask, maskers: Vec::new() }
    }
}

impl Rewrite for Masking {
    fn rewrite(&mut self, StreamId(place): StreamId, frame: Frame<'_>, out: &mut dyn FnMut(Frame<'_>)) {
        if self.maskers.len() <= place {
            self.maskers.resize_with(place + 1, Masker::default);
        }
        self.maskers[place].take(&self.mask, frame, out);
    }

    fn words(&self, words: &str) -> String {
        self.mask.text(words).into_owned()
    }

    fn hide_more(&mut self, secrets: &[Secret]) {
        self.mask = self.mask.with(secrets);
    }

    fn has_kept(&self, StreamId(place): StreamId) -> bool {
        self.maskers.get(place).is_some_and(|masker| masker.has_kept(&self.mask))
    }

    fn take_unfinished(&mut self, StreamId(place): StreamId, out: &mut dyn FnMut(Frame<'_>)) {
        if let Some(masker) = self.maskers.get_mut(place) {
            masker.take_unfinished(&self.mask, out);
        }
    }
}

/// Returns the common part of two ranges, counted from the beginning of the second.
fn within(run: &Range<usize>, part: &Range<usize>) -> Option<Range<usize>> {
    let (start, end) = (run.start.max(part.start), run.end.min(part.end));
    (start < end).then(|| start - part.start..end - part.start)
}

#[cfg(test)]
mod tests;
