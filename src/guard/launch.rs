//! The guard's birth: from forge's own process, or as the first of a pid namespace.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::keeper::{Keeper, Settings};
use super::link::Unlinked;
use super::mark::{Guard, ProjectId, StackId};
use super::record::Places;
use crate::sys::descriptor_table::{self, FileLimit};
use crate::sys::namespace::{self, Outside};
use crate::sys::process::{self, Fork};
use crate::sys::refusal::Refusal;
use crate::sys::{census, cgroup, descriptor, signals, socket};

/// What is around the processes of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Nothing: they are processes like all others, kept by the guard.
    None,
    /// A pid namespace, whose first process is the guard: the kernel ends all of them with it.
    PidNamespace,
}

/// Why there is no guard.
#[derive(Debug, thiserror::Error)]
pub enum NoGuard {
    /// The kernel has no process or no descriptor left.
    #[error("could not start the guard process")]
    Process(#[from] io::Error),
    /// There is no pid namespace, which was asked for.
    #[error(transparent)]
    Namespace(Refusal),
}

impl From<Refusal> for NoGuard {
    /// A machine that has no more of something is another trouble than a system that does not allow it.
    fn from(refusal: Refusal) -> NoGuard {
        match refusal.errno {
            libc::EAGAIN | libc::ENOMEM | libc::EMFILE | libc::ENFILE => {
                NoGuard::Process(io::Error::from_raw_os_error(refusal.errno))
            }
            _ => NoGuard::Namespace(refusal),
        }
    }
}

/// Starts the guard. To be called while forge has one thread, before anything else is started.
///
/// `project` is where the stack belongs, `notes` where it is noted that it runs; `grace` is what everybody gets between
/// SIGTERM and SIGKILL when forge is gone; `file_limit` is given back to the children.
///
/// # Errors
/// See [`NoGuard`]. Nothing runs then.
pub fn launch(
    project: ProjectId,
    notes: &Places,
    grace: Duration,
    file_limit: Option<FileLimit>,
    isolation: Isolation,
) -> Result<Unlinked, NoGuard> {
    signals::expect_children();
    process::adopt_orphans();
    let (ours, theirs) = socket::pair()?;
    let world = census::world();
    // By the number that it has here, also where it is 1 itself: whoever looks for marks looks from here.
    let kept_by = |pid| {
        // Without /proc nobody can look for marks either.
        let started = census::look(pid).map_or(0, |guard| guard.started);
        StackId { guard: Guard { pid, started }, world, project }
    };
    let group = cgroup::new_name();
    cgroup::remove_abandoned();
    let (fork, door) = match isolation {
        // SAFETY: the caller has one thread.
        Isolation::None => (unsafe { process::fork() }?, None),
        Isolation::PidNamespace => {
            // SAFETY: as above.
            let (fork, door) = unsafe { namespace::fork() }?;
            (fork, Some(door))
        }
    };
    match fork {
        Fork::Parent { child } => {
            drop(theirs);
            let socket = if door.is_some() { is_through(ours, child)? } else { ours };
            descriptor::set_nonblocking(&socket)?;
            Ok(Unlinked { socket, guard: child, stack: kept_by(child), group })
        }
        Fork::Child => {
            drop(ours);
            // A panic would unwind into forge's own code, a second time.
            let kept = catch_unwind(AssertUnwindSafe(|| {
                leave_forge(&theirs)?;
                let outside = door.as_ref().map(|_| Outside::hold()).transpose();
                let own_pid = match &outside {
                    Ok(Some(outside)) => outside.own_pid().unwrap_or_default(),
                    Ok(None) | Err(_) => process::own_pid(),
                };
                let stack = kept_by(own_pid);
                let outside = match door {
                    Some(door) => {
                        say_whether(outside.and_then(|outside| door.enter().map(|()| outside)), &theirs)?
                    }
                    None => None,
                };
                let note = notes.note(stack);
                if Keeper::new(Settings { stack, grace, file_limit }, &group, theirs, outside)?.keep() {
                    note.remove();
                }
                io::Result::Ok(())
            }));
            process::leave(i32::from(!matches!(kept, Ok(Ok(())))))
        }
    }
}

/// Keeps nothing of what this process was, but the socket.
fn leave_forge(socket: &OwnedFd) -> io::Result<()> {
    process::start_session()?;
    process::adopt_orphans();
    // Whoever stopped forge and killed it may have stopped the guard too.
    process::wake_at_the_end_of_the_parent();
    process::rename(c"guard");
    signals::ignore_all();
    descriptor_table::redirect_the_first_three_to_null()?;
    descriptor_table::close_all_but(socket);
    // Nobody shall be unable to unmount or remove a directory because of the guard.
    std::env::set_current_dir("/")
}

/// What the first process of a namespace says when it is through.
const THROUGH: [u8; 5] = [0; 5];

/// Tells the parent whether the way into the namespace is behind this process; it waits for that.
///
/// # Errors
/// It is not, or the parent is gone.
pub(super) fn say_whether<T>(entered: Result<T, Refusal>, socket: &OwnedFd) -> io::Result<T> {
    let words = entered.as_ref().map_or_else(|refusal| refusal.encode(), |_| THROUGH);
    socket::send(socket.as_fd(), &words, &[])?;
    entered.map_err(io::Error::other)
}

/// Waits until the first process of a namespace, a child of this one, says that it is through; gives the socket back.
///
/// # Errors
/// It is not through, and has ended.
pub(super) fn is_through(socket: OwnedFd, child: i32) -> Result<OwnedFd, NoGuard> {
    let mut socket = File::from(socket);
    let mut words = THROUGH;
    let refusal = match socket.read_exact(&mut words) {
        Ok(()) if words == THROUGH => return Ok(socket.into()),
        Ok(()) => Refusal::decode(words)
            .map_or_else(|| io::Error::from(io::ErrorKind::InvalidData).into(), NoGuard::from),
        Err(error) => error.into(),
    };
    process::wait_for(child);
    Err(refusal)
}
