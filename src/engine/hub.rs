//! Where the lines of all processes meet on their way to the outlet.
//!
//! Nothing here waits but readers: a remark of forge gets in at any time, and a reader is held back, and with it
//! its process, when more is formatted than the outlet takes.
//!
//! # Who may speak
//!
//! A line is shown in one piece where that is possible, and nobody waits long for it:
//! - A line that did not end yet is kept back. It is shown after a short silence of its process (it may be a
//!   question), or when it is longer than 64 KiB.
//! - A line that was shown after a silence is interrupted at once: a line end is put behind it, and what follows
//!   of it comes later on a line of its own with a prefix.
//! - A line that is flowing (a long one) is waited for until its end, but no longer than a quarter of a second
//!   since it began, and not once it has paused for 50 ms. Then it is interrupted in the same way.
//! - A remark of forge waits for nobody.

use std::cell::{Cell, RefCell};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{spawn_local, yield_now};
use tokio::time::{Instant, timeout_at};

use super::outlet::{Outlet, OutputGone};
use crate::logs::{Frame, Framer, LastWords, Sink, StreamId};
use crate::supervisor::{Complaint, Note};
use crate::sys::clock;
use crate::time::WallTime;

/// How much one reader takes in one turn: a little more than a pipe holds (pipe(7)), so that a read which has
/// emptied a full pipe is a short one, and shows that it has.
const CHUNK_BYTES: usize = 68 * 1024;

/// How much wakes the writer at once, though more may be on its way. Twice what a pipe holds: less wakes it too
/// often, more gains nothing.
const WORTH_WRITING_BYTES: usize = 128 * 1024;

/// How much may wait to be offered to the outlet before readers wait. As much again waits there, and as much is
/// being written: about 1 MiB in all. More was not faster, but left the processor's cache.
const ENOUGH_BYTES: usize = 256 * 1024;

/// How long others wait for the end of a flowing line since it began.
const LONGEST_FLOW: Duration = Duration::from_millis(250);

/// How long a flowing line may pause before it is interrupted.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// How long an unfinished line is kept back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience(pub Duration);

impl Patience {
    /// Somebody is looking and may be asked something.
    pub const TERMINAL: Patience = Patience(Duration::from_millis(200));
    /// Whole lines are worth more than haste.
    pub const ELSEWHERE: Patience = Patience(Duration::from_secs(1));
}

/// A handle to the hub; all of them are the same hub.
#[derive(Clone)]
pub struct Hub(Rc<Shared>);

struct Shared {
    state: RefCell<State>,
    outlet: Outlet,
    patience: Patience,
    /// Something is formatted that was not offered to the outlet.
    unwritten: Notify,
    /// Readers that had to wait may try again.
    turn: Notify,
    /// Whose line stands unfinished on the screen.
    open: Cell<Option<OpenLine>>,
}

struct State {
    sink: Box<dyn Sink>,
    streams: Vec<Stream>,
    /// What one reader has just read. One for all, so that it stays in the cache.
    chunk: Vec<u8>,
    sink_failed: bool,
    /// What forge has to say when all output has ended.
    last_word: Option<Note>,
}

/// The output of one instance, as far as it has come.
#[derive(Default)]
struct Stream {
    framer: Framer,
    last_words: LastWords,
    /// When the line began that is being shown in pieces.
    begun: Option<Instant>,
    /// Its reader is held back until the outlet has taken more.
    waits_for_room: bool,
    /// What forge has to say when its output has ended.
    last_word: Option<Note>,
}

/// A line that stands unfinished at the end of the output.
#[derive(Debug, Clone, Copy)]
struct OpenLine {
    stream: StreamId,
    /// When others may interrupt it.
    until: Instant,
}

impl Hub {
    /// Brings a sink and an outlet together. Must be called within a `LocalSet`, which carries the task that
    /// takes from the one to the other.
    pub fn start(sink: Box<dyn Sink>, outlet: Outlet, streams: usize, patience: Patience) -> Hub {
        let state = State {
            sink,
            streams: std::iter::repeat_with(Stream::default).take(streams).collect(),
            chunk: vec![0; CHUNK_BYTES],
            sink_failed: false,
            last_word: None,
        };
        let hub = Hub(Rc::new(Shared {
            state: RefCell::new(state),
            outlet,
            patience,
            unwritten: Notify::new(),
            turn: Notify::new(),
            open: Cell::new(None),
        }));
        spawn_local(hub.clone().carry());
        hub
    }

