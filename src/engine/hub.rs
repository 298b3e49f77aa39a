//! Where the lines of all processes meet on their way to the outlets.
//!
//! Nothing here waits but readers: a remark of forge gets in at any time, and a reader is held back, and with it
//! its process, when more is formatted for any sink than its outlet takes. A sink whose outlet is gone holds back nobody.
//!
//! # Who may speak
//!
//! A line is shown in one piece where that is possible, and nobody waits long for it:
//! - A line that did not end yet is kept back. It is shown after a short silence of its process (it may be a
//!   question), or when it is longer than 64 KiB; on a terminal also when it has gone on for a while without a silence.
//! - A line that was shown after a silence is interrupted at once: a line end is put behind it, and what follows
//!   of it comes later on a line of its own with a prefix.
//! - A line that is flowing (a long one) is waited for until its end, but no longer than a quarter of a second
//!   since it began, and not once it has paused for 50 ms. Then it is interrupted in the same way.
//! - A remark of forge waits for nobody.

mod facing;
mod follow;
mod listeners;
mod open_line;
mod past;
mod patience;
mod renewed;
mod signs;
mod sinks;
mod stream;
mod tap;
mod way;

use std::cell::{Cell, RefCell};
use std::io;
use std::mem;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{spawn_local, yield_now};
use tokio::time::{Instant, timeout_at};

pub use self::follow::Follower;
pub use self::listeners::{Since, Until};
use self::open_line::OpenLine;
pub use self::patience::Patience;
use self::signs::Awaited;
use self::sinks::Sinks;
use self::stream::Stream;
pub(super) use self::tap::Watcher;
pub use self::tap::{End, Tap};
pub use self::way::Way;
use super::outlet::{Outlet, OutputGone};
use crate::logs::{Frame, LastWords, Origin, Rewrite, StreamId};
use crate::project::InstanceId;
use crate::supervisor::{Complaint, Note};
use crate::sys::clock;

/// How much one reader takes in one turn: a little more than a pipe holds (pipe(7)), so that a read which has
/// emptied a full pipe is a short one, and shows that it has.
const CHUNK_BYTES: usize = 68 * 1024;

/// How much is handed on at once, though more may be on its way: less costs more system calls, more leaves the
/// processor's cache before it is written.
const WORTH_WRITING_BYTES: usize = 64 * 1024;

/// How much may wait to be offered to an outlet before readers wait. As much again, and one chunk, waits there, and as much is
/// being written: about half a MiB in all.
const ENOUGH_BYTES: usize = 128 * 1024;

/// How long a stream is silent before rows that it draws again and again are shown as they are then.
const REDRAWN_SILENCE: Duration = Duration::from_millis(500);

/// A handle to the hub; all of them are the same hub.
#[derive(Clone)]
pub struct Hub(Rc<Shared>);

struct Shared {
    state: RefCell<State>,
    /// In the order of the sinks. The first is that of the standard output.
    exits: Vec<Exit>,
    patience: Patience,
    /// Readers that had to wait may try again.
    turn: Notify,
    /// Whose line stands unfinished on the screen.
    open: Cell<Option<OpenLine>>,
    /// Somebody follows no more.
    parted: Notify,
}

/// The end of one way.
struct Exit {
    outlet: Outlet,
    /// Something is formatted that was not offered to the outlet.
    unwritten: Notify,
}

struct State {
    sinks: Sinks,
    rewrite: Option<Box<dyn Rewrite>>,
    streams: Vec<Stream>,
    /// What one reader has just read. One for all, so that it stays in the cache.
    chunk: Vec<u8>,
    awaited: Awaited,
    /// What forge has to say when all of these streams have ended.
    behind: Vec<(Vec<StreamId>, Note)>,
    /// What forge has to say when all output has ended.
    last_word: Option<Note>,
}

impl Hub {
    /// Brings sinks and outlets together; the first is that of the standard output. `rewrite` changes what processes wrote before any sink
    /// sees it. Must be called within a `LocalSet`, which carries the tasks that take from the one to the other.
    pub fn start(ways: Vec<Way>, rewrite: Option<Box<dyn Rewrite>>, patience: Patience) -> Hub {
        let (sinks, exits) = ways
            .into_iter()
            .map(|Way { sink, outlet }| (sink, Exit { outlet, unwritten: Notify::new() }))
            .unzip();
        let state = State {
            sinks: Sinks::new(sinks),
            rewrite,
            streams: Vec::new(),
            chunk: vec![0; CHUNK_BYTES],
            awaited: Awaited::default(),
            behind: Vec::new(),
            last_word: None,
        };
        let hub = Hub(Rc::new(Shared {
            state: RefCell::new(state),
            exits,
            patience,
            turn: Notify::new(),
            open: Cell::new(None),
            parted: Notify::new(),
        }));
        for way in 0..hub.0.exits.len() {
            spawn_local(hub.clone().carry(way));
        }
        for way in 1..hub.0.exits.len() {
            spawn_local(hub.clone().listen(way));
        }
        hub
    }

