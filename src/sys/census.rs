//! Everybody on this machine, as far as this process may see them.

use std::io;

use super::process;

/// A process that lives; one that has ended and was not reaped yet does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its process id.
    pub pid: i32,
    /// Its parent.
    pub parent: i32,
    /// The session it is in.
    pub session: i32,
    /// When it started, in the kernel's ticks since boot: no other process with this id has the same.
    pub started: u64,
}

/// Returns the process ids of everybody, in no order. Far cheaper than a look at each of them.
///
/// # Errors
/// The system does not tell: it is not Linux, or there is no `/proc`.
pub fn pids() -> io::Result<Vec<i32>> {
    #[cfg(target_os = "linux")]
    return linux::pids();
    #[cfg(not(target_os = "linux"))]
    return Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "only Linux tells what a process was started with",
    ));
}

/// Returns everybody who lives.
///
/// # Errors
/// As for [`pids`].
pub fn processes() -> io::Result<Vec<Process>> {
    Ok(pids()?.into_iter().filter_map(look).collect())
}

/// Returns one process, if it lives.
pub fn look(pid: i32) -> Option<Process> {
    #[cfg(target_os = "linux")]
    return linux::look(pid);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        None
    }
}

/// Returns whether the process that started then with this id may still live: false only where it is certain that it is gone.
pub fn may_live(pid: i32, started: u64) -> bool {
    // kill(2) first, because it costs next to nothing. It knows also what is hidden (`hidepid` of proc(5)), and where no descriptor is
    // left to look.
    if process::signal(pid, 0).is_err_and(|error| error.raw_os_error() == Some(libc::ESRCH)) {
        return false;
    }
    #[cfg(target_os = "linux")]
    if let Ok(told) = linux::stat(pid) {
        // A zombie is gone: what it kept has fallen to others.
        return linux::living(pid, &told).is_some_and(|process| process.started == started);
    }
    let _ = started;
    true
}

/// Returns whether a process is this user's own, or anybody's if this is root; and in the same pid namespace, so that its
/// variables speak about the same process ids.
pub fn is_within_reach(pid: i32) -> bool {
    #[cfg(target_os = "linux")]
    return linux::is_within_reach(pid);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        false
    }
}

/// Returns a number for where process ids and times of start have the meaning that they have here: this boot of this
/// kernel, these namespaces. Zero where the system does not tell.
pub fn world() -> u64 {
    #[cfg(target_os = "linux")]
    return linux::world();
    #[cfg(not(target_os = "linux"))]
    return 0;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::hash::{DefaultHasher, Hash, Hasher};
    use std::io;
    use std::os::unix::fs::MetadataExt;

    use super::Process;
    use crate::sys::process::proc_fs::{field, read};

    pub(super) fn pids() -> io::Result<Vec<i32>> {
        let entries = fs::read_dir("/proc")?;
        let pids: Vec<i32> =
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        // An empty directory in the place of /proc.
        if pids.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(pids) }
    }

    pub(super) fn look(pid: i32) -> Option<Process> {
        living(pid, &stat(pid).ok()?)
    }

    pub(super) fn stat(pid: i32) -> io::Result<Vec<u8>> {
        read(&format!("/proc/{pid}/stat"))
    }

    /// Understands what `stat` has told.
    pub(super) fn living(pid: i32, stat: &[u8]) -> Option<Process> {
        let number = |place| field(stat, place)?.parse::<i32>().ok();
        let is_dead = matches!(field(stat, 3)?, "Z" | "X");
        let (parent, session) = (number(4)?, number(6)?);
        let started = field(stat, 22)?.parse().ok()?;
        (!is_dead).then_some(Process { pid, parent, session, started })
    }

    pub(super) fn is_within_reach(pid: i32) -> bool {
        let user = nix::unistd::geteuid();
        let is_ours =
            || fs::metadata(format!("/proc/{pid}")).is_ok_and(|metadata| metadata.uid() == user.as_raw());
        let namespace = |of: &str| fs::read_link(format!("/proc/{of}/ns/pid")).ok();
        (user.is_root() || is_ours()) && namespace(&pid.to_string()) == namespace("self")
    }

    pub(super) fn world() -> u64 {
        // It is compared with what the same binary made a moment ago, or another one of this boot: if a new compiler
        // hashes otherwise, what an older forge has left is only not found.
        let mut hasher = DefaultHasher::new();
        fs::read("/proc/sys/kernel/random/boot_id").ok().hash(&mut hasher);
        // Process ids, the kernel's ticks, and the paths of projects.
        for namespace in ["pid", "time", "mnt"] {
            fs::read_link(format!("/proc/self/ns/{namespace}")).ok().hash(&mut hasher);
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests;
