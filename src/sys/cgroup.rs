//! Control groups, version 2: a set of processes that nobody leaves by forking. `cgroups(7)`.
//!
//! Used where this process may make one below its own, never needed: a shell of systemd's user manager, a service with
//! `Delegate=`, root in a container of its own. Everywhere else [`Group::make`] says no and costs three system calls.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{clock, process};

/// What the names of forge's groups begin with; the id of the forge whose stack is in it follows.
const PREFIX: &str = "forge-";

/// Returns a name for a group that nobody else has, also not a process of the same id in another namespace:
/// `forge-812-69203a1c2f0a11`.
pub fn new_name() -> String {
    let now = clock::wall();
    format!("{PREFIX}{}-{:x}{:x}", process::own_pid(), now.seconds, now.nanos)
}

/// A group of our own.
#[derive(Debug)]
pub struct Group {
    path: PathBuf,
    directory: OwnedFd,
    /// `cgroup.kill`; held open, because it must not fail for want of a descriptor.
    kill: File,
}

impl Group {
    /// Makes an empty group below the one of this process; `None` where that is not allowed, or where the kernel
    /// cannot kill a group at once (before Linux 5.14). See [`remove_abandoned`] for what should be done before.
    pub fn make(name: &str) -> Option<Group> {
        let parent = own_directory()?;
        let path = parent.join(name);
        fs::create_dir(&path).ok()?;
        let group = Group::open(&path);
        if group.is_none() {
            let _ = fs::remove_dir(&path);
        }
        group
    }

    /// Returns the group of this name, if another process of our own group has made it.
    pub fn find(name: &str) -> Option<Group> {
        Group::open(&own_directory()?.join(name))
    }

    fn open(path: &Path) -> Option<Group> {
        let directory =
            OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY | libc::O_PATH).open(path).ok()?;
        let kill = OpenOptions::new().write(true).open(path.join("cgroup.kill")).ok()?;
        Some(Group { path: path.to_owned(), directory: directory.into(), kill })
    }

    /// Kills everybody in it, and in the groups below it, in one step.
    pub fn kill(&self) {
        // The other steps of the end do the same, one by one.
        let _ = (&self.kill).write_all(b"1");
    }

    /// Removes it if nobody is in it, with what nested makers have left in it.
    pub fn remove(&self) {
        remove_all(&self.path);
    }
}

fn subgroups(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let is_directory = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    entries.flatten().filter(is_directory).map(|entry| entry.path()).collect()
}

fn remove_all(directory: &Path) {
    for below in subgroups(directory) {
        remove_all(&below);
    }
    // The kernel refuses where somebody lives.
    let _ = fs::remove_dir(directory);
}

/// Removes the empty groups of those who are dead: forge and guard that were killed in one moment could not.
///
/// Not from within a pid namespace, where everybody outside seems to be dead.
pub fn remove_abandoned() {
    let Some(parent) = own_directory() else { return };
    for path in subgroups(&parent) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let forge = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')?.0.parse::<i32>().ok());
        let is_empty = || {
            fs::read_to_string(path.join("cgroup.events")).is_ok_and(|events| events.contains("populated 0"))
        };
        if forge.is_some_and(|forge| !process::is_seen_alive(forge)) && is_empty() {
            remove_all(&path);
        }
    }
}

/// Returns the directory of the group that this process is in, if it may make groups there.
fn own_directory() -> Option<PathBuf> {
    let membership = fs::read("/proc/self/cgroup").ok()?;
    let mounts = fs::read("/proc/self/mountinfo").ok()?;
    let directory = directory(&membership, &mounts)?;
    // Who is to be in a subgroup must have the right to move processes out of the common ancestor, too.
    let may_write = |path: &Path| {
        nix::unistd::faccessat(
            nix::fcntl::AT_FDCWD,
            path,
            nix::unistd::AccessFlags::W_OK,
            nix::fcntl::AtFlags::AT_EACCESS,
        )
        .is_ok()
    };
    (may_write(&directory) && may_write(&directory.join("cgroup.procs"))).then_some(directory)
}

