//! The line to the terminal of one run.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::task::spawn_local;

use crate::exit::Exit;
use crate::logs::StreamId;
use crate::logs::screen::Size;
use crate::supervisor::RunId;
use crate::sys::descriptor;
use crate::sys::pty::{self, WindowSize};

/// How much of what was typed waits for a process that does not read. Then whoever types waits.
const WAITING_BYTES: usize = 64 * 1024;

/// forge's side of the terminal of one run.
pub(super) struct Line {
    pub(super) run: RunId,
    pub(super) pid: i32,
    /// That of its input first.
    terminals: Vec<OwnedFd>,
    pub(super) streams: Vec<StreamId>,
    size: Cell<WindowSize>,
    /// How its leader has ended.
    pub(super) exit: Cell<Option<Exit>>,
    /// Wakes whoever waits for that.
    pub(super) ended: Notify,
    is_live: Cell<bool>,
    waiting: RefCell<VecDeque<u8>>,
    is_writing: Cell<bool>,
    /// Wakes whoever waits until less waits.
    room: Notify,
    /// Somebody looks whether it waits for keys.
    pub(super) is_looked_at: Cell<bool>,
    /// A question of the process is being answered.
    pub(super) is_answering: Cell<bool>,
}

impl Line {
    pub(super) fn new(
        (run, pid): (RunId, i32),
        terminals: Vec<OwnedFd>,
        streams: Vec<StreamId>,
        size: WindowSize,
    ) -> Line {
        // The reader has done so already where it reads the same one; one that cannot be made so is not written to.
        let is_live =
            !terminals.is_empty() && terminals.iter().all(|one| descriptor::set_nonblocking(one).is_ok());
        Line {
            run,
            pid,
            terminals,
            streams,
            size: Cell::new(size),
            exit: Cell::new(None),
            ended: Notify::new(),
            is_live: Cell::new(is_live),
            waiting: RefCell::default(),
            is_writing: Cell::new(false),
            room: Notify::new(),
            is_looked_at: Cell::new(false),
            is_answering: Cell::new(false),
        }
    }

    /// Whether anybody of the run may still be there.
    pub(super) fn is_live(&self) -> bool {
        self.is_live.get()
    }

    /// Nobody is left: nothing more is typed.
    pub(super) fn hang_up(&self) {
        self.is_live.set(false);
        self.waiting.borrow_mut().clear();
        self.room.notify_waiters();
        self.ended.notify_waiters();
    }

    /// Its leader has ended.
    pub(super) fn exits(&self, exit: Exit) {
        self.exit.set(Some(exit));
        self.ended.notify_waiters();
    }

    pub(super) fn controller(&self) -> Option<BorrowedFd<'_>> {
        self.terminals.first().map(AsFd::as_fd)
    }

    pub(super) fn screen_size(&self) -> Size {
        let WindowSize { rows, columns } = self.size.get();
        Size { columns, rows }
    }

    /// Tells the process its size, if it is another one.
    pub(super) fn resize(&self, size: WindowSize) -> bool {
        let is_new = self.size.replace(size) != size;
        if is_new {
            self.tell(size);
        }
        is_new
    }

    /// Makes the process believe for a moment that its window is smaller: it draws everything anew.
    pub(super) fn nudge(&self) {
        let WindowSize { rows, columns } = self.size.get();
        self.tell(WindowSize { rows: if rows > 1 { rows - 1 } else { rows + 1 }, columns });
    }

    /// The end of [`Line::nudge`].
    pub(super) fn settle(&self) {
        self.tell(self.size.get());
    }

    fn tell(&self, size: WindowSize) {
        for terminal in &self.terminals {
            // A process that is gone needs no size.
            let _ = pty::resize(terminal.as_fd(), size);
        }
    }

    /// Types, as soon as there is room.
    pub(super) async fn types(self: &Rc<Line>, keys: &[u8]) {
        for keys in keys.chunks(WAITING_BYTES / 4) {
            loop {
                let room = self.room.notified();
                if !self.is_live() || self.waiting.borrow().len() + keys.len() <= WAITING_BYTES {
                    break;
                }
                room.await;
            }
            self.types_at_once(keys);
        }
    }

    /// Types, if there is room.
    pub(super) fn types_at_once(self: &Rc<Line>, keys: &[u8]) {
        if !self.is_live() || self.waiting.borrow().len() + keys.len() > WAITING_BYTES {
            return;
        }
        self.waiting.borrow_mut().extend(keys);
        if self.is_writing.get() {
            return;
        }
        if let Ok(false) = self.write() {
            self.is_writing.set(true);
            spawn_local(Rc::clone(self).write_later());
        }
    }

    /// Waits until the terminal has taken all that was typed, or nobody is there to read it.
    pub(super) async fn flushed(&self) {
        loop {
            let room = self.room.notified();
            if !self.is_live() || self.waiting.borrow().is_empty() {
                return;
            }
            room.await;
        }
    }

    /// Writes what the terminal takes now; returns whether that is all.
    fn write(&self) -> io::Result<bool> {
        let Some(controller) = self.controller() else { return Ok(true) };
        let mut waiting = self.waiting.borrow_mut();
        while !waiting.is_empty() {
            let (keys, _) = waiting.as_slices();
            match descriptor::write_now(controller, keys) {
                Ok(length) => drop(waiting.drain(..length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => {
                    // Nobody has the terminal open any more.
                    waiting.clear();
                    return Err(error);
                }
            }
        }
        Ok(true)
    }

    /// The task that goes on when the terminal takes more.
    async fn write_later(self: Rc<Line>) {
        let watched = self.controller().map(|controller| controller.try_clone_to_owned());
        if let Some(Ok(watched)) = watched.map(|own| own.and_then(descriptor::watch_writable)) {
            while let Ok(mut ready) = watched.writable().await {
                let done = self.write();
                self.room.notify_waiters();
                match done {
                    Ok(false) if self.is_live() => ready.clear_ready(),
                    _ => break,
                }
            }
        } else {
            self.waiting.borrow_mut().clear();
        }
        self.is_writing.set(false);
        self.room.notify_waiters();
    }
}