    /// Shows a remark of forge. Never waits; remarks are few.
    pub fn note(&self, note: &Note) {
        let mut state = self.0.state.borrow_mut();
        state.format(|sink, _| sink.note(clock::wall(), note));
        self.0.open.set(None);
        self.formatted(&mut state);
    }

    /// Shows a remark when a stream has ended, behind all that its process wrote.
    pub fn note_behind(&self, stream: StreamId, note: Note) {
        self.0.state.borrow_mut().streams[stream.0].last_word = Some(note);
    }

    /// Shows a remark when all streams have ended, see [`Hub::finish`].
    pub fn note_last(&self, note: Note) {
        self.0.state.borrow_mut().last_word = Some(note);
    }

    /// Returns whether the reader of a stream is held back because the outlet takes nothing.
    pub fn waits_for_room(&self, stream: StreamId) -> bool {
        self.0.state.borrow().streams[stream.0].waits_for_room
    }

    /// Ends the output of one run: an unfinished line is shown now. Says what its last lines complained of.
    ///
    /// Readers do it themselves; it is for the end of one that is aborted.
    pub fn close(&self, stream: StreamId) -> Option<Complaint> {
        let mut state = self.0.state.borrow_mut();
        let now = clock::wall();
        state.format(|sink, streams| {
            streams[stream.0].framer.finish(|frame| show(sink, now, stream, frame));
        });
        state.streams[stream.0].begun = None;
        state.streams[stream.0].waits_for_room = false;
        if self.0.open.get().is_some_and(|open| open.stream == stream) {
            self.0.open.set(None);
            self.0.turn.notify_waiters();
        }
        if let Some(note) = state.streams[stream.0].last_word.take() {
            state.format(|sink, _| sink.note(now, &note));
        }
        self.formatted(&mut state);
        state.streams[stream.0].last_words.complaint()
    }

    /// Ends all streams and waits until everything is written. That may be for ever: whoever waits looks at
    /// [`Hub::written_bytes`] and decides.
    pub async fn finish(&self) {
        let streams = self.0.state.borrow().streams.len();
        for stream in 0..streams {
            self.close(StreamId(stream));
        }
        let last_word = self.0.state.borrow_mut().last_word.take();
        if let Some(note) = last_word {
            self.note(&note);
        }
        loop {
            self.0.outlet.room().await;
            if self.offer() {
                break;
            }
        }
        self.0.outlet.finished().await;
    }

    /// Waits until nobody takes the output any more, usually for ever. From then on output is thrown away, and
    /// processes go on writing without noticing.
    pub async fn output_gone(&self) -> OutputGone {
        self.0.outlet.gone().await
    }

    /// Returns how many bytes have been written; a number that stands still while [`Hub::finish`] waits means
    /// that nobody reads.
    pub fn written_bytes(&self) -> u64 {
        self.0.outlet.written_bytes()
    }

    /// Waits until `stream` may speak: there is room, and nobody is in the middle of a line.
    pub(super) async fn turn(&self, stream: StreamId) {
        loop {
            let turn = self.0.turn.notified();
            if self.is_full() {
                self.0.state.borrow_mut().streams[stream.0].waits_for_room = true;
                turn.await;
                continue;
            }
            self.0.state.borrow_mut().streams[stream.0].waits_for_room = false;
            match self.0.open.get() {
                Some(open) if open.stream != stream && Instant::now() < open.until => {
                    // Elapsed or not: the next look tells.
                    let _ = timeout_at(open.until, turn).await;
                }
                Some(_) | None => return,
            }
        }
    }

    /// Takes one chunk of `stream` from `read`, formats it and returns its length. Only in its turn.
    pub(super) fn take(
        &self,
        stream: StreamId,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut state = self.0.state.borrow_mut();
        let length = read(&mut state.chunk)?;
        if length > 0 {
            state.format_chunk(stream, length);
            self.look_at_open_line(&mut state, stream);
            self.formatted(&mut state);
        }
        Ok(length)
    }

    /// Returns how long the reader of `stream` waits for more before it shows an unfinished line.
    pub(super) fn patience(&self, stream: StreamId) -> Option<Duration> {
        self.0.state.borrow().streams[stream.0].framer.has_kept().then_some(self.0.patience.0)
    }

