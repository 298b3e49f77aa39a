//! What the hub hears besides lines to be shown: a line that somebody waits for, last lines, silence.

use std::time::Duration;

use tokio::time::Instant;

use super::Hub;
use crate::logs::{Frame, ReadyLine, StreamId};

/// What is done when the awaited line comes. It must not wait, and not talk to the hub.
pub(in crate::engine) type Tell = Box<dyn FnOnce()>;

/// Who is to be told once of a line that matches; usually nobody.
#[derive(Default)]
pub(super) struct Awaited(Vec<(StreamId, ReadyLine, Tell)>);

impl Awaited {
    /// Looks at what comes on a stream.
    pub(super) fn look(&mut self, stream: StreamId, frame: Frame<'_>) {
        if self.0.is_empty() {
            return;
        }
        let is_it = |(on, line, _): &mut (StreamId, ReadyLine, Tell)| *on == stream && line.is_in(frame);
        for (_, _, tell) in self.0.extract_if(.., |one| is_it(one)) {
            tell();
        }
    }

    /// Forgets those who wait for a stream that has ended.
    pub(super) fn give_up(&mut self, stream: StreamId) {
        self.0.retain(|(on, _, _)| *on != stream);
    }
}

impl Hub {
    /// Has somebody told, once, when a line that matches comes on this stream. It is over with the stream.
    pub(in crate::engine) fn expect(&self, stream: StreamId, line: ReadyLine, tell: Tell) {
        self.0.state.borrow_mut().awaited.0.push((stream, line, tell));
    }

    /// Returns the last lines of streams, as they were shown; the last stream's last.
    pub(in crate::engine) fn last_lines(&self, streams: &[StreamId], count: usize) -> Vec<String> {
        let state = self.0.state.borrow();
        let of = |stream: &StreamId| state.sinks.last_words(*stream).map(|words| words.lines(count));
        let mut lines: Vec<String> = streams.iter().filter_map(of).flatten().collect();
        lines.drain(..lines.len().saturating_sub(count));
        lines
    }

    /// Returns words of a process that it has not printed, as they may be shown.
    pub(in crate::engine) fn as_shown(&self, words: String) -> String {
        match &self.0.state.borrow().rewrite {
            Some(rewrite) => rewrite.words(&words),
            None => words,
        }
    }

    /// Returns for how long nothing has come on any of these streams.
    pub(in crate::engine) fn silence(&self, streams: &[StreamId]) -> Option<Duration> {
        let state = self.0.state.borrow();
        streams.iter().map(|stream| state.streams[stream.0].spoke.elapsed()).min()
    }

    /// Nobody could say anything while all were stopped.
    pub(in crate::engine) fn forgive_silence(&self) {
        for stream in &mut self.0.state.borrow_mut().streams {
            stream.spoke = Instant::now();
        }
    }
}
