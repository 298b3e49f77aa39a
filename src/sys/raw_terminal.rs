//! forge's own terminal while somebody types through it into a process: every key is a byte, none means anything to forge's kernel.
//!
//! It is put back however forge ends, but by SIGKILL: when it is dropped, and that is also what happens in a panic. Signals that
//! end forge are heard by whoever holds it. `termios(3)`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A terminal in raw mode.
#[derive(Debug)]
pub struct RawTerminal {
    terminal: OwnedFd,
    before: Termios,
}

impl RawTerminal {
    /// Takes a terminal over.
    ///
    /// # Errors
    /// It is none, or it is another job's at the moment: its settings are not ours to change then.
    pub fn take(terminal: BorrowedFd<'_>) -> io::Result<RawTerminal> {
        if !is_in_foreground(terminal) {
            return Err(io::Error::from_raw_os_error(libc::EPERM));
        }
        let before = tcgetattr(terminal)?;
        let taken = RawTerminal { terminal: terminal.try_clone_to_owned()?, before };
        taken.set_raw()?;
        Ok(taken)
    }

    /// Puts it back as it was, for a while: forge is about to be stopped.
    pub fn lend(&self) {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(&self.terminal, SetArg::TCSANOW, &self.before);
    }

    /// Takes it again after [`RawTerminal::lend`], if forge is in the foreground.
    ///
    /// # Errors
    /// It is gone.
    pub fn set_raw(&self) -> io::Result<()> {
        if !is_in_foreground(self.terminal.as_fd()) {
            return Ok(());
        }
        let mut raw = self.before.clone();
        cfmakeraw(&mut raw);
        Ok(tcsetattr(&self.terminal, SetArg::TCSANOW, &raw)?)
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // Not what was typed and not read: it may be meant for the shell.
        self.lend();
    }
}

/// Returns whether this process may use the terminal: it is in its foreground, or it is no terminal of ours, where nobody else can be.
fn is_in_foreground(terminal: BorrowedFd<'_>) -> bool {
    tcgetpgrp(terminal).map_or(true, |group| group == getpgrp())
}

/// Where keys come from: a terminal, a pipe, a file.
///
/// The descriptor's flags are those of an open file that the shell and others share, so it stays blocking; it is read only when
/// something is there.
#[derive(Debug)]
pub struct Keys {
    fd: Source,
}

#[derive(Debug)]
enum Source {
    /// The runtime knows when something is there.
    Watched(AsyncFd<OwnedFd>),
    /// A file: always something is there.
    File(OwnedFd),
}

impl Keys {
    /// Reads from this descriptor, in the runtime of this thread.
    ///
    /// # Errors
    /// No descriptor is left.
    #[expect(unsafe_code, reason = "the runtime must be told that the descriptor stays open")]
    pub fn of(fd: BorrowedFd<'_>) -> io::Result<Keys> {
        let own = fd.try_clone_to_owned()?;
        // SAFETY: the `AsyncFd` owns the descriptor, which stays open and the same until it is dropped.
        let fd = match unsafe { AsyncFd::register_with_interest(own, Interest::READABLE) } {
            Ok(watched) => Source::Watched(watched),
            // EPERM, see epoll_ctl(2): what is always ready cannot be watched.
            Err(_) => Source::File(fd.try_clone_to_owned()?),
        };
        Ok(Keys { fd })
    }

    /// Waits for keys; none at the end. Safe to drop half way.
    ///
    /// # Errors
    /// The terminal is gone.
    pub async fn next(&mut self, keys: &mut [u8]) -> io::Result<usize> {
        match &self.fd {
            Source::File(file) => super::descriptor::read(file, keys),
            Source::Watched(fd) => loop {
                let mut ready = fd.readable().await?;
                if is_readable(fd.get_ref().as_fd())? {
                    return super::descriptor::read(fd.get_ref(), keys);
                }
                ready.clear_ready();
            },
        }
    }
}

/// Returns whether a read would not wait; its end counts.
fn is_readable(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mut one = [PollFd::new(fd, PollFlags::POLLIN)];
    match poll(&mut one, PollTimeout::ZERO) {
        Ok(count) => Ok(count > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests;
