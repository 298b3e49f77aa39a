//! Whether anybody waits for what is typed into a pseudo-terminal.
//!
//! There are two ways to wait. A program that edits the line itself, as a debugger does, has switched the terminal to single keys (no
//! ICANON); that can be seen on forge's side, see `termios(3)`. Any other one waits in read(2); Linux tells that in `/proc`, others
//! do not. Servers that would like to have single keys do the one or the other all the time, so this alone is no question.

use std::os::fd::BorrowedFd;

use nix::sys::termios::{LocalFlags, tcgetattr};

/// Who waits for keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// What the process is called, if that is known.
    pub program: Option<String>,
}

/// Looks whether somebody waits for keys from a terminal: `controller` is forge's side, `leader` the process that was started on it.
pub fn look(controller: BorrowedFd<'_>, leader: i32) -> Option<Asker> {
    let settings = tcgetattr(controller).ok()?;
    let in_front = in_front::of(controller, leader);
    if settings.local_flags.contains(LocalFlags::ICANON) {
        let pid = in_front::reader(&in_front, controller)?;
        return Some(Asker { program: in_front::name(pid) });
    }
    Some(Asker { program: in_front.last().copied().and_then(in_front::name) })
}

/// Returns whether a program has switched a terminal to single keys. Only such a program can read the answer to a question
/// that it has put to its terminal.
pub fn takes_single_keys(controller: BorrowedFd<'_>) -> bool {
    tcgetattr(controller).is_ok_and(|settings| !settings.local_flags.contains(LocalFlags::ICANON))
}

#[cfg(target_os = "linux")]
mod in_front {
    use std::fs;
    use std::os::fd::{AsRawFd, BorrowedFd};
    use std::os::unix::fs::MetadataExt;

    use nix::unistd::tcgetpgrp;

    use crate::sys::kin;
    use crate::sys::process::proc_fs::field;

    /// The terminal of whoever asks, `/dev/tty`, see tty(4).
    const OWN_TERMINAL: u64 = nix::sys::stat::makedev(5, 0);

    /// Returns those of the leader's household who are in the foreground of the terminal, nearest first.
    pub(super) fn of(controller: BorrowedFd<'_>, leader: i32) -> Vec<i32> {
        let Ok(group) = tcgetpgrp(controller) else { return Vec::new() };
        let group = group.to_string();
        let is_in_it = |pid: &i32| {
            let stat = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
            // Field 5 of proc(5) is the process group; a zombie reads nothing.
            field(&stat, 5) == Some(&group) && field(&stat, 3) != Some("Z")
        };
        kin::household_of(leader).into_iter().filter(is_in_it).collect()
    }

    /// Returns one that waits in a read of that terminal, the farthest from the leader.
    pub(super) fn reader(pids: &[i32], controller: BorrowedFd<'_>) -> Option<i32> {
        let device = device_of(controller)?;
        pids.iter().rev().copied().find(|pid| reads(*pid, device))
    }

    pub(super) fn name(pid: i32) -> Option<String> {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        Some(name.trim_end().to_owned()).filter(|name| !name.is_empty())
    }

    /// Returns the device of the other side of a pseudo-terminal.
    fn device_of(controller: BorrowedFd<'_>) -> Option<u64> {
        let mut number: libc::c_uint = 0;
        // SAFETY: TIOCGPTN writes one unsigned int, and `number` is one.
        let result = unsafe { libc::ioctl(controller.as_raw_fd(), libc::TIOCGPTN, &raw mut number) };
        (result == 0).then_some(())?;
        Some(fs::metadata(format!("/dev/pts/{number}")).ok()?.rdev())
    }

    fn reads(pid: i32, device: u64) -> bool {
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return false };
        let is_it = |descriptor: u64| {
            let file = fs::metadata(format!("/proc/{pid}/fd/{descriptor}"));
            file.is_ok_and(|file| file.rdev() == device || file.rdev() == OWN_TERMINAL)
        };
        threads.flatten().any(|thread| {
            if let Ok(call) = fs::read_to_string(thread.path().join("syscall")) {
                return descriptor_read(&call).is_some_and(is_it);
            }
            // Where nobody may look at system calls (a kernel without them, a strict ptrace_scope) it is at least told where it waits.
            let place = fs::read_to_string(thread.path().join("wchan")).unwrap_or_default();
            matches!(place.as_str(), "n_tty_read" | "wait_woken") && is_it(0)
        })
    }

    /// Returns the descriptor from which somebody waits to read: `number first-argument …`, the arguments in hexadecimal; `running` for
    /// one that does not wait. See `/proc/PID/syscall` in proc(5).
    pub(super) fn descriptor_read(call: &str) -> Option<u64> {
        let mut words = call.split_ascii_whitespace();
        let number: libc::c_long = words.next()?.parse().ok()?;
        matches!(number, libc::SYS_read | libc::SYS_readv).then_some(())?;
        u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()
    }
}

/// Nobody can be seen there.
#[cfg(not(target_os = "linux"))]
mod in_front {
    use std::os::fd::BorrowedFd;

    pub(super) fn of(_controller: BorrowedFd<'_>, _leader: i32) -> Vec<i32> {
        Vec::new()
    }

    pub(super) fn reader(_pids: &[i32], _controller: BorrowedFd<'_>) -> Option<i32> {
        None
    }

    pub(super) fn name(_pid: i32) -> Option<String> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
