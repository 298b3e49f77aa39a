//! forge's end of the wire: ask, hear, and notice the guard's death.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::io::unix::AsyncFd;

use super::groups;
use super::mark::{Mark, StackId};
use super::sweep;
use super::wire::{Frames, News, Request, Spawn};
use crate::sys::cgroup::Group;
use crate::sys::process;
use crate::sys::{clock, socket};

/// How long to wait before trying again to send descriptors of which too many are on their way.
const CROWDED: Duration = Duration::from_millis(5);

/// How long a guard that takes nothing is waited for where forge cannot do anything else.
const FLUSH_PATIENCE: Duration = Duration::from_secs(1);

/// A guard that has been started, before there is a runtime to talk to it.
#[derive(Debug)]
pub struct Unlinked {
    pub(super) socket: OwnedFd,
    pub(super) guard: i32,
    pub(super) stack: StackId,
}

/// What forge hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardNews {
    /// The guard says something.
    News(News),
    /// The guard is gone without a word.
    Lost,
}

/// forge's end of the wire.
#[derive(Debug)]
pub struct Link {
    socket: AsyncFd<OwnedFd>,
    frames: Frames,
    outgoing: VecDeque<Outgoing>,
    /// More descriptors are on their way to the guard than the kernel allows a user at once.
    crowded: bool,
    guard: i32,
    stack: StackId,
}

/// A message that the socket had no room for yet.
#[derive(Debug)]
struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    descriptors: Vec<OwnedFd>,
}

impl Link {
    /// Returns the process to whom orphans fall.
    pub fn keeper(&self) -> i32 {
        self.guard
    }

    /// Joins the runtime.
    ///
    /// # Errors
    /// The runtime cannot watch one more descriptor.
    pub fn new(unlinked: Unlinked) -> io::Result<Link> {
        // SAFETY: the `OwnedFd` keeps the number open for as long as the `AsyncFd` holds it, which never gives it out.
        let socket = unsafe { AsyncFd::register(unlinked.socket) }?;
        let Unlinked { guard, stack, .. } = unlinked;
        Ok(Link {
            socket,
            frames: Frames::default(),
            outgoing: VecDeque::new(),
            crowded: false,
            guard,
            stack,
        })
    }

    /// Returns the value of `FORGE_RUN_ID` for a launch. By it the guard knows whose an orphan is, and `forge clean` knows
    /// what a guard has left behind that was killed together with its forge.
    pub fn mark_of(&self, run: u64) -> String {
        Mark { stack: self.stack, run }.to_string()
    }

    /// Asks for a process with these standard descriptors. `Spawned` or `SpawnFailed` is the answer.
    pub fn spawn(&mut self, spawn: Spawn, standard: [OwnedFd; 3]) {
        self.send(&Request::Spawn(spawn), standard.into());
    }

    /// Sends a signal to the leader of a run.
    pub fn signal(&mut self, run: u64, signal: i32) {
        self.send(&Request::Signal { run, signal }, Vec::new());
    }

    /// Sends a signal to the leader of a run and to everything below it.
    pub fn signal_tree(&mut self, run: u64, signal: i32) {
        self.send(&Request::SignalTree { run, signal }, Vec::new());
    }

    /// Kills a run until nobody of it is left; `Gone` is the answer.
    pub fn kill(&mut self, run: u64) {
        self.send(&Request::Kill { run }, Vec::new());
    }

    /// Sends a signal to everything below the guard.
    pub fn signal_all(&mut self, signal: i32) {
        self.send(&Request::SignalAll { signal }, Vec::new());
    }

    /// Says that all runs are over; `Empty` is the answer, and the guard's last word.
    pub fn finish(&mut self) {
        self.send(&Request::Finish, Vec::new());
    }

    /// Says that all that was to be started has been.
    pub fn rest(&mut self) {
        self.send(&Request::Rest, Vec::new());
    }

    fn send(&mut self, request: &Request, descriptors: Vec<OwnedFd>) {
        self.outgoing.push_back(Outgoing { bytes: request.encode(), sent: 0, descriptors });
        self.write_what_fits();
    }

