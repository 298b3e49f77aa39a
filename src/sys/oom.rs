//! The kernel's way out when memory runs out: it kills somebody with SIGKILL and tells the others nothing but a count.
//!
//! Where the memory of the stack is counted by a control group, that group has a count of its own and nobody else's ends
//! are in it. Elsewhere there is only the count of the whole machine, in which others are, too.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{cgroup, clock};

/// How long a count is as good as a new one for processes that start.
const MOMENT: Duration = Duration::from_millis(50);

/// What a count says of the end of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody was killed for want of memory, or nobody knows.
    Nothing,
    /// Somebody on this machine was.
    Perhaps,
    /// Somebody of this stack was.
    Surely,
}

/// How many processes the kernel has killed for want of memory.
#[derive(Debug, Default)]
pub struct Kills {
    from: Option<Source>,
    /// What was counted last at a start, and when.
    last: Option<(Instant, Option<u64>)>,
    /// Up to this many are known to be the end of somebody.
    explained: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Group(PathBuf),
    Machine,
}

impl Kills {
    /// Returns the count at the start of `process`, which is of the same group as all of its stack; `None` where the
    /// system does not tell.
    pub fn so_far(&mut self, process: i32) -> Option<u64> {
        self.from.get_or_insert_with(|| Source::of(process)).count()
    }

    /// Returns the same, or what it was a moment ago: where many are started at once, the kernel need not count for each. A
    /// kill in that moment is either explained by then, or taken for the end of one that ends by SIGKILL, too.
    pub fn lately(&mut self, process: i32) -> Option<u64> {
        let now = clock::instant();
        if let Some((_, count)) = self.last.filter(|(when, _)| now.duration_since(*when) < MOMENT) {
            return count;
        }
        let count = self.so_far(process);
        self.last = Some((now, count));
        count
    }

    /// Says what the count means for a process that was ended by a SIGKILL which forge has not sent, and which had found
    /// the count at `before`. Each kill is the end of one.
    pub fn verdict(&mut self, before: Option<u64>) -> Verdict {
        let (Some(from), Some(before)) = (&self.from, before) else { return Verdict::Nothing };
        let known = before.max(self.explained);
        if from.count().is_none_or(|now| now <= known) {
            return Verdict::Nothing;
        }
        self.explained = known + 1;
        match from {
            Source::Group(_) => Verdict::Surely,
            Source::Machine => Verdict::Perhaps,
        }
    }
}

impl Source {
    fn of(process: i32) -> Source {
        let groups = cgroup::memory_counts(process).into_iter().map(Source::Group);
        groups.into_iter().find(|group| group.count().is_some()).unwrap_or(Source::Machine)
    }

    fn count(&self) -> Option<u64> {
        let path = match self {
            Source::Group(path) => path.as_path(),
            // proc_vmstat(5), Linux 4.13.
            Source::Machine => "/proc/vmstat".as_ref(),
        };
        count_in(&std::fs::read_to_string(path).ok()?)
    }
}

/// Reads the count, which has the same name in all the tables.
fn count_in(table: &str) -> Option<u64> {
    table.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Kills, Source, Verdict, count_in};

    /// As `memory.events` of version 2 and `memory.oom_control` of version 1 are.
    const TABLES: [&str; 2] = [
        "low 0\nhigh 3\nmax 9\noom 2\noom_kill 1\noom_group_kill 0\n",
        "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
    ];

    #[test]
    fn the_count_is_found() {
        for table in TABLES {
            assert_eq!(count_in(table), Some(1), "{table}");
        }
        assert_eq!(count_in("nr_free_pages 12\noom_kill 7\ndrop_pagecache 0\n"), Some(7));
        assert_eq!(count_in("nr_free_pages 12\noom_kill_disable 3\n"), None);
    }

    #[test]
    fn each_kill_of_the_group_is_the_end_of_one() {
        let place = tempfile::tempdir().expect("a directory");
        let table = place.path().join("memory.events");
        let set =
            |count: u64| fs::write(&table, format!("oom 5\noom_kill {count}\n")).expect("there is room");
        set(3);
        let mut kills = Kills { from: Some(Source::Group(table.clone())), ..Kills::default() };
        let (first, second) = (kills.so_far(1), kills.so_far(1));
        assert_eq!(
            (first, kills.verdict(first)),
            (Some(3), Verdict::Nothing),
            "somebody ended by a plain SIGKILL"
        );
        set(4);
        assert_eq!(kills.verdict(first), Verdict::Surely);
        assert_eq!(kills.verdict(second), Verdict::Nothing, "it was one, and that one is known");
        set(6);
        let late = kills.lately(1);
        assert_eq!(late, Some(6));
        assert_eq!(kills.verdict(late), Verdict::Nothing, "it was started after them");
        assert_eq!((kills.verdict(first), kills.verdict(second)), (Verdict::Surely, Verdict::Surely));
    }

    #[test]
    fn the_count_of_the_machine_proves_nothing() {
        let mut kills = Kills { from: Some(Source::Machine), ..Kills::default() };
        let now = kills.so_far(1);
        assert_eq!(kills.verdict(now), Verdict::Nothing);
        // As if one had been killed since.
        if let Some(before) = now.and_then(|now| now.checked_sub(1)) {
            assert_eq!(kills.verdict(Some(before)), Verdict::Perhaps);
        }
        assert_eq!(kills.verdict(None), Verdict::Nothing);
    }

    #[test]
    fn a_process_has_a_group_or_the_machine_counts() {
        let mut kills = Kills::default();
        let pid = crate::sys::process::own_pid();
        assert_eq!(kills.so_far(pid), kills.from.clone().expect("found").count());
    }
}
