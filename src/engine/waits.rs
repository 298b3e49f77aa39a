//! What the loop waits for besides news: the end of a reader, a jump of the clock, a length of time.

use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::sys::clock_jumps::ClockJumps;
use crate::sys::descriptor;

/// Watches who reads the standard output, where it is a pipe. A stack that prints nothing would otherwise outlive its reader
/// (`forge start | grep -m1 ready`) until somebody's next line.
pub(super) fn watch_reader(stdout: &OwnedFd) -> Option<AsyncFd<OwnedFd>> {
    if !descriptor::is_pipe(stdout) {
        return None;
    }
    descriptor::watch_error(stdout.try_clone().ok()?).ok()
}

/// Waits until the reader of the standard output is gone; for ever if nobody can know.
pub(super) async fn reader_gone(reader: Option<&AsyncFd<OwnedFd>>) {
    match reader {
        // An error of the poller itself says nothing about the reader; the next write will.
        Some(reader) if reader.ready(Interest::ERROR).await.is_ok() => {}
        Some(_) | None => std::future::pending().await,
    }
}

/// Waits until the wall clock jumps; for ever if nothing depends on it.
pub(super) async fn clock_set(jumps: Option<&ClockJumps>) {
    match jumps {
        Some(jumps) => jumps.next().await,
        None => std::future::pending().await,
    }
}

/// Sleeps that long; for ever without a time.
pub(super) async fn wait(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}