    /// Writes until the socket is full. A guard that is gone is noticed by `next`.
    fn write_what_fits(&mut self) {
        self.crowded = false;
        while let Some(first) = self.outgoing.front_mut() {
            let numbers: Vec<RawFd> = first.descriptors.iter().map(AsRawFd::as_raw_fd).collect();
            match socket::send(self.socket.as_fd(), &first.bytes[first.sent..], &numbers) {
                Ok(sent) => {
                    first.sent += sent;
                    // They have gone with the first byte; our copies would keep the pipes open.
                    first.descriptors.clear();
                    if first.sent == first.bytes.len() {
                        self.outgoing.pop_front();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // Also where the kernel has no memory for it at the moment.
                Err(error)
                    if matches!(
                        error.raw_os_error(),
                        Some(libc::ETOOMANYREFS | libc::ENOBUFS | libc::ENOMEM)
                    ) =>
                {
                    self.crowded = true;
                    return;
                }
                Err(_) => self.outgoing.clear(),
            }
        }
    }

    /// Waits until everything has been handed to the guard, for a moment at most. For use before forge stops itself.
    ///
    /// It listens meanwhile, for `next` to tell: a guard that cannot say what it has to say takes nothing either.
    pub fn flush(&mut self) {
        let mut rests = 0;
        while !self.outgoing.is_empty() {
            if self.crowded {
                rests += 1;
                if CROWDED * rests > FLUSH_PATIENCE {
                    return;
                }
                clock::pause(CROWDED);
            }
            let mut polled = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN | PollFlags::POLLOUT)];
            if !matches!(
                poll(&mut polled, PollTimeout::try_from(FLUSH_PATIENCE).unwrap_or(PollTimeout::ZERO)),
                Ok(1..)
            ) {
                return;
            }
            if polled[0].revents().is_some_and(|ready| ready.contains(PollFlags::POLLIN))
                && receive(self.socket.as_fd(), &mut self.frames).is_err()
            {
                return;
            }
            self.write_what_fits();
        }
    }

    /// Waits for the next news. Safe to drop half way.
    pub async fn next(&mut self) -> GuardNews {
        loop {
            if let Some(frame) = self.frames.next_frame() {
                // What nobody can understand is as good as a guard that is gone.
                return News::decode(frame).map_or(GuardNews::Lost, GuardNews::News);
            }
            let interest = if self.outgoing.is_empty() || self.crowded {
                tokio::io::Interest::READABLE
            } else {
                tokio::io::Interest::READABLE | tokio::io::Interest::WRITABLE
            };
            let ready = tokio::select! {
                ready = self.socket.ready(interest) => ready,
                () = tokio::time::sleep(CROWDED), if self.crowded => {
                    self.write_what_fits();
                    continue;
                }
            };
            let Ok(mut ready) = ready else { return GuardNews::Lost };
            match receive(self.socket.get_ref().as_fd(), &mut self.frames) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return GuardNews::Lost,
            }
            self.write_what_fits();
        }
    }

    /// Waits until the guard process itself is no more; it has said `Empty`.
    pub fn part(&self) {
        process::wait_for(self.guard);
    }

    /// Ends everything that the lost guard has left to forge. Returns whether nobody is left.
    pub fn sweep(&self) -> bool {
        // It may live on without being understood; its children must fall to forge, or nobody ends them.
        let _ = process::signal(self.guard, libc::SIGKILL);
        let nobody_is_left = sweep::kill_every_child();
        if let Some(group) = Group::find(&groups::name(self.stack)) {
            group.kill();
            group.remove();
        }
        nobody_is_left
    }
}

/// Takes what the guard has said so far.
///
/// # Errors
/// Nothing is there, or the guard is gone.
fn receive(socket: BorrowedFd<'_>, frames: &mut Frames) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let mut none = VecDeque::new();
    match socket::receive(socket, &mut buffer, &mut none)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => {
            frames.push(&buffer[..length]);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
