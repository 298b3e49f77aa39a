//! Tapping: the bytes that come from a pseudo-terminal, as they come, for somebody who shows them on a terminal.
//!
//! They are what the process wrote: with all escape sequences, and without masks, as the process would be seen on a
//! terminal of its own.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem;
use std::rc::{Rc, Weak};

use tokio::sync::Notify;

use super::Hub;
use crate::logs::StreamId;

/// How much of what came last is kept, to draw a screen of it.
const RECENT_BYTES: usize = 64 * 1024;

/// How much may wait for somebody who does not take it. Then the tap is cut: what was left out would spoil the screen,
/// and a new tap draws it anew.
const LONGEST_QUEUE_BYTES: usize = 1024 * 1024;

/// The bytes of one run from a moment on.
///
/// When it is dropped, that is over.
pub struct Tap {
    /// What came before, as far as it is kept. It may begin in the middle of a character or a sequence.
    pub recent: Vec<u8>,
    queue: Rc<Queue>,
}

#[derive(Default)]
struct Queue {
    bytes: RefCell<Vec<u8>>,
    end: Cell<Option<End>>,
    news: Notify,
}

/// Why nothing more comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The output has ended, and with it the run.
    Over,
    /// Too much was not taken.
    Cut,
}

/// What is kept of one stream, and who taps it.
#[derive(Default)]
pub(super) struct Tapped {
    recent: VecDeque<u8>,
    queues: Vec<Weak<Queue>>,
}

impl Tapped {
    /// Takes what has just been read.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        let last = &bytes[bytes.len().saturating_sub(RECENT_BYTES)..];
        let room = RECENT_BYTES - last.len();
        self.recent.drain(..self.recent.len().saturating_sub(room));
        self.recent.extend(last);
        self.queues.retain(|queue| queue.upgrade().is_some_and(|queue| queue.push(bytes)));
    }

    fn tap(&mut self) -> Tap {
        let queue = Rc::new(Queue::default());
        self.queues.push(Rc::downgrade(&queue));
        Tap { recent: self.recent.iter().copied().collect(), queue }
    }
}

impl Drop for Tapped {
    fn drop(&mut self) {
        for queue in self.queues.iter().filter_map(Weak::upgrade) {
            queue.end(End::Over);
        }
    }
}

impl Queue {
    /// Takes more; returns whether there can be more.
    fn push(&self, more: &[u8]) -> bool {
        let mut bytes = self.bytes.borrow_mut();
        if bytes.len() + more.len() > LONGEST_QUEUE_BYTES {
            self.end(End::Cut);
            return false;
        }
        bytes.extend_from_slice(more);
        self.news.notify_one();
        true
    }

    fn end(&self, end: End) {
        self.end.set(Some(end));
        self.news.notify_one();
    }
}

impl Tap {
    /// Returns what has come since the last call, as soon as there is something. Nothing: [`Tap::end`] says why.
    ///
    /// A call that is dropped half way costs nothing.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let bytes = mem::take(&mut *self.queue.bytes.borrow_mut());
            if !bytes.is_empty() {
                return Some(bytes);
            }
            if self.queue.end.get().is_some() {
                return None;
            }
            self.queue.news.notified().await;
        }
    }

    /// Returns why nothing more comes, if that is so.
    pub fn end(&self) -> Option<End> {
        self.queue.end.get()
    }
}

impl Hub {
    /// Keeps what comes on a stream as it comes, until the run that is heard there has ended. It is that of a terminal.
    pub(in crate::engine) fn keep_for_taps(&self, stream: StreamId) {
        self.0.state.borrow_mut().streams[stream.0].tapped = Some(Box::default());
    }

    /// Begins to tap a stream; nothing where it is none of a terminal, or is over.
    pub fn tap(&self, stream: StreamId) -> Option<Tap> {
        let mut state = self.0.state.borrow_mut();
        let tapped = state.streams.get_mut(stream.0)?.tapped.as_mut()?;
        Some(tapped.tap())
    }
}

#[cfg(test)]
mod tests;
