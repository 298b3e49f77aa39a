//! One task for each output: it waits for bytes and takes them to the hub, in its turn.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::hub::Hub;
use crate::logs::StreamId;
use crate::supervisor::Complaint;
use crate::sys::descriptor;

/// Reads one run's output, a pipe or the master of a pty, to its end or to its last call: then it takes what is there
/// and ends, although somebody may still hold the other side open. A dropped sender is a last call, too.
///
/// Returns when all of it has been handed over, and says what the last lines complained of. The descriptor is
/// forge's own: it is made non-blocking. Where the task is aborted, [`Hub::close`] shows what it leaves.
///
/// # Errors
/// The poller has no room for one more. Nothing can be read then, and the process finds its output closed.
pub async fn read(
    hub: Hub,
    stream: StreamId,
    output: OwnedFd,
    last_call: oneshot::Receiver<()>,
) -> io::Result<Option<Complaint>> {
    let watched = Output::new(output);
    if let Ok(output) = &watched {
        // However it ends, it is the end: a terminal says EIO.
        let _ = output.read_to_end(&hub, stream, last_call).await;
    }
    let complaint = hub.close(stream);
    watched.map(|_| complaint)
}

struct Output {
    fd: AsyncFd<OwnedFd>,
    is_pipe: bool,
}

/// Why a reader wakes up.
enum Wake<'a> {
    Readable(AsyncFdReadyGuard<'a, OwnedFd>),
    Silence,
    LastCall,
}

impl Output {
    fn new(fd: OwnedFd) -> io::Result<Output> {
        let is_pipe = descriptor::is_pipe(&fd);
        Ok(Output { fd: descriptor::watch_readable(fd)?, is_pipe })
    }

    async fn read_to_end(
        &self,
        hub: &Hub,
        stream: StreamId,
        mut last_call: oneshot::Receiver<()>,
    ) -> io::Result<()> {
        loop {
            match self.wake(hub, stream, &mut last_call).await? {
                Wake::Readable(mut ready) => {
                    hub.turn(stream).await;
                    match ready.try_io(|fd| hub.take(stream, |chunk| descriptor::read(fd, chunk))) {
                        Ok(Ok(0)) => return Ok(()),
                        // A pipe that gives less than was asked for is empty: the poller will tell when it is
                        // not. That spares a read(2) that would find nothing.
                        Ok(Ok(length)) if self.is_pipe && length < Hub::chunk_bytes() => ready.clear_ready(),
                        // The others first.
                        Ok(Ok(_)) => yield_now().await,
                        Ok(Err(error)) => return Err(error),
                        Err(_not_ready_after_all) => {}
                    }
                }
                Wake::Silence => {
                    hub.turn(stream).await;
                    hub.show_unfinished(stream);
                }
                Wake::LastCall => return self.read_what_is_there(hub, stream).await,
            }
        }
    }

    async fn wake(
        &self,
        hub: &Hub,
        stream: StreamId,
        last_call: &mut oneshot::Receiver<()>,
    ) -> io::Result<Wake<'_>> {
        let patience = hub.patience(stream);
        tokio::select! {
            biased;
            _ = last_call => Ok(Wake::LastCall),
            ready = self.fd.readable() => Ok(Wake::Readable(ready?)),
            () = sleep(patience.unwrap_or_default()), if patience.is_some() => Ok(Wake::Silence),
        }
    }

    /// Reads as much as stands in the pipe now: whoever holds it open may write for ever.
    async fn read_what_is_there(&self, hub: &Hub, stream: StreamId) -> io::Result<()> {
        let mut left = descriptor::readable_bytes(self.fd.get_ref());
        while left > 0 {
            hub.turn(stream).await;
            match hub.take(stream, |chunk| descriptor::read(self.fd.get_ref(), chunk)) {
                Ok(0) => break,
                Ok(length) => left = left.saturating_sub(length),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
