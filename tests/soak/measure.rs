//! What a forge and its guard hold.

use std::fmt;
use std::fs;

/// What one process holds.
#[derive(Debug, Clone, Copy, Default)]
struct Holds {
    descriptors: usize,
    threads: usize,
    /// Its own memory, in KiB. What it shares with other forges comes and goes with them.
    own: u64,
}

/// What a forge and its guard hold, and how many of the guard's children are dead and not buried.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    forge: Holds,
    guard: Holds,
    zombies: usize,
}

/// Measures a forge and its guard.
pub(crate) fn measure(forge: i32) -> Figures {
    let guard = children(forge).first().copied().unwrap_or_default();
    // A child that has just died is a zombie for a moment; one that stays is a mistake.
    let look = || children(guard).into_iter().filter(|pid| is_zombie(*pid)).collect::<Vec<_>>();
    let before = look();
    std::thread::sleep(std::time::Duration::from_millis(200));
    let zombies = look().iter().filter(|pid| before.contains(pid)).count();
    Figures { forge: holds(forge), guard: holds(guard), zombies }
}

/// Counts the descriptors of this program.
pub(crate) fn own_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

impl Figures {
    /// Says what has grown since `first` by more than `breath` KiB, or at all where nothing may.
    pub(crate) fn grown_since(&self, first: &Figures, breath: u64) -> Vec<String> {
        let mut grown = Vec::new();
        for (name, now, then) in [("forge", self.forge, first.forge), ("guard", self.guard, first.guard)] {
            if now.descriptors > then.descriptors {
                grown
                    .push(format!("{name} had {} descriptors and has {}", then.descriptors, now.descriptors));
            }
            if now.threads > then.threads {
                grown.push(format!("{name} had {} threads and has {}", then.threads, now.threads));
            }
            if now.own > then.own + breath {
                grown.push(format!("{name} took {} KiB and takes {}", then.own, now.own));
            }
        }
        if self.zombies > 0 {
            grown.push(format!("{} zombies", self.zombies));
        }
        grown
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "forge {}; guard {}; {} zombies", self.forge, self.guard, self.zombies)
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} descriptors, {} threads, {} KiB", self.descriptors, self.threads, self.own)
    }
}

fn holds(pid: i32) -> Holds {
    let count = |what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).map_or(0, Iterator::count);
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let own = rollup.lines().find_map(|line| line.strip_prefix("Pss_Anon:"));
    let own = own.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    Holds { descriptors: count("fd"), threads: count("task"), own: own.unwrap_or_default() }
}

/// Returns the children of a process, over all its threads.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists =
        threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn is_zombie(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| after.starts_with('Z'))
}
