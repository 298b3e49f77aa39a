//! A hold on a process that is nobody's child here: a signal through it can hit nobody else, even if the process id has
//! been given again meanwhile. `pidfd_open(2)`, Linux 5.3.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use super::clock;

/// A process, whatever becomes of its id.
#[derive(Debug)]
pub struct Handle(OwnedFd);

impl Handle {
    /// Takes hold of the process that has this id now. Whether it is the one that is meant must be asked afterwards.
    ///
    /// # Errors
    /// There is no such process, no descriptor is left, or the system does not know such a thing.
    pub fn open(pid: i32) -> io::Result<Handle> {
        linux::open(pid).map(Handle)
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// The process has ended, or it is another user's.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        linux::signal(&self.0, signal)
    }

    /// Returns whether it has ended.
    pub fn has_ended(&self) -> bool {
        linux::wait(&[&self.0], Duration::ZERO)
    }
}

/// Waits until one of them has ended, or until the time is over.
pub fn wait_for_one<'a>(handles: impl IntoIterator<Item = &'a Handle>, at_most: Duration) {
    let descriptors: Vec<&OwnedFd> = handles.into_iter().map(|handle| &handle.0).collect();
    if descriptors.is_empty() {
        clock::pause(at_most);
    } else {
        linux::wait(&descriptors, at_most);
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
    use std::time::Duration;

    use nix::errno::Errno;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    pub(super) fn open(pid: i32) -> io::Result<OwnedFd> {
        // SAFETY: pidfd_open(2) touches no memory.
        let result = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
        let descriptor = RawFd::try_from(result).map_err(|_| io::ErrorKind::InvalidData)?;
        // SAFETY: the kernel has just made this descriptor, and nobody else knows of it.
        Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
    }

    pub(super) fn signal(process: &OwnedFd, signal: i32) -> io::Result<()> {
        let no_details = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: pidfd_send_signal(2) takes a null pointer for the details that kill(2) gives.
        Errno::result(unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal, no_details, 0)
        })?;
        Ok(())
    }

    /// Returns whether one of them has ended.
    pub(super) fn wait(processes: &[&OwnedFd], at_most: Duration) -> bool {
        let mut polled: Vec<PollFd<'_>> =
            processes.iter().map(|process| PollFd::new(process.as_fd(), PollFlags::POLLIN)).collect();
        let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::MAX);
        matches!(poll(&mut polled, timeout), Ok(1..))
    }
}

#[cfg(not(target_os = "linux"))]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    pub(super) fn open(_pid: i32) -> io::Result<OwnedFd> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn signal(_process: &OwnedFd, _signal: i32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn wait(_processes: &[&OwnedFd], _at_most: Duration) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
