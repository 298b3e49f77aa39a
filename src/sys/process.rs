//! Processes: becoming one, naming one, looking at others, waiting for the dead.

mod spent;

#[cfg(target_os = "linux")]
use std::collections::BTreeSet;
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::unistd::{ForkResult, Pid};

use crate::exit::{Exit, Spent};

/// Who `fork` returned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fork {
    /// The process that called; the other one has this id.
    Parent {
        /// The child.
        child: i32,
    },
    /// The new process.
    Child,
}

/// Splits this process in two. `fork(2)`.
///
/// # Safety
/// The caller has one thread, or the child calls nothing but system calls until it replaces itself or ends.
pub unsafe fn fork() -> io::Result<Fork> {
    // SAFETY: the caller's promise is the one that fork needs.
    Ok(match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Fork::Parent { child: child.as_raw() },
        ForkResult::Child => Fork::Child,
    })
}

/// Ends this process at once: no destructors, no buffers, nothing shared with the process it was split from.
pub fn leave(code: i32) -> ! {
    // SAFETY: _exit(2) does not return and runs no code of ours.
    unsafe { libc::_exit(code) }
}

/// Returns the id of this process.
pub fn own_pid() -> i32 {
    nix::unistd::getpid().as_raw()
}

/// Returns the id of the process that started this one, or of whoever inherited it.
pub fn parent_pid() -> i32 {
    nix::unistd::getppid().as_raw()
}

/// Starts a session of its own, without a terminal. `setsid(2)`.
pub fn start_session() -> io::Result<()> {
    nix::unistd::setsid()?;
    Ok(())
}

/// Makes the terminal on descriptor 0 the controlling terminal of this session.
pub fn take_terminal() -> io::Result<()> {
    // SAFETY: TIOCSCTTY takes no pointer.
    Errno::result(unsafe { libc::ioctl(0, libc::TIOCSCTTY as _, 0) })?;
    Ok(())
}

/// Makes this process the one to whom orphans of any depth below it fall, instead of to init. `PR_SET_CHILD_SUBREAPER`.
///
/// Other systems than Linux do not know it; there, orphans are lost sight of unless they stay in their group.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // It cannot fail since Linux 3.4; where it does, groups are still ended.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Asks the kernel to kill this process when its parent dies. Returns false if the parent is gone already.
///
/// It is tied to the thread that forked, so the parent must have one thread only, as the guard has.
pub fn die_with(parent: i32) -> bool {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Some(nix::sys::signal::Signal::SIGKILL));
    parent_pid() == parent
}

/// Asks the kernel to wake this process, should it be stopped, when its parent dies.
///
/// It is tied to the thread that forked, so the parent must have done that in its first thread.
pub fn wake_at_the_end_of_the_parent() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Some(nix::sys::signal::Signal::SIGCONT));
}

/// Asks the kernel for a SIGTERM to this process when its parent dies. Returns false if the parent is gone already.
///
/// It is tied to the thread that forked, so the parent must have done that in its first thread.
pub fn ask_to_end_with(parent: i32) -> bool {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Some(nix::sys::signal::Signal::SIGTERM));
    parent_pid() == parent
}

/// Takes back [`ask_to_end_with`].
pub fn outlive_the_parent() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(None);
}

/// Adds to the niceness of this process: positive numbers let others go first. `nice(2)`.
///
/// # Errors
/// Only root may take precedence.
pub fn add_niceness(by: i32) -> io::Result<()> {
    if by == 0 {
        return Ok(());
    }
    Errno::clear();
    // SAFETY: nice(2) touches no memory.
    let result = unsafe { libc::nice(by) };
    // -1 is a niceness like others; only `errno` tells. Linux says EPERM, which looks like a wrong right somewhere else.
    let errno = Errno::last();
    if result == -1 && matches!(errno, Errno::EPERM | Errno::EACCES) { Err(errno.into()) } else { Ok(()) }
}

/// Asks the kernel to kill this process when its parent dies.
///
/// It is tied to the thread that forked, so the parent must have done that in its first thread.
pub fn die_at_the_end_of_the_parent() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Some(nix::sys::signal::Signal::SIGKILL));
}

/// Lets this process end without an image of its memory, which holds the variables of everybody it has started.
pub fn leave_no_core() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_CORE) {
        // Lowering cannot be refused.
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    }
}

