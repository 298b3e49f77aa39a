//! A course of events as text: who does what, what happens when, and what the mind makes of it.
//!
//! `story("web: exits 1 after 2s | worker: ignores TERM").at("5s", "Ctrl-C").plays(expect![[…]])`

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::time::Duration;

use expect_test::Expect;

use super::child::{Behaviour, Left, Start};
use super::faults::Mind;
use super::{Next, World, project};
use crate::exit::Exit;
use crate::project::{ExitOn, InstanceId, Place, ProcessName, ProcessSpec, Project};
use crate::restart::{History, Policy, Verdict};
use crate::supervisor::{Complaint, Effect, Event, Note, Outcome, Reach, Supervisor, Waiting, Want};
use crate::time::Time;

/// A story before it is played.
pub(super) struct Story {
    project: Project,
    world: World,
    restarts: BTreeMap<ProcessName, &'static Restart>,
}

/// Starts a story about these processes.
pub(super) fn story(script: &str) -> Story {
    let mut cast = BTreeMap::new();
    let mut restarts = BTreeMap::new();
    let mut processes = Vec::new();
    for (position, part) in script.split('|').enumerate() {
        let (name, clauses) = part.split_once(':').unwrap_or((part, ""));
        let (name, count) = name.trim().split_once('=').unwrap_or((name.trim(), "1"));
        let mut spec = process(name, position);
        let mut behaviour = Behaviour::default();
        for clause in clauses.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
            let words: Vec<&str> = clause.split(' ').collect();
            if let ["restarts", "after", wait] = words[..] {
                restarts.insert(spec.name.clone(), &*Box::leak(Box::new(Restart { after: time(wait) })));
            } else if !apply_to_process(&mut spec, &words) && !apply_to_behaviour(&mut behaviour, &words) {
                panic!("no such clause: {clause}");
            }
        }
        let count: u32 = count.parse().expect("a number of instances");
        for index in 1..=count {
            let id = InstanceId { process: spec.name.clone(), index };
            cast.insert(id, vec![behaviour.clone()]);
        }
        processes.push((spec, count));
    }
    Story { project: project(processes, ExitOn::Any), world: World::new(cast), restarts }
}

impl Story {
    /// Says what the end of a process means; without it, what it means in foreman.
    pub(super) fn exit_on(mut self, exit_on: ExitOn) -> Story {
        self.project.exit_on = exit_on;
        self
    }

    /// Says that something happens.
    pub(super) fn at(mut self, when: &str, what: &str) -> Story {
        self.world.put(Time::ZERO + time(when), Next::Event(action(what)));
        self
    }

    /// Plays it to its end, or until nothing will ever happen again.
    #[expect(clippy::needless_pass_by_value, reason = "as `expect!` is written")]
    pub(super) fn plays(mut self, expected: Expect) {
        let mut mind = self.mind();
        let mut told = String::new();
        let mut now = Time::ZERO;
        for _ in 0..1_000 {
            let Some(turn) = self.world.turn(&mut mind, now) else {
                told.push_str("...      goes on\n");
                break;
            };
            now = turn.now;
            for effect in &turn.effects {
                tell(&mut told, now, effect, &mind);
            }
            if turn.effects.iter().any(|effect| matches!(effect, Effect::Finish(_))) {
                break;
            }
        }
        expected.assert_eq(&told);
    }

    /// Plays it up to a time and looks at the stack.
    #[expect(clippy::needless_pass_by_value, reason = "as `expect!` is written")]
    pub(super) fn shows(mut self, when: &str, expected: Expect) {
        let mut mind = self.mind();
        let at = Time::ZERO + time(when);
        self.world.put(at, Next::Event(Event::DeadlineReached));
        let mut now = Time::ZERO;
        while now < at {
            now = self.world.turn(&mut mind, now).expect("the time comes").now;
        }
        let snapshot = mind.supervisor.snapshot(now);
        let mut shown = format!("at {now}, stopping: {:?}\n", snapshot.stopping);
        for state in snapshot.instances {
            let _ = writeln!(
                shown,
                "{:<10} {:<6} {:?}",
                state.id.to_string(),
                format!("{:?}", state.want),
                state.because
            );
        }
        expected.assert_eq(&shown);
    }

    fn mind(&self) -> Mind {
        let mut mind = Mind::sane(Supervisor::new(&self.project));
        for instance in &mut mind.supervisor.instances {
            if let Some(policy) = self.restarts.get(&instance.process.name) {
                instance.policy = *policy;
            }
        }
        mind
    }
}

/// Starts again what has ended, always.
#[derive(Debug)]
pub(super) struct Restart {
    pub(super) after: Duration,
}

impl Policy for Restart {
    fn decide(&self, _exit: Exit, _history: &History, _now: Time) -> Verdict {
        Verdict::Restart { after: self.after }
    }
}

