//! Splitting forge in two: one half waits where it was called, the other goes on without a terminal. `daemon(7)`.
//!
//! One fork is enough, without the second one that keeps a daemon from getting a terminal: forge opens each with `O_NOCTTY`.
//! So the caller stays the parent, knows how the other half ends, and can send it a signal that reaches nobody else.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::unix::AsyncFd;

use super::process::{self, Fork};
use super::{descriptor, descriptor_table, pipe, signals};
use crate::exit::Exit;

/// The two halves.
#[derive(Debug)]
pub enum Half {
    /// The process that was called; it waits.
    Caller(Other),
    /// The process that does the work.
    Background(LetGo),
}

/// The other half, as the caller sees it.
#[derive(Debug)]
pub struct Other {
    pid: i32,
    word: OwnedFd,
}

/// What the background half owes its caller: a word when it has come so far that nobody needs to wait any more.
#[derive(Debug)]
pub struct LetGo(OwnedFd);

/// What became of the other half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It goes on alone.
    GoesOn,
    /// It has ended; nothing where the system does not tell how.
    Ended(Option<Exit>),
}

/// Splits this process in two. To be called while it has one thread, and no descriptor of its own that it needs later.
///
/// The other half is in a session of its own, so that the end of a terminal or of a shell does not reach it. It reads nothing, and keeps
/// standard output and standard error until it lets go; all other descriptors it has inherited are closed, or a lock or
/// a pipe of whoever called would be held for good. If the caller is killed before, the other half is asked to end.
///
/// # Errors
/// The kernel has no process or no descriptor left.
pub fn split() -> io::Result<Half> {
    signals::expect_children();
    let caller = process::own_pid();
    let (word, say) = pipe::pipe()?;
    // SAFETY: the caller has one thread.
    match unsafe { process::fork() }? {
        Fork::Parent { child } => Ok(Half::Caller(Other { pid: child, word })),
        Fork::Child => {
            drop(word);
            if !process::ask_to_end_with(caller) {
                process::leave(1);
            }
            process::start_session()?;
            signals::ignore_hangup();
            descriptor_table::close_all_but(&say);
            descriptor_table::redirect_to_null(0..1)?;
            Ok(Half::Background(LetGo(say)))
        }
    }
}

impl LetGo {
    /// Lets the caller go: it is told, and nothing that is its own is held any more.
    ///
    /// # Errors
    /// There is no `/dev/null`.
    pub fn now(self) -> io::Result<()> {
        process::outlive_the_parent();
        descriptor_table::redirect_to_null(1..3)?;
        // A caller that is gone has been let go already.
        let _ = descriptor::write_waiting(&self.0, &[0]);
        Ok(())
    }
}

impl Other {
    /// Begins to listen to it, within a runtime.
    ///
    /// # Errors
    /// The runtime cannot watch one more descriptor.
    pub fn listen(self) -> io::Result<Listening> {
        Ok(Listening { pid: self.pid, word: descriptor::watch_readable(self.word)? })
    }
}

/// The other half, while somebody listens to it.
#[derive(Debug)]
pub struct Listening {
    pid: i32,
    word: AsyncFd<OwnedFd>,
}

impl Listening {
    /// Waits for its word, or its end. Safe to drop half way.
    pub async fn word(&self) -> Word {
        let mut byte = [0];
        while let Ok(mut ready) = self.word.readable().await {
            match descriptor::read(self.word.get_ref(), &mut byte) {
                Ok(1) => return Word::GoesOn,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Ok(_) | Err(_) => break,
            }
        }
        // It has let go of its end, so it is at its own.
        Word::Ended(process::wait_for(self.pid))
    }

    /// Sends it a signal; it is a child that nobody has waited for, so the number is its own.
    pub fn signal(&self, signal: i32) {
        // One that has ended needs none.
        let _ = process::signal(self.pid, signal);
    }
}
