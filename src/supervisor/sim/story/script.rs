//! The words of a story, understood: what a process is, what it does, and what happens.

use std::time::Duration;

use crate::exit::Exit;
use crate::project::lifecycle::{
    Liveness, Milestone, Missed, Nature, Need, OnLimit, Overlap, Probe, Readiness, Schedule, StopReach,
    Watch, When,
};
use crate::project::{InstanceId, ProcessName, ProcessSpec};
use crate::restart;
use crate::supervisor::sim::Next;
use crate::supervisor::sim::child::{AT_ONCE, Behaviour, Left, Start};
use crate::supervisor::{Complaint, Event, Part, Want};

pub(super) fn apply_to_process(spec: &mut ProcessSpec, words: &[&str]) -> bool {
    match words {
        ["can", "die"] => spec.can_die = true,
        ["grace", grace] => spec.stop.grace = time(grace),
        ["ladder", signals @ ..] => spec.stop.signals = signals.iter().map(|name| signal(name)).collect(),
        ["after", name] => need(spec, name, Milestone::Ready),
        ["after", name, "started"] => need(spec, name, Milestone::Started),
        ["after", name, "done"] => need(spec, name, Milestone::Done),
        ["group"] => spec.life.stop_reach = StopReach::Tree,
        ["task"] => spec.life.nature = Nature::Task { timeout: None },
        ["task", "within", limit] => spec.life.nature = Nature::Task { timeout: Some(time(limit)) },
        ["ready", "when", how] => spec.life.ready = Some(readiness(how)),
        ["delay", delay] => {
            let probe = Probe::Delay(time(delay));
            spec.life.ready = Some(Readiness { probe, ..readiness("seen") });
        }
        ["within", limit] => spec.life.ready.as_mut().expect("readiness").timeout = time(limit),
        ["live", "every", every] => spec.life.live = Some(liveness(Probe::Listening, time(every))),
        ["speaks", "every", every] => spec.life.live = Some(liveness(Probe::Notify, time(every))),
        ["restarts", "on", "failure"] => spec.life.restart.kind = &restart::ON_FAILURE,
        ["restarts", "always"] => spec.life.restart.kind = &restart::ALWAYS,
        ["at", "most", most] => spec.life.restart.max_restarts = Some(number(most)),
        ["succeeds", "with", code] => spec.life.success_codes = vec![number(code)],
        ["memory", most] => spec.life.limits.memory = Some(number(most)),
        ["cpu", most] => spec.life.limits.cpu = Some(number(most)),
        ["silence", most] => spec.life.limits.silence = Some(time(most)),
        ["age", most] => spec.life.limits.age = Some(time(most)),
        ["dump", name] => spec.life.limits.dump_signal = Some(signal(name)),
        ["limit", "stops"] => spec.life.limits.on_limit = OnLimit::Stop,
        ["limit", "warns"] => spec.life.limits.on_limit = OnLimit::Warn,
        ["watches"] => {
            let debounce = Duration::from_millis(300);
            spec.life.watch = Some(Watch { paths: vec!["**".into()], ignore: Vec::new(), debounce });
        }
        ["hook", "before"] => spec.life.hooks.before = Some(b"before".to_vec()),
        ["hook", "ready"] => spec.life.hooks.ready = Some(b"ready".to_vec()),
        ["hook", "crash"] => spec.life.hooks.crash = Some(b"crash".to_vec()),
        ["every", every] => spec.life.nature = Nature::Scheduled(schedule(When::Every(time(every)))),
        ["cron", every] => spec.life.nature = Nature::Scheduled(schedule(When::Cron((*every).to_owned()))),
        ["overlap", "queue"] => scheduled(spec).overlap = Overlap::Queue,
        ["overlap", "kill"] => scheduled(spec).overlap = Overlap::Kill,
        ["missed", "skip"] => scheduled(spec).missed = Missed::Skip,
        ["each", "within", limit] => scheduled(spec).timeout = Some(time(limit)),
        _ => return false,
    }
    true
}