/// Makes a process with foreman's ladder.
pub(super) fn process(name: &str, position: usize) -> ProcessSpec {
    let place = Place { file: "Procfile".into(), line: 1 };
    ProcessSpec::plain(ProcessName::new(name), b"true".to_vec(), place, position)
}

fn apply_to_process(spec: &mut ProcessSpec, words: &[&str]) -> bool {
    match words {
        ["can", "die"] => spec.can_die = true,
        ["grace", grace] => spec.stop.grace = time(grace),
        ["ladder", signals @ ..] => spec.stop.signals = signals.iter().map(|name| signal(name)).collect(),
        _ => return false,
    }
    true
}

fn apply_to_behaviour(behaviour: &mut Behaviour, words: &[&str]) -> bool {
    match words {
        ["exits", code, "after", wait] => behaviour.ends = Some((time(wait), code_of(code))),
        ["dies", "of", name, "after", wait] => behaviour.ends = Some((time(wait), by(name))),
        ["cannot", "start", errno] => {
            behaviour.start = Start::Fails { after: super::child::AT_ONCE, errno: errno_of(errno) };
        }
        ["starts", "after", wait] => behaviour.start = Start::After(time(wait)),
        ["never", "starts"] => behaviour.start = Start::Unanswered,
        ["ignores", name] => behaviour.ignores.push(signal(name)),
        ["needs", wait, "to", "stop"] => behaviour.when_asked = Some((time(wait), Exit::Code(0))),
        ["exits", code, "when", "asked"] => {
            behaviour.when_asked = Some((super::child::AT_ONCE, code_of(code)));
        }
        ["leaves", "somebody"] => behaviour.leaves = Left::UntilKilled,
        ["leaves", "somebody", "for", wait] => behaviour.leaves = Left::For(time(wait)),
        ["output", "held"] => behaviour.output = Left::UntilKilled,
        ["output", "held", "for", wait] => behaviour.output = Left::For(time(wait)),
        ["cannot", "be", "killed"] => behaviour.survives_kill = None,
        ["complains"] => behaviour.complaint = Some(Complaint::AddressInUse),
        _ => return false,
    }
    true
}

fn action(what: &str) -> Event {
    let words: Vec<&str> = what.split(' ').collect();
    let want = |id: &str, want| {
        let (name, index) = id.split_once('.').expect("an instance");
        let index = index.parse().expect("its number");
        Event::Wanted { instance: InstanceId { process: ProcessName::new(name), index }, want }
    };
    match words[..] {
        ["Ctrl-C"] => Event::Signal { signal: libc::SIGINT, from_terminal: true },
        ["Ctrl-Z"] => Event::Signal { signal: libc::SIGTSTP, from_terminal: true },
        ["continued"] => Event::Continued,
        ["output", "gone", errno] => Event::OutputGone { errno: errno_of(errno) },
        ["guard", "lost"] => Event::GuardLost,
        ["timer"] => Event::DeadlineReached,
        ["begin"] => Event::Begin,
        ["start", id] => want(id, Want::Up),
        ["stop", id] => want(id, Want::Down),
        ["restart", id] => want(id, Want::Bounce),
        [name] => Event::Signal { signal: signal(name), from_terminal: false },
        _ => panic!("no such action: {what}"),
    }
}

fn tell(told: &mut String, now: Time, effect: &Effect, mind: &Mind) {
    let ms = now.0.as_millis();
    for line in words(effect, mind) {
        let _ = writeln!(told, "{:<8} {}", format!("{ms}ms"), line.trim_end());
    }
}

fn words(effect: &Effect, mind: &Mind) -> Vec<String> {
    match effect {
        Effect::Spawn { instance, .. } => one("spawn", instance, ""),
        Effect::Signal { run, signal, reach } => {
            let who = mind.supervisor.instance_of(*run).expect("a run of somebody");
            let reach = match reach {
                Reach::Leader => "",
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
        Note::GuardLost => one("no guard", &"", ""),
        Note::NoTerminals { .. } => one("no ptys", &"", ""),
        Note::LinesLost => one("lines lost", &"", ""),
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

const SIGNALS: &[(&str, i32)] = &[
    ("SIGCONT", libc::SIGCONT),
    ("SIGHUP", libc::SIGHUP),
    ("SIGINT", libc::SIGINT),
    ("SIGKILL", libc::SIGKILL),
    ("SIGQUIT", libc::SIGQUIT),
    ("SIGSEGV", libc::SIGSEGV),
    ("SIGTERM", libc::SIGTERM),
    ("SIGUSR1", libc::SIGUSR1),
    ("SIGUSR2", libc::SIGUSR2),
    ("SIGWINCH", libc::SIGWINCH),
];

fn signal_name(number: i32) -> &'static str {
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

fn time(text: &str) -> Duration {
    let digits = text.find(|c: char| !c.is_ascii_digit()).expect("a unit");
    let number = text[..digits].parse().expect("a number");
    match &text[digits..] {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        unit => panic!("no such unit: {unit}"),
    }
}
