//! A way out: one thread that does nothing but let its writer write.
//!
//! A write to a terminal can wait for ever (Ctrl-S, a reader that has stopped), so it happens here, where nobody
//! else has to wait with it. Whole buffers are swapped, never copied: one is being written, one waits, and one is
//! being filled by the hub.

use std::cell::RefCell;
use std::io;
use std::mem;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::Notify;

use crate::logs::Writer;
use crate::supervisor::Note;
use crate::sys::{descriptor, pipe};

/// How much is written at once: no more than a pipe holds, so that progress is seen while a slow reader reads.
const WRITE_BYTES: usize = 64 * 1024;

/// How much a pipe that is the output is to hold: the reader is woken less often.
const PIPE_BYTES: usize = 1024 * 1024;

/// What an idle buffer may keep allocated.
const IDLE_BYTES: usize = 512 * 1024;

/// Nobody takes the output any more. Said once; what comes later is thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputGone {
    /// The `errno` of the write: EPIPE, EIO, ENOSPC.
    pub errno: i32,
}

/// Writes to one descriptor: a terminal, a pipe, a file.
///
/// SIGPIPE must be ignored, as it is in every Rust program. The descriptor may be a duplicate of one that others use, too: its flags are left alone.
#[derive(Debug)]
struct Descriptor(OwnedFd);

impl Writer for Descriptor {
    fn write(&mut self, bytes: &[u8], _notes: &mut Vec<Note>) -> io::Result<usize> {
        descriptor::write_waiting(&self.0, &bytes[..bytes.len().min(WRITE_BYTES)])
    }
}

/// The near end of the thread that writes. Dropping it lets the thread end as soon as all is written.
#[derive(Debug)]
pub struct Outlet {
    shared: Arc<Shared>,
    /// A pipe takes what fits without the help of the thread, as long as nothing is on its way there: waking a thread costs more
    /// than most writes.
    pipe: RefCell<Option<OwnedFd>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes the thread.
    work: Condvar,
    /// Wakes whoever waits for the thread.
    news: Notify,
    /// Wakes whoever waits for the end of it. Apart from `news`, as somebody always waits for it.
    end: Notify,
    /// Wakes whoever listens to the writer's remarks.
    said: Notify,
    written: AtomicU64,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a question that somebody asks of its own")]
#[derive(Debug, Default)]
struct State {
    /// What is written next.
    next: Vec<u8>,
    /// Whether the thread waits for work.
    idle: bool,
    /// Whether somebody wants to hear when `next` is taken or the thread is idle.
    awaited: bool,
    gone: Option<OutputGone>,
    closed: bool,
    /// Whether the writer has something to do besides.
    nudged: bool,
    /// What the writer has to say.
    notes: Vec<Note>,
}

impl Outlet {
    /// Starts a thread of this name that lets `writer` write.
    ///
    /// # Errors
    /// The kernel has no thread left.
    pub(super) fn start(name: &str, mut writer: impl Writer + 'static) -> io::Result<Outlet> {
        let shared = Arc::new(Shared::default());
        let thread = Arc::clone(&shared);
        thread::Builder::new().name(name.to_owned()).spawn(move || thread.write_all(&mut writer))?;
        Ok(Outlet { shared, pipe: RefCell::default() })
    }

    /// Starts a thread of this name that writes to `output`.
    ///
    /// # Errors
    /// The kernel has no thread left.
    pub fn to(name: &str, output: OwnedFd) -> io::Result<Outlet> {
        let pipe = if descriptor::is_pipe(&output) { output.try_clone().ok() } else { None };
        if let Some(pipe) = &pipe {
            pipe::widen(pipe, PIPE_BYTES);
        }
        let outlet = Outlet::start(name, Descriptor(output))?;
        *outlet.pipe.borrow_mut() = pipe;
        Ok(outlet)
    }

    /// Takes all of `pending` and leaves an empty buffer, unless a full one waits already.
    pub fn offer(&self, pending: &mut Vec<u8>) -> bool {
        let mut state = self.shared.lock();
        if state.gone.is_some() {
            pending.clear();
            return true;
        }
        if !state.next.is_empty() {
            return false;
        }
        if state.idle && self.write_at_once(pending) {
            return true;
        }
        mem::swap(&mut state.next, pending);
        let idle = mem::take(&mut state.idle);
        drop(state);
        if idle {
            self.shared.work.notify_one();
        }
        true
    }

    /// Writes what a pipe takes now; returns whether that is all. What cannot be written is left to the thread, errors too.
    fn write_at_once(&self, pending: &mut Vec<u8>) -> bool {
        let mut pipe = self.pipe.borrow_mut();
        let Some(to) = &*pipe else { return false };
        match descriptor::write_at_once(to, pending) {
            Ok(length) => {
                self.shared.written.fetch_add(length as u64, Ordering::Relaxed);
                pending.drain(..length);
            }
            Err(error) if error.kind() == io::ErrorKind::Unsupported => *pipe = None,
            Err(_) => {}
        }
        pending.is_empty()
    }

