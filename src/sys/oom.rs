//! The kernel's way out when memory runs out: it kills somebody with SIGKILL and tells the others nothing but a count.

/// How many processes the kernel has killed for want of memory since it started, in this machine or container.
///
/// Read once at the beginning and again at each death that nobody asked for, it tells whether that may have been one.
#[derive(Debug)]
pub struct Kills(Option<u64>);

impl Kills {
    /// Begins to count.
    pub fn count() -> Kills {
        Kills(linux::total())
    }

    /// Returns whether there were more since the last time; false where the system does not tell.
    pub fn have_grown(&mut self) -> bool {
        let now = linux::total();
        let before = std::mem::replace(&mut self.0, now);
        matches!((before, now), (Some(before), Some(now)) if now > before)
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    /// `oom_kill` of `proc_vmstat(5)`, Linux 4.13: kills for a limit of a control group are in it, too.
    pub(super) fn total() -> Option<u64> {
        super::count_in(&fs::read_to_string("/proc/vmstat").ok()?)
    }
}

#[cfg(not(target_os = "linux"))]
mod linux {
    pub(super) fn total() -> Option<u64> {
        None
    }
}

/// Reads the count out of `/proc/vmstat`.
#[cfg(any(target_os = "linux", test))]
fn count_in(table: &str) -> Option<u64> {
    table.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::{Kills, count_in};

    #[test]
    fn the_count_is_found() {
        assert_eq!(count_in("nr_free_pages 12\noom_kill_disable 3\noom_kill 7\ndrop_pagecache 0\n"), Some(7));
        assert_eq!(count_in("nr_free_pages 12\n"), None);
    }

    #[test]
    fn it_grows_when_there_are_more() {
        assert!(Kills(Some(0)).have_grown() == (Kills::count().0.is_some_and(|now| now > 0)));
        assert!(!Kills(Some(u64::MAX)).have_grown());
        assert!(!Kills(None).have_grown());
    }
}
