//! What forge does when its guard is gone: its children have fallen to forge, and none of them may stay.

use std::time::{Duration, Instant};

use crate::sys::clock;
use crate::sys::process::{self, Reaped};

/// Longer lives only who cannot be killed.
const LIMIT: Duration = Duration::from_secs(2);
/// How long to wait before looking again whether somebody new has fallen to forge.
const ROUND: Duration = Duration::from_millis(5);

/// Kills every child of this process until there is none, and reaps them. Returns whether nobody is left.
///
/// There is no grace period: the processes that the guard started were killed by the kernel in the moment it died.
pub(super) fn kill_every_child() -> bool {
    let limit: Instant = clock::instant() + LIMIT;
    loop {
        for pid in process::children().unwrap_or_else(process::children_by_asking) {
            let _ = process::signal(pid, libc::SIGKILL);
        }
        loop {
            match process::reap() {
                Reaped::Ended { .. } => {}
                Reaped::NobodyYet => break,
                Reaped::NoChildren => return true,
            }
        }
        if clock::instant() >= limit {
            return false;
        }
        clock::pause(ROUND);
    }
}
