//! A world of processes of its own, which the kernel ends as a whole in the moment its first process ends.
//! `pid_namespaces(7)`, `user_namespaces(7)`.
//!
//! Root just makes one. Everybody else needs a user namespace around it, in which they are who they are and nobody else
//! exists; not every system lets them. It is a fence around the end of processes, not around what they may do.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, readlinkat};
use nix::mount::{MsFlags, mount};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid};

use super::process::Fork;
use super::refusal::{Refusal, Stage};

/// The way into a namespace: what the new process, its first, has to do before anything else.
#[derive(Debug)]
pub struct Door {
    /// Who it is to be again, where it has lost that in a user namespace.
    users: Option<(Uid, Gid)>,
}

/// Splits this process in two, the new one being the first of a pid namespace, with a table of mounts of its own.
///
/// Its parent knows it by the number that is returned; itself, it is 1.
///
/// # Safety
/// As with [`super::process::fork`].
///
/// # Errors
/// The kernel refuses.
pub unsafe fn fork() -> Result<(Fork, Door), Refusal> {
    const APART: libc::c_int = libc::CLONE_NEWPID | libc::CLONE_NEWNS;
    // Root stays who he is, and with him sudo and all other users.
    // SAFETY: the caller's promise.
    match unsafe { clone(APART) } {
        Ok(fork) => return Ok((fork, Door { users: None })),
        Err(Errno::EPERM) => {}
        Err(errno) => return Err(Refusal::new(Stage::Make, errno)),
    }
    let users = Some((nix::unistd::geteuid(), nix::unistd::getegid()));
    // SAFETY: the caller's promise.
    match unsafe { clone(APART | libc::CLONE_NEWUSER) } {
        Ok(fork) => Ok((fork, Door { users })),
        Err(errno) => Err(Refusal::new(Stage::Make, errno)),
    }
}

/// # Safety
/// As with fork(2): the flags share no memory.
unsafe fn clone(flags: libc::c_int) -> nix::Result<Fork> {
    let (flags, stack) = (libc::c_long::from(flags | libc::SIGCHLD), 0);
    // The one machine that takes them the other way round.
    let (first, second) = if cfg!(target_arch = "s390x") { (stack, flags) } else { (flags, stack) };
    // SAFETY: clone(2) without a stack and without shared memory is fork(2), for which the caller vouches.
    let child = Errno::result(unsafe { libc::syscall(libc::SYS_clone, first, second, 0, 0, 0) })?;
    match i32::try_from(child) {
        Ok(0) => Ok(Fork::Child),
        Ok(child) => Ok(Fork::Parent { child }),
        Err(_) => Err(Errno::EOVERFLOW),
    }
}

impl Door {
    /// Becomes somebody again, and mounts the `/proc` of the new world, which nobody outside sees.
    ///
    /// # Errors
    /// The kernel refuses one of the steps. This process is of no use then.
    pub fn enter(self) -> Result<(), Refusal> {
        if let Some((user, group)) = self.users {
            become_the_same(user, group).map_err(|error| Refusal::of(Stage::Users, &error))?;
        }
        let none = None::<&str>;
        // What is mounted outside later is to be seen here, and what is unmounted there is not to be held: not private.
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SLAVE, none)
            .map_err(|errno| Refusal::new(Stage::Mounts, errno))?;
        let harmless = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some("proc"), "/proc", Some("proc"), harmless, none)
            .map_err(|errno| Refusal::new(Stage::Proc, errno))
    }
}

fn become_the_same(user: Uid, group: Gid) -> io::Result<()> {
    // Without it, an ordinary user may not say which groups there are.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// The outer world's `/proc`, kept open: the only place where a process within can learn what it is called outside.
#[derive(Debug)]
pub struct Outside(OwnedFd);

impl Outside {
    /// Takes hold of it. To be done before [`Door::enter`].
    ///
    /// # Errors
    /// There is no `/proc`, or no descriptor left.
    pub fn hold() -> Result<Outside, Refusal> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let directory =
            open("/proc", flags, Mode::empty()).map_err(|errno| Refusal::new(Stage::Proc, errno))?;
        Ok(Outside(directory))
    }

    /// Returns the number of its descriptor, for [`super::bare::pid_outside`].
    pub fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Returns the number of this process outside.
    pub fn own_pid(&self) -> Option<i32> {
        readlinkat(self.0.as_fd(), "self").ok()?.to_str()?.parse().ok()
    }
}
