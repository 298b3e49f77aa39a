//! A note that a stack runs, for the next start: the guard makes it, and takes it away when nobody is left. It stays only if
//! the guard was killed.
//!
//! To look for leftovers means to look at every process of the machine. A start does that only if there is a note of a
//! stack whose guard is gone; without one, as nearly always, it has cost two looks at a directory. The note is an empty
//! file; its name says everything, and there is nothing in it that must not be known. A system without a
//! place for it loses the remark at the start and nothing else: `forge clean` needs no notes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::mark::{Guard, ProjectId, StackId};
use crate::sys::census;
use crate::sys::private_dir::{self, PrivateDir};

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

    /// Returns whether there is a note of a stack of this project whose guard is gone.
    pub fn has_dead(&self, project: ProjectId) -> bool {
        !self.dead(project).is_empty()
    }

    /// Removes the notes of the stacks of this project whose guards are gone; to be done once nothing of them is left.
    pub fn forget_dead(&self, project: ProjectId) {
        for (directory, stack) in self.dead(project) {
            directory.forget(&stack.to_string());
        }
    }

    fn dead(&self, project: ProjectId) -> Vec<(Rc<PrivateDir>, StackId)> {
        let mut stacks = self.stacks();
        stacks.retain(|(_, stack)| stack.project == project);
        if !stacks.is_empty() {
            let world = census::world();
            stacks.retain(|(_, stack)| stack.world == world && !lives(stack.guard));
        }
        stacks
    }

    /// Returns all that is noted, each with its directory.
    fn stacks(&self) -> Vec<(Rc<PrivateDir>, StackId)> {
        let mut stacks = Vec::new();
        for directory in self.0.iter().filter_map(|path| PrivateDir::open(path).ok()).map(Rc::new) {
            let names = directory.names().unwrap_or_default();
            let noted = names.iter().filter_map(|name| StackId::parse(name));
            stacks.extend(noted.map(|stack| (Rc::clone(&directory), stack)));
        }
        stacks
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
