//! Who is alive: by the marker that everything of one test carries in its environment, and by the processes that
//! a test knows by name because it told them to hide.

use std::fs;
use std::sync::Once;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::{Pid, getpgrp};

/// One process, named so that a recycled pid is not taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Person {
    /// Its process id.
    pub(crate) pid: i32,
    /// When it started, in the kernel's ticks.
    pub(crate) started: u64,
}

/// What `/proc/PID/stat` says about a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The name of its program, as the kernel keeps it.
    pub(crate) name: String,
    /// `R`, `S`, `T`, `Z` …
    pub(crate) state: char,
    /// Its parent.
    pub(crate) parent: i32,
    /// Its process group.
    pub(crate) group: i32,
    /// When it started, in the kernel's ticks.
    pub(crate) started: u64,
}

/// Reads what the kernel says about a process; `None` when there is none.
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let (before, after) = text.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    Some(Stat {
        name: name.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

impl Person {
    /// Returns the process that has this pid now.
    pub(crate) fn of(pid: i32) -> Option<Person> {
        stat(pid).map(|stat| Person { pid, started: stat.started })
    }

    /// Returns whether it runs; a zombie does not.
    pub(crate) fn is_alive(self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.started == self.started && !matches!(stat.state, 'Z' | 'X'))
    }

    /// Returns whether it is stopped, as SIGSTOP does.
    pub(crate) fn is_stopped(self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.started == self.started && stat.state == 'T')
    }
}

/// Returns everybody who carries this entry in the environment it was started with, and is alive.
pub(crate) fn carriers(entry: &str) -> Vec<Person> {
    let entry = entry.as_bytes();
    pids()
        .filter(|pid| carries(*pid, entry))
        .filter_map(Person::of)
        .filter(|person| person.is_alive())
        .collect()
}

/// Returns the children of a process.
pub(crate) fn children(parent: i32) -> Vec<i32> {
    pids().filter(|pid| stat(*pid).is_some_and(|stat| stat.parent == parent)).collect()
}

/// Describes a process for a message.
pub(crate) fn describe(person: Person) -> String {
    let line = fs::read(format!("/proc/{}/cmdline", person.pid)).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    match stat(person.pid) {
        Some(stat) => {
            format!(
                "{} ({}, {}, child of {}) {}",
                person.pid,
                stat.name,
                stat.state,
                stat.parent,
                line.trim()
            )
        }
        None => format!("{} (gone)", person.pid),
    }
}

/// Makes orphans fall to this program instead of to init, which may leave them as zombies for seconds.
pub(crate) fn adopt_orphans() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| nix::sys::prctl::set_child_subreaper(true).expect("Linux has had it since 3.4"));
}

/// Returns whether a process group has members. Also sees who forks so often that no look at one pid finds it.
/// Buries adopted orphans of the group, but not `forge`, for which somebody else waits.
pub(crate) fn has_members(group: i32, forge: i32) -> bool {
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    while let Ok(found) = waitid(Id::PGid(Pid::from_raw(group)), look) {
        match found.pid() {
            Some(dead) if dead.as_raw() != forge => {
                let _ = waitpid(dead, Some(WaitPidFlag::WNOHANG));
            }
            Some(_) | None => break,
        }
    }
    killpg(Pid::from_raw(group), None) != Err(Errno::ESRCH)
}

/// Ends a process group at once.
pub(crate) fn end_group(group: i32) {
    if group > 1 && group != getpgrp().as_raw() {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}

/// Ends all of them, if they are still who they were, together with their process groups: the kernel walks a
/// group under its lock, so that not even somebody who forks all the time gets away.
pub(crate) fn end(people: &[Person]) {
    for person in people {
        let Some(stat) = stat(person.pid).filter(|stat| stat.started == person.started) else { continue };
        end_group(stat.group);
        let _ = kill(Pid::from_raw(person.pid), Signal::SIGKILL);
    }
}

/// Lists all pids, the newest first as a rule: who lives for a moment only must be looked at first.
fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").expect("these tests need /proc");
    let mut pids: Vec<i32> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    pids.into_iter().rev()
}

fn carries(pid: i32, entry: &[u8]) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    environment.split(|byte| *byte == 0).any(|found| found == entry)
}
