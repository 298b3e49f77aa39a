//! Readiness, restarts, limits, schedules and hooks as data.

use std::time::Duration;

use serde_json::{Value, json};

use super::{how, seconds};
use crate::exit::{Exit, signal_name};
use crate::project::InstanceId;
use crate::project::lifecycle::{Missed, OnLimit, Overlap, Probe};
use crate::supervisor::{Excess, Occasion, Part, ProbeFailure, Reload};

type Fields = Vec<(&'static str, Value)>;

pub(super) fn not_ready(
    probe: &Probe,
    waited: Duration,
    failure: Option<ProbeFailure>,
    last_lines: &[String],
) -> Fields {
    let mut fields = vec![("probe", json!(kind(probe))), ("seconds", seconds(waited))];
    fields.extend(failure.map(|failure| ("failure", json!(name(failure)))));
    fields.push(("last_lines", json!(last_lines)));
    fields
}

pub(super) fn not_live(failures: u32, failure: Option<ProbeFailure>) -> Fields {
    let mut fields = vec![("failures", json!(failures))];
    fields.extend(failure.map(|failure| ("failure", json!(name(failure)))));
    fields
}

pub(super) fn exceeded(excess: Excess, follows: OnLimit) -> Fields {
    let (what, used, limit) = match excess {
        Excess::Memory { used, limit } => ("memory", json!(used), json!(limit)),
        Excess::Cpu { used, limit } => ("cpu", json!(used), json!(limit)),
        Excess::Silence { silent, limit } => ("silence", seconds(silent), seconds(limit)),
        Excess::Age { age, limit } => ("age", seconds(age), seconds(limit)),
        Excess::Runtime { limit } => ("runtime", seconds(limit), seconds(limit)),
    };
    let follows = match follows {
        OnLimit::Restart => "restart",
        OnLimit::Stop => "stop",
        OnLimit::Warn => "warn",
    };
    vec![("limit", json!(what)), ("used", used), ("allowed", limit), ("follows", json!(follows))]
}

pub(super) fn changed(path: &str, more: usize, signal: Option<i32>) -> Fields {
    let mut fields = vec![("path", json!(path)), ("more", json!(more))];
    fields.extend(signal.map(|signal| ("signal", json!(signal_name(signal)))));
    fields
}

pub(super) fn rereads(signal: i32) -> Fields {
    vec![("signal", json!(signal_name(signal)))]
}

pub(super) fn reloaded(reload: &Reload) -> Fields {
    let occasion = match reload.occasion {
        Occasion::Reload => "reload",
        Occasion::Scale => "scale",
    };
    vec![("occasion", json!(occasion)), ("difference", json!(reload.difference))]
}

pub(super) fn kept_down(instances: &[InstanceId], because: &InstanceId) -> Fields {
    let names: Vec<String> = instances.iter().map(InstanceId::to_string).collect();
    vec![("instances", json!(names)), ("cause", json!(because.to_string()))]
}

pub(super) fn hook_failed(part: Part, exit: Exit) -> Fields {
    let hook = match part {
        Part::Main => "main",
        Part::Before => "before",
        Part::Ready => "ready",
        Part::Crash => "crash",
    };
    let mut fields = vec![("hook", json!(hook))];
    fields.extend(how(exit));
    fields
}

pub(super) fn still_busy(follows: Overlap) -> Fields {
    let follows = match follows {
        Overlap::Skip => "skip",
        Overlap::Queue => "queue",
        Overlap::Kill => "kill",
    };
    vec![("follows", json!(follows))]
}

pub(super) fn was_missed(late: Duration, follows: Missed) -> Fields {
    let follows = match follows {
        Missed::Once => "once",
        Missed::Skip => "skip",
    };
    vec![("seconds_late", seconds(late)), ("follows", json!(follows))]
}

/// The key of a probe in `forge.toml`.
fn kind(probe: &Probe) -> &'static str {
    match probe {
        Probe::Listening => "port",
        Probe::Http(_) => "http",
        Probe::Tcp { .. } => "tcp",
        Probe::Unix(_) => "unix",
        Probe::Command(_) => "command",
        Probe::Log(_) => "log",
        Probe::File(_) => "file",
        Probe::Notify => "notify",
        Probe::Delay(_) => "delay",
    }
}

fn name(failure: ProbeFailure) -> &'static str {
    match failure {
        ProbeFailure::NothingListens => "nothing-listens",
        ProbeFailure::CannotConnect { .. } => "cannot-connect",
        ProbeFailure::UnknownHost => "unknown-host",
        ProbeFailure::Status { .. } => "status",
        ProbeFailure::NoHttp => "no-http",
        ProbeFailure::Failed(_) => "command-failed",
        ProbeFailure::NoFile => "no-file",
        ProbeFailure::TimedOut => "timed-out",
        ProbeFailure::CannotLook { .. } => "cannot-look",
    }
}
