//! One command in a pid namespace of its own (`forge run --isolate`): forge waits outside, a small process is the first
//! inside and does what the first has to do, and the command is its child.
//!
//! All three are in one group at the same terminal, so that keys reach the command as if nobody stood above it. What forge
//! is sent by others it passes on. The end of forge ends the first process, and that everybody.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::launch::{NoGuard, is_through, say_whether};
use crate::exit::Exit;
use crate::sys::namespace::{self, Door};
use crate::sys::process::{self, Fork, Reaped};
use crate::sys::{clock, descriptor_table, pipe, signals, socket};

/// How the command ended, or that it could not be started.
#[derive(Debug)]
pub enum Fate {
    /// It ran.
    Ended(Exit),
    /// It did not.
    NotStarted(io::Error),
}

/// Runs a command in a pid namespace of its own and waits for its end. What it has left behind then gets SIGTERM and
/// `grace`, and nobody is left when this returns. To be called while forge has one thread.
///
/// `exec` becomes the command; it returns only if that did not work.
///
/// # Errors
/// There is no namespace, or the kernel has no process or descriptor left.
pub fn run(grace: Duration, exec: impl FnOnce() -> io::Error) -> Result<Fate, NoGuard> {
    signals::expect_children();
    // From here on nothing that is to be passed on is lost.
    let passed_on = signals::Letters::hold()?;
    let (ours, theirs) = socket::pair()?;
    // SAFETY: the caller has one thread.
    let (fork, door) = unsafe { namespace::fork() }?;
    match fork {
        Fork::Parent { child } => {
            drop(theirs);
            let socket = is_through(ours, child)?;
            let fate = wait(&passed_on, &socket);
            process::wait_for(child);
            Ok(fate?)
        }
        Fork::Child => {
            drop(ours);
            let done = catch_unwind(AssertUnwindSafe(|| be_the_first(door, &theirs, grace, exec)));
            process::leave(i32::from(!matches!(done, Ok(Ok(())))))
        }
    }
}