/// Gives this process another name in `ps`, `top` and for `killall`, and hides the command line it was started with,
/// so that `pkill -f` meant for another process does not hit it.
pub fn rename(name: &std::ffi::CStr) {
    #[cfg(target_os = "linux")]
    {
        let _ = nix::sys::prctl::set_name(name);
        if let Some(arguments) = proc_fs::own_argument_memory() {
            let text = name.to_bytes();
            // SAFETY: this is the memory in which the kernel put the arguments of this process; it is writable, it is
            // there as long as the process is, and this process does not read its arguments any more.
            unsafe {
                let place = arguments.start as *mut u8;
                std::ptr::write_bytes(place, 0, arguments.len());
                std::ptr::copy_nonoverlapping(text.as_ptr(), place, text.len().min(arguments.len() - 1));
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = name;
}

/// Sends a signal to one process.
pub fn signal(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: kill(2) touches no memory.
    Errno::result(unsafe { libc::kill(pid, signal) })?;
    Ok(())
}

/// Sends a signal to every process of a group.
pub fn signal_group(leader: i32, signal: i32) -> io::Result<()> {
    // SAFETY: kill(2) touches no memory.
    Errno::result(unsafe { libc::kill(-leader, signal) })?;
    Ok(())
}

/// What `wait` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaped {
    /// This child ended and is no more.
    Ended {
        /// Who.
        pid: i32,
        /// How.
        exit: Exit,
        /// What it had used.
        spent: Spent,
    },
    /// There are children, and all of them live.
    NobodyYet,
    /// There are no children at all: the kernel's own word that nobody is left.
    NoChildren,
}

/// Takes one dead child away, whoever it is, without waiting. Only for a process whose children are all its own affair.
pub fn reap() -> Reaped {
    loop {
        let mut status = 0;
        // SAFETY: a structure of numbers, all of which may be zero.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // Not nix's own: it has no name for a real-time signal and gives an error for a child that is gone by then.
        // SAFETY: wait4(2) writes one number into `status` and one structure into `usage`.
        let found = unsafe { libc::wait4(-1, &raw mut status, libc::WNOHANG, &raw mut usage) };
        return match Errno::result(found) {
            Ok(0) => Reaped::NobodyYet,
            Ok(pid) if libc::WIFEXITED(status) => {
                Reaped::Ended { pid, exit: Exit::Code(libc::WEXITSTATUS(status)), spent: spent::of(&usage) }
            }
            Ok(pid) if libc::WIFSIGNALED(status) => {
                let (number, core_dumped) = (libc::WTERMSIG(status), libc::WCOREDUMP(status));
                Reaped::Ended { pid, exit: Exit::Signal { number, core_dumped }, spent: spent::of(&usage) }
            }
            Err(Errno::ECHILD) => Reaped::NoChildren,
            // Interrupted, or stopped and continued children, which were not asked for.
            Ok(_) | Err(_) => continue,
        };
    }
}

/// Waits for one child to end; says how, where that is known.
pub fn wait_for(pid: i32) -> Option<Exit> {
    use nix::sys::wait::{WaitStatus, waitpid};
    loop {
        match waitpid(Pid::from_raw(pid), None) {
            Err(Errno::EINTR) => {}
            Ok(WaitStatus::Exited(_, code)) => return Some(Exit::Code(code)),
            Ok(WaitStatus::Signaled(_, signal, core_dumped)) => {
                return Some(Exit::Signal { number: signal as i32, core_dumped });
            }
            Ok(_) | Err(_) => return None,
        }
    }
}

/// Returns the direct children of this process, over all its threads; `None` where the system does not tell, as
/// without `/proc`.
pub fn children() -> Option<Vec<i32>> {
    #[cfg(target_os = "linux")]
    return proc_fs::children();
    #[cfg(not(target_os = "linux"))]
    return None;
}

/// Finds direct children of this process by asking the kernel about every number that one could have. If there are any,
/// it finds at least one of them. It needs nothing but may take seconds: for the end, where nobody may be forgotten.
pub fn children_by_asking() -> Vec<i32> {
    if has_no_child() {
        return Vec::new();
    }
    let ask = |range: std::ops::RangeInclusive<i32>| range.filter(|pid| is_child(*pid)).collect::<Vec<_>>();
    // Numbers are given out in turn, so all are between this process and the newest, unless they began anew since.
    let recent = newest_pid().map(|newest| ask(own_pid()..=newest)).unwrap_or_default();
    if recent.is_empty() { ask(1..=HIGHEST_PID) } else { recent }
}

/// Returns the number of a process that was made just now.
#[cfg(target_os = "linux")]
fn newest_pid() -> Option<i32> {
    // A child without a signal at its end: whoever asks because of a SIGCHLD would never come to an end.
    // SAFETY: clone(2) without flags is fork(2), and the child does nothing but end.
    let result = unsafe { libc::syscall(libc::SYS_clone, 0, 0, 0, 0, 0) };
    let child = i32::try_from(Errno::result(result).ok()?).ok()?;
    if child == 0 {
        leave(0);
    }
    let of_any_kind = Some(nix::sys::wait::WaitPidFlag::__WALL);
    while nix::sys::wait::waitpid(Pid::from_raw(child), of_any_kind) == Err(Errno::EINTR) {}
    Some(child)
}

#[cfg(not(target_os = "linux"))]
fn newest_pid() -> Option<i32> {
    None
}

/// `PID_MAX_LIMIT` of Linux on 64 bits; other systems stay far below it.
const HIGHEST_PID: i32 = if cfg!(target_os = "linux") { 1 << 22 } else { 99_999 };

/// Returns whether a process is a child of this one, dead or alive.
fn is_child(pid: i32) -> bool {
    ask_about(libc::P_PID, pid).is_ok()
}

fn has_no_child() -> bool {
    ask_about(libc::P_ALL, 0) == Err(Errno::ECHILD)
}

/// Asks whether there are such children; leaves a dead one as it is. `waitid(2)`.
fn ask_about(kind: libc::idtype_t, pid: i32) -> nix::Result<()> {
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let mut news = std::mem::MaybeUninit::<libc::siginfo_t>::uninit();
    // SAFETY: waitid writes one `siginfo_t` at most, which lives until the call returns and is never read.
    Errno::result(unsafe { libc::waitid(kind, pid.cast_unsigned(), news.as_mut_ptr(), flags) }).map(drop)
}

/// Sends a signal to every process below this one, nearest first, and to nobody else.
///
/// Most of them are reaped by others, so a number may belong to a stranger by the time it is used. Each is taken hold of
/// (`pidfd_open(2)`) before it is looked whether its number is still one of those below: who is alive behind the hold
/// then was the one who was seen. Without pidfds (before Linux 5.3, or no descriptor left) the number has to do.
#[cfg(target_os = "linux")]
pub fn signal_descendants(number: i32) {
    signal_below(own_pid(), number, |_| true);
}

/// Does the same below a child of this process that has not been reaped, for those who are `meant`.
#[cfg(target_os = "linux")]
pub fn signal_below(root: i32, number: i32, meant: impl Fn(i32) -> bool) {
    let seen: Vec<(i32, Option<OwnedFd>)> =
        proc_fs::descendants(root).into_iter().map(|pid| (pid, take_hold(pid))).collect();
    let still: BTreeSet<i32> = proc_fs::descendants(root).into_iter().filter(|pid| meant(*pid)).collect();
    for (pid, hold) in seen.into_iter().filter(|(pid, _)| still.contains(pid)) {
        // Whoever is gone by now needs no signal.
        if let Some(hold) = hold {
            let no_details = std::ptr::null::<libc::siginfo_t>();
            // SAFETY: pidfd_send_signal(2) without a `siginfo` touches no memory.
            unsafe { libc::syscall(libc::SYS_pidfd_send_signal, hold.as_raw_fd(), number, no_details, 0) };
        } else {
            let _ = signal(pid, number);
        }
    }
}

/// Returns whether a process is seen to live: dead ones that nobody has waited for do not.
#[cfg(target_os = "linux")]
pub fn is_seen_alive(pid: i32) -> bool {
    proc_fs::is_seen_alive(pid)
}

/// Takes hold of a process: the descriptor never means another one.
#[cfg(target_os = "linux")]
fn take_hold(pid: i32) -> Option<OwnedFd> {
    // SAFETY: pidfd_open(2) touches no memory.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let number = i32::try_from(number).ok().filter(|number| *number >= 0)?;
    // SAFETY: the kernel has just made this descriptor for us.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Nobody can be found there.
#[cfg(not(target_os = "linux"))]
pub fn signal_descendants(_number: i32) {}

/// Nobody can be found there.
#[cfg(not(target_os = "linux"))]
pub fn signal_below(_root: i32, _number: i32, _meant: impl Fn(i32) -> bool) {}

/// Returns the session a process belongs to.
pub fn session_of(pid: i32) -> Option<i32> {
    nix::unistd::getsid(Some(Pid::from_raw(pid))).ok().map(Pid::as_raw)
}

/// Returns whether who types at the terminal on the standard input types for this process; in the background of a shell nobody
/// does, and to read would stop it.
pub fn is_in_the_foreground() -> bool {
    let group = nix::unistd::tcgetpgrp(std::io::stdin());
    group.is_ok_and(|group| group == nix::unistd::getpgrp())
}

/// Returns the group a process belongs to.
pub fn group_of(pid: i32) -> Option<i32> {
    nix::unistd::getpgid(Some(Pid::from_raw(pid))).ok().map(Pid::as_raw)
}

/// Returns the value that a variable had when a process was started, where the system tells.
pub fn variable_of(pid: i32, name: &str) -> Option<Vec<u8>> {
    #[cfg(target_os = "linux")]
    return proc_fs::variable_of(pid, name);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (pid, name);
        None
    }
}

/// Returns whether a process ignores a signal, where the system tells.
pub fn ignores(pid: i32, signal: i32) -> bool {
    #[cfg(target_os = "linux")]
    return proc_fs::ignores(pid, signal);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (pid, signal);
        false
    }
}

#[cfg(target_os = "linux")]
pub(super) mod proc_fs;
