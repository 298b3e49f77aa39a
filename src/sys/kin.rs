//! Who belongs to one run: its leader, whoever descends from it, and those of them who fell to the keeper as orphans.
//!
//! Orphans are known by the session of their leader, or by the mark that every process of a run has in its environment.
//! This only looks; who is to be signalled is the guard's affair, which cannot be deceived by a number that was given again.

/// How the processes of one run are recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kin {
    /// The process that was started for it.
    pub leader: i32,
    /// The process to whom orphans fall.
    pub keeper: i32,
    /// A variable in the environment of each of them: its name, and its value.
    pub mark: (&'static str, String),
}

impl Kin {
    /// Returns the leader and its descendants, nearest first, without those whose parents have died. Cheap: a few
    /// files a process. Empty where the system does not tell.
    pub fn household(&self) -> Vec<i32> {
        household_of(self.leader)
    }

    /// Returns those who have lost their parents, and their descendants.
    pub fn orphans(&self) -> Vec<i32> {
        let children = linux::children_of(self.keeper).into_iter();
        linux::with_descendants(children.filter(|pid| self.is_orphan_of_ours(*pid)).collect())
    }

    /// Returns all of them.
    pub fn everybody(&self) -> Vec<i32> {
        let mut everybody = self.household();
        everybody.extend(self.orphans());
        everybody
    }

    /// Returns everybody below the keeper of whom it is known which run they belong to, of whatever run. Who has fallen to
    /// the keeper and has taken the mark out of its environment may be anybody's.
    pub fn neighbourhood(&self) -> Vec<i32> {
        let (name, _) = self.mark;
        let children = linux::children_of(self.keeper).into_iter();
        let is_marked = |pid: &i32| super::process::variable_of(*pid, name).is_some();
        linux::with_descendants(children.filter(is_marked).collect())
    }

    /// Returns whether a process is one of them; `None` if there is no such process any more.
    pub fn has(&self, pid: i32) -> Option<bool> {
        let mut above = pid;
        // A longer chain is one that changes while it is climbed.
        for _ in 0..256 {
            if above == self.leader {
                return Some(true);
            }
            match linux::parent_of(above) {
                Some(parent) if parent == self.keeper => return Some(self.is_orphan_of_ours(above)),
                Some(parent) if parent > 1 => above = parent,
                Some(_) => return Some(false),
                None if above == pid => return None,
                // Its parent has just died: it falls to the keeper, if it is one of ours.
                None => above = pid,
            }
        }
        Some(false)
    }

    fn is_orphan_of_ours(&self, pid: i32) -> bool {
        let (name, value) = &self.mark;
        pid != self.leader
            && (super::process::session_of(pid) == Some(self.leader)
                || super::process::variable_of(pid, name).is_some_and(|found| found == value.as_bytes()))
    }
}

/// Returns a process and its descendants, nearest first; see [`Kin::household`].
pub fn household_of(leader: i32) -> Vec<i32> {
    linux::with_descendants(vec![leader])
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    use crate::sys::process::proc_fs::field;

    /// Adds to each its descendants. `/proc/PID/task/TID/children`, proc(5).
    pub(super) fn with_descendants(mut found: Vec<i32>) -> Vec<i32> {
        let mut next = 0;
        while let Some(&pid) = found.get(next) {
            found.extend(children_of(pid));
            next += 1;
        }
        found
    }

    pub(super) fn children_of(pid: i32) -> Vec<i32> {
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
        let mut children = Vec::new();
        for thread in threads.flatten() {
            match fs::read_to_string(thread.path().join("children")) {
                Ok(list) => {
                    children.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && thread.path().exists() => {
                    // A kernel without CONFIG_PROC_CHILDREN.
                    return children_by_parent(pid);
                }
                Err(_) => {}
            }
        }
        children
    }

    fn children_by_parent(parent: i32) -> Vec<i32> {
        let everybody = crate::sys::census::processes().unwrap_or_default();
        everybody.into_iter().filter(|process| process.parent == parent).map(|process| process.pid).collect()
    }

    pub(super) fn parent_of(pid: i32) -> Option<i32> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        // One that nobody has waited for is gone.
        let lives = !matches!(field(&stat, 3)?, "Z" | "X");
        field(&stat, 4)?.parse().ok().filter(|_| lives)
    }
}

/// Nobody can be found there.
#[cfg(not(target_os = "linux"))]
mod linux {
    pub(super) fn with_descendants(found: Vec<i32>) -> Vec<i32> {
        found
    }

    pub(super) fn children_of(_pid: i32) -> Vec<i32> {
        Vec::new()
    }

    pub(super) fn parent_of(_pid: i32) -> Option<i32> {
        None
    }
}

#[cfg(test)]
mod tests;