    /// Shows a remark of forge. Never waits; remarks are few.
    pub fn note(&self, note: &Note) {
        let mut state = self.0.state.borrow_mut();
        state.note(note);
        self.0.open.set(None);
        self.formatted(&mut state);
    }

    /// Begins to hear a run; returns the stream to which its reader brings what it says there. [`Hub::close`] ends it.
    pub fn begin(&self, origin: &Origin<'_>) -> StreamId {
        let mut state = self.0.state.borrow_mut();
        let place = state.streams.iter().position(|stream| stream.is_free_for(origin)).unwrap_or_else(|| {
            state.streams.push(Stream::new(origin));
            state.streams.len() - 1
        });
        state.streams[place].heard = true;
        state.streams[place].spoke = Instant::now();
        let stream = StreamId(place);
        state.sinks.begins(clock::wall(), stream, origin);
        self.formatted(&mut state);
        stream
    }

    /// Returns the streams on which an instance is heard, if any of their readers is held back because an outlet takes
    /// nothing.
    pub fn held_back(&self, instance: &InstanceId) -> Vec<StreamId> {
        let state = self.0.state.borrow();
        let of_it = |stream: &&Stream| stream.heard && stream.instance == *instance;
        if !state.streams.iter().filter(of_it).any(|stream| stream.waits_for_room) {
            return Vec::new();
        }
        (0..state.streams.len()).filter(|place| of_it(&&state.streams[*place])).map(StreamId).collect()
    }

    /// Shows a remark when streams have ended, behind all that was written there.
    pub fn note_behind(&self, streams: Vec<StreamId>, note: Note) {
        self.0.state.borrow_mut().behind.push((streams, note));
    }

    /// Shows a remark when all streams have ended, see [`Hub::finish`].
    pub fn note_last(&self, note: Note) {
        self.0.state.borrow_mut().last_word = Some(note);
    }

    /// Ends the output of one run: an unfinished line is shown now. Says what its last lines complained of.
    ///
    /// Readers do it themselves; it is for the end of one that is aborted.
    pub fn close(&self, stream: StreamId) -> Option<Complaint> {
        let mut state = self.0.state.borrow_mut();
        state.show(stream, |stream, _, out| stream.framer.finish(out));
        let Stream { begun, waits_for_room, heard, .. } = &mut state.streams[stream.0];
        *begun = None;
        *waits_for_room = false;
        let has_ended = mem::take(heard);
        // Its last lines can still be asked for; it complains once.
        let last_words = state.sinks.last_words(stream).filter(|_| has_ended);
        let complaint = last_words.and_then(LastWords::complaint);
        state.awaited.give_up(stream);
        if self.0.open.get().is_some_and(|open| open.stream == stream) {
            self.0.open.set(None);
            self.0.turn.notify_waiters();
        }
        if has_ended {
            state.streams[stream.0].tapped = None;
            state.sinks.ends(clock::wall(), stream);
        }
        state.note_what_stood_behind(stream);
        self.formatted(&mut state);
        complaint
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
        // The standard output last: the others may have something to say.
        for way in (0..self.0.exits.len()).rev() {
            let outlet = &self.0.exits[way].outlet;
            loop {
                outlet.room().await;
                if self.offer(way) {
                    break;
                }
            }
            outlet.finished().await;
            for note in outlet.take_notes() {
                self.note(&note);
            }
        }
    }

    /// Waits until nobody takes the standard output any more, usually for ever. From then on what would go there is thrown away,
    /// and processes go on writing without noticing.
    pub async fn output_gone(&self) -> OutputGone {
        self.0.exits[0].outlet.gone().await
    }

