//! Who writes to the terminal, and when: the stream, the bar below it, and a process that has the keyboard.
//!
//! All of it goes through one writer on one thread, so that no escape sequence stands within another. The bar is the last row; a
//! scroll region above it (DECSTBM) leaves history, selection and search to the terminal, as lines still leave at its top.
//! Others leave errands and go on; a terminal that takes nothing holds up nobody but the lines that are for it.

mod harm;
mod held;

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use self::harm::{Harm, harm};
use self::held::Held;
pub use self::held::Spill;
use crate::logs::Writer;
use crate::supervisor::Note;

/// A smaller window has no bar.
const FEWEST_ROWS: u16 = 3;
const FEWEST_COLUMNS: u16 = 10;

/// How much is written at once, so that it is seen that a slow terminal goes on.
const WRITE_BYTES: usize = 64 * 1024;

/// How much of a process that has the keyboard may wait to be written.
const ENOUGH_BYTES: usize = 256 * 1024;

/// The size of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Lines.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

impl Window {
    /// Returns whether there is room for a bar.
    pub fn has_room(self) -> bool {
        self.rows >= FEWEST_ROWS && self.columns >= FEWEST_COLUMNS
    }
}

/// A terminal, as far as it is written to.
pub trait Glass: Send {
    /// Returns how large it is now.
    fn window(&self) -> Option<Window>;

    /// Writes some of the bytes, and waits as long as it takes.
    ///
    /// # Errors
    /// It is gone.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
}

/// The near end of the writer: what is left here is done between two pieces of the stream.
#[derive(Clone)]
pub struct Stage(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Tells the writer that there is something to do.
    nudge: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Tells a writer that must wait for the end of a hold.
    left: Condvar,
    /// Tells those who wait that all errands are done.
    done: Condvar,
    /// The same for those who wait in a task.
    room: Notify,
}

#[derive(Default)]
struct State {
    errands: VecDeque<Errand>,
    /// How many bytes are in them.
    waiting_bytes: usize,
    /// Whether the writer is at one of them.
    is_busy: bool,
    /// What stands in the bar.
    line: Vec<u8>,
    is_stale: bool,
    /// How many lines are held.
    held_lines: u64,
}

enum Errand {
    Raise,
    Lower,
    Hold,
    Release,
    Bytes(Vec<u8>),
}

impl Stage {
    /// Makes both ends.
    pub fn new<G: Glass>(glass: G, spill: Spill) -> (Stage, StageWriter<G>) {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            nudge: OnceLock::new(),
            left: Condvar::new(),
            done: Condvar::new(),
            room: Notify::new(),
        });
        let writer = StageWriter {
            glass,
            shared: Arc::clone(&shared),
            is_raised: false,
            up: None,
            is_holding: false,
            held: Held::new(spill),
            is_within: false,
            is_in_line: false,
            is_ended: false,
        };
        (Stage(shared), writer)
    }

    /// Says how the writer is told that there is something to do. Before that it hears of it with the next line.
    pub fn connect(&self, nudge: impl Fn() + Send + Sync + 'static) {
        // Whoever connects twice means the same writer.
        let _ = self.0.nudge.set(Box::new(nudge));
    }

    /// Puts the bar below the stream, as soon as the window has room for it.
    pub fn raise(&self) {
        self.leave(Errand::Raise);
    }

    /// Takes the bar away, and leaves the terminal as it was.
    pub fn lower(&self) {
        self.leave(Errand::Lower);
    }

    /// Says what stands in the bar from now on: text and SGR, as wide as the window or narrower.
    pub fn draw(&self, line: Vec<u8>) {
        let mut state = self.0.lock();
        state.line = line;
        state.is_stale = true;
        drop(state);
        self.0.nudge();
    }

    /// Keeps what comes for the stream from now on.
    pub fn hold(&self) {
        self.leave(Errand::Hold);
    }

    /// Shows what was kept, and goes on.
    pub fn release(&self) {
        self.leave(Errand::Release);
    }

    /// Writes bytes as they are.
    pub fn write(&self, bytes: Vec<u8>) {
        self.leave(Errand::Bytes(bytes));
    }

    /// Waits until a process that has the keyboard may print more.
    pub async fn room(&self) {
        loop {
            // Made before the look, so that the news cannot come between the look and the waiting.
            let room = self.0.room.notified();
            if self.0.lock().waiting_bytes < ENOUGH_BYTES {
                return;
            }
            room.await;
        }
    }

    /// Returns whether a process that has the keyboard has printed more than the terminal has taken.
    pub fn is_behind(&self) -> bool {
        self.0.lock().waiting_bytes >= ENOUGH_BYTES
    }

    /// Returns how many lines are kept.
    pub fn held_lines(&self) -> u64 {
        self.0.lock().held_lines
    }

    /// Waits until everything that was left is done, but not longer than this: a terminal may take nothing.
    pub fn settle(&self, patience: Duration) {
        let is_open = |state: &mut State| !state.errands.is_empty() || state.is_busy || state.is_stale;
        // Settled or not: nothing more can be done.
        let _ = self.0.done.wait_timeout_while(self.0.lock(), patience, is_open);
    }

    fn leave(&self, errand: Errand) {
        let mut state = self.0.lock();
        if let Errand::Bytes(bytes) = &errand {
            state.waiting_bytes += bytes.len();
        }
        state.errands.push_back(errand);
        drop(state);
        self.0.nudge();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn nudge(&self) {
        self.left.notify_one();
        if let Some(nudge) = self.nudge.get() {
            nudge();
        }
    }
}

