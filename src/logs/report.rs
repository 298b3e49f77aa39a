//! What belongs together: a line and the lines of its stack trace.

use memchr::{memchr, memmem};

use super::level::names_exception;

/// Follows one output and says which lines go on with the one before.
#[derive(Debug, Default)]
pub struct Report {
    kind: Kind,
    /// Empty lines since the last one that went on; they go on if the next one does.
    blanks: bool,
}

/// What kind of report is going on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// None has begun.
    #[default]
    None,
    /// An ordinary line: what is indented goes on with it.
    Plain,
    /// After Python's `Traceback`: the next line that is not indented names the exception.
    Python,
    /// After Go's `panic:`.
    Go,
}

/// What a line is to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It begins something new.
    Begins,
    /// It goes on with what has begun.
    GoesOn,
    /// It is empty: the next line tells.
    Blank,
}

impl Report {
    /// Takes the next line, without escape sequences.
    pub fn hear(&mut self, line: &[u8]) -> Place {
        let text = line.trim_ascii_end();
        if self.kind != Kind::None && text.is_empty() {
            self.blanks = true;
            return Place::Blank;
        }
        let goes_on = self.goes_on(text);
        self.blanks = false;
        if goes_on {
            return Place::GoesOn;
        }
        self.kind = begins(text);
        Place::Begins
    }

    /// Forgets what has begun, because a run has ended.
    pub fn end(&mut self) {
        *self = Report::default();
    }

    fn goes_on(&mut self, text: &[u8]) -> bool {
        if self.kind == Kind::None {
            return false;
        }
        if is_traceback(text) {
            // Of a logged error, or of the exception that this one came of.
            self.kind = Kind::Python;
            return true;
        }
        if is_link(text) || is_frame(text) {
            return true;
        }
        if text.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            // Behind an empty line, only a trace may be indented; a list may be, too.
            return !self.blanks || self.kind != Kind::Plain || is_indented_frame(text.trim_ascii_start());
        }
        match self.kind {
            Kind::Python => {
                self.kind = Kind::Plain;
                true
            }
            Kind::Go => is_go(text),
            Kind::Plain => !self.blanks && matches!(text, b"}" | b"]" | b")" | b"};" | b"})" | b"]}"),
            Kind::None => false,
        }
    }
}

fn begins(text: &[u8]) -> Kind {
    if is_traceback(text) {
        Kind::Python
    } else if text.starts_with(b"panic: ")
        || text.starts_with(b"fatal error: ")
        || text.starts_with(b"goroutine ")
    {
        Kind::Go
    } else {
        Kind::Plain
    }
}

fn is_traceback(text: &[u8]) -> bool {
    text.starts_with(b"Traceback (most recent call last)")
}

/// Sentences between two parts of one report.
fn is_link(text: &[u8]) -> bool {
    const LINKS: &[&str] = &[
        "Caused by",
        "Suppressed: ",
        "During handling of the above exception",
        "The above exception was the direct cause",
        "note: run with `RUST_BACKTRACE",
        "stack backtrace:",
        "Stack trace:",
        "Backtrace:",
        "exit status ",
    ];
    LINKS.iter().any(|words| text.starts_with(words.as_bytes()))
}

/// A frame that is not indented: Ruby's `app/x.rb:3:in 'f'`.
fn is_frame(text: &[u8]) -> bool {
    let Some(at) = memmem::find(text, b":in ") else { return false };
    let place = &text[..at];
    matches!(text.get(at + 4), Some(b'\'' | b'`'))
        && memchr(b' ', place).is_none()
        && place
            .iter()
            .rposition(|byte| *byte == b':')
            .is_some_and(|colon| colon + 1 < place.len() && place[colon + 1..].iter().all(u8::is_ascii_digit))
}

/// A frame behind its indentation.
fn is_indented_frame(text: &[u8]) -> bool {
    const FRAMES: &[&str] = &["at ", "File \"", "from ", "... ", "#", "by: "];
    FRAMES.iter().any(|words| text.starts_with(words.as_bytes())) || is_frame(text) || names_exception(text)
}

/// What stands in Go's report of its goroutines.
fn is_go(text: &[u8]) -> bool {
    const BEGINNINGS: &[&str] =
        &["goroutine ", "created by ", "[signal ", "panic: ", "\tpanic: ", "runtime stack:", "rax ", "main."];
    BEGINNINGS.iter().any(|words| text.starts_with(words.as_bytes()))
        || (text.ends_with(b")")
            && memchr(b'(', text).is_some_and(|open| open > 0 && memchr(b' ', &text[..open]).is_none()))
}

#[cfg(test)]
mod tests;
