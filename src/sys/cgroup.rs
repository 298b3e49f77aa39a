//! Control groups, version 2: a set of processes that nobody leaves by forking. `cgroups(7)`.
//!
//! Used where this process may make one below its own, never needed: a shell of systemd's user manager, a service with
//! `Delegate=`, root in a container of its own. Everywhere else [`Group::make`] says no and costs three system calls.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::process;

/// What the names of forge's groups begin with; whose it is follows.
const PREFIX: &str = "forge-";

/// Returns the name of the group of somebody.
pub fn name(id: &str) -> String {
    format!("{PREFIX}{id}")
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
    /// cannot kill a group at once (before Linux 5.14).
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

/// A group that some forge has made below the one of this process, or below such a group.
#[derive(Debug)]
pub struct Made {
    path: PathBuf,
    id: String,
}

/// Returns all of them.
pub fn made() -> Vec<Made> {
    let mut found = Vec::new();
    if let Some(own) = own_directory() {
        let outermost = subgroups(&own).into_iter().filter_map(Made::of);
        for group in outermost {
            group.find_nested(&mut found);
            found.push(group);
        }
    }
    found
}

impl Made {
    fn of(path: PathBuf) -> Option<Made> {
        let id = path.file_name()?.to_str()?.strip_prefix(PREFIX)?.to_owned();
        Some(Made { path, id })
    }

    fn find_nested(&self, found: &mut Vec<Made>) {
        let mut below = subgroups(&self.path);
        while let Some(path) = below.pop() {
            below.extend(subgroups(&path));
            found.extend(Made::of(path));
        }
    }

    /// Returns whose it is: what [`name`] was given.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns who is in it, without those who are in a forge's group below it.
    pub fn members(&self) -> BTreeSet<i32> {
        let is_anothers =
            |path: &Path| path.file_name().is_some_and(|name| name.as_bytes().starts_with(PREFIX.as_bytes()));
        members(&self.path, &is_anothers)
    }

    /// Returns who is in it and in any group below it.
    pub fn everybody(&self) -> BTreeSet<i32> {
        members(&self.path, &|_| false)
    }

    /// Kills everybody in it and below it in one step.
    pub fn kill(&self) {
        // A kernel before 5.14 cannot, and then there is no such group.
        if let Ok(mut kill) = OpenOptions::new().write(true).open(self.path.join("cgroup.kill")) {
            let _ = kill.write_all(b"1");
        }
    }

    /// Removes it if nobody is in it.
    pub fn remove_if_empty(&self) {
        let events = fs::read_to_string(self.path.join("cgroup.events"));
        // Of one with somebody in it, the empty ones below would be removed, which others may be about to use.
        if events.is_ok_and(|events| events.contains("populated 0")) {
            remove_all(&self.path);
        }
    }
}

fn members(directory: &Path, left_out: &dyn Fn(&Path) -> bool) -> BTreeSet<i32> {
    let text = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    // Whoever is in another pid namespace is 0 here.
    let pids = text.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0);
    let below = subgroups(directory).into_iter().filter(|path| !left_out(path));
    pids.chain(below.flat_map(|path| members(&path, left_out))).collect()
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

/// Returns the files in which the kernel may count whom of the group of a process it has killed for want of memory, the
/// best one first: `memory.events` of version 2, `memory.oom_control` of version 1.
pub fn memory_counts(pid: i32) -> Vec<PathBuf> {
    let read = |path: String| fs::read(path).unwrap_or_default();
    let (membership, mounts) = (read(format!("/proc/{pid}/cgroup")), read("/proc/self/mountinfo".to_owned()));
    counts_of(&membership, &mounts)
}

/// In version 2 the memory of a group that has no controller of its own, like each that forge makes, is counted by the next one
/// above that has.
fn counts_of(membership: &[u8], mounts: &[u8]) -> Vec<PathBuf> {
    let second = directory(membership, mounts);
    let second = second.iter().flat_map(|path| path.ancestors()).map(|path| path.join("memory.events"));
    let first = directory_of_memory(membership, mounts).map(|path| path.join("memory.oom_control"));
    second.chain(first).collect()
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

/// What clone3(2) is asked for: `struct clone_args` of Linux 5.7.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct CloneArguments {
    pub(super) flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    pub(super) stack: u64,
    pub(super) stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

impl CloneArguments {
    /// Asks for what fork(2) does.
    pub(super) fn like_fork() -> CloneArguments {
        CloneArguments { exit_signal: u64::from(libc::SIGCHLD.cast_unsigned()), ..CloneArguments::default() }
    }

    /// Asks for a process that is in a group from its first instruction on.
    ///
    /// Moving a process later makes the kernel wait for all others, up to some milliseconds; this does not.
    pub(super) fn enter(&mut self, group: &Group) {
        const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
        self.flags |= CLONE_INTO_CGROUP;
        self.cgroup = u64::from(group.directory.as_raw_fd().cast_unsigned());
    }
}

/// Splits this process in two, the new one being in `group`. `clone3(2)`.
///
/// # Safety
/// As with [`process::fork`].
pub unsafe fn fork_into(group: &Group) -> io::Result<process::Fork> {
    let mut arguments = CloneArguments::like_fork();
    arguments.enter(group);
    // SAFETY: without flags that share memory and without a stack it is fork(2), for which the caller vouches; the
    // kernel reads as many bytes as it is told.
    let result =
        unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size_of::<CloneArguments>()) };
    let child = nix::errno::Errno::result(result)?;
    Ok(match i32::try_from(child) {
        Ok(0) => process::Fork::Child,
        Ok(child) => process::Fork::Parent { child },
        Err(_) => return Err(io::Error::from_raw_os_error(libc::EINVAL)),
    })
}

#[cfg(test)]
mod tests;
