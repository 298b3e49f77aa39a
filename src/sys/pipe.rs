//! Pipes. All close-on-exec: what a child is to have is handed over by number.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// Makes a pipe; returns its reading and its writing end.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((reader.into(), writer.into()))
}

/// Lets a pipe hold at least so much, where the machine allows it: an ordinary user has 1 MiB for each and 64 MiB for all,
/// pipe(7). Nothing else changes for whoever uses it.
pub fn widen(pipe: impl AsFd, bytes: usize) {
    #[cfg(target_os = "linux")]
    {
        use nix::fcntl::{FcntlArg, fcntl};
        let Ok(wanted) = i32::try_from(bytes) else { return };
        if fcntl(&pipe, FcntlArg::F_GETPIPE_SZ).is_ok_and(|holds| holds < wanted) {
            // It works as it is, too.
            let _ = fcntl(&pipe, FcntlArg::F_SETPIPE_SZ(wanted));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (pipe, bytes);
}
