//! A note that a stack runs, for the next start: the guard makes it, and takes it away when nobody is left. It stays only if
//! the guard was killed.
//!
//! To look for leftovers means to look at every process of the machine. A start does that only if there is a note of a
//! stack whose guard is gone; without one, as nearly always, it has cost two looks at a directory. The note is an empty
//! file; its name says everything, and there is nothing in it that must not be known. A system without a
//! place for it loses the remark at the start and nothing else: `forge clean` needs no notes.
//!
//! Nobody may ever start anything again where a guard was killed, so whoever starts elsewhere looks after such notes, too.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use super::mark::{Guard, ProjectId, StackId};
use crate::sys::private_dir::{self, PrivateDir};
use crate::sys::{census, clock, process};

/// How many notes of other projects a start looks at in each place; the next one goes on.
const OTHERS_AT_ONCE: usize = 100;
/// How old a note of another project is before somebody looks after it, and how long it rests where somebody was left. Whoever
/// works there is told at the next start there; this is only about what nobody ever comes back to.
const OTHERS_REST: Duration = Duration::from_secs(3600);
/// How much older than the boot a note must be: the clock may have been set since.
const BOOT_MARGIN: Duration = Duration::from_secs(60);

/// Where notes may lie: the first place that works takes a new one, and all are read.
#[derive(Debug, Clone)]
pub struct Places(Vec<PathBuf>);

impl Places {
    /// Names them; `runtime` is `XDG_RUNTIME_DIR`, which ssh, cron and `su` set or leave out at will.
    pub fn new(runtime: Option<&OsStr>) -> Places {
        // Somebody else's, as after `sudo -E`, would get a directory there that its owner cannot use.
        let runtime =
            runtime.filter(|path| private_dir::is_own(path)).map(|path| Path::new(path).join("forge"));
        let fallback = PathBuf::from(format!("/tmp/forge-{}", private_dir::own_user()));
        Places(runtime.into_iter().chain([fallback]).collect())
    }

    /// Returns the directories, the one that is taken first before the others. They need not be there.
    pub fn directories(&self) -> &[PathBuf] {
        &self.0
    }

    /// Notes that a stack runs.
    pub(super) fn note(&self, stack: StackId) -> Record {
        let name = stack.to_string();
        let takes_it = |path: &&PathBuf| PrivateDir::make(path).and_then(|place| place.note(&name)).is_ok();
        Record { place: self.0.iter().find(takes_it).cloned(), name }
    }

    /// Returns the guards of this world that have a note and may live.
    pub fn guards(&self) -> Vec<Guard> {
        let world = census::world();
        let ours = self.stacks().into_iter().filter(|(_, stack)| stack.world == world);
        ours.map(|(_, stack)| stack.guard).filter(|guard| lives(*guard)).collect()
    }

    /// Returns the notes of stacks whose guards are gone: those of this project, and some of others that are due to be looked
    /// after. Notes from before the last boot mean nothing any more, and are removed.
    pub fn dead(&self, project: ProjectId) -> Dead {
        let mut dead = Dead::default();
        let stacks = self.stacks();
        if stacks.is_empty() {
            return dead;
        }
        let (world, now, booted) = (census::world(), clock::since_epoch(), clock::booted());
        let (mut place, mut looked_at) = (Rc::clone(&stacks[0].0), 0);
        for (directory, stack) in stacks {
            if !Rc::ptr_eq(&place, &directory) {
                (place, looked_at) = (Rc::clone(&directory), 0);
            }
            if stack.project == project && stack.world == world {
                if !lives(stack.guard) {
                    dead.own.push((directory, stack));
                }
            } else if looked_at < OTHERS_AT_ONCE {
                looked_at += 1;
                let name = stack.to_string();
                let Some(noted) = directory.noted(&name) else { continue };
                if stack.world == world {
                    if now.abs_diff(noted) > OTHERS_REST && !lives(stack.guard) {
                        dead.others.push((directory, stack));
                    }
                } else if noted + BOOT_MARGIN < booted {
                    directory.forget(&name);
                }
            }
        }
        dead
    }

    /// Returns all that is noted, each with its directory.
    fn stacks(&self) -> Vec<(Rc<PrivateDir>, StackId)> {
        let mut stacks = Vec::new();
        for directory in self.0.iter().filter_map(|path| PrivateDir::open(path).ok()).map(Rc::new) {
            let mut names = directory.names().unwrap_or_default();
            // Wherever it begins, so that each of very many has its turn.
            let first = process::own_pid().unsigned_abs() as usize % names.len().max(1);
            names.rotate_left(first);
            let noted = names.iter().filter_map(|name| StackId::parse(name));
            stacks.extend(noted.map(|stack| (Rc::clone(&directory), stack)));
        }
        stacks
    }
}

/// Notes of stacks whose guards are gone.
#[derive(Debug, Default)]
pub struct Dead {
    own: Vec<(Rc<PrivateDir>, StackId)>,
    others: Vec<(Rc<PrivateDir>, StackId)>,
}

impl Dead {
    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.others.is_empty()
    }

    /// Returns whether one of them is of the project that was asked for.
    pub fn is_any_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// Returns when the first of their guards started, in the kernel's ticks.
    pub fn since(&self) -> u64 {
        let all = self.own.iter().chain(&self.others);
        all.map(|(_, stack)| stack.guard.started).min().unwrap_or_default()
    }

    /// Removes the notes of this project; to be done once nothing of it is left.
    pub fn forget_own(&self) {
        for (directory, stack) in &self.own {
            directory.forget(&stack.to_string());
        }
    }

    /// Removes the notes of other projects but those of stacks of which somebody lives, which are left alone for a while then.
    ///
    /// A guard that is gone never comes back, and nobody else writes a note with its name, so nothing of these can be the note
    /// of a stack that runs.
    pub fn forget_others_but(&self, inhabited: &BTreeSet<StackId>) {
        for (directory, stack) in &self.others {
            let name = stack.to_string();
            if inhabited.contains(stack) {
                directory.renew(&name);
            } else {
                directory.forget(&name);
            }
        }
    }
}

/// Returns whether it is not certain that a guard is gone.
pub(super) fn lives(guard: Guard) -> bool {
    census::may_live(guard.pid, guard.started)
}

/// The note of the stack that runs here.
///
/// It holds no descriptor: nobody shall be unable to unmount a directory because of the guard.
#[derive(Debug)]
pub(super) struct Record {
    place: Option<PathBuf>,
    name: String,
}

impl Record {
    /// Takes it away: nobody is left. Not done by a drop, because the note of a guard that fails is to stay.
    pub(super) fn remove(self) {
        if let Some(directory) = self.place.and_then(|path| PrivateDir::open(&path).ok()) {
            directory.forget(&self.name);
        }
    }
}

#[cfg(test)]
mod tests;
