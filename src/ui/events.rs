//! forge's remarks as data: a name that does not change, and what there is to know. For programs; the words for people
//! are in `messages`.

mod lifecycle;

use serde_json::{Value, json};

use super::messages;
use crate::exit::{Exit, signal_name};
use crate::logs::Mask;
use crate::logs::json::quoted;
use crate::project::InstanceId;
use crate::supervisor::{Certainty, Detail, Note, Waiting, Wish};

/// The version of the objects. It changes when a program that reads them could misunderstand a new one; a new event or
/// a new field is no such change.
pub const VERSION: u32 = 1;

/// One remark as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// In kebab-case, and the same for ever: `started`.
    pub name: &'static str,
    /// What there is to know, in the order in which it is shown.
    pub fields: Vec<(&'static str, Value)>,
}

/// Returns a remark as data. Whose remark it is, `messages::text` says.
pub fn event(note: &Note) -> Event {
    let (name, fields) = match note {
        Note::Started { instance: _, pid } => ("started", vec![("pid", json!(pid))]),
        Note::Ended { instance: _, exit, output_held } => {
            let mut fields = how(*exit);
            if *output_held {
                fields.push(("output_held", json!(true)));
            }
            ("ended", fields)
        }
        Note::CouldNotStart { instance: _, step, errno, detail } => {
            let exit = Exit::NeverStarted { step: *step, errno: *errno };
            let mut fields = vec![("code", json!(exit.shell_code())), ("errno", json!(errno))];
            match detail {
                Some(Detail::Directory(path)) => fields.push(("directory", json!(path))),
                Some(Detail::Environment { bytes, largest, largest_bytes }) => fields.extend([
                    ("environment_bytes", json!(bytes)),
                    ("largest", json!(largest)),
                    ("largest_bytes", json!(largest_bytes)),
                ]),
                None => {}
            }
            ("could-not-start", fields)
        }
        Note::AddressInUse { instance: _, holder } => {
            ("address-in-use", holder.iter().map(|holder| ("holder", json!(holder))).collect())
        }
        Note::ShutdownBySignal { signal } => ("shutdown", vec![("signal", json!(signal_name(*signal)))]),
        Note::TimeUp { limit, pending } => {
            let pending: Vec<String> = pending.iter().map(|one| one.instance.to_string()).collect();
            ("time-up", vec![("limit_seconds", json!(seconds(*limit))), ("pending", json!(pending))])
        }
        Note::SendingToAll { signal } => ("sending-to-all", vec![("signal", json!(signal_name(*signal)))]),
        Note::Forwarding { signal } => ("forwarding", vec![("signal", json!(signal_name(*signal)))]),
        Note::StillThere { waiting } => ("still-there", vec![("waiting", still_there(waiting))]),
        Note::StillAlive { instances } => {
            let names: Vec<String> = instances.iter().map(InstanceId::to_string).collect();
            ("still-alive", vec![("instances", json!(names))])
        }
        Note::NothingRuns => ("nothing-runs", Vec::new()),
        Note::FirstCause { instance, exit, after } => {
            let mut fields = vec![("cause", json!(instance.to_string()))];
            fields.extend(how(*exit));
            fields.push(("seconds", seconds(*after)));
            ("first-cause", fields)
        }
        Note::GuardLost => ("guard-lost", Vec::new()),
        Note::LinesLost => ("lines-lost", Vec::new()),
        Note::Asked { wish, instances, pid, by } => ("asked", asked(*wish, instances, *pid, by.as_deref())),
        Note::Ready { instance: _, after } => ("ready", vec![("seconds", seconds(*after))]),
        Note::AllReady { after } => ("all-ready", vec![("seconds", seconds(*after))]),
        Note::NotReady { instance: _, probe, waited, failure, last_lines } => {
            ("not-ready", lifecycle::not_ready(probe, *waited, *failure, last_lines))
        }
        Note::NotLive { instance: _, failures, failure } => {
            ("not-live", lifecycle::not_live(*failures, *failure))
        }
        Note::LimitExceeded { instance: _, excess, follows } => {
            ("limit-exceeded", lifecycle::exceeded(*excess, *follows))
        }
        Note::Restarting { instance: _, after } => ("restarting", vec![("seconds", seconds(*after))]),
        Note::GaveUp { instance: _, restarts, within } => {
            ("gave-up", vec![("restarts", json!(restarts)), ("seconds", seconds(*within))])
        }
        Note::KeptDown { instances, because } => ("kept-down", lifecycle::kept_down(instances, because)),
        Note::HookFailed { instance: _, part, exit } => ("hook-failed", lifecycle::hook_failed(*part, *exit)),
        Note::OutOfMemory { instance: _, certainty } => {
            ("out-of-memory", vec![("sure", json!(*certainty == Certainty::Sure))])
        }
        Note::Reloaded(reload) => ("reloaded", lifecycle::reloaded(reload)),
        Note::Rereads { instance: _, signal } => ("rereads", lifecycle::rereads(*signal)),
        Note::FilesChanged { path, more, signal, .. } => {
            ("files-changed", lifecycle::changed(path, *more, *signal))
        }
        Note::StillBusy { instance: _, follows } => ("still-busy", lifecycle::still_busy(*follows)),
        Note::WasMissed { late, follows, .. } => ("was-missed", lifecycle::was_missed(*late, *follows)),
        Note::NoTerminals { errno } => ("no-terminals", vec![("errno", json!(errno))]),
        Note::LogsIncomplete { file, errno } => {
            ("logs-incomplete", vec![("file", json!(file)), ("errno", json!(errno))])
        }
        Note::OutputUnread { instance: _, errno } => ("output-unread", vec![("errno", json!(errno))]),
        Note::WatchingByLooking { errno, directories } => {
            ("watching-by-looking", vec![("errno", json!(errno)), ("directories", json!(directories))])
        }
    };
    Event { name, fields }
}

