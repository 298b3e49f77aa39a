//! Which lines get to a sink at all: those of streams that are not muted, unless a pattern of `--drop` matches, as far as
//! whoever looks wants to see them just now.
//!
//! This is the one place where that is decided, for every sink that a person looks at.

use memchr::memchr;

use crate::logs::{EscapeFilter, Escapes, Lines, Piece, Row, ScreenWish, StreamId};
use crate::project::{InstanceId, LinePatterns, Names, Output};

const ESC: u8 = 0x1b;

/// What lets lines through.
#[derive(Debug)]
pub(super) struct Gate {
    /// In the order of the streams.
    streams: Vec<Stream>,
    quiet: Names,
    drop: LinePatterns,
    wish: ScreenWish,
    /// Lines that have passed, while they are shown.
    kept: Vec<u8>,
    /// A line without its escape sequences, while it is looked at.
    plain: Vec<u8>,
}

#[derive(Debug)]
struct Stream {
    instance: InstanceId,
    muted: bool,
    /// Whether the line that has begun and not ended is dropped.
    dropping: bool,
}

impl Gate {
    /// Makes the gate that a project asks for.
    pub(super) fn new(output: &Output) -> Gate {
        Gate {
            streams: Vec::new(),
            quiet: output.quiet.clone(),
            drop: output.drop.clone(),
            wish: ScreenWish::default(),
            kept: Vec::new(),
            plain: Vec::new(),
        }
    }

    /// Hears of a stream. Whether it is muted is decided when it is heard of first, and stays so for later runs, until somebody wants
    /// to see something else.
    pub(super) fn begins(&mut self, stream: StreamId, instance: &InstanceId) {
        if stream.0 == self.streams.len() {
            let muted = !self.wish.shows(instance, self.quiet.contain(instance));
            self.streams.push(Stream { instance: instance.clone(), muted, dropping: false });
        }
    }

    /// Lets other lines through from now on.
    pub(super) fn screen(&mut self, wish: &ScreenWish) {
        self.wish = wish.clone();
        for stream in &mut self.streams {
            stream.muted = !wish.shows(&stream.instance, self.quiet.contain(&stream.instance));
        }
    }

    /// Returns whether all lines of all streams that are not muted pass. Then [`Gate::keeps`] need not be asked.
    pub(super) fn drops_nothing(&self) -> bool {
        self.drop.is_empty() && self.wish.shows_all()
    }

    /// Returns whether no line of a stream passes.
    pub(super) fn is_muted(&self, stream: StreamId) -> bool {
        self.streams[stream.0].muted
    }

    /// Returns those of some lines that pass, line ends included. The buffer is wanted back.
    pub(super) fn sift(&mut self, lines: Lines<'_>) -> Vec<u8> {
        let mut kept = std::mem::take(&mut self.kept);
        kept.clear();
        for text in lines.texts() {
            if !self.drops(text) {
                kept.extend_from_slice(text);
                kept.push(b'\n');
            }
        }
        kept
    }

    /// Takes back the buffer of [`Gate::sift`].
    pub(super) fn give_back(&mut self, kept: Vec<u8>) {
        self.kept = kept;
    }

    /// Returns whether a piece of a line passes. The first piece decides for the whole line: more is not known when it
    /// has to be shown.
    pub(super) fn passes(&mut self, stream: StreamId, piece: Piece<'_>) -> bool {
        if piece.begins {
            self.streams[stream.0].dropping = self.drops(piece.text);
        }
        let Stream { muted, dropping, .. } = self.streams[stream.0];
        !muted && !dropping
    }

    /// Returns whether a line is dropped. Its escape sequences are no part of what is looked at.
    fn drops(&mut self, text: &[u8]) -> bool {
        if self.drops_nothing() {
            return false;
        }
        let drops = |line: &[u8]| self.drop.match_line(line) || !self.wish.shows_line(line);
        if memchr(ESC, text).is_none() {
            return drops(text);
        }
        self.plain.clear();
        let row = Row { prefix: b"", begins_at: None };
        EscapeFilter::new(Escapes::Strip).filter(text, row, &mut self.plain);
        self.drop.match_line(&self.plain) || !self.wish.shows_line(&self.plain)
    }
}
