//! Waiting for the line with which a process says that it is ready.

use regex_lite::Regex;

use super::escapes::{EscapeFilter, Escapes, Row};
use super::framer::Frame;
use super::record::Piece;

/// As much of one line is looked at; a sign that stands farther behind is not seen.
const LONGEST_LOOKED_AT_BYTES: usize = 16 * 1024;

/// Looks at each line of an output until one matches.
#[derive(Debug)]
pub struct ReadyLine {
    pattern: Regex,
    /// The line that comes in pieces, as far as it has come.
    line: Vec<u8>,
}

impl ReadyLine {
    /// Takes a regular expression; `None` if it is none, which whoever wrote it has been told.
    pub fn new(pattern: &str) -> Option<ReadyLine> {
        Some(ReadyLine { pattern: Regex::new(pattern).ok()?, line: Vec::new() })
    }

    /// Returns whether a line matches, of those that come or go on here. An unfinished line counts as it is: a prompt has
    /// no end.
    pub fn is_in(&mut self, frame: Frame<'_>) -> bool {
        match frame {
            Frame::Lines(lines) => lines.texts().any(|line| self.matches(line)),
            Frame::Piece(Piece { text, begins, ends }) => {
                if begins && ends {
                    return self.matches(text);
                }
                if begins {
                    self.line.clear();
                }
                let room = LONGEST_LOOKED_AT_BYTES.saturating_sub(self.line.len());
                self.line.extend_from_slice(&text[..text.len().min(room)]);
                let line = std::mem::take(&mut self.line);
                let found = self.matches(&line);
                if !ends {
                    self.line = line;
                }
                found
            }
        }
    }

    /// Without colours: they stand in the middle of many a line.
    fn matches(&self, line: &[u8]) -> bool {
        let line = &line[..line.len().min(LONGEST_LOOKED_AT_BYTES)];
        self.pattern.is_match(&plain(line))
    }
}

/// Returns a line as text, without colours and other sequences.
pub(super) fn plain(line: &[u8]) -> String {
    if Escapes::TextOnly.leave_alone(line) {
        return String::from_utf8_lossy(line).into_owned();
    }
    let (mut filter, mut text) = (EscapeFilter::new(Escapes::TextOnly), Vec::new());
    filter.filter(line, Row::ALONE, &mut text);
    filter.end_line(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests;
