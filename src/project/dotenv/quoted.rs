//! Values in quotes: where they end, and what is in them.

use std::ops::Range;

use super::{Quoting, is_blank, skip_blanks, trim_end};

/// A kind of quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    Single,
    Double,
}

impl Quote {
    /// Returns the quote that the value between `start` and `end` begins with, behind blanks.
    pub(super) fn at(text: &[u8], start: usize, end: usize) -> Option<Quote> {
        match text[skip_blanks(text, start, end)..end].first() {
            Some(b'\'') => Some(Quote::Single),
            Some(b'"') => Some(Quote::Double),
            _ => None,
        }
    }

    pub(super) fn character(self) -> char {
        match self {
            Quote::Single => '\'',
            Quote::Double => '"',
        }
    }

    pub(super) fn quoting(self) -> Quoting {
        match self {
            Quote::Single => Quoting::Single,
            Quote::Double => Quoting::Double,
        }
    }

    /// Finds the next quote of this kind that no backslash takes away; in single quotes none can.
    fn next(self, text: &[u8], mut start: usize) -> Option<usize> {
        match self {
            Quote::Single => memchr::memchr(b'\'', &text[start..]).map(|length| start + length),
            Quote::Double => loop {
                let found = start + memchr::memchr2(b'"', b'\\', &text[start..])?;
                if text[found] == b'"' {
                    return Some(found);
                }
                start = (found + 2).min(text.len());
            },
        }
    }
}

/// Where a value in quotes ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Quoted {
    /// It is closed.
    Closed {
        /// What stands between the quotes.
        content: Range<usize>,
        /// The first byte behind the closing quote.
        behind: usize,
        /// Whether quotes of the same kind stand inside.
        has_inner_quote: bool,
    },
    /// It is not; the quote is a character like any other.
    Open,
}

/// Looks for the end of the value that begins with a quote at or behind `start`, on a line that ends at `end`.
///
/// On its own line, the first quote closes it that nothing but blanks or a comment follows. If there is no further
/// quote on that line, the very next one in the file closes it under the same condition (D10); otherwise a
/// forgotten quote would swallow the assignments up to the next value in quotes.
pub(super) fn find(text: &[u8], start: usize, end: usize, quote: Quote) -> Quoted {
    let content = skip_blanks(text, start, end) + 1;
    let mut candidate = quote.next(text, content);
    let is_alone_on_its_line = candidate.is_none_or(|found| found >= end);
    let mut has_inner_quote = false;
    while let Some(found) = candidate.filter(|found| *found < end || is_alone_on_its_line) {
        if is_at_the_end(text, found + 1) {
            return Quoted::Closed { content: content..found, behind: found + 1, has_inner_quote };
        }
        if is_alone_on_its_line {
            break;
        }
        has_inner_quote = true;
        candidate = quote.next(text, found + 1);
    }
    // `"C:\dir\"`: Foreman removes the outer quotes of such a line even though the last one is escaped.
    let last = trim_end(text, content, end);
    if last > content && text[last - 1] == quote.character() as u8 {
        return Quoted::Closed { content: content..last - 1, behind: last, has_inner_quote: true };
    }
    Quoted::Open
}

/// Whether nothing but blanks or a comment follows up to the end of the line.
fn is_at_the_end(text: &[u8], start: usize) -> bool {
    let rest = &text[start..];
    let rest = &rest[rest.iter().take_while(|byte| is_blank(**byte)).count()..];
    matches!(rest.first(), None | Some(b'\n' | b'#'))
}

/// The value that stands between two quotes, and where it has a `$` that was escaped (D9).
pub(super) fn content(text: &[u8], quote: Quote) -> (Vec<u8>, Vec<usize>) {
    let mut value = Vec::with_capacity(text.len());
    let mut literal_dollars = Vec::new();
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        let (meaning, taken) = match (byte, behind.first()) {
            (b'\r', Some(b'\n')) => (b'\n', 2),
            (b'\\', Some(escaped)) if quote == Quote::Double => match escaped {
                b'n' => (b'\n', 2),
                b'r' => (b'\r', 2),
                b't' => (b'\t', 2),
                b'\\' | b'"' | b'\'' | b'`' => (*escaped, 2),
                b'$' => {
                    literal_dollars.push(value.len());
                    (b'$', 2)
                }
                _ => (b'\\', 1),
            },
            _ => (*byte, 1),
        };
        value.push(meaning);
        rest = &rest[taken..];
    }
    (value, literal_dollars)
}
