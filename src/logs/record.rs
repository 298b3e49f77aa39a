//! What travels from a process to where it is shown: lines and pieces of lines.

use memchr::memchr;

/// One output stream that lines come from: one output of one run, and when that has ended, of a later run of the same instance.
///
/// Counted from 0 in the order in which they are first heard, without gaps. [`Sink::begins`](super::Sink::begins) says whose
/// it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub usize);

/// One or more whole lines as the process wrote them, line ends included.
///
/// They travel together because a busy process fills whole pipes: what is done once for each [`Lines`] is free,
/// what is done once for each line is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    /// Takes bytes that end with LF; nothing if they are empty or end otherwise.
    pub fn new(bytes: &'a [u8]) -> Option<Lines<'a>> {
        (bytes.last() == Some(&b'\n')).then_some(Lines(bytes))
    }

    /// Returns the bytes, line ends included.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns each line without its line end, LF or CR LF.
    pub fn texts(self) -> impl Iterator<Item = &'a [u8]> {
        self.whole().map(|line| without_cr(&line[..line.len() - 1]))
    }

    /// Returns each line with its line end, LF or CR LF.
    pub fn whole(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (line, behind) = rest.split_at(memchr(b'\n', rest)? + 1);
            rest = behind;
            Some(line)
        })
    }
}

/// A line, or a part of one, without its line end.
///
/// A line arrives in pieces if it is very long or stays unfinished for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Any bytes but LF; a CR before the LF is gone.
    pub text: &'a [u8],
    /// Whether it is the beginning of a line.
    pub begins: bool,
    /// Whether it is the end of a line.
    pub ends: bool,
}

/// Returns `text` without the CR at its end.
pub(super) fn without_cr(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\r").unwrap_or(text)
}
