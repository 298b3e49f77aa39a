//! The words about readiness, restarts, limits, schedules and hooks.

use std::time::Duration;

use super::{duration, ended, errno_text, list};
use crate::diagnostic::{visible, visible_bytes};
use crate::exit::Exit;
use crate::project::lifecycle::{HttpProbe, Milestone, Missed, OnLimit, Overlap, Probe, Schedule, When};
use crate::project::{InstanceId, InstanceSpec};
use crate::supervisor::{Certainty, Excess, Explanation, Part, Pending, ProbeFailure};

/// It was not ready in time.
pub(super) fn not_ready(
    probe: &Probe,
    port: Option<u16>,
    waited: Duration,
    failure: Option<ProbeFailure>,
    last_lines: &[String],
) -> String {
    let failure = failure.map(|failure| format!(" ({})", failed(failure))).unwrap_or_default();
    let last = match last_lines {
        [] => String::new(),
        [line] => format!("; its last line: {}", visible(line)),
        lines => format!("; its last lines: {}", list_of_lines(lines)),
    };
    format!("not ready after {}: {}{failure}{last}", duration(waited), awaited(probe, port))
}

fn list_of_lines(lines: &[String]) -> String {
    let shown: Vec<String> = lines.iter().map(|line| visible(line).into_owned()).collect();
    shown.join(" / ")
}

/// All of it was to be over by now.
pub(super) fn time_up(limit: Duration, pending: &[Pending], instances: &[InstanceSpec]) -> String {
    let all: Vec<String> = pending.iter().map(|one| pending_one(one, instances)).collect();
    let why = if all.is_empty() { String::new() } else { format!(": {}", all.join("; ")) };
    format!("time is up after {}{why}", duration(limit))
}

fn pending_one(one: &Pending, instances: &[InstanceSpec]) -> String {
    let Pending { instance, because, looks } = one;
    let why = match because {
        Explanation::NotReadyYet { .. } => match looks {
            Some((probe, failure)) => {
                let failure = failure.map(|failure| format!(" ({})", failed(failure))).unwrap_or_default();
                format!("is not ready, {}{failure}", awaited(probe, super::port_of(instance, instances)))
            }
            None => "is not ready".to_owned(),
        },
        Explanation::WaitsFor { on, reached, .. } => match reached {
            Milestone::Started => format!("waits for {on} to start"),
            Milestone::Ready => format!("waits for {on} to be ready"),
            Milestone::Done => format!("waits for {on} to be done"),
        },
        Explanation::KeptDown { because, .. } => format!("needs {because}, which has failed"),
        Explanation::Prepares { .. } => "still runs its hook `before`".to_owned(),
        Explanation::Starts { .. } | Explanation::AwaitsLastWords | Explanation::StartsAgain { .. } => {
            "is being started".to_owned()
        }
        Explanation::Runs { .. } | Explanation::Dumps { .. } | Explanation::EndsAfter { .. } => {
            "still runs".to_owned()
        }
        Explanation::Ends { .. } | Explanation::LeftSomebody { .. } | Explanation::StillAlive => {
            "is still ending".to_owned()
        }
        Explanation::Ended { exit } | Explanation::GaveUp { exit } => ended(*exit),
        Explanation::NotWanted | Explanation::Scheduled { .. } => "does not run".to_owned(),
    };
    format!("{instance} {why}")
}

/// It does not work any more.
pub(super) fn not_live(failures: u32, failure: Option<ProbeFailure>) -> String {
    let times = if failures == 1 { "once".to_owned() } else { format!("{failures} times in a row") };
    match failure {
        Some(failure) => format!("no sign of life {times} ({}), ending it", failed(failure)),
        None => format!("no sign of life {times}, ending it"),
    }
}

/// What a probe waits for, as a clause about what is missing.
fn awaited(probe: &Probe, port: Option<u16>) -> String {
    match probe {
        Probe::Listening => match port {
            Some(port) => format!("nothing of it listens on port {port}"),
            None => "nothing of it listens on its port".to_owned(),
        },
        Probe::Http(HttpProbe { path, .. }) => format!("no good answer from `{}`", visible(path)),
        Probe::Tcp { host, port } => format!("nobody answers at {}:{port}", visible(host)),
        Probe::Unix(path) => format!("nobody answers at `{}`", visible(&path.to_string_lossy())),
        Probe::Command(command) => format!("`{}` does not succeed", visible_bytes(command)),
        Probe::Log(pattern) => format!("no line matches `{}`", visible(pattern)),
        Probe::File(path) => format!("`{}` does not exist", visible(&path.to_string_lossy())),
        Probe::Notify => "it has not said READY=1".to_owned(),
        Probe::Delay(_) => "its delay is longer than that".to_owned(),
    }
}

/// Why one look failed.
fn failed(failure: ProbeFailure) -> String {
    match failure {
        ProbeFailure::NothingListens => "nothing listens".to_owned(),
        ProbeFailure::CannotConnect { errno } | ProbeFailure::CannotLook { errno } => errno_text(errno),
        ProbeFailure::UnknownHost => "unknown host".to_owned(),
        ProbeFailure::Status { code } => format!("status {code}"),
        ProbeFailure::NoHttp => "what came is not HTTP".to_owned(),
        ProbeFailure::Failed(exit) => format!("the probe {}", ended(exit)),
        ProbeFailure::NoFile => "no such file".to_owned(),
        ProbeFailure::TimedOut => "timed out".to_owned(),
    }
}

