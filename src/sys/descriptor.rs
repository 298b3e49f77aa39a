//! Reading and writing file descriptors, and what one can ask them.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Reads once; 0 at the end. The master of a pty whose other side is closed is at its end, too.
pub fn read(fd: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match nix::unistd::read(fd.as_fd(), buffer) {
            Ok(length) => return Ok(length),
            Err(Errno::EINTR) => {}
            // pty(7): the kernel's way to say that nobody has the terminal open any more.
            Err(Errno::EIO) => return Ok(0),
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Writes once, waiting as long as it takes, even where someone else has made the descriptor non-blocking.
///
/// The flag belongs to the open file, which forge shares with its terminal and its parent, so forge never
/// clears it either.
pub fn write_waiting(fd: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    let fd = fd.as_fd();
    loop {
        match nix::unistd::write(fd, bytes) {
            Ok(length) => return Ok(length),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => wait_writable(fd)?,
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Writes once to one of forge's own descriptors, which is non-blocking.
///
/// # Errors
/// `WouldBlock` if nothing fits.
pub fn write_now(fd: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match nix::unistd::write(&fd, bytes) {
            Err(Errno::EINTR) => {}
            result => return Ok(result?),
        }
    }
}

/// Writes what fits now, without waiting and without touching the flags of the open file, which others share.
///
/// # Errors
/// `WouldBlock` if nothing fits; `Unsupported` where the kernel cannot promise that it will not wait: for pipes before Linux 6.5, and
/// on other systems.
pub fn write_at_once(fd: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    #[cfg(target_os = "linux")]
    loop {
        let part = io::IoSlice::new(bytes);
        // At the place where the file stands, see pwritev2(2); by number, as not every libc has it.
        let here: libc::c_long = -1;
        // SAFETY: an `IoSlice` is an `iovec`; it and its bytes live until the call returns, and are only read.
        let result = unsafe {
            let fd = fd.as_fd().as_raw_fd();
            libc::syscall(libc::SYS_pwritev2, fd, &raw const part, 1, here, here, libc::RWF_NOWAIT)
        };
        return match Errno::result(result) {
            Ok(length) => Ok(usize::try_from(length).unwrap_or(0)),
            Err(Errno::EINTR) => continue,
            // Old kernels, and sandboxes that know no such call.
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS | Errno::EINVAL | Errno::EPERM) => {
                Err(io::ErrorKind::Unsupported.into())
            }
            Err(errno) => Err(errno.into()),
        };
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (fd, bytes);
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn wait_writable(fd: BorrowedFd<'_>) -> io::Result<()> {
    match poll(&mut [PollFd::new(fd, PollFlags::POLLOUT)], PollTimeout::NONE) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Makes a descriptor non-blocking. Only for pipes and ptys that forge itself has made.
pub fn set_nonblocking(fd: impl AsFd) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GETFL)?);
    fcntl(&fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Makes one of forge's own descriptors non-blocking and has the runtime watch when it can be read.
#[expect(unsafe_code, reason = "the runtime must be told that the descriptor stays open")]
pub fn watch_readable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    set_nonblocking(&fd)?;
    // SAFETY: the `AsyncFd` owns the descriptor, which is open and stays so and the same until it is dropped:
    // nobody can take an `OwnedFd` apart behind a shared reference.
    unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }.map_err(io::Error::from)
}

/// Has the runtime watch when one of forge's own descriptors takes more. It is non-blocking already.
#[expect(unsafe_code, reason = "the runtime must be told that the descriptor stays open")]
pub fn watch_writable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: as in `watch_readable`.
    unsafe { AsyncFd::register_with_interest(fd, Interest::WRITABLE) }.map_err(io::Error::from)
}

/// Has the runtime watch when writing becomes impossible. Leaves the flags alone: it is never written to here.
#[expect(unsafe_code, reason = "the runtime must be told that the descriptor stays open")]
pub fn watch_error(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: as in `watch_readable`.
    unsafe { AsyncFd::register_with_interest(fd, Interest::ERROR) }.map_err(io::Error::from)
}

/// Returns whether it is a pipe, whose short read means that it is empty now. A pty makes no such promise.
pub fn is_pipe(fd: impl AsFd) -> bool {
    fstat(fd).is_ok_and(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFIFO)
}

/// Returns how many bytes can be read right now.
pub fn readable_bytes(fd: impl AsFd) -> usize {
    ioctl::readable_bytes(fd.as_fd().as_raw_fd())
}

/// Returns the width of a terminal in columns, if it is one and knows.
pub fn columns(fd: impl AsFd) -> Option<u16> {
    ioctl::columns(fd.as_fd().as_raw_fd()).filter(|columns| *columns > 0)
}

#[expect(unsafe_code, reason = "ioctl(2) has no safe wrapper")]
mod ioctl {
    use std::os::fd::RawFd;

    nix::ioctl_read_bad!(fionread, libc::FIONREAD, libc::c_int);
    nix::ioctl_read_bad!(tiocgwinsz, libc::TIOCGWINSZ, libc::winsize);

    pub(super) fn readable_bytes(fd: RawFd) -> usize {
        let mut count = 0;
        // SAFETY: FIONREAD writes one int, and `count` is one.
        match unsafe { fionread(fd, &raw mut count) } {
            Ok(_) => usize::try_from(count).unwrap_or(0),
            Err(_) => 0,
        }
    }

    pub(super) fn columns(fd: RawFd) -> Option<u16> {
        let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: TIOCGWINSZ writes one `winsize`, and `size` is one.
        match unsafe { tiocgwinsz(fd, &raw mut size) } {
            Ok(_) => Some(size.ws_col),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