fn need(spec: &mut ProcessSpec, name: &str, reached: Milestone) {
    spec.life.after.push(Need { on: ProcessName::new(name), reached });
}

fn readiness(how: &str) -> Readiness {
    let probe = match how {
        "seen" => Probe::Listening,
        "said" => Probe::Log("ready".to_owned()),
        "notified" => Probe::Notify,
        _ => panic!("no such way to be ready: {how}"),
    };
    Readiness { probe, interval: Readiness::INTERVAL, timeout: Readiness::TIMEOUT }
}

fn liveness(probe: Probe, every: Duration) -> Liveness {
    Liveness { probe, every, timeout: Duration::from_secs(1), failures: 3 }
}

fn schedule(when: When) -> Schedule {
    Schedule { when, timezone: None, overlap: Overlap::Skip, missed: Missed::Once, timeout: None }
}

fn scheduled(spec: &mut ProcessSpec) -> &mut Schedule {
    match &mut spec.life.nature {
        Nature::Scheduled(schedule) => schedule,
        nature @ (Nature::Service | Nature::Task { .. }) => panic!("no schedule: {nature:?}"),
    }
}

/// Makes what a hook does of `hook ready fails`; `None` if it is not about a hook.
pub(super) fn hook(words: &[&str]) -> Option<(Part, Behaviour)> {
    let ["hook", name, rest @ ..] = words else { return None };
    let part = match *name {
        "before" => Part::Before,
        "ready" => Part::Ready,
        "crash" => Part::Crash,
        _ => return None,
    };
    let (code, wait, leaves) = match rest {
        ["fails"] => (1, Duration::from_millis(20), Left::Nothing),
        ["takes", wait] => (0, time(wait), Left::Nothing),
        ["leaves", "somebody"] => (0, Duration::from_millis(20), Left::UntilKilled),
        _ => return None,
    };
    Some((part, Behaviour { ends: Some((wait, Exit::Code(code))), leaves, ..Behaviour::default() }))
}

pub(super) fn apply_to_behaviour(behaviour: &mut Behaviour, words: &[&str]) -> bool {
    match words {
        ["exits", code, "after", wait] => behaviour.ends = Some((time(wait), code_of(code))),
        ["dies", "of", name, "after", wait] => behaviour.ends = Some((time(wait), by(name))),
        ["cannot", "start", errno] => {
            behaviour.start = Start::Fails { after: AT_ONCE, errno: errno_of(errno) };
        }
        ["starts", "after", wait] => behaviour.start = Start::After(time(wait)),
        ["never", "starts"] => behaviour.start = Start::Unanswered,
        ["ignores", name] => behaviour.ignores.push(signal(name)),
        ["needs", wait, "to", "stop"] => behaviour.when_asked = Some((time(wait), Exit::Code(0))),
        ["exits", code, "when", "asked"] => {
            behaviour.when_asked = Some((AT_ONCE, code_of(code)));
        }
        ["leaves", "somebody"] => behaviour.leaves = Left::UntilKilled,
        ["leaves", "somebody", "for", wait] => behaviour.leaves = Left::For(time(wait)),
        ["output", "held"] => behaviour.output = Left::UntilKilled,
        ["output", "held", "for", wait] => behaviour.output = Left::For(time(wait)),
        ["cannot", "be", "killed"] => behaviour.survives_kill = None,
        ["is", "ready", "after", wait] => behaviour.ready = Some(time(wait)),
        ["is", "never", "ready"] => behaviour.ready = None,
        ["works", "for", wait] => behaviour.works_for = Some(time(wait)),
        ["beats", "every", wait] => behaviour.beats = Some(time(wait)),
        ["is", "not", "seen"] => behaviour.is_seen = false,
        ["uses", used, "after", wait] => behaviour.memory = Some((time(wait), number(used))),
        ["burns", percent] => behaviour.cpu = number(percent),
        ["talks", "for", wait] => behaviour.talks_for = Some(time(wait)),
        ["complains"] => behaviour.complaint = Some(Complaint::AddressInUse),
        _ => return false,
    }
    true
}

