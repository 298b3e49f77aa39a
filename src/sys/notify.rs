//! What a process says of itself by the protocol of `sd_notify(3)`: a datagram to the socket in its `NOTIFY_SOCKET`.
//!
//! The socket has a name in the kernel's own space (`unix(7)`, abstract), so that nothing of it is left in the file
//! system, however forge ends. Everybody on the machine can see that name and write to it; so the kernel is asked who
//! has sent each message, and what does not come from the run itself is dropped.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use tokio::io::unix::AsyncFd;

use super::descriptor;
use super::kin::Kin;

/// The name of the variable that names the socket.
pub const VARIABLE: &str = "NOTIFY_SOCKET";

/// One word of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// `READY=1`: it is ready.
    Ready,
    /// `STOPPING=1`: it is about to end.
    Stopping,
    /// `WATCHDOG=1`: it still works.
    Alive,
    /// `STATUS=…`: what it does, in its own words, one line.
    Status(String),
}

/// Where one run says how it is.
#[derive(Debug)]
pub struct Ear {
    socket: AsyncFd<OwnedFd>,
    name: String,
}

impl Ear {
    /// Opens a socket of a name that nobody has.
    ///
    /// # Errors
    /// No descriptor is left, or the system has no such sockets.
    pub fn open() -> io::Result<Ear> {
        let (socket, name) = linux::open()?;
        Ok(Ear { socket: descriptor::watch_readable(socket)?, name })
    }

    /// Returns the value of [`VARIABLE`] for the run.
    pub fn address(&self) -> String {
        format!("@{}", self.name)
    }

    /// Waits for the next message that comes from the run, and returns its words. May be dropped at any time.
    ///
    /// # Errors
    /// The poller fails.
    pub async fn hear(&self, kin: &Kin) -> io::Result<Vec<Word>> {
        loop {
            let mut ready = self.socket.readable().await?;
            // More than a page is no message; what is cut off is not missed.
            let mut buffer = [0; 4096];
            match ready.try_io(|socket| linux::receive(socket.get_ref().as_fd(), &mut buffer)) {
                Ok(Ok((length, who))) => {
                    let words = words_of(&buffer[..length]);
                    if !words.is_empty() && who.is_some_and(|who| is_of(kin, who)) {
                        return Ok(words);
                    }
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
                Err(_not_ready_after_all) => {}
            }
        }
    }
}

/// Whether who has sent a message belongs to the run. Who has ended since (`systemd-notify --ready` does at once) cannot be
/// asked for its parents any more; then its user has to do, who could write to the memory of the run as well.
fn is_of(kin: &Kin, who: linux::Sender) -> bool {
    kin.has(who.pid).unwrap_or_else(|| who.user == nix::unistd::geteuid().as_raw())
}

/// Understands a message: a line for each word, `NAME=value`. Words that say nothing here are left out: nobody is asked to
/// reload or to stop by what another says (`RELOADING`, `WATCHDOG=trigger`), and time limits are the project's alone.
pub fn words_of(message: &[u8]) -> Vec<Word> {
    let text = String::from_utf8_lossy(message);
    text.split('\n').filter_map(|line| line.split_once('=')).filter_map(word).collect()
}

fn word((name, value): (&str, &str)) -> Option<Word> {
    match (name, value) {
        ("READY", "1") => Some(Word::Ready),
        ("STOPPING", "1") => Some(Word::Stopping),
        ("WATCHDOG", "1") => Some(Word::Alive),
        ("STATUS", status) => Some(Word::Status(status.replace(char::is_control, "?"))),
        _ => None,
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::sync::atomic::{AtomicU64, Ordering};

    use nix::sys::socket::{
        AddressFamily, SockFlag, SockType, UnixAddr, bind, setsockopt, socket, sockopt::PassCred,
    };

    pub(super) use crate::sys::socket::{Sender, receive_datagram as receive};
    use crate::sys::{clock, process};

    pub(super) fn open() -> io::Result<(OwnedFd, String)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let socket = socket(AddressFamily::Unix, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
        // Before the name is known to anybody, so that no message comes without its sender.
        setsockopt(&socket, PassCred, &true)?;
        loop {
            let (now, count) = (clock::wall(), COUNT.fetch_add(1, Ordering::Relaxed));
            let name = format!("forge/{}/{:x}{:x}/{count}", process::own_pid(), now.seconds, now.nanos);
            match bind(socket.as_raw_fd(), &UnixAddr::new_abstract(name.as_bytes())?) {
                Ok(()) => return Ok((socket, name)),
                // Somebody wants to be in the way.
                Err(nix::errno::Errno::EADDRINUSE) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

/// Other systems have neither such names nor a way to ask who has sent something.
#[cfg(not(target_os = "linux"))]
mod linux {
    use std::io;
    use std::os::fd::{BorrowedFd, OwnedFd};

    pub(super) use crate::sys::socket::Sender;

    pub(super) fn open() -> io::Result<(OwnedFd, String)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn receive(
        _socket: BorrowedFd<'_>,
        _buffer: &mut [u8],
    ) -> io::Result<(usize, Option<Sender>)> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests;