/// Returns the files in which the kernel may count whom of the group of a process it has killed for want of memory:
/// `memory.events` of version 2, `memory.oom_control` of version 1.
pub fn memory_counts(pid: i32) -> Vec<PathBuf> {
    let read = |path: String| fs::read(path).unwrap_or_default();
    let (membership, mounts) = (read(format!("/proc/{pid}/cgroup")), read("/proc/self/mountinfo".to_owned()));
    let second = directory(&membership, &mounts).map(|path| path.join("memory.events"));
    let first = directory_of_memory(&membership, &mounts).map(|path| path.join("memory.oom_control"));
    second.into_iter().chain(first).collect()
}

/// Puts together what `/proc/PID/cgroup` says (`0::/path`) and where that tree is mounted.
fn directory(membership: &[u8], mounts: &[u8]) -> Option<PathBuf> {
    let path = membership.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"0::"))?;
    below_mount(path, mounts, b"cgroup2", |_| true)
}

/// The same for the tree of the memory controller of version 1: `4:memory:/path`.
fn directory_of_memory(membership: &[u8], mounts: &[u8]) -> Option<PathBuf> {
    let has_memory = |list: &[u8]| list.split(|byte| *byte == b',').any(|name| name == b"memory");
    let path = membership.split(|byte| *byte == b'\n').find_map(|line| {
        let mut parts = line.splitn(3, |byte| *byte == b':').skip(1);
        parts.next().filter(|controllers| has_memory(controllers))?;
        parts.next()
    })?;
    below_mount(path, mounts, b"cgroup", has_memory)
}

/// Returns where a path of a tree of this type is seen, the options of whose mount are the right ones.
fn below_mount(path: &[u8], mounts: &[u8], kind: &[u8], is_right: impl Fn(&[u8]) -> bool) -> Option<PathBuf> {
    mounts.split(|byte| *byte == b'\n').find_map(|line| {
        // proc(5): id, parent, device, root, mount point, options, fields of any number, `-`, type, …
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let separator = fields.iter().position(|field| *field == b"-")?;
        if fields.get(separator + 1) != Some(&kind) || !is_right(fields.get(separator + 3)?) {
            return None;
        }
        let (root, mount_point) = (fields.get(3)?, fields.get(4)?);
        let below = Path::new(OsStr::from_bytes(path)).strip_prefix(OsStr::from_bytes(root)).ok()?;
        // A blank in a mount point is written as \040; nobody has one there.
        let is_plain = !mount_point.contains(&b'\\') && !below.starts_with("..");
        is_plain.then(|| Path::new(OsStr::from_bytes(mount_point)).join(below))
    })
}

/// Splits this process in two, the new one being in `group` from its first instruction on. `clone3(2)`.
///
/// Moving a process later makes the kernel wait for all others, up to some milliseconds; this does not.
///
/// # Safety
/// As with [`process::fork`].
pub unsafe fn fork_into(group: &Group) -> io::Result<process::Fork> {
    const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
    /// `struct clone_args` of Linux 5.7.
    #[repr(C)]
    #[derive(Default)]
    struct Arguments {
        flags: u64,
        pidfd: u64,
        child_tid: u64,
        parent_tid: u64,
        exit_signal: u64,
        stack: u64,
        stack_size: u64,
        tls: u64,
        set_tid: u64,
        set_tid_size: u64,
        cgroup: u64,
    }
    let arguments = Arguments {
        flags: CLONE_INTO_CGROUP,
        exit_signal: u64::from(libc::SIGCHLD.cast_unsigned()),
        cgroup: u64::from(group.directory.as_raw_fd().cast_unsigned()),
        ..Arguments::default()
    };
    // SAFETY: without flags that share memory and without a stack it is fork(2), for which the caller vouches; the
    // kernel reads as many bytes as it is told.
    let result = unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size_of::<Arguments>()) };
    let child = nix::errno::Errno::result(result)?;
    Ok(match i32::try_from(child) {
        Ok(0) => process::Fork::Child,
        Ok(child) => process::Fork::Parent { child },
        Err(_) => return Err(io::Error::from_raw_os_error(libc::EINVAL)),
    })
}

#[cfg(test)]
mod tests;