    /// Returns how many bytes have been written; a number that stands still while [`Hub::finish`] waits means
    /// that nobody reads.
    pub fn written_bytes(&self) -> u64 {
        self.0.exits.iter().map(|exit| exit.outlet.written_bytes()).sum()
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
            // The hot path: what was read becomes lines, and lines become text.
            state.show(stream, |stream, chunk, out| {
                stream.spoke = Instant::now();
                if let Some(tapped) = &mut stream.tapped {
                    tapped.hear(&chunk[..length]);
                }
                stream.framer.push(&chunk[..length], out);
            });
            self.look_at_open_line(&mut state, stream);
            self.formatted(&mut state);
        }
        Ok(length)
    }

    /// Returns how long the reader of `stream` waits for more before it shows an unfinished line.
    pub(super) fn patience(&self, stream: StreamId) -> Option<Duration> {
        let mut state = self.0.state.borrow_mut();
        if let Some(kept_for) = state.streams[stream.0].kept_for() {
            return Some(self.0.patience.left(&state.streams[stream.0].framer, kept_for));
        }
        // The framer has handed out all of a long line, and its end may be the beginning of a secret.
        if state.rewrite.as_ref().is_some_and(|rewrite| rewrite.has_kept(stream)) {
            return Some(self.0.patience.silent);
        }
        state.sinks.hold_back(stream).then_some(REDRAWN_SILENCE)
    }

    /// Shows the unfinished line of a stream that has fallen silent. Only in its turn.
    pub(super) fn show_unfinished(&self, stream: StreamId) {
        let mut state = self.0.state.borrow_mut();
        state.show(stream, |stream, _, out| stream.framer.take_unfinished(out));
        let State { sinks, rewrite, .. } = &mut *state;
        if let Some(rewrite) = rewrite {
            sinks.show_kept(rewrite.as_mut(), (clock::wall(), stream));
            sinks.listeners().tell();
        }
        let now = clock::wall();
        state.sinks.each(|sink| sink.falls_silent(now, stream));
        // Whoever was silent for so long may be interrupted at once.
        state.streams[stream.0].begun = None;
        state.streams[stream.0].kept_since = None;
        self.formatted(&mut state);
        if let Some(tapped) = &state.streams[stream.0].tapped {
            tapped.falls_silent();
        }
    }

    /// Returns how much one turn takes at most.
    pub(super) const fn chunk_bytes() -> usize {
        CHUNK_BYTES
    }

    fn is_full(&self) -> bool {
        self.0.state.borrow_mut().sinks.hold(ENOUGH_BYTES)
    }

    /// Notices whether `stream`, which has just spoken, has left a line open, and since when.
    fn look_at_open_line(&self, state: &mut State, stream: StreamId) {
        let open = state.sinks.open_line().filter(|open| *open == stream);
        let begun = &mut state.streams[stream.0].begun;
        *begun = open.map(|_| begun.unwrap_or_else(Instant::now));
        let open = begun.map(|begun| OpenLine::flowing(stream, begun));
        if self.0.open.replace(open).is_some() && open.is_none() {
            self.0.turn.notify_waiters();
        }
    }

    /// Sees to it that what was formatted gets out: at once where it is much, else when nothing else is to do.
    fn formatted(&self, state: &mut State) {
        if state.sinks.take_loss() {
            state.note(&Note::LinesLost);
            self.0.open.set(None);
        }
        for (exit, pending) in self.0.exits.iter().zip(state.sinks.pending()) {
            let done =
                pending.is_empty() || (pending.len() >= WORTH_WRITING_BYTES && exit.outlet.offer(pending));
            if !done {
                exit.unwritten.notify_one();
            }
        }
    }

    fn offer(&self, way: usize) -> bool {
        let mut state = self.0.state.borrow_mut();
        let Some(pending) = state.sinks.pending().nth(way) else { return true };
        pending.is_empty() || self.0.exits[way].outlet.offer(pending)
    }

    /// The task that offers to an outlet what is formatted when nothing else is to do.
    async fn carry(self, way: usize) {
        let Exit { outlet, unwritten } = &self.0.exits[way];
        loop {
            unwritten.notified().await;
            // Everything that is ready now goes along.
            yield_now().await;
            while !self.offer(way) {
                outlet.room().await;
            }
            self.begin_pause();
            self.0.turn.notify_waiters();
        }
    }

    /// The task that shows what a writer has to say.
    async fn listen(self, way: usize) {
        loop {
            for note in self.0.exits[way].outlet.heard().await {
                self.note(&note);
            }
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

impl State {
    /// Shows what `work` gets out of a stream; it is given the bytes that were read, too.
    fn show(&mut self, id: StreamId, work: impl FnOnce(&mut Stream, &[u8], &mut dyn FnMut(Frame<'_>))) {
        let State { sinks, rewrite, streams, chunk, awaited, .. } = self;
        let now = clock::wall();
        sinks.listeners().reads(chunk);
        work(&mut streams[id.0], chunk, &mut |frame| {
            sinks.show(rewrite.as_deref_mut(), (now, id), frame);
            awaited.look(id, frame);
        });
        sinks.listeners().has_read(chunk);
    }

    fn note(&mut self, note: &Note) {
        self.sinks.note(clock::wall(), note);
    }

    /// Says what was to be said when this stream, and perhaps others, have ended.
    fn note_what_stood_behind(&mut self, ended: StreamId) {
        for (streams, _) in &mut self.behind {
            streams.retain(|stream| *stream != ended);
        }
        let due = self.behind.extract_if(.., |(streams, _)| streams.is_empty()).collect::<Vec<_>>();
        for (_, note) in due {
            self.note(&note);
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