/// forge's part: passes signals on, and hears how it ended.
fn wait(passed_on: &signals::Letters, socket: &OwnedFd) -> io::Result<Fate> {
    let mut words = Vec::new();
    let mut has_let_go = false;
    loop {
        let mut polled = [passed_on.as_fd(), socket.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        let _ = poll(&mut polled, PollTimeout::NONE);
        while let Some(letter) = passed_on.next() {
            // The terminal has told everybody at it already.
            if !letter.from_terminal {
                let number = u8::try_from(letter.signal).unwrap_or_default();
                let _ = socket::send(socket.as_fd(), &[number], &[]);
            }
        }
        if polled[1].revents().is_some_and(|events| !events.is_empty()) {
            let mut buffer = [0; 64];
            match nix::unistd::read(socket, &mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => words.extend_from_slice(&buffer[..length]),
                Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        while let Some((word, rest)) = words.split_first_chunk::<5>() {
            match Word::decode(*word) {
                Some(Word::Runs) if !has_let_go => {
                    has_let_go = true;
                    // Whoever reads what the command writes is to see its end when the command closes it.
                    descriptor_table::redirect_the_first_three_to_null()?;
                }
                Some(Word::Runs) => {}
                Some(Word::NotStarted(errno)) => {
                    return Ok(Fate::NotStarted(io::Error::from_raw_os_error(errno)));
                }
                Some(Word::Ended(exit)) => return Ok(Fate::Ended(exit)),
                None => return Err(io::ErrorKind::InvalidData.into()),
            }
            words = rest.to_vec();
        }
    }
}

/// What the first process tells forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Runs,
    NotStarted(i32),
    Ended(Exit),
}

impl Word {
    fn encode(self) -> [u8; 5] {
        let (kind, number) = match self {
            Word::Runs => (1, 0),
            Word::NotStarted(errno) | Word::Ended(Exit::NeverStarted { errno, .. }) => (2, errno),
            Word::Ended(Exit::Signal { number, core_dumped: false }) => (3, number),
            Word::Ended(Exit::Signal { number, core_dumped: true }) => (4, number),
            Word::Ended(Exit::Code(code)) => (5, code),
        };
        let [a, b, c, d] = number.to_le_bytes();
        [kind, a, b, c, d]
    }

    fn decode([kind, number @ ..]: [u8; 5]) -> Option<Word> {
        let number = i32::from_le_bytes(number);
        Some(match kind {
            1 => Word::Runs,
            2 => Word::NotStarted(number),
            3 => Word::Ended(Exit::Signal { number, core_dumped: false }),
            4 => Word::Ended(Exit::Signal { number, core_dumped: true }),
            5 => Word::Ended(Exit::Code(number)),
            _ => return None,
        })
    }
}

/// The first process of the namespace.
fn be_the_first(
    door: Door,
    socket: &OwnedFd,
    grace: Duration,
    exec: impl FnOnce() -> io::Error,
) -> io::Result<()> {
    // A forge that is gone by now does not hear the next word, and that ends this process.
    process::die_at_the_end_of_the_parent();
    say_whether(door.enter(), socket)?;
    let (verdict, report) = pipe::pipe()?;
    // SAFETY: this process has one thread.
    let command = match unsafe { process::fork() }? {
        Fork::Child => {
            let errno = exec().raw_os_error().unwrap_or(libc::EINVAL);
            let _ = File::from(report).write_all(&errno.to_le_bytes());
            process::leave(127)
        }
        Fork::Parent { child } => child,
    };
    drop(report);
    process::rename(c"guard");
    signals::ignore_all();
    let mut errno = [0; 4];
    if File::from(verdict).read_exact(&mut errno).is_ok() {
        tell(socket, Word::NotStarted(i32::from_le_bytes(errno)))?;
        return Ok(());
    }
    descriptor_table::redirect_the_first_three_to_null()?;
    descriptor_table::close_all_but(socket);
    std::env::set_current_dir("/")?;
    tell(socket, Word::Runs)?;
    let exit = keep(command, socket, grace)?;
    tell(socket, Word::Ended(exit))
}

/// Reaps everybody until the command has ended and nobody is left; the command's own end is the answer.
fn keep(command: i32, socket: &OwnedFd, grace: Duration) -> io::Result<Exit> {
    let (mut deaths, bell) = UnixStream::pair()?;
    deaths.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(libc::SIGCHLD, bell)?;
    let mut ended: Option<(Exit, Instant)> = None;
    loop {
        loop {
            match process::reap() {
                Reaped::Ended { pid, exit, .. } if pid == command => {
                    ended = Some((exit, clock::instant() + grace));
                    // To everybody but this process: there is nobody else in the namespace.
                    let _ = process::signal(-1, libc::SIGTERM);
                    let _ = process::signal(-1, libc::SIGCONT);
                }
                Reaped::Ended { .. } => {}
                Reaped::NobodyYet => break,
                Reaped::NoChildren => {
                    return ended.map(|(exit, _)| exit).ok_or(io::ErrorKind::NotFound.into());
                }
            }
        }
        let left = ended.map(|(_, due)| due.saturating_duration_since(clock::instant()));
        match ended {
            // The kernel kills them in the moment this process ends.
            Some((exit, _)) if left == Some(Duration::ZERO) => return Ok(exit),
            Some(_) | None => {}
        }
        let wait = left.map_or(PollTimeout::NONE, |left| {
            PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
        });
        let mut polled = [deaths.as_fd(), socket.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        let _ = poll(&mut polled, wait);
        let is_asked = polled[1].revents().is_some_and(|events| !events.is_empty());
        let mut sink = [0; 64];
        while matches!(deaths.read(&mut sink), Ok(1..)) {}
        if is_asked {
            match nix::unistd::read(socket, &mut sink) {
                // forge is gone; so is this process in a moment, and everybody with it.
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => match ended {
                    // Whoever asks again while the rest has its grace does not want to wait.
                    Some((exit, _)) => return Ok(exit),
                    None => sink[..length].iter().for_each(|signal| {
                        let _ = process::signal(command, i32::from(*signal));
                    }),
                },
                Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

fn tell(socket: &OwnedFd, word: Word) -> io::Result<()> {
    socket::send(socket.as_fd(), &word.encode(), &[]).map(drop)
}

#[cfg(test)]
mod tests;