/// A limit was exceeded.
pub(super) fn exceeded(excess: Excess, follows: OnLimit) -> String {
    let follows = match follows {
        OnLimit::Restart => "; restarting it",
        OnLimit::Stop => "; ending it",
        OnLimit::Warn => "",
    };
    match excess {
        Excess::Memory { used, limit } => {
            format!("uses {} of memory, the limit is {}{follows}", memory(used), memory(limit))
        }
        Excess::Cpu { used, limit } => format!("uses {used} % of a core, the limit is {limit} %{follows}"),
        Excess::Silence { silent, limit } => {
            format!("has printed nothing for {}, the limit is {}{follows}", duration(silent), duration(limit))
        }
        Excess::Age { age, limit } => {
            format!("has run for {}, the limit is {}{follows}", duration(age), duration(limit))
        }
        Excess::Runtime { limit } => format!("has not ended within {}; ending it", duration(limit)),
    }
}

/// Returns a number of bytes as configuration says it: powers of 1024, `512 MiB`, `1.5 GiB`.
fn memory(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;
    const GIB: u64 = 1024 * MIB;
    match bytes {
        0..MIB => format!("{} KiB", bytes / KIB),
        MIB..GIB => format!("{} MiB", bytes / MIB),
        _ => format!("{}.{} GiB", bytes / GIB, bytes % GIB * 10 / GIB),
    }
}

pub(super) fn restarting(after: Duration) -> String {
    format!("restarting in {}", duration(after))
}

pub(super) fn gave_up(restarts: u32, within: Duration) -> String {
    let times = if restarts == 1 { "once".to_owned() } else { format!("{restarts} times") };
    if restarts == 0 {
        return "is not started again: `max_restarts` is 0".to_owned();
    }
    format!("was restarted {times} within {} and failed again; it stays down", duration(within))
}

pub(super) fn kept_down(instances: &[InstanceId], because: &InstanceId) -> String {
    let names = list(instances.iter().map(InstanceId::to_string));
    let (stay, need) = if instances.len() == 1 { ("stays", "it needs") } else { ("stay", "they need") };
    format!("{names} {stay} down: {need} {because}, which has failed")
}

pub(super) fn hook_failed(part: Part, exit: Exit) -> String {
    let hook = match part {
        Part::Main => "command",
        Part::Before => "hook `before`",
        Part::Ready => "hook `ready`",
        Part::Crash => "hook `crash`",
    };
    format!("{hook} {}", ended(exit))
}

pub(super) fn files_changed(path: &str, more: usize, signal: Option<i32>) -> String {
    let more = match more {
        0 => String::new(),
        1 => " and another file".to_owned(),
        more => format!(" and {more} other files"),
    };
    let follows = if signal.is_some() { "" } else { ", restarting" };
    format!("`{}`{more} changed{follows}", visible(path))
}

/// The kernel has ended it.
pub(super) fn out_of_memory(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Sure => "the kernel ended it because the memory was used up",
        Certainty::Probable => {
            "probably the kernel ended it because the memory was used up: it ended somebody for that reason meanwhile"
        }
    }
}

pub(super) fn still_busy(follows: Overlap) -> String {
    let follows = match follows {
        Overlap::Skip => "this run is left out",
        Overlap::Queue => "this run starts when the last one has ended",
        Overlap::Kill => "the last run is ended for it",
    };
    format!("is due, but its last run still runs; {follows}")
}

pub(super) fn was_missed(late: Duration, follows: Missed) -> String {
    let follows = match follows {
        Missed::Once => "making up for it now",
        Missed::Skip => "leaving it out",
    };
    format!("was due {} ago; {follows}", duration(late))
}

/// Files are looked at again and again; why, and what helps.
pub(super) fn watching_by_looking(errno: i32, directories: usize) -> String {
    let (cause, way_out) = match errno {
        libc::ENOSPC => (
            format!("the kernel watches no more than the {directories} directories it has been given"),
            "watch fewer with `watch.ignore`, or raise `fs.inotify.max_user_watches`",
        ),
        libc::EMFILE => {
            ("too many programs of this user watch files".to_owned(), "raise `fs.inotify.max_user_instances`")
        }
        _ => (
            format!("the kernel does not tell of changes ({})", errno_text(errno)),
            "nothing is missed but time",
        ),
    };
    format!("{cause}, so files are looked at every second or more rarely; {way_out}")
}

/// When a schedule is due; `when` is its next moment, in words.
pub(super) fn due(schedule: &Schedule, when: Option<&str>) -> String {
    match (&schedule.when, when) {
        (When::Every(wait), _) => format!("every {}, from the start of the stack on", duration(*wait)),
        (When::Cron(expression), Some(when)) => format!("{when} (cron {expression})"),
        (When::DailyAt { .. }, Some(when)) => format!("{when}, and every day"),
        (When::Cron(_) | When::DailyAt { .. }, None) => "never".to_owned(),
    }
}

#[cfg(test)]
mod tests;
