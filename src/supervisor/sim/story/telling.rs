//! What a mind does, as lines of a story.

use std::fmt::{Display, Write as _};

use super::script::signal_name;
use crate::exit::Exit;
use crate::project::InstanceId;
use crate::project::difference::Difference;
use crate::supervisor::sim::faults::Mind;
use crate::supervisor::{Check, Effect, Note, Outcome, Part, Reach, Waiting};
use crate::time::Time;

pub(super) fn tell(told: &mut String, now: Time, effect: &Effect, mind: &Mind) {
    let ms = now.0.as_millis();
    for line in words(effect, mind) {
        let _ = writeln!(told, "{:<8} {}", format!("{ms}ms"), line.trim_end());
    }
}

fn words(effect: &Effect, mind: &Mind) -> Vec<String> {
    match effect {
        Effect::Spawn { instance, part: Part::Main, .. } => one("spawn", instance, ""),
        Effect::Spawn { instance, part, .. } => one("spawn", instance, part_name(*part)),
        // Too many to tell, and told by the remark that follows.
        Effect::Probe { check: Check::Ready, .. } | Effect::TakeOver(_) => Vec::new(),
        Effect::Probe { run, check: Check::Live, .. } => {
            one("look", mind.supervisor.instance_of(*run).expect("a run of somebody"), "")
        }
        Effect::Measure { run } => {
            one("measure", mind.supervisor.instance_of(*run).expect("a run of somebody"), "")
        }
        Effect::Signal { run, signal, reach } => {
            let who = mind.supervisor.instance_of(*run).expect("a run of somebody");
            let reach = match reach {
                Reach::Leader => "",
                Reach::Everyone => " to everyone in it",
                Reach::Tree => " to all of it",
            };
            one("signal", who, &format!("{}{reach}", signal_name(*signal)))
        }
        Effect::Suspend => one("suspend", &"", ""),
        Effect::Resume => one("resume", &"", ""),
        Effect::Finish(Outcome::Done) => one("finish", &"", "done"),
        Effect::Finish(Outcome::Broken) => one("finish", &"", "broken"),
        Effect::Finish(Outcome::Failed { instance, exit }) => {
            one("finish", instance, &format!("failed, {}", exit_words(*exit)))
        }
        Effect::Note(note) => note_words(note),
    }
}

fn one(verb: &str, who: &dyn Display, rest: &str) -> Vec<String> {
    vec![format!("{verb:<8} {:<9} {rest}", who.to_string())]
}

fn note_words(note: &Note) -> Vec<String> {
    match note {
        Note::Started { instance, pid } => one("started", instance, &format!("pid {pid}")),
        Note::Ended { instance, exit, output_held } => {
            let held = if *output_held { ", output held" } else { "" };
            one("ended", instance, &format!("{}{held}", exit_words(*exit)))
        }
        Note::CouldNotStart { instance, errno, .. } => one("no start", instance, &format!("errno {errno}")),
        Note::AddressInUse { instance, .. } => one("hint", instance, "address in use"),
        Note::ShutdownBySignal { signal } => one("heard", &"", signal_name(*signal)),
        Note::TimeUp { limit, pending } => {
            let pending: Vec<String> = pending.iter().map(|one| one.instance.to_string()).collect();
            one("time up", &"", &format!("after {limit:?}, pending {}", pending.join(" ")))
        }
        Note::SendingToAll { signal } => one("to all", &"", signal_name(*signal)),
        Note::Forwarding { signal } => one("forward", &"", signal_name(*signal)),
        Note::StillThere { waiting } => waiting.iter().map(waiting_words).collect(),
        Note::StillAlive { instances } => {
            instances.iter().flat_map(|instance| one("alive", instance, "")).collect()
        }
        Note::NothingRuns => one("idle", &"", ""),
        Note::FirstCause { instance, exit, after } => {
            one("cause", instance, &format!("{} after {after:?}", exit_words(*exit)))
        }
        Note::Ready { instance, after } => one("ready", instance, &format!("after {after:?}")),
        Note::AllReady { after } => one("all ready", &"", &format!("after {after:?}")),
        Note::NotReady { instance, waited, failure, .. } => {
            one("late", instance, &format!("not ready after {waited:?}, {failure:?}"))
        }
        Note::NotLive { instance, failures, failure } => {
            one("dead", instance, &format!("{failures} failures, {failure:?}"))
        }
        Note::LimitExceeded { instance, excess, follows } => {
            one("limit", instance, &format!("{excess:?}, {follows:?}"))
        }
        Note::Restarting { instance, after } => one("again", instance, &format!("in {after:?}")),
        Note::GaveUp { instance, restarts, within } => {
            one("gave up", instance, &format!("{restarts} restarts within {within:?}"))
        }
        Note::KeptDown { instances, because } => instances
            .iter()
            .flat_map(|instance| one("kept", instance, &format!("down because of {because}")))
            .collect(),
        Note::HookFailed { instance, part, exit } => {
            one("hook", instance, &format!("{}, {}", part_name(*part), exit_words(*exit)))
        }
        Note::OutOfMemory { instance, certainty } => {
            one("memory", instance, &format!("used up, {certainty:?}"))
        }
        Note::FilesChanged { instance, path, more, signal: _ } => {
            one("changed", instance, &format!("{path} and {more} more"))
        }
        Note::Reloaded(reload) => {
            let Difference { added, removed, changed, .. } = &reload.difference;
            let names = |of: &[InstanceId]| of.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let changed: Vec<InstanceId> = changed.iter().map(|change| change.instance.clone()).collect();
            let (added, removed, changed) = (names(added), names(removed), names(&changed));
            one("reload", &"", &format!("+[{added}] -[{removed}] ~[{changed}]"))
        }
        Note::Rereads { instance, signal } => one("rereads", instance, signal_name(*signal)),
        Note::StillBusy { instance, follows } => one("busy", instance, &format!("{follows:?}")),
        Note::WasMissed { instance, late, follows } => {
            one("missed", instance, &format!("{late:?} ago, {follows:?}"))
        }
        Note::GuardLost => one("no guard", &"", ""),
        Note::LinesLost => one("lost", &"", ""),
        Note::Asked { wish, .. } => one("asked", &"", &format!("{wish:?}")),
        Note::NoTerminals { .. } => one("no ptys", &"", ""),
        Note::OutputUnread { instance, .. } => one("unread", instance, ""),
        Note::LogsIncomplete { file, .. } => one("logs incomplete", file, ""),
        Note::WatchingByLooking { .. } => one("looking", &"", ""),
    }
}

fn waiting_words(waiting: &Waiting) -> String {
    let Waiting { instance, pid: _, leader_gone, signal, ignores: _, left } = waiting;
    let whom = if *leader_gone { " its leader has ended," } else { "" };
    format!("{:<8} {instance:<9} after {},{whom} {left:?} left", "waits", signal_name(*signal))
}

fn exit_words(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("code {code}"),
        Exit::Signal { number, .. } => signal_name(number).to_owned(),
        Exit::NeverStarted { errno, .. } => format!("never started, errno {errno}"),
    }
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Main => "",
        Part::Before => "hook before",
        Part::Ready => "hook ready",
        Part::Crash => "hook crash",
    }
}
