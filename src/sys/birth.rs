//! A new process that borrows this one's memory until it becomes another program: nothing is copied for it, and this
//! process stands still meanwhile. `clone3(2)`, `vfork(2)`.
//!
//! A fork copies the table of all pages, and then each page that one of the two writes to: more work than all the rest of
//! a start, and all of it is thrown away by the exec.

use std::io;

use super::cgroup::{self, Group};
use super::process::{self, Fork};

/// What a new process does. It becomes another program, or ends with 127 where this comes to its end.
pub type Life<'a> = &'a mut dyn FnMut();

/// The code of a process that could not become another program, as shells have it.
const FAILED: i32 = 127;

/// Where new processes are born: room for the stack of one.
#[derive(Debug, Default)]
pub struct Cradle {
    lent: lending::Stack,
}

impl Cradle {
    /// Makes a process that does what `life` says, a member of `group` from its first instruction on, where there is one:
    /// moving it later would make the kernel wait for all other processors. Returns its number.
    ///
    /// Where memory can be lent, the child has ended or become another program when this returns.
    ///
    /// # Safety
    /// This process has one thread. `life` does nothing but system calls, and does not panic: what it writes to memory it may write to
    /// the memory of this process.
    ///
    /// # Errors
    /// The kernel has no process left.
    pub unsafe fn bear(&mut self, group: Option<&Group>, mut life: Life<'_>) -> io::Result<i32> {
        // Where it cannot be (an old kernel, a sandbox that does not know clone3, no group after all) the rest may do.
        // SAFETY: the caller's promise.
        if let Ok(child) = unsafe { self.lent.bear(group, &mut life) } {
            return Ok(child);
        }
        // SAFETY: as above.
        match unsafe { fork(group) }? {
            Fork::Parent { child } => Ok(child),
            Fork::Child => {
                life();
                process::leave(FAILED)
            }
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

    #[derive(Debug, Default)]
    pub(super) struct Stack;

    impl Stack {
        pub(super) unsafe fn bear(
            &mut self,
            _group: Option<&super::Group>,
            _life: &mut super::Life<'_>,
        ) -> io::Result<i32> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}

#[cfg(test)]
mod tests;