    /// Returns what tells the writer that it has something to do besides, see [`Writer::nudged`].
    pub(super) fn nudge(&self) -> impl Fn() + Send + Sync + 'static {
        let shared = Arc::clone(&self.shared);
        move || {
            let mut state = shared.lock();
            state.nudged = true;
            let idle = mem::take(&mut state.idle);
            drop(state);
            if idle {
                shared.work.notify_one();
            }
        }
    }

    /// Waits until [`Outlet::offer`] will succeed.
    pub async fn room(&self) {
        self.until(|state| state.next.is_empty() || state.gone.is_some()).await;
    }

    /// Waits until everything is written.
    pub async fn finished(&self) {
        self.until(|state| (state.idle && state.next.is_empty()) || state.gone.is_some()).await;
    }

    /// Waits until nobody takes the output any more, usually for ever.
    pub async fn gone(&self) -> OutputGone {
        loop {
            // Made before the look, so that the news cannot come between the look and the waiting.
            let end = self.shared.end.notified();
            let gone = self.shared.lock().gone;
            match gone {
                Some(gone) => return gone,
                None => end.await,
            }
        }
    }

    /// Waits until the writer has something to say.
    pub(super) async fn heard(&self) -> Vec<Note> {
        loop {
            // Made before the look, see `gone`.
            let said = self.shared.said.notified();
            let notes = self.take_notes();
            if !notes.is_empty() {
                return notes;
            }
            said.await;
        }
    }

    /// Returns what the writer had to say.
    pub(super) fn take_notes(&self) -> Vec<Note> {
        mem::take(&mut self.shared.lock().notes)
    }

    /// Returns how many bytes have been written so far.
    pub(super) fn written_bytes(&self) -> u64 {
        self.shared.written.load(Ordering::Relaxed)
    }

    async fn until(&self, done: impl Fn(&State) -> bool) {
        loop {
            // Made before the look, see `gone`.
            let news = self.shared.news.notified();
            {
                let mut state = self.shared.lock();
                if done(&state) {
                    return;
                }
                state.awaited = true;
            }
            news.await;
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.work.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread.
    fn write_all(&self, writer: &mut impl Writer) {
        let mut buffer = Vec::new();
        while self.take(&mut buffer) {
            let done = if buffer.is_empty() { nudge(writer) } else { self.write(writer, &buffer) };
            if let Err(gone) = done {
                let mut state = self.lock();
                state.gone = Some(gone);
                state.next = Vec::new();
                drop(state);
                self.news.notify_waiters();
                self.end.notify_waiters();
                return;
            }
            buffer.clear();
        }
    }

    /// Waits for the next buffer and swaps it against the empty one. Returns false when there will be none.
    fn take(&self, buffer: &mut Vec<u8>) -> bool {
        let mut state = self.lock();
        while state.next.is_empty() && !mem::take(&mut state.nudged) {
            if state.closed {
                return false;
            }
            state.idle = true;
            if mem::take(&mut state.awaited) {
                self.news.notify_waiters();
            }
            if buffer.capacity() > IDLE_BYTES {
                *buffer = Vec::new();
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.idle = false;
        mem::swap(&mut state.next, buffer);
        let awaited = mem::take(&mut state.awaited);
        drop(state);
        if awaited {
            self.news.notify_waiters();
        }
        true
    }

    fn write(&self, writer: &mut impl Writer, mut bytes: &[u8]) -> Result<(), OutputGone> {
        let mut notes = Vec::new();
        while !bytes.is_empty() {
            // Whoever waits for a thread that has panicked would wait for ever.
            let written = catch_unwind(AssertUnwindSafe(|| writer.write(bytes, &mut notes)))
                .unwrap_or_else(|_| Err(io::Error::from_raw_os_error(libc::EIO)));
            if !notes.is_empty() {
                self.lock().notes.append(&mut notes);
                self.said.notify_waiters();
            }
            let length = match written {
                // A writer that takes nothing would be asked for ever.
                Ok(0) => return Err(OutputGone { errno: libc::EIO }),
                Ok(length) => length,
                Err(error) => return Err(OutputGone { errno: error.raw_os_error().unwrap_or(libc::EIO) }),
            };
            self.written.fetch_add(length as u64, Ordering::Relaxed);
            bytes = &bytes[length..];
        }
        Ok(())
    }
}

/// Lets a writer do what it has to do besides.
fn nudge(writer: &mut impl Writer) -> Result<(), OutputGone> {
    // Whoever waits for a thread that has panicked would wait for ever.
    let done = catch_unwind(AssertUnwindSafe(|| writer.nudged()));
    let done = done.unwrap_or_else(|_| Err(io::Error::from_raw_os_error(libc::EIO)));
    done.map_err(|error| OutputGone { errno: error.raw_os_error().unwrap_or(libc::EIO) })
}

#[cfg(test)]
mod tests;
