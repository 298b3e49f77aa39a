//! Remarks about readiness, restarts, limits, schedules and hooks as data.

use serde_json::{Value, json};

use super::{Event, how, seconds};
use crate::project::InstanceId;
use crate::project::lifecycle::{Missed, OnLimit, Overlap};
use crate::supervisor::{Certainty, Excess, Note, Part, ProbeFailure};

/// Returns such a remark as data; it gets no other.
#[expect(clippy::wildcard_enum_match_arm, reason = "where it is called every remark has its arm")]
pub(super) fn event(note: &Note) -> Event {
    let (name, fields) = match note {
        Note::Ready { instance: _, after } => ("ready", vec![("seconds", seconds(*after))]),
        Note::NotReady { instance: _, probe: _, waited, failure, last_lines } => {
            let mut fields = vec![("seconds", seconds(*waited))];
            fields.extend(failure.map(|failure| ("failure", json!(failed(failure)))));
            fields.push(("last_lines", json!(last_lines)));
            ("not-ready", fields)
        }
        Note::NotLive { instance: _, failures, failure } => {
            let mut fields = vec![("failures", json!(failures))];
            fields.extend(failure.map(|failure| ("failure", json!(failed(failure)))));
            ("not-live", fields)
        }
        Note::LimitExceeded { instance: _, excess, follows } => {
            let mut fields = exceeded(*excess);
            let follows = match follows {
                OnLimit::Restart => "restart",
                OnLimit::Stop => "stop",
                OnLimit::Warn => "nothing",
            };
            fields.push(("follows", json!(follows)));
            ("limit-exceeded", fields)
        }
        Note::Restarting { instance: _, after } => ("restarting", vec![("seconds", seconds(*after))]),
        Note::GaveUp { instance: _, restarts, within } => {
            ("gave-up", vec![("restarts", json!(restarts)), ("within_seconds", seconds(*within))])
        }
        Note::KeptDown { instances, because } => {
            let names: Vec<String> = instances.iter().map(InstanceId::to_string).collect();
            ("kept-down", vec![("instances", json!(names)), ("cause", json!(because.to_string()))])
        }
        Note::HookFailed { instance: _, part, exit } => {
            let hook = match part {
                Part::Main => "main",
                Part::Before => "before",
                Part::Ready => "ready",
                Part::Crash => "crash",
            };
            let mut fields = vec![("hook", json!(hook))];
            fields.extend(how(*exit));
            ("hook-failed", fields)
        }
        Note::OutOfMemory { instance: _, certainty } => {
            ("out-of-memory", vec![("sure", json!(*certainty == Certainty::Sure))])
        }
        Note::FilesChanged { instance: _, path, more } => {
            ("files-changed", vec![("path", json!(path)), ("more", json!(more))])
        }
        Note::StillBusy { instance: _, follows } => {
            let follows = match follows {
                Overlap::Skip => "skip",
                Overlap::Queue => "queue",
                Overlap::Kill => "kill",
            };
            ("still-busy", vec![("follows", json!(follows))])
        }
        Note::WasMissed { instance: _, late, follows } => {
            let follows = match follows {
                Missed::Once => "once",
                Missed::Skip => "skip",
            };
            ("was-missed", vec![("seconds_late", seconds(*late)), ("follows", json!(follows))])
        }
        _ => ("remark", Vec::new()),
    };
    Event { name, fields }
}

/// A word for what a look has shown.
fn failed(failure: ProbeFailure) -> &'static str {
    match failure {
        ProbeFailure::NothingListens => "nothing-listens",
        ProbeFailure::CannotConnect { .. } => "cannot-connect",
        ProbeFailure::CannotLook { .. } => "cannot-look",
        ProbeFailure::UnknownHost => "unknown-host",
        ProbeFailure::Status { .. } => "status",
        ProbeFailure::NoHttp => "no-http",
        ProbeFailure::Failed(_) => "failed",
        ProbeFailure::NoFile => "no-file",
        ProbeFailure::TimedOut => "timed-out",
    }
}

/// What was used and what may be: bytes, percent of one core, seconds.
fn exceeded(excess: Excess) -> Vec<(&'static str, Value)> {
    let (what, used, limit) = match excess {
        Excess::Memory { used, limit } => ("memory", Some(json!(used)), json!(limit)),
        Excess::Cpu { used, limit } => ("cpu", Some(json!(used)), json!(limit)),
        Excess::Silence { silent, limit } => ("silence", Some(seconds(silent)), seconds(limit)),
        Excess::Age { age, limit } => ("age", Some(seconds(age)), seconds(limit)),
        Excess::Runtime { limit } => ("runtime", None, seconds(limit)),
    };
    let mut fields = vec![("what", json!(what))];
    fields.extend(used.map(|used| ("used", used)));
    fields.push(("limit", limit));
    fields
}
