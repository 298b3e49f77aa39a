//! Whose is this process? Pure: it is told who is there and what they carry, and decides who may be taken for a leftover.
//!
//! A mark is a variable, and variables can be copied: into an env file, into another service, through an editor. So a
//! mark of a dead guard is not enough. What a stack really left behind has also lost its parent: the guard gave every
//! process a session of its own, so who adopted it later is in another session than the process itself. Whoever
//! was started by a stranger, with a copy of the mark, shares the session of that stranger as a rule.

use std::collections::{BTreeMap, BTreeSet};

use super::mark::{Guard, Mark, ProjectId};

/// A process, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) pid: i32,
    pub(super) parent: i32,
    pub(super) session: i32,
    /// What it carries; `None` also where that may not be known.
    pub(super) mark: Option<Mark>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asker {
    pub(super) pid: i32,
    pub(super) world: u64,
    pub(super) project: ProjectId,
}

/// Whose a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// A stack of this project left it behind: its guard is gone for certain.
    LeftBehind,
    /// It has nothing to do with any forge.
    Nobodys,
    /// Its mark was made on another machine, before a reboot or in another container, and cannot be judged from here.
    Elsewhere,
    /// It belongs to a stack of another project.
    AnotherProjects,
    /// It belongs to a stack that runs.
    Running,
    /// The asker is below it, or is itself: the shell in which `forge clean` was typed.
    Askers,
    /// A forge that runs is below it.
    HoldsRunning,
    /// It carries a copy of the mark, but its parent is who started it.
    Copied,
}

/// Everybody, with the guards that live.
#[derive(Debug)]
pub(super) struct Crowd {
    by_pid: BTreeMap<i32, Seen>,
    living: BTreeSet<Guard>,
    asker: Asker,
    /// Those above the asker, and above a guard that lives; with themselves.
    above_asker: BTreeSet<i32>,
    above_living: BTreeSet<i32>,
}

impl Crowd {
    /// `known` are the guards that somebody has told of; `lives` must say true where it is not certain that a guard is gone,
    /// and must be asked after everybody was seen: a guard that is gone then was the guard of all who carry its mark.
    pub(super) fn new(
        seen: Vec<Seen>,
        asker: Asker,
        known: &[Guard],
        lives: impl Fn(Guard) -> bool,
    ) -> Crowd {
        let marks = seen.iter().filter_map(|seen| seen.mark);
        let of_here = marks.filter(|mark| mark.stack.world == asker.world).map(|mark| mark.stack.guard);
        let guards: BTreeSet<Guard> = of_here.chain(known.iter().copied()).collect();
        let by_pid: BTreeMap<i32, Seen> = seen.into_iter().map(|seen| (seen.pid, seen)).collect();
        let living: BTreeSet<Guard> = guards.into_iter().filter(|guard| lives(*guard)).collect();
        let above_asker = line(&by_pid, asker.pid).collect();
        let above_living = living.iter().flat_map(|guard| line(&by_pid, guard.pid)).collect();
        Crowd { by_pid, living, asker, above_asker, above_living }
    }

    /// Returns all who were left behind.
    pub(super) fn left_behind(&self) -> impl Iterator<Item = &Seen> {
        self.by_pid.values().filter(|seen| self.whose(seen) == Whose::LeftBehind)
    }

    /// Decides.
    pub(super) fn whose(&self, seen: &Seen) -> Whose {
        let Some(Mark { stack, .. }) = seen.mark else { return Whose::Nobodys };
        if stack.world != self.asker.world {
            return Whose::Elsewhere;
        }
        if self.living.contains(&stack.guard) || self.is_below_living(seen.pid) {
            return Whose::Running;
        }
        if stack.project != self.asker.project {
            return Whose::AnotherProjects;
        }
        if self.above_asker.contains(&seen.pid) {
            return Whose::Askers;
        }
        if self.above_living.contains(&seen.pid) {
            return Whose::HoldsRunning;
        }
        if self.is_started_by_stranger(seen) { Whose::Copied } else { Whose::LeftBehind }
    }

    fn is_below_living(&self, pid: i32) -> bool {
        line(&self.by_pid, pid).any(|pid| self.living.iter().any(|guard| guard.pid == pid))
    }

    /// Climbs to the first one whose parent is not of the same stack, and compares their sessions.
    fn is_started_by_stranger(&self, seen: &Seen) -> bool {
        let stack = |seen: &Seen| seen.mark.map(|mark| mark.stack);
        let mut above = line(&self.by_pid, seen.pid).filter_map(|pid| self.by_pid.get(&pid));
        let mut top = seen;
        let stranger = loop {
            match above.next() {
                Some(next) if stack(next) == stack(seen) => top = next,
                next => break next,
            }
        };
        stranger.is_some_and(|stranger| stranger.session == top.session)
    }
}

/// Returns a process and those above it, nearest first, as far as they are known.
fn line(by_pid: &BTreeMap<i32, Seen>, pid: i32) -> impl Iterator<Item = i32> {
    // They were not seen in one instant, so that the line may run in a circle.
    std::iter::successors(Some(pid), |pid| by_pid.get(pid).map(|seen| seen.parent))
        .take_while(|pid| *pid > 0)
        .take(by_pid.len() + 1)
}

#[cfg(test)]
mod tests;
