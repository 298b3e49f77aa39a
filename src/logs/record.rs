//! What travels from a process to where it is shown: lines, pieces of lines, and forge's remarks.

use memchr::memchr;

use crate::supervisor::Note;
use crate::time::WallTime;

/// One output stream that lines come from: the output of one instance, over all its runs.
///
/// The number is the instance's place in `Project::instances`.
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
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let end = memchr(b'\n', rest)?;
            let text = without_cr(&rest[..end]);
            rest = &rest[end + 1..];
            Some(text)
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

/// Where lines and remarks end up: the terminal, a file, JSON. It formats into memory and never waits.
///
/// What one stream wrote arrives in order, and a line of one stream may stand unfinished while others come.
/// Everything in one call happened at `at`.
pub trait Sink: Send {
    /// Takes whole lines of `stream`.
    ///
    /// A sink that is fast does it all here; the default hands them to [`Sink::piece`] one by one.
    fn lines(&mut self, at: WallTime, stream: StreamId, lines: Lines<'_>) {
        for text in lines.texts() {
            self.piece(at, stream, Piece { text, begins: true, ends: true });
        }
    }

    /// Takes a line, or a piece of a line, of `stream`.
    fn piece(&mut self, at: WallTime, stream: StreamId, piece: Piece<'_>);

    /// Takes a remark of forge.
    fn note(&mut self, at: WallTime, note: &Note);

    /// Returns whose line stands unfinished at the end of what was formatted, so that others can wait a moment
    /// before they interrupt it.
    fn open_line(&self) -> Option<StreamId> {
        None
    }

    /// Hands out what is formatted so far, for whoever writes it.
    fn pending(&mut self) -> &mut Vec<u8>;
}

/// Returns `text` without the CR at its end.
pub(super) fn without_cr(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\r").unwrap_or(text)
}
