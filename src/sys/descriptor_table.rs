//! The table of file descriptors as a whole: the first three, the limit, the leftovers.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use nix::fcntl::{OFlag, open};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::Mode;

/// How many files a process may have open: the soft and the hard limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimit {
    /// The one that counts.
    pub soft: u64,
    /// How far an ordinary user may raise it.
    pub hard: u64,
}

/// Opens `/dev/null` in place of each of the descriptors 0, 1, 2 that is closed.
///
/// A program started with `>&-` would otherwise get its next pipe as its standard output.
pub fn open_the_first_three() -> io::Result<()> {
    for number in 0..3 {
        // SAFETY: the descriptor is only asked about; a closed number answers EBADF.
        let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
        if flags == -1 {
            // The lowest free number is taken, and all below are open.
            let null = open("/dev/null", OFlag::O_RDWR, Mode::empty())?;
            std::mem::forget(null);
        }
    }
    Ok(())
}

/// Raises the soft limit on open files as far as it goes; returns what it was, for the children to get it back.
pub fn raise_file_limit() -> Option<FileLimit> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    // More than this is never needed, and a huge limit makes programs slow that close every descriptor.
    let wanted = hard.min(65_536);
    if wanted > soft {
        setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).ok()?;
    }
    Some(FileLimit { soft, hard })
}

/// Sets the limit on open files for this process.
pub fn set_file_limit(limit: FileLimit) {
    // Lowering to a limit that was ours before cannot be refused.
    let _ = setrlimit(Resource::RLIMIT_NOFILE, limit.soft, limit.hard);
}

/// Marks every descriptor from 3 up close-on-exec, so that a program started now gets the first three only.
pub fn close_others_on_exec() {
    #[cfg(target_os = "linux")]
    {
        const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
        // SAFETY: close_range(2) changes flags of descriptors, no memory.
        if unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, CLOSE_RANGE_CLOEXEC) } == 0 {
            return;
        }
    }
    for number in 3..highest_descriptor() {
        // SAFETY: a number that is not open answers EBADF.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Closes every descriptor from 3 up but `keep`. Only for a process that owns none of them any more.
pub fn close_all_but(keep: &OwnedFd) {
    let keep = keep.as_raw_fd();
    #[cfg(target_os = "linux")]
    {
        let close = |first: RawFd, last: libc::c_uint| {
            let first = libc::c_uint::try_from(first).unwrap_or(3);
            // SAFETY: the caller says that nobody in this process uses these descriptors any more.
            first > last || unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } == 0
        };
        let below = libc::c_uint::try_from(keep - 1).unwrap_or(0);
        if close(3, below) && close(keep + 1, libc::c_uint::MAX) {
            return;
        }
    }
    for number in (3..highest_descriptor()).filter(|number| *number != keep) {
        // SAFETY: as above.
        unsafe { libc::close(number) };
    }
}

/// Returns a number above those of all descriptors of this process, as far as its limit tells.
pub fn highest_descriptor() -> RawFd {
    let soft = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
    RawFd::try_from(soft.min(65_536)).unwrap_or(1024)
}

/// Puts `/dev/null` in the place of the descriptors 0, 1 and 2.
pub fn redirect_the_first_three_to_null() -> io::Result<()> {
    redirect_to_null(0..3)
}

/// Puts `/dev/null` in the place of some of the descriptors 0, 1 and 2.
pub fn redirect_to_null(numbers: std::ops::Range<RawFd>) -> io::Result<()> {
    let null = open("/dev/null", OFlag::O_RDWR, Mode::empty())?;
    for number in numbers {
        duplicate_onto(null.as_raw_fd(), number)?;
    }
    if null.as_raw_fd() < 3 {
        std::mem::forget(null);
    }
    Ok(())
}

/// Opens `/dev/null` once more, above the first three.
pub fn null() -> io::Result<OwnedFd> {
    let null = open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())?;
    if null.as_raw_fd() > 2 { Ok(null) } else { duplicate_above(null.as_raw_fd()) }
}

/// `dup2(2)`: makes `target` another name of `source`, inherited by programs started later.
pub fn duplicate_onto(source: RawFd, target: RawFd) -> io::Result<()> {
    // SAFETY: dup2 changes the descriptor table only; the callers own `target` by convention (0, 1, 2).
    nix::errno::Errno::result(unsafe { libc::dup2(source, target) })?;
    Ok(())
}

/// Makes another descriptor for the same file, above the first three, closed on exec.
pub fn duplicate_above(source: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the number is borrowed for this call; a closed one answers EBADF.
    let number = nix::errno::Errno::result(unsafe { libc::fcntl(source, libc::F_DUPFD_CLOEXEC, 3) })?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
