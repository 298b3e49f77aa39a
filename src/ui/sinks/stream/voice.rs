//! One stream on a terminal, where nothing that its process writes may damage the lines of others.

use std::mem;

use crate::logs::{EscapeFilter, Escapes, Lines, Piece, Prefix, Row};
use crate::time::WallTime;

/// How many empty lines are held back at most; more than any window has rows.
pub(super) const MOST_BLANKS: usize = 250;

/// How much that nobody would see is held back at the beginning of a line at most.
const MOST_UNSEEN_BYTES: usize = 1024;

/// How one stream is shown.
#[derive(Debug)]
pub(super) struct Voice {
    /// What stands before its lines.
    pub(super) prefix: Prefix,
    /// What becomes of its escape sequences.
    pub(super) filter: EscapeFilter,
    /// How many empty lines have come since the last line with something in it. They are shown before the next one,
    /// unless that clears the screen: then they were there to push away what it showed.
    blanks: usize,
    /// Whether something of the line that has not ended is shown.
    begun: bool,
    /// What the line that has not ended begins with and nobody would see, as a colour.
    unseen: Vec<u8>,
}

impl Voice {
    /// Makes the voice of a stream that has not spoken.
    pub(super) fn new(prefix: Prefix, escapes: Escapes) -> Voice {
        Voice { prefix, filter: EscapeFilter::new(escapes), blanks: 0, begun: false, unseen: Vec::new() }
    }

    /// Shows lines in which nothing needs a closer look.
    pub(super) fn show_plain(&mut self, at: WallTime, lines: Lines<'_>, out: &mut Vec<u8>) {
        out.reserve(lines.bytes().len() * 3 / 2);
        for text in lines.texts() {
            if text.is_empty() {
                self.blank(at, out);
                continue;
            }
            self.show_blanks(at, out);
            out.extend_from_slice(self.prefix.at(at));
            out.extend_from_slice(text);
            out.push(b'\n');
        }
    }

    /// Shows lines, and lets nothing through that could do damage.
    pub(super) fn show_guarded(&mut self, at: WallTime, lines: Lines<'_>, out: &mut Vec<u8>) {
        // Filtered apart, as only then it is known what stands before it.
        let mut shown = Vec::new();
        for text in lines.texts() {
            shown.clear();
            let row = Row { prefix: self.prefix.at(at), begins_at: Some(0) };
            self.filter.filter(text, row, &mut shown);
            let (is_inked, has_cleared) = (self.filter.is_inked(), self.filter.has_cleared());
            self.filter.end_line(&mut shown);
            if has_cleared {
                self.blanks = 0;
            }
            if is_inked {
                self.show_blanks(at, out);
                out.extend_from_slice(self.prefix.at(at));
                out.extend_from_slice(&shown);
                out.push(b'\n');
            } else if !has_cleared {
                self.blank(at, out);
            }
        }
    }

    /// Goes on with the line that stands open on the screen.
    pub(super) fn go_on(&mut self, at: WallTime, piece: Piece<'_>, out: &mut Vec<u8>) {
        let row = Row { prefix: self.prefix.at(at), begins_at: None };
        self.filter.filter(piece.text, row, out);
        if piece.ends {
            self.end_line(out);
        }
    }

    /// Takes a piece of a line that does not stand open on the screen. Returns what is to be seen of it, for
    /// [`Voice::show_begun`]; nothing if that is nothing.
    pub(super) fn begin(&mut self, at: WallTime, piece: Piece<'_>, out: &mut Vec<u8>) -> Option<Vec<u8>> {
        let mut text = mem::take(&mut self.unseen);
        let row = Row { prefix: self.prefix.at(at), begins_at: Some(0) };
        self.filter.filter(piece.text, row, &mut text);
        if self.filter.has_cleared() {
            self.blanks = 0;
        }
        if self.filter.is_inked() || text.len() > MOST_UNSEEN_BYTES {
            return Some(text);
        }
        if !piece.ends {
            self.unseen = text;
            return None;
        }
        // The end of a line that was interrupted after its last byte needs no line of its own.
        let is_blank = !self.begun && !self.filter.has_cleared();
        self.filter.end_line(&mut text);
        self.begun = false;
        if is_blank {
            self.blank(at, out);
        }
        None
    }

    /// Shows what [`Voice::begin`] has returned, on a new line.
    pub(super) fn show_begun(&mut self, at: WallTime, piece: Piece<'_>, text: &[u8], out: &mut Vec<u8>) {
        self.show_blanks(at, out);
        out.extend_from_slice(self.prefix.at(at));
        out.extend_from_slice(text);
        self.begun = true;
        if piece.ends {
            self.end_line(out);
        }
    }

    /// Returns whether there are empty lines that were not shown.
    pub(super) fn holds_blanks(&self) -> bool {
        self.blanks > 0
    }

    /// Shows the empty lines that were held back.
    pub(super) fn show_blanks(&mut self, at: WallTime, out: &mut Vec<u8>) {
        for _ in 0..mem::take(&mut self.blanks) {
            out.extend_from_slice(self.prefix.at(at));
            out.push(b'\n');
        }
    }

    /// Takes an empty line.
    fn blank(&mut self, at: WallTime, out: &mut Vec<u8>) {
        self.blanks += 1;
        if self.blanks == MOST_BLANKS {
            self.show_blanks(at, out);
        }
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        self.filter.end_line(out);
        out.push(b'\n');
        self.begun = false;
    }
}
