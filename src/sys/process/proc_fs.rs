//! What Linux tells in `/proc` of processes; see `proc(5)`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;

/// What most of these files fit into.
const USUAL_SIZE: usize = 4096;

/// Reads a whole file of `/proc`, of which nobody knows the size before: where every process is looked at, to begin small and
/// try again would be most of the work.
pub(in crate::sys) fn read(path: &str) -> io::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(USUAL_SIZE);
    // `take` keeps the standard library from asking for the size.
    File::open(path)?.take(u64::MAX).read_to_end(&mut text)?;
    Ok(text)
}

pub(super) fn children() -> Option<Vec<i32>> {
    let threads = fs::read_dir("/proc/self/task").ok()?;
    let mut children = Vec::new();
    for thread in threads.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(list) => {
                children.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
            }
            // A kernel without CONFIG_PROC_CHILDREN.
            Err(_) => return children_by_parent(super::own_pid()),
        }
    }
    Some(children)
}

fn children_by_parent(parent: i32) -> Option<Vec<i32>> {
    let parents = parents();
    // Not even this process is there: a `/proc` that hides, or none.
    if !parents.iter().any(|(pid, _)| *pid == parent) {
        return None;
    }
    Some(parents.into_iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid).collect())
}

pub(super) fn descendants(root: i32) -> Vec<i32> {
    let mut below: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (pid, parent) in parents() {
        below.entry(parent).or_default().push(pid);
    }
    let mut found = below.remove(&root).unwrap_or_default();
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        found.extend(below.remove(&pid).unwrap_or_default());
        next += 1;
    }
    found
}

/// Every process with its parent.
fn parents() -> Vec<(i32, i32)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let stat = read(&format!("/proc/{pid}/stat")).ok()?;
        Some((pid, field(&stat, 4)?.parse().ok()?))
    })
    .collect()
}

/// Returns a field of `/proc/PID/stat`, counted from 1 as in proc(5). The second one, the name in brackets, may hold
/// blanks and brackets itself, so counting starts after its last bracket.
pub(in crate::sys) fn field(stat: &[u8], number: usize) -> Option<&str> {
    let end_of_name = memchr::memrchr(b')', stat)?;
    std::str::from_utf8(&stat[end_of_name + 1..]).ok()?.split_ascii_whitespace().nth(number - 3)
}

pub(super) fn is_seen_alive(pid: i32) -> bool {
    let Ok(stat) = read(&format!("/proc/{pid}/stat")) else { return false };
    field(&stat, 3).is_some_and(|state| !matches!(state, "Z" | "X"))
}

pub(super) fn own_argument_memory() -> Option<Range<usize>> {
    let stat = fs::read("/proc/self/stat").ok()?;
    let first: usize = field(&stat, 48)?.parse().ok()?;
    let end: usize = field(&stat, 49)?.parse().ok()?;
    (first != 0 && first < end).then_some(first..end)
}

pub(super) fn variable_of(pid: i32, name: &str) -> Option<Vec<u8>> {
    let environment = read(&format!("/proc/{pid}/environ")).ok()?;
    environment
        .split(|byte| *byte == 0)
        .find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=").map(<[u8]>::to_vec))
}

pub(super) fn ignores(pid: i32, signal: i32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else { return false };
    let Some(set) = status.lines().find_map(|line| line.strip_prefix("SigIgn:")) else { return false };
    let Ok(set) = u64::from_str_radix(set.trim(), 16) else { return false };
    (1..=64).contains(&signal) && set & (1 << (signal - 1)) != 0
}