pub(super) fn action(what: &str) -> Next {
    let words: Vec<&str> = what.split(' ').collect();
    let want = |id: &str, want| {
        let (name, index) = id.split_once('.').expect("an instance");
        let index = index.parse().expect("its number");
        Event::Wanted { instance: InstanceId { process: ProcessName::new(name), index }, want }
    };
    Next::Event(match words[..] {
        ["clock", "goes", way, by] => return Next::Jump(jump(way, by)),
        [path, "changes", "for", name] => {
            Event::FilesChanged { process: ProcessName::new(name), path: path.to_owned() }
        }
        ["time", "up"] => Event::TimeUp { limit: Duration::from_secs(60) },
        ["Ctrl-C"] => Event::Signal { signal: libc::SIGINT, from_terminal: true },
        ["Ctrl-Z"] => Event::Signal { signal: libc::SIGTSTP, from_terminal: true },
        ["continued"] => Event::Continued,
        ["output", "gone", errno] => Event::OutputGone { errno: errno_of(errno) },
        ["guard", "lost"] => Event::GuardLost,
        ["clock", "set"] => Event::ClockSet,
        ["timer"] => Event::DeadlineReached,
        ["begin"] => Event::Begin,
        ["start", id] => want(id, Want::Up),
        ["stop", id] => want(id, Want::Down),
        ["restart", id] => want(id, Want::Bounce),
        ["signal", name, id] => {
            let (process, index) = id.split_once('.').expect("an instance");
            let index = index.parse().expect("its number");
            let instance = InstanceId { process: ProcessName::new(process), index };
            Event::SignalWanted { instance, signal: signal(name) }
        }
        [name] => Event::Signal { signal: signal(name), from_terminal: false },
        _ => panic!("no such action: {what}"),
    })
}

fn jump(way: &str, by: &str) -> i64 {
    let by = i64::try_from(time(by).as_millis()).expect("not so far");
    if way == "back" { -by } else { by }
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap_or_else(|| panic!("no such number: {text}"))
}

const SIGNALS: &[(&str, i32)] = &[
    ("SIGCONT", libc::SIGCONT),
    ("SIGHUP", libc::SIGHUP),
    ("SIGINT", libc::SIGINT),
    ("SIGKILL", libc::SIGKILL),
    ("SIGQUIT", libc::SIGQUIT),
    ("SIGSEGV", libc::SIGSEGV),
    ("SIGTERM", libc::SIGTERM),
    ("SIGTTIN", libc::SIGTTIN),
    ("SIGUSR1", libc::SIGUSR1),
    ("SIGUSR2", libc::SIGUSR2),
    ("SIGWINCH", libc::SIGWINCH),
];

pub(super) fn signal_name(number: i32) -> &'static str {
    SIGNALS.iter().find(|(_, known)| *known == number).map_or("SIG?", |(name, _)| name)
}

fn signal(name: &str) -> i32 {
    let known = SIGNALS.iter().find(|(known, _)| *known == name || known[3..] == *name);
    known.unwrap_or_else(|| panic!("no such signal: {name}")).1
}

fn by(name: &str) -> Exit {
    Exit::Signal { number: signal(name), core_dumped: false }
}

fn code_of(code: &str) -> Exit {
    Exit::Code(code.parse().expect("an exit code"))
}

fn errno_of(name: &str) -> i32 {
    match name {
        "ENOENT" => libc::ENOENT,
        "EACCES" => libc::EACCES,
        "EPIPE" => libc::EPIPE,
        "ENOSPC" => libc::ENOSPC,
        _ => panic!("no such errno: {name}"),
    }
}

pub(super) fn time(text: &str) -> Duration {
    let digits = text.find(|c: char| !c.is_ascii_digit()).expect("a unit");
    let number = text[..digits].parse().expect("a number");
    match &text[digits..] {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(60 * number),
        "h" => Duration::from_secs(3600 * number),
        unit => panic!("no such unit: {unit}"),
    }
}