fn asked(
    wish: Wish,
    instances: &[InstanceId],
    pid: Option<i32>,
    by: Option<&str>,
) -> Vec<(&'static str, Value)> {
    let names: Vec<String> = instances.iter().map(InstanceId::to_string).collect();
    let mut fields = vec![("wish", json!(messages::wish(wish))), ("instances", json!(names))];
    fields.extend(pid.map(|pid| ("by_pid", json!(pid))));
    fields.extend(by.map(|by| ("by", json!(by))));
    fields
}

/// Returns a remark as a JSON object without its braces and its time: `,"process":"web",…,"event":"started","pid":7,"text":"…"`.
/// Secrets are hidden in all of it.
pub fn members(note: &Note, about: Option<&InstanceId>, text: &str, mask: &Mask) -> String {
    let Event { name, fields } = event(note);
    written(about, name, &fields, text, mask)
}

/// The same for something that is no remark.
pub(super) fn written(
    about: Option<&InstanceId>,
    name: &str,
    fields: &[(&str, Value)],
    text: &str,
    mask: &Mask,
) -> String {
    let hidden = |text: &str| quoted(&mask.text(text));
    let mut members = about.map(names).unwrap_or_default();
    members.push_str(",\"event\":\"");
    members.push_str(name);
    members.push('"');
    for (key, value) in fields {
        members.push_str(",\"");
        members.push_str(key);
        members.push_str("\":");
        members.push_str(&value.as_str().map_or_else(|| value.to_string(), hidden));
    }
    members.push_str(",\"text\":");
    members.push_str(&hidden(text));
    members
}

/// Returns how an instance is named in an object.
pub(super) fn names(instance: &InstanceId) -> String {
    named(&instance.to_string())
}

/// The same for one of which only the name is known: `web.1`.
pub(super) fn named(instance: &str) -> String {
    let process = instance.rsplit_once('.').map_or(instance, |(process, _)| process);
    format!(",\"process\":{},\"instance\":{}", quoted(process), quoted(instance))
}

/// Who is still there, and for how long.
fn still_there(waiting: &[Waiting]) -> Value {
    let one = |waiting: &Waiting| {
        json!({
            "instance": waiting.instance.to_string(),
            "pid": waiting.pid,
            "leader_gone": waiting.leader_gone,
            "signal": signal_name(waiting.signal),
            "ignores": waiting.ignores,
            "seconds_left": seconds(waiting.left),
        })
    };
    waiting.iter().map(one).collect()
}

/// How a process ended: `code`, or `signal`; what could not be started has the code that a shell would report.
fn how(exit: Exit) -> Vec<(&'static str, Value)> {
    match exit {
        Exit::Code(code) => vec![("code", json!(code))],
        Exit::Signal { number, core_dumped } => {
            let mut fields = vec![("signal", json!(signal_name(number)))];
            if core_dumped {
                fields.push(("core_dumped", json!(true)));
            }
            fields
        }
        Exit::NeverStarted { errno, .. } => {
            vec![("code", json!(exit.shell_code())), ("errno", json!(errno))]
        }
    }
}

/// A length of time in seconds, to the millisecond.
fn seconds(length: std::time::Duration) -> Value {
    let milliseconds = u32::try_from(length.as_millis()).unwrap_or(u32::MAX);
    json!(f64::from(milliseconds) / 1000.0)
}
