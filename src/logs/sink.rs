//! What stands between the lines and the world: formatters, their writers, and what may change a line before both.

use std::io;

use super::framer::Frame;
use super::record::{Lines, Piece, StreamId};
use super::screen_wish::ScreenWish;
use crate::project::secrets::Secret;
use crate::project::{InstanceSpec, Project};
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;

/// Which output of a process a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Standard output and standard error through one pipe or terminal, in the order in which they were written.
    Both,
    /// Standard output alone.
    Out,
    /// Standard error alone.
    Error,
}

/// Where the lines of a stream come from, from now on.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Whose they are.
    pub instance: &'a InstanceSpec,
    /// Which of its outputs.
    pub channel: Channel,
    /// Which launch.
    pub run: RunId,
    /// Which of its instance it is, in this session: the first is 1.
    pub number: u32,
    /// The leader of that run.
    pub pid: i32,
}

/// Where lines and remarks end up: the terminal, a file, JSON. It formats into memory and never waits.
///
/// What one stream wrote arrives in order, and a line of one stream may stand unfinished while others come.
/// Everything in one call happened at `at`.
pub trait Sink: Send {
    /// A run begins to be heard on `stream`; always before its first line. The stream may have been that of an earlier run of
    /// the same instance, which has ended.
    fn begins(&mut self, at: WallTime, stream: StreamId, origin: &Origin<'_>);

    /// The run that was heard on `stream` has said its last line.
    fn ends(&mut self, at: WallTime, stream: StreamId) {
        let _ = (at, stream);
    }

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

    /// Returns whether something of a stream is kept back until more of it comes, or [`Sink::falls_silent`].
    fn holds_back(&self, stream: StreamId) -> bool {
        let _ = stream;
        false
    }

    /// Nothing has come from a stream for a while.
    fn falls_silent(&mut self, at: WallTime, stream: StreamId) {
        let _ = (at, stream);
    }

    /// The project is another one from now on: new names, new secrets in the words of forge.
    fn takes_over(&mut self, project: &Project) {
        let _ = project;
    }

    /// Returns how many columns of a window stand before a line; 0 where nobody looks at it.
    fn prefix_columns(&self) -> u16 {
        0
    }

    /// Something is missing here, as this sink has taken too little: so many lines of a stream, or remarks of forge.
    fn misses(&mut self, at: WallTime, stream: Option<StreamId>, lines: u64) {
        let _ = (at, stream, lines);
    }

    /// Whoever looks at what it shows wants to see something else of it from now on.
    fn screen(&mut self, wish: &ScreenWish) {
        let _ = wish;
    }

    /// Says something to whoever looks at this sink just now; most keep no such thing.
    fn say(&mut self, at: WallTime, lines: &[String]) {
        let _ = (at, lines);
    }

    /// Takes a remark of forge.
    fn note(&mut self, at: WallTime, note: &Note);

    /// Returns whose line stands unfinished at the end of what was formatted, so that others can wait a moment
    /// before they interrupt it.
    fn open_line(&self) -> Option<StreamId> {
        None
    }

    /// Hands out what is formatted so far, for its [`Writer`].
    ///
    /// What the bytes mean is between the two: a sink of many files tells its writer there which bytes go where. They reach the writer
    /// in order and complete; what a call has added is taken back where it ends in a panic.
    fn pending(&mut self) -> &mut Vec<u8>;
}

/// Brings to the world what a [`Sink`] has formatted, on a thread of its own, where it may wait as long as it has to.
pub trait Writer: Send {
    /// Takes some of `bytes` from their beginning and returns how many, at least one. What it keeps back counts as taken.
    ///
    /// Trouble that it survives goes into `notes`, to be shown in the stream.
    ///
    /// # Errors
    /// It can never write again; what comes later is thrown away. Where it is the standard output, that ends the stack. Any other
    /// writer says in a note what is lost.
    fn write(&mut self, bytes: &[u8], notes: &mut Vec<Note>) -> io::Result<usize>;

    /// Somebody has left it something to do that is no bytes of the sink. Between two buffers of the sink, never within one.
    ///
    /// # Errors
    /// As [`Writer::write`].
    fn nudged(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Writer + ?Sized> Writer for Box<W> {
    fn write(&mut self, bytes: &[u8], notes: &mut Vec<Note>) -> io::Result<usize> {
        (**self).write(bytes, notes)
    }

    fn nudged(&mut self) -> io::Result<()> {
        (**self).nudged()
    }
}

/// Changes what processes wrote before anything else sees it.
pub trait Rewrite {
    /// Hands out what becomes of the next lines, or the next piece of a line, of a stream.
    ///
    /// For each stream, what comes out has the same shape as what goes in: whole lines, or the pieces of one line, the last of which
    /// ends it. A piece that does not end its line may be kept back in part until the next one, which comes for certain.
    fn rewrite(&mut self, stream: StreamId, frame: Frame<'_>, out: &mut dyn FnMut(Frame<'_>));

    /// Returns what becomes of words of a process that did not come through a stream.
    fn words(&self, words: &str) -> String {
        words.to_owned()
    }

    /// There is more to hide from now on.
    fn hide_more(&mut self, secrets: &[Secret]) {
        let _ = secrets;
    }

    /// Returns whether there is something for [`Rewrite::take_unfinished`].
    fn has_kept(&self, stream: StreamId) -> bool {
        let _ = stream;
        false
    }

    /// Hands out what has been kept back of a line that has fallen silent, as far as it may be shown.
    fn take_unfinished(&mut self, stream: StreamId, out: &mut dyn FnMut(Frame<'_>)) {
        let _ = (stream, out);
    }
}