    /// Shows the unfinished line of a stream that has fallen silent. Only in its turn.
    pub(super) fn show_unfinished(&self, stream: StreamId) {
        let mut state = self.0.state.borrow_mut();
        let now = clock::wall();
        state.format(|sink, streams| {
            streams[stream.0].framer.take_unfinished(|frame| show(sink, now, stream, frame));
        });
        // Whoever was silent for so long may be interrupted at once.
        state.streams[stream.0].begun = None;
        self.formatted(&mut state);
    }

    /// Returns how much one turn takes at most.
    pub(super) const fn chunk_bytes() -> usize {
        CHUNK_BYTES
    }

    fn is_full(&self) -> bool {
        self.0.state.borrow_mut().sink.pending().len() >= ENOUGH_BYTES
    }

    /// Notices whether `stream`, which has just spoken, has left a line open, and since when.
    fn look_at_open_line(&self, state: &mut State, stream: StreamId) {
        let open = state.sink.open_line().filter(|open| *open == stream);
        let begun = &mut state.streams[stream.0].begun;
        *begun = open.map(|_| begun.unwrap_or_else(Instant::now));
        let open = begun.map(|begun| OpenLine::flowing(stream, begun));
        if self.0.open.replace(open).is_some() && open.is_none() {
            self.0.turn.notify_waiters();
        }
    }

    /// Sees to it that what was formatted gets out: at once where it is much, else when nothing else is to do.
    fn formatted(&self, state: &mut State) {
        let pending = state.sink.pending();
        if pending.is_empty() || (pending.len() >= WORTH_WRITING_BYTES && self.0.outlet.offer(pending)) {
            return;
        }
        self.0.unwritten.notify_one();
    }

    fn offer(&self) -> bool {
        let mut state = self.0.state.borrow_mut();
        let pending = state.sink.pending();
        pending.is_empty() || self.0.outlet.offer(pending)
    }

    /// The task that offers to the outlet what is formatted when nothing else is to do.
    async fn carry(self) {
        loop {
            self.0.unwritten.notified().await;
            // Everything that is ready now goes along.
            yield_now().await;
            while !self.offer() {
                self.0.outlet.room().await;
            }
            self.begin_pause();
            self.0.turn.notify_waiters();
        }
    }

    /// Nobody was silent while nobody was read: the pause of a flowing line begins now.
    fn begin_pause(&self) {
        let Some(OpenLine { stream, .. }) = self.0.open.get() else { return };
        if let Some(begun) = self.0.state.borrow().streams[stream.0].begun {
            self.0.open.set(Some(OpenLine::flowing(stream, begun)));
        }
    }
}

impl OpenLine {
    /// A line that began to be shown at `begun` and has gone on just now.
    fn flowing(stream: StreamId, begun: Instant) -> OpenLine {
        OpenLine { stream, until: (begun + LONGEST_FLOW).min(Instant::now() + LONGEST_PAUSE) }
    }
}

impl State {
    /// The hot path: what was read becomes lines, and lines become text.
    fn format_chunk(&mut self, stream: StreamId, length: usize) {
        let State { sink, streams, chunk, sink_failed, last_word: _ } = self;
        let chunk = &chunk[..length];
        let now = clock::wall();
        let Stream { framer, last_words, .. } = &mut streams[stream.0];
        last_words.hear(chunk);
        guarded(sink.as_mut(), sink_failed, |sink| {
            framer.push(chunk, |frame| show(sink, now, stream, frame));
        });
    }

    fn format(&mut self, work: impl FnOnce(&mut dyn Sink, &mut [Stream])) {
        let State { sink, streams, sink_failed, .. } = self;
        guarded(sink.as_mut(), sink_failed, |sink| work(sink, streams));
    }
}

/// Lets a sink work, and survives its panic: the lines in its hands are lost, forge and its processes are not.
fn guarded(sink: &mut dyn Sink, failed: &mut bool, work: impl FnOnce(&mut dyn Sink)) {
    if catch_unwind(AssertUnwindSafe(|| work(&mut *sink))).is_err() && !*failed {
        *failed = true;
        sink.pending().extend_from_slice(b"\nforge: an error within forge has cost some lines of output\n");
    }
}

fn show(sink: &mut dyn Sink, now: WallTime, stream: StreamId, frame: Frame<'_>) {
    match frame {
        Frame::Lines(lines) => sink.lines(now, stream, lines),
        Frame::Piece(piece) => sink.piece(now, stream, piece),
    }
}

#[cfg(test)]
pub(super) mod tests;