/// The one who writes.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the terminal or the stream"
)]
pub struct StageWriter<G> {
    glass: G,
    shared: Arc<Shared>,
    /// Whether a bar is wanted.
    is_raised: bool,
    /// For which window there is one.
    up: Option<Window>,
    is_holding: bool,
    held: Held,
    /// Whether a piece of the stream is half written.
    is_within: bool,
    /// Whether the stream stands within a line.
    is_in_line: bool,
    /// Whether the end of that line, which comes next, stands there already.
    is_ended: bool,
}

impl<G: Glass> Writer for StageWriter<G> {
    fn write(&mut self, bytes: &[u8], _notes: &mut Vec<Note>) -> io::Result<usize> {
        if !self.is_within {
            self.catch_up()?;
        }
        if self.is_holding && self.keep(bytes)? {
            return Ok(bytes.len());
        }
        if self.has_ended(bytes) {
            return Ok(1);
        }
        let length = self.glass.write(&bytes[..bytes.len().min(WRITE_BYTES)])?;
        self.is_within = length < bytes.len();
        self.is_in_line = bytes[..length].last() != Some(&b'\n');
        Ok(length)
    }

    fn nudged(&mut self) -> io::Result<()> {
        if self.is_within { Ok(()) } else { self.catch_up() }
    }
}

impl<G: Glass> StageWriter<G> {
    /// Does what was left to do.
    fn catch_up(&mut self) -> io::Result<()> {
        self.shared.lock().is_busy = true;
        let done = self.do_errands();
        self.shared.lock().is_busy = false;
        self.shared.done.notify_all();
        done
    }

    fn do_errands(&mut self) -> io::Result<()> {
        loop {
            // Not in the head of a `while let`, which would keep the lock.
            let errand = self.shared.lock().errands.pop_front();
            match errand {
                Some(errand) => self.perform(errand)?,
                None => break,
            }
        }
        self.fit()?;
        self.paint()
    }

