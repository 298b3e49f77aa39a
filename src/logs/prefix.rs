//! What stands before a line: `05:49:39 web.1    | `.

use unicode_width::UnicodeWidthStr;

use super::palette::{RESET, STDERR};
use super::stamp::Stamped;
use crate::project::TimeFormat;
use crate::time::WallTime;

/// What stands between the name and the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// `|`.
    Plain,
    /// `!`, and red where there is colour: a line of stderr.
    Stderr,
}

/// How all prefixes of a stream look.
#[derive(Debug, Clone)]
pub struct PrefixStyle {
    /// How the time is shown, if it is.
    pub time: Option<TimeFormat>,
    /// The columns of the names, see [`column_width`].
    pub width: usize,
    /// Whether it has colour.
    pub coloured: bool,
}

/// Returns the width of the name column: foreman's minimum of 6, or the longest name, in columns of a terminal.
pub fn column_width<'a>(names: impl IntoIterator<Item = &'a str>) -> usize {
    names.into_iter().map(UnicodeWidthStr::width).max().unwrap_or(0).max("system".len())
}

/// The text before the lines of one name.
#[derive(Debug)]
pub struct Prefix {
    text: Stamped,
    columns: usize,
}

impl Prefix {
    /// Stands before every line where nothing should stand.
    pub fn none() -> Prefix {
        Prefix { text: Stamped::new(Vec::new(), None, Vec::new()), columns: 0 }
    }

    /// Shows a name, in the colour of this SGR parameter where there is colour.
    pub fn new(style: &PrefixStyle, name: &str, sgr: u8, bar: Bar) -> Prefix {
        // Not `{name:<width$}`: that counts characters, and some are two columns wide, or none.
        let padding = " ".repeat(style.width.saturating_sub(name.width()));
        let gap = if style.time.is_some() { " " } else { "" };
        let named = format!("{gap}{name}{padding} ");
        let mut plain = Stamped::new(Vec::new(), style.time.clone(), format!("{named}| ").into_bytes());
        let columns = String::from_utf8_lossy(plain.at(WallTime::default())).width();
        if !style.coloured {
            let bar = match bar {
                Bar::Plain => "| ",
                Bar::Stderr => "! ",
            };
            plain.set_after((named + bar).into_bytes());
            return Prefix { text: plain, columns };
        }
        let mut after = named.into_bytes();
        match bar {
            Bar::Plain => after.extend_from_slice(b"| "),
            Bar::Stderr => after.extend_from_slice(format!("\x1b[{STDERR}m! ").as_bytes()),
        }
        after.extend_from_slice(RESET);
        let before = format!("\x1b[{sgr}m").into_bytes();
        Prefix { text: Stamped::new(before, style.time.clone(), after), columns }
    }

    /// Returns how wide it is on a terminal.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns what stands before a line at `at`.
    pub fn at(&mut self, at: WallTime) -> &[u8] {
        self.text.at(at)
    }
}

#[cfg(test)]
mod tests;
