//! The screen of one process: what stands on it is worked out from the last bytes that came, so that whoever attaches to
//! the process sees what a person sees who has sat there from the start.
//!
//! Only this file knows the terminal emulator.

mod modes;
mod queries;
mod sequences;

use std::fmt::Write;

use avt::{Cell, Color, Pen, ScreenKind, Terminal};

pub use self::modes::Modes;
pub use self::queries::{Answer, Queries};

/// A screen with fewer columns than this cannot hold a wide character.
const NARROWEST: usize = 2;

/// A screen with more columns or rows than this is none that anybody sits at.
const WIDEST: usize = 1000;

/// The size of a screen, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// What a process has drawn.
pub struct Screen {
    terminal: Terminal,
    modes: Modes,
}

impl Screen {
    /// Replays what a process wrote last on a screen of this size. `before` is how the bytes before those have left it.
    pub fn replay(before: &Modes, size: Size, recent: &[u8]) -> Screen {
        let (columns, rows) = within(size);
        let terminal = Terminal::new(columns, rows).expect("neither is 0");
        let mut screen = Screen { terminal, modes: before.clone() };
        screen.terminal.feed(String::from_utf8_lossy(&before.entry()).as_ref());
        screen.modes.learn(recent);
        screen.terminal.feed(String::from_utf8_lossy(recent).as_ref());
        screen
    }

    /// Returns how the terminal is set.
    pub fn modes(&self) -> &Modes {
        &self.modes
    }

    /// Returns the row and the column of the cursor, counted from 1.
    pub fn cursor(&self) -> (usize, usize) {
        let (columns, _) = self.terminal.size();
        let cursor = self.terminal.cursor();
        (cursor.row + 1, (cursor.col + 1).min(columns))
    }

    /// Returns the text in the row of the cursor, without the blanks at its end.
    pub fn row(&self) -> String {
        let row = self.terminal.cursor().row;
        self.terminal.screen().line(row).map(|line| line.text().trim_end().to_owned()).unwrap_or_default()
    }

    /// Returns what makes a terminal of this size show the same, with colours, cursor and everything that was switched on.
    ///
    /// What a program has drawn that fills the screen is drawn on the other screen of the terminal. Lines of an ordinary
    /// process follow on what stands there already, at most so many that one row stays free above them.
    pub fn redraw(mut self, size: Size) -> Vec<u8> {
        let (columns, rows) = within(size);
        self.terminal.resize(columns, rows);
        let mut out = String::from("\x1b[0m");
        self.draw_lines(rows, &mut out);
        if self.terminal.active_screen_kind() == ScreenKind::Alternate {
            self.draw_other_screen(&mut out);
        }
        // Nobody else tells which colour is chosen: it shows in what is printed.
        let row = self.terminal.cursor().row;
        self.terminal.feed("\r\x1b[4l ");
        let pen =
            self.terminal.screen().line(row).and_then(|line| line.cells().first().map(|cell| *cell.pen()));
        change_pen(&Pen::default(), &pen.unwrap_or_default(), &mut out);
        let mut out = out.into_bytes();
        out.extend(self.modes.finish());
        out
    }

    /// Draws the ordinary screen from where the cursor of the reader is.
    fn draw_lines(&self, rows: usize, out: &mut String) {
        let screen = self.terminal.primary_screen();
        let is_active = self.terminal.active_screen_kind() == ScreenKind::Primary;
        let is_inked = |cells: &[Cell]| cells.iter().any(is_inked);
        let inked = screen.visible_lines().enumerate().filter(|(_, line)| is_inked(line.cells()));
        let cursor = self.terminal.cursor();
        let last = inked.map(|(row, _)| row).last();
        let last = if is_active { Some(last.unwrap_or(0).max(cursor.row)) } else { last };
        let Some(last) = last else { return };
        // At least the row of the last line, in a window of one row, too.
        let first = (last + 2).saturating_sub(rows).min(last);
        let (mut wrapped, mut is_at_start) = (false, true);
        for (row, line) in screen.visible_lines().enumerate().take(last + 1).skip(first) {
            if row > first && !wrapped {
                out.push_str("\r\n");
            }
            wrapped = line.is_wrapped() && row < last;
            is_at_start = draw(line.cells(), wrapped, out) == 0;
        }
        if !is_active {
            out.push_str("\r\n");
            return;
        }
        if !is_at_start {
            out.push('\r');
        }
        let above = last - cursor.row.clamp(first, last);
        if above > 0 {
            let _ = write!(out, "\x1b[{above}A");
        }
        let (columns, _) = self.terminal.size();
        let column = cursor.col.min(columns - 1);
        if column > 0 {
            let _ = write!(out, "\x1b[{column}C");
        }
    }

    /// Draws the screen of a program that has it for itself.
    fn draw_other_screen(&self, out: &mut String) {
        let _ = write!(out, "\x1b[?{}h\x1b[2J", self.modes.alternate().unwrap_or(1049));
        for (row, line) in self.terminal.screen().visible_lines().enumerate() {
            if line.cells().iter().any(is_inked) {
                let _ = write!(out, "\x1b[{};1H", row + 1);
                draw(line.cells(), false, out);
            }
        }
        if let Some((top, bottom)) = self.modes.region() {
            let _ = write!(out, "\x1b[{top};{bottom}r");
        }
        let (row, column) = self.cursor();
        let _ = write!(out, "\x1b[{row};{column}H");
    }
}

fn within(size: Size) -> (usize, usize) {
    (usize::from(size.columns).clamp(NARROWEST, WIDEST), usize::from(size.rows).clamp(1, WIDEST))
}

/// Whether anything of it can be seen.
fn is_inked(cell: &Cell) -> bool {
    cell.char() != ' ' || cell.pen().background().is_some() || cell.pen().is_inverse()
}

/// Draws one row, with the blanks at its end only where it goes on in the next one; returns how many columns that takes.
fn draw(cells: &[Cell], whole: bool, out: &mut String) -> usize {
    let end = if whole { cells.len() } else { cells.iter().rposition(is_inked).map_or(0, |last| last + 1) };
    let mut pen = Pen::default();
    // The second half of a wide character is drawn with the first.
    for cell in cells[..end].iter().filter(|cell| cell.width() > 0) {
        change_pen(&pen, cell.pen(), out);
        pen = *cell.pen();
        out.push(cell.char());
    }
    change_pen(&pen, &Pen::default(), out);
    end
}

fn change_pen(from: &Pen, to: &Pen, out: &mut String) {
    if from == to {
        return;
    }
    out.push_str("\x1b[0");
    let flags = [
        (to.is_bold(), 1),
        (to.is_faint(), 2),
        (to.is_italic(), 3),
        (to.is_underline(), 4),
        (to.is_blink(), 5),
        (to.is_inverse(), 7),
        (to.is_strikethrough(), 9),
    ];
    for (_, number) in flags.iter().filter(|(is_set, _)| *is_set) {
        let _ = write!(out, ";{number}");
    }
    for (colour, base) in [(to.foreground(), 30), (to.background(), 40)] {
        let _ = match colour {
            None => Ok(()),
            Some(Color::Indexed(index @ 0..8)) => write!(out, ";{}", base + u16::from(index)),
            Some(Color::Indexed(index @ 8..16)) => write!(out, ";{}", base + 52 + u16::from(index)),
            Some(Color::Indexed(index)) => write!(out, ";{};5;{index}", base + 8),
            Some(Color::RGB(rgb)) => write!(out, ";{};2;{};{};{}", base + 8, rgb.r, rgb.g, rgb.b),
        };
    }
    out.push('m');
}

#[cfg(test)]
mod tests;