    fn perform(&mut self, errand: Errand) -> io::Result<()> {
        match errand {
            Errand::Raise => self.is_raised = true,
            Errand::Lower => {
                self.is_raised = false;
                if let Some(Window { rows, .. }) = self.up.take() {
                    // With the cursor where it is, the region goes, and with it the row below.
                    self.write_all(format!("\x1b7\x1b[r\x1b[{rows};1H\x1b[2K\x1b8").as_bytes())?;
                }
            }
            Errand::Hold => {
                self.is_holding = true;
                // The sink ends its line, too, but that end may still be on its way, and is kept then.
                if mem::take(&mut self.is_in_line) {
                    self.is_ended = true;
                    self.write_all(b"\n")?;
                }
            }
            Errand::Release => {
                self.is_holding = false;
                self.fit()?;
                let mut held = self.held.take();
                while let Some(bytes) = held.next()? {
                    write_all(&mut self.glass, bytes)?;
                    self.is_in_line = bytes.last() != Some(&b'\n');
                }
                self.shared.lock().held_lines = 0;
            }
            Errand::Bytes(bytes) => {
                self.fit()?;
                self.write_all(&bytes)?;
                self.mend(&bytes)?;
                self.shared.lock().waiting_bytes -= bytes.len();
                self.shared.room.notify_waiters();
            }
        }
        Ok(())
    }

    /// Keeps a piece of the stream; returns false if the hold is over. Where there is no room for it, it is waited for that.
    fn keep(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let bytes = if self.has_ended(bytes) { &bytes[1..] } else { bytes };
        while self.is_holding {
            if self.held.keep(bytes).is_ok() {
                let lines = memchr::memchr_iter(b'\n', bytes).count();
                self.shared.lock().held_lines += lines as u64;
                return Ok(true);
            }
            let nothing = |state: &mut State| state.errands.is_empty() && !state.is_stale;
            drop(
                self.shared
                    .left
                    .wait_while(self.shared.lock(), nothing)
                    .unwrap_or_else(PoisonError::into_inner),
            );
            self.catch_up()?;
        }
        Ok(false)
    }

    /// Returns whether the stream goes on with a line end that stands there already.
    fn has_ended(&mut self, bytes: &[u8]) -> bool {
        mem::take(&mut self.is_ended) && bytes.first() == Some(&b'\n')
    }

    /// Makes room for the bar in a window that may have changed. The cursor stays where it is, at the end of the stream.
    fn fit(&mut self) -> io::Result<()> {
        if !self.is_raised {
            return Ok(());
        }
        let window = self.glass.window().filter(|window| window.has_room());
        if window == self.up {
            return Ok(());
        }
        let mut bytes = Vec::new();
        if self.up.is_some() {
            // Wherever the old bar is now, it is below the cursor, where nothing else is.
            bytes.extend_from_slice(b"\x1b7\x1b[r\x1b8\x1b[J");
        }
        if let Some(Window { rows, .. }) = window {
            // IND and CUU see to it that the last row is free, and leave the cursor in its column.
            bytes.extend_from_slice(format!("\x1bD\x1b[A\x1b7\x1b[1;{}r\x1b8", rows - 1).as_bytes());
        }
        self.up = window;
        self.shared.lock().is_stale = true;
        self.write_all(&bytes)
    }

    /// Sees to it that there is a bar still, after a process has written what may have erased it.
    fn mend(&mut self, bytes: &[u8]) -> io::Result<()> {
        match harm(bytes) {
            _ if self.up.is_none() => return Ok(()),
            Harm::None => return Ok(()),
            Harm::Erased => {}
            Harm::Region => self.up = None,
        }
        self.shared.lock().is_stale = true;
        self.fit()
    }

    /// Draws the bar, if it is not what it should be.
    fn paint(&mut self) -> io::Result<()> {
        let line = {
            let mut state = self.shared.lock();
            if !mem::take(&mut state.is_stale) {
                return Ok(());
            }
            state.line.clone()
        };
        let Some(Window { rows, .. }) = self.up.filter(|_| !line.is_empty()) else { return Ok(()) };
        // Without wrapping, as the window may have changed since the line was made.
        let mut bytes = format!("\x1b7\x1b[?7l\x1b[{rows};1H").into_bytes();
        bytes.extend_from_slice(&line);
        bytes.extend_from_slice(b"\x1b[0m\x1b[K\x1b[?7h\x1b8");
        self.write_all(&bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_all(&mut self.glass, bytes)
    }
}

fn write_all(glass: &mut impl Glass, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match glass.write(&bytes[..bytes.len().min(WRITE_BYTES)])? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            length => bytes = &bytes[length..],
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
