//! What a set of processes uses: memory and processor time. From `/proc`, proc(5); elsewhere it is not known.

use std::time::Duration;

/// What some processes use together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Memory in bytes. What several of them share counts once where the kernel tells how much that is (PSS).
    pub memory_bytes: u64,
    /// Processor time since their starts, with that of their children that have ended and were waited for.
    pub cpu: Duration,
    /// How many of them could be looked at.
    pub processes: usize,
}

/// How much of a look may be exact: some ten milliseconds of the kernel's time.
const BUDGET: Budget = Budget { processes: 64, bytes: 4 << 30 };

/// What may be spent on asking what is shared.
#[derive(Debug, Clone, Copy)]
struct Budget {
    processes: usize,
    /// Of resident memory, whose pages the kernel goes through.
    bytes: u64,
}

/// Adds up what they use; who has ended meanwhile uses nothing.
///
/// To know what is shared the kernel goes through all pages of a process, which takes milliseconds for a large one. So
/// it is only asked where the plain sum (RSS), which counts shared pages several times, is above `exact_above` bytes.
/// The largest are asked first; of a very large tree those beyond a budget are taken to share as much as these.
pub fn usage(pids: &[i32], exact_above: u64) -> Usage {
    let mut usage = Usage::default();
    let mut resident: Vec<(u64, i32)> = Vec::with_capacity(pids.len());
    for pid in pids {
        if let Some((bytes, cpu)) = of_process::stat(*pid) {
            resident.push((bytes, *pid));
            usage.memory_bytes += bytes;
            usage.cpu += cpu;
            usage.processes += 1;
        }
    }
    if usage.memory_bytes > exact_above {
        usage.memory_bytes = share(resident, BUDGET, of_process::memory);
    }
    usage
}

/// Adds up what is not counted twice, of processes and their resident memory.
fn share(mut resident: Vec<(u64, i32)>, budget: Budget, exact: impl Fn(i32) -> Option<u64>) -> u64 {
    resident.sort_unstable_by(|one, other| other.cmp(one));
    // Of those asked: how much they have resident, and how much of that is theirs.
    let (mut asked, mut known, mut rest) = (0_u64, 0_u64, 0_u64);
    for (place, (bytes, pid)) in resident.into_iter().enumerate() {
        if place > 0 && (place >= budget.processes || asked.saturating_add(bytes) > budget.bytes) {
            rest += bytes;
        } else if let Some(exact) = exact(pid) {
            asked += bytes;
            known += exact;
        }
    }
    let rest = u128::from(rest) * u128::from(known) / u128::from(asked.max(1));
    known.saturating_add(u64::try_from(rest).unwrap_or(u64::MAX))
}

#[cfg(target_os = "linux")]
mod of_process {
    use std::fs;
    use std::time::Duration;

    use nix::unistd::{SysconfVar, sysconf};

    use crate::sys::process::proc_fs::field;

    /// Resident memory in bytes and processor time.
    pub(super) fn stat(pid: i32) -> Option<(u64, Duration)> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        if matches!(field(&stat, 3)?, "Z" | "X") {
            return None;
        }
        let number = |place| field(&stat, place)?.parse::<u64>().ok();
        let ticks = number(14)? + number(15)? + number(16)? + number(17)?;
        let per_second = of_the_system(SysconfVar::CLK_TCK, 100);
        let cpu = Duration::from_nanos(ticks.saturating_mul(1_000_000_000 / per_second));
        Some((number(24)?.saturating_mul(of_the_system(SysconfVar::PAGE_SIZE, 4096)), cpu))
    }

    /// Memory in bytes, with its share of what it shares; plain resident memory where that may not be known.
    pub(super) fn memory(pid: i32) -> Option<u64> {
        let share = || {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
        };
        share().or_else(|| stat(pid).map(|(resident, _)| resident))
    }

    fn of_the_system(what: SysconfVar, usual: u64) -> u64 {
        sysconf(what).ok().flatten().and_then(|value| u64::try_from(value).ok()).unwrap_or(usual)
    }
}

#[cfg(not(target_os = "linux"))]
mod of_process {
    use std::time::Duration;

    pub(super) fn stat(_pid: i32) -> Option<(u64, Duration)> {
        None
    }

    pub(super) fn memory(_pid: i32) -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests;
