//! Rows that a process draws again and again, as the bars of several downloads: it moves the cursor up and writes over them.
//!
//! On a screen that many share nobody can write over rows of his own. So a row that is drawn anew is shown again on a line of its
//! own, if it has changed, and all of them together not more often than every second. A line below them is shown at once.

use memchr::memmem;

use crate::time::WallTime;

/// How long rows that are drawn anew wait for the next state, in seconds.
const REST: i64 = 1;

/// How many rows are remembered: more than any window has.
const MOST_ROWS: usize = 250;

/// Moves the cursor: so many rows up, and to the beginning of the row.
const CONTROL: &[u8] = b"\x1b[";

/// The rows, as they would stand in a window of the process's own.
#[derive(Debug)]
pub(super) struct Block {
    rows: Vec<Row>,
    /// The row where the process writes.
    cursor: usize,
    shown_at: WallTime,
}

#[derive(Debug, Default)]
struct Row {
    text: Vec<u8>,
    /// Whether it has changed since it was shown.
    is_new: bool,
}

impl Block {
    /// Nothing is known of the rows above.
    pub(super) fn new(at: WallTime) -> Block {
        Block { rows: Vec::new(), cursor: 0, shown_at: at }
    }

    /// The cursor goes so many rows up.
    pub(super) fn go_up(&mut self, rows: usize) {
        let rows = rows.min(MOST_ROWS);
        let unknown = rows.saturating_sub(self.cursor);
        self.rows.splice(0..0, std::iter::repeat_with(Row::default).take(unknown));
        self.cursor = self.cursor + unknown - rows;
    }

    /// Whether the process writes over a row. Else it writes a new one, below all.
    pub(super) fn is_within(&self) -> bool {
        self.cursor < self.rows.len()
    }

    /// Puts a text in place of a row.
    pub(super) fn draw(&mut self, text: &[u8]) {
        if self.rows.len() <= self.cursor {
            self.rows.resize_with(self.cursor + 1, Row::default);
        }
        let row = &mut self.rows[self.cursor];
        if row.text != text {
            row.text.clear();
            row.text.extend_from_slice(text);
            row.is_new = !text.is_empty();
        }
    }

    /// Ends a row.
    pub(super) fn next_row(&mut self) {
        self.cursor += 1;
    }

    /// Takes a row that is shown already, below all. Returns whether there are still few enough of them.
    pub(super) fn add_shown(&mut self, text: &[u8]) -> bool {
        self.rows.push(Row { text: text.to_vec(), is_new: false });
        self.cursor = self.rows.len();
        self.rows.len() < MOST_ROWS
    }

    /// Whether there is something that was not shown.
    pub(super) fn has_new(&self) -> bool {
        self.rows.iter().any(|row| row.is_new)
    }

    /// Whether it is time to show what has changed. A clock that was set back is no reason to wait.
    pub(super) fn is_due(&self, at: WallTime) -> bool {
        !(self.shown_at.seconds..self.shown_at.seconds + REST).contains(&at.seconds)
    }

    /// Hands out what has changed, from top to bottom.
    pub(super) fn take_new(&mut self, at: WallTime, mut show: impl FnMut(&[u8])) {
        self.shown_at = at;
        for row in self.rows.iter_mut().filter(|row| row.is_new) {
            row.is_new = false;
            show(&row.text);
        }
    }
}

/// Splits a line at the first movement up: what stands before it, by how many rows, and what comes then.
pub(super) fn split_at_up(line: &[u8]) -> Option<(&[u8], usize, &[u8])> {
    memmem::find_iter(line, CONTROL).find_map(|at| {
        let rest = &line[at + CONTROL.len()..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = rest.split_at(digits);
        let (letter, after) = rest.split_first()?;
        if !matches!(letter, b'A' | b'F') {
            return None;
        }
        let rows = match number {
            b"" | b"0" => 1,
            digits => std::str::from_utf8(digits).ok()?.parse().unwrap_or(MOST_ROWS),
        };
        Some((&line[..at], rows, after))
    })
}
