//! A new process that borrows the memory of this one until it becomes another program: nothing is copied for it, and this
//! process goes on meanwhile. `clone3(2)`.
//!
//! A fork copies the table of all pages, and then each page that one of the two writes to: more work than all the rest of
//! a start, and all of it is thrown away by the exec.

use std::io;
use std::mem::ManuallyDrop;

use super::cgroup::{self, Group};
use super::process::{self, Fork};

/// The code of a process that could not become another program, as shells have it.
const FAILED: i32 = 127;

/// A process that was made just now, and what it needs until it is another program.
#[derive(Debug)]
pub struct Newborn<T> {
    /// Its number.
    pub pid: i32,
    /// Kept for ever, unless somebody knows that it is needed no more.
    needs: ManuallyDrop<(Box<T>, Option<lending::Stack>)>,
}

impl<T> Newborn<T> {
    /// Gives back what it has needed.
    ///
    /// # Safety
    /// It has become another program, or has ended.
    pub unsafe fn let_go(self) {
        drop(ManuallyDrop::into_inner(self.needs));
    }
}

/// Makes a process that leads a `life` with what it `needs`, and ends with 127 if that comes to its end. It is a member of
/// `group` from its first instruction on, where there is one: moving it later would make the kernel wait for all other
/// processors.
///
/// # Safety
/// This process has one thread. `life` makes [bare](super::bare) system calls and nothing else: it does not even write
/// to a global variable, as libc does with errors.
///
/// # Errors
/// The kernel has no process left.
pub unsafe fn bear<T>(group: Option<&Group>, needs: Box<T>, life: fn(&T)) -> io::Result<Newborn<T>> {
    // Where it cannot lend (an old kernel, a sandbox that does not know clone3, no group after all) the rest may do.
    // SAFETY: the caller's promise; the memory stays until `let_go`.
    if let Ok((pid, stack)) = unsafe { lending::bear(group, &*needs, life) } {
        return Ok(Newborn { pid, needs: ManuallyDrop::new((needs, Some(stack))) });
    }
    // SAFETY: as above.
    match unsafe { fork(group) }? {
        Fork::Parent { child } => Ok(Newborn { pid: child, needs: ManuallyDrop::new((needs, None)) }),
        Fork::Child => {
            life(&needs);
            process::leave(FAILED)
        }
    }
}

/// Into the group where there is one; without it where that fails, as it is good to have and not needed.
unsafe fn fork(group: Option<&Group>) -> io::Result<Fork> {
    if let Some(group) = group
        // SAFETY: the caller's promise.
        && let Ok(fork) = unsafe { cgroup::fork_into(group) }
    {
        return Ok(fork);
    }
    // SAFETY: as above.
    unsafe { process::fork() }
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod lending;

/// Elsewhere memory is not lent.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod lending {
    use std::io;

    #[derive(Debug)]
    pub(super) struct Stack;

    pub(super) unsafe fn bear<T>(
        _group: Option<&super::Group>,
        _needs: &T,
        _life: fn(&T),
    ) -> io::Result<(i32, Stack)> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests;
