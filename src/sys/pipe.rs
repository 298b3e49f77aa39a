//! Pipes. All close-on-exec: what a child is to have is handed over by number.

use std::io;
use std::os::fd::OwnedFd;

/// Makes a pipe; returns its reading and its writing end.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((reader.into(), writer.into()))
}
