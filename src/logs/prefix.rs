//! What stands before a line: `05:49:39 web.1    | `.

use super::palette::RESET;
use crate::time::WallTime;

/// Returns the width of the name column: foreman's minimum of 6, or the longest name.
pub fn column_width<'a>(names: impl IntoIterator<Item = &'a str>) -> usize {
    names.into_iter().map(str::len).max().unwrap_or(0).max("system".len())
}

/// The text before the lines of one name, made anew when the second changes.
#[derive(Debug)]
pub struct Prefix {
    text: Vec<u8>,
    /// Where the time of day stands in `text`; it is eight bytes long.
    time_at: Option<usize>,
    second: i64,
    /// Its width without colour codes; names and times are ASCII.
    columns: usize,
}

impl Prefix {
    /// Stands before every line where nothing should stand.
    pub fn none() -> Prefix {
        Prefix { text: Vec::new(), time_at: None, second: 0, columns: 0 }
    }

    /// Shows `name`, padded to `width`.
    pub fn named(name: &str, width: usize) -> Prefix {
        let text = format!("{name:<width$} | ").into_bytes();
        Prefix { columns: text.len(), text, ..Prefix::none() }
    }

    /// Shows the time of day, too.
    #[must_use]
    pub fn timed(mut self) -> Prefix {
        self.text.splice(0..0, *b"00:00:00 ");
        self.columns = self.text.len();
        // Out of reach of every clock, so that the first line sets it.
        Prefix { time_at: Some(0), second: i64::MIN, ..self }
    }

    /// Colours all of it.
    #[must_use]
    pub fn coloured(mut self, sgr: u8) -> Prefix {
        let colour = format!("\x1b[{sgr}m");
        self.time_at = self.time_at.map(|at| at + colour.len());
        self.text.splice(0..0, colour.bytes());
        self.text.extend_from_slice(RESET);
        self
    }

    /// Returns how wide it is on a terminal.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns what stands before a line at `at`.
    pub fn at(&mut self, at: WallTime) -> &[u8] {
        if let Some(start) = self.time_at
            && self.second != at.seconds
        {
            self.second = at.seconds;
            let time = at.time_of_day();
            self.text[start..start + time.len()].copy_from_slice(&time);
        }
        &self.text
    }
}

#[cfg(test)]
mod tests;
