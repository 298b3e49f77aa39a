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
use crate::logs::screen::{Answer, Modes};

/// How much of what came last is kept, to draw a screen of it.
const RECENT_BYTES: usize = 64 * 1024;

/// A question to the terminal stands at the end of what was written, as its answer is waited for: so far back one is looked for.
const QUESTION_BYTES: usize = 128;

/// How much may wait for somebody who does not take it. Then the tap is cut: what was left out would spoil the screen,
/// and a new tap draws it anew.
const LONGEST_QUEUE_BYTES: usize = 1024 * 1024;

/// The bytes of one run from a moment on.
///
/// When it is dropped, that is over.
pub struct Tap {
    /// What came before, as far as it is kept. It may begin in the middle of a character or a sequence.
    pub recent: Vec<u8>,
    /// How the bytes before those have left the terminal.
    pub before: Modes,
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

/// Who wants to know what a process expects of its terminal. It must not wait, and not talk to the hub.
pub(in crate::engine) trait Watcher {
    /// It has asked its terminal something.
    fn asked(&self, questions: Vec<Answer>);

    /// It has fallen silent in the middle of a line.
    fn fell_silent(&self);
}

/// What is kept of one stream, and who taps it.
#[derive(Default)]
pub(super) struct Tapped {
    recent: VecDeque<u8>,
    before: Modes,
    queues: Vec<Weak<Queue>>,
    watcher: Option<Rc<dyn Watcher>>,
    /// How many bytes have come, and how many up to the end of the last question.
    heard: u64,
    asked: u64,
}

impl Tapped {
    /// Takes what has just been read.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        let last = &bytes[bytes.len().saturating_sub(RECENT_BYTES)..];
        let room = RECENT_BYTES - last.len();
        let leaving = self.recent.len().saturating_sub(room);
        if leaving > 0 {
            let (front, back) = self.recent.as_slices();
            let of_front = leaving.min(front.len());
            self.before.learn(&front[..of_front]);
            self.before.learn(&back[..leaving - of_front]);
            self.before.learn(&bytes[..bytes.len() - last.len()]);
            self.recent.drain(..leaving);
        }
        self.recent.extend(last);
        self.heard += bytes.len() as u64;
        if let Some(watcher) = self.watcher.clone() {
            let questions = self.new_questions();
            if !questions.is_empty() {
                watcher.asked(questions);
            }
        }
        self.queues.retain(|queue| queue.upgrade().is_some_and(|queue| queue.push(bytes)));
    }

    fn tap(&mut self) -> Tap {
        let queue = Rc::new(Queue::default());
        self.queues.push(Rc::downgrade(&queue));
        Tap { recent: self.recent.iter().copied().collect(), before: self.before.clone(), queue }
    }

    /// Returns the questions at the end that were not there the last time.
    fn new_questions(&mut self) -> Vec<Answer> {
        let first = self.recent.len().saturating_sub(QUESTION_BYTES);
        let mut last = [0; QUESTION_BYTES];
        let last = &mut last[..self.recent.len() - first];
        last.iter_mut().zip(self.recent.range(first..)).for_each(|(to, from)| *to = *from);
        let begin = self.heard - last.len() as u64;
        let mut questions = Vec::new();
        for (question, end) in Answer::wanted_in(last) {
            let end = begin + end as u64;
            if end > self.asked {
                self.asked = end;
                questions.push(question);
            }
        }
        questions
    }

    /// Tells whoever watches it that the process has fallen silent in the middle of a line.
    pub(super) fn falls_silent(&self) {
        if let Some(watcher) = &self.watcher {
            watcher.fell_silent();
        }
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

    /// Has somebody told what the process on the other side of a stream's terminal expects of it, until its run has ended.
    pub(in crate::engine) fn watch(&self, stream: StreamId, watcher: Rc<dyn Watcher>) {
        if let Some(tapped) = &mut self.0.state.borrow_mut().streams[stream.0].tapped {
            tapped.watcher = Some(watcher);
        }
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
