//! Chunks of bytes to lines.
//!
//! The cuts between chunks mean nothing: however the same bytes arrive, the same lines come out.

use memchr::{memchr, memmem, memrchr};

use super::record::{Lines, Piece, without_cr};

/// How much of an unfinished line is kept back before it is handed out in pieces.
const LONGEST_KEPT_BYTES: usize = 64 * 1024;

/// How long one state of a progress bar is at most.
const LONGEST_STATE_BYTES: usize = 2 * 1024;

/// Moves the cursor to the beginning of the line, as CR does; spinners use it.
const LINE_START: &[u8] = b"\x1b[1G";

/// What an idle stream may keep allocated.
const IDLE_BYTES: usize = 4 * 1024;

/// What comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Whole lines.
    Lines(Lines<'a>),
    /// One line, or a piece of one.
    Piece(Piece<'a>),
}

/// Finds the lines in the output of one process.
#[derive(Debug, Default)]
pub struct Framer {
    /// The line that has not ended yet, as far as it was not handed out.
    kept: Vec<u8>,
    /// Whether a piece of the line that has not ended yet was handed out.
    begun: bool,
    /// How often a line has ended, however many ended at once.
    ends: u64,
}

impl Framer {
    /// Takes the next bytes and hands out what is complete, in order.
    pub fn push(&mut self, chunk: &[u8], mut out: impl FnMut(Frame<'_>)) {
        let mut rest = chunk;
        if self.is_unfinished() {
            let Some(end) = memchr(b'\n', rest) else { return self.keep(rest, out) };
            self.end_line(&rest[..end], &mut out);
            rest = &rest[end + 1..];
        }
        let whole = memrchr(b'\n', rest).map_or(0, |last| last + 1);
        if let Some(lines) = Lines::new(&rest[..whole]) {
            self.ends += 1;
            out(Frame::Lines(lines));
        }
        self.keep(&rest[whole..], out);
    }

    /// Returns whether a line has begun and not ended.
    pub fn is_unfinished(&self) -> bool {
        self.begun || !self.kept.is_empty()
    }

    /// Returns whether there is something for [`Framer::take_unfinished`].
    pub fn has_kept(&self) -> bool {
        self.kept.len() > usize::from(self.kept.last() == Some(&b'\r'))
    }

    /// Returns a number that is another one for each unfinished line.
    pub fn ended_lines(&self) -> u64 {
        self.ends
    }

    /// Returns whether what is kept of an unfinished line goes back to its beginning, as a progress bar does.
    pub fn is_redrawn(&self) -> bool {
        // The last state of a bar is enough to see it, and a long line is not searched again and again.
        let end = &self.kept[self.kept.len().saturating_sub(LONGEST_STATE_BYTES)..];
        memchr(b'\r', end).is_some() || memmem::find(end, LINE_START).is_some()
    }

    /// Hands out what there is of an unfinished line, because it has been so for a while.
    pub fn take_unfinished(&mut self, out: impl FnMut(Frame<'_>)) {
        self.hand_out_kept(out);
        self.kept.shrink_to(IDLE_BYTES);
    }

    /// Ends the output: an unfinished line is a line now. The next run begins afresh.
    pub fn finish(&mut self, mut out: impl FnMut(Frame<'_>)) {
        if self.is_unfinished() {
            // A CR here is no part of a line end, since no LF came.
            out(Frame::Piece(Piece { text: &self.kept, begins: !self.begun, ends: true }));
        }
        *self = Framer::default();
    }

    /// Ends the unfinished line with `last`.
    fn end_line(&mut self, last: &[u8], mut out: impl FnMut(Frame<'_>)) {
        let text = if self.kept.is_empty() {
            last
        } else {
            self.kept.extend_from_slice(last);
            &self.kept
        };
        out(Frame::Piece(Piece { text: without_cr(text), begins: !self.begun, ends: true }));
        self.begun = false;
        self.ends += 1;
        self.kept.clear();
        self.kept.shrink_to(LONGEST_KEPT_BYTES);
    }

    /// Keeps the beginning of a line, or hands it out at once if it is too long already.
    fn keep(&mut self, unfinished: &[u8], mut out: impl FnMut(Frame<'_>)) {
        if self.kept.len() + unfinished.len() < LONGEST_KEPT_BYTES {
            self.kept.extend_from_slice(unfinished);
            return;
        }
        let (text, cr) = split_cr(unfinished);
        if text.is_empty() {
            self.hand_out_kept(&mut out);
        } else {
            self.hand_out_all_kept(&mut out);
            out(Frame::Piece(Piece { text, begins: !self.begun, ends: false }));
            self.begun = true;
        }
        self.kept.extend_from_slice(cr);
    }

    /// Hands out what was kept, but not a CR at its end: it may be half of a line end.
    fn hand_out_kept(&mut self, mut out: impl FnMut(Frame<'_>)) {
        let (text, cr) = split_cr(&self.kept);
        if text.is_empty() {
            return;
        }
        let cr = cr.len();
        out(Frame::Piece(Piece { text, begins: !self.begun, ends: false }));
        self.begun = true;
        self.kept.drain(..self.kept.len() - cr);
    }

    /// Hands out what was kept, because what follows is not a LF.
    fn hand_out_all_kept(&mut self, mut out: impl FnMut(Frame<'_>)) {
        if !self.kept.is_empty() {
            out(Frame::Piece(Piece { text: &self.kept, begins: !self.begun, ends: false }));
            self.begun = true;
            self.kept.clear();
        }
    }
}

/// Splits off a CR at the end.
fn split_cr(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(without_cr(text).len())
}

#[cfg(test)]
mod tests;
