//! The words of the bar.

use super::model::{State, Verb};
use crate::diagnostic::visible;
use crate::project::InstanceId;

/// The keys, in as many words as there is room for.
pub(super) const HINTS: &[&str] = &[
    "r restart  s stop  a attach  f focus  m mute  / filter  e error  p ps  q quit  ? help",
    "r restart  s stop  a attach  / filter  ? help",
    "r restart  / filter  ? help",
    "? help",
    "?",
];

/// The keys once everything is coming to its end.
pub(super) const HINTS_AT_THE_END: &[&str] = &["stopping; Ctrl-C again to kill", "stopping"];

/// Before a filter that is being typed.
pub(super) const FILTER: &str = "/";

/// Behind it.
pub(super) const FILTER_KEYS: &str = "Enter keeps it  Esc shows all";

/// Where nobody fits what was typed.
pub(super) const NOBODY: &str = "nobody";

pub(super) fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Restart => "restart",
        Verb::Stop => "stop",
        Verb::Attach => "attach",
        Verb::Focus => "show only",
        Verb::Mute => "mute",
    }
}

pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Failed => "failed",
        State::Backoff => "backoff",
        State::Stopping => "stopping",
        State::Waiting => "waiting",
        State::Starting => "starting",
        State::Running => "running",
        State::Ready => "ready",
        State::Done => "done",
        State::Stopped => "stopped",
        State::Scheduled => "scheduled",
    }
}

/// The offer, from long to short.
pub(super) fn waits(name: &str) -> [String; 3] {
    [
        format!("{name} waits for input — Enter gives it the keyboard"),
        format!("{name} waits — Enter"),
        format!("{name}: Enter"),
    ]
}

/// What is to be known while a process has the keyboard, from long to short.
pub(super) fn has_keyboard(name: &str) -> [String; 3] {
    [
        format!("{name} has the keyboard — Ctrl-] takes it back"),
        format!("{name} — Ctrl-] leaves"),
        "Ctrl-]".to_owned(),
    ]
}

pub(super) fn only(id: &InstanceId) -> String {
    format!("only {id}")
}

pub(super) fn muted_one(name: Option<String>) -> String {
    format!("without {}", name.unwrap_or_default())
}

pub(super) fn muted(count: usize) -> String {
    format!("{count} muted")
}

pub(super) fn filter(filter: &str) -> String {
    format!("/{filter}")
}

/// The answer to a key that asks for something which takes a while.
pub(super) fn asked(verb: Verb, id: &InstanceId) -> String {
    match verb {
        Verb::Restart => format!("restarting {id}"),
        Verb::Stop => format!("stopping {id}"),
        Verb::Attach | Verb::Focus | Verb::Mute => id.to_string(),
    }
}

/// What `?` shows in the stream.
pub(super) const HELP: [&str; 6] = [
    "r  restart a process, or start it     a  give a process the keyboard; Ctrl-] takes it back",
    "s  stop a process                     f  show one process alone; f again shows all",
    "e  what was said before a failure     m  mute a process; m again shows it",
    "p  table of the processes             /  show only lines with this text",
    "q  stop everything, as Ctrl-C         Esc  shows all lines again",
    "a process is chosen by its number or letters of its name, then Enter; Tab goes to the next",
];

/// What asks, as the stream calls it.
pub(super) const KEY: &str = "a key";

/// The answer to `q` when everything is coming to its end.
pub(super) const STOPS_ALREADY: &str = "stopping already; Ctrl-C kills";

/// The answer to `e` when all is well.
pub(super) const NOTHING_FAILED: &str = "nothing has failed";

/// Why a process cannot have the keyboard.
pub(super) fn runs_not(id: &InstanceId) -> String {
    format!("{id} does not run")
}

/// Behind the lines that were held.
pub(super) fn came_meanwhile(lines: u64, id: &InstanceId) -> String {
    match lines {
        1 => format!("this line came while {id} had the keyboard"),
        _ => format!("these {lines} lines came while {id} had the keyboard"),
    }
}

/// What a process has said last.
pub(super) fn said_last(id: &InstanceId, lines: &[String]) -> Vec<String> {
    if lines.is_empty() {
        return vec![format!("{id} has said nothing")];
    }
    let head = format!("{id} has said last:");
    std::iter::once(head).chain(lines.iter().map(|line| format!("  {}", visible(line)))).collect()
}
