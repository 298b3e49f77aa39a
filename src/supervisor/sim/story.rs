//! A course of events as text: who does what, what happens when, and what the mind makes of it.
//!
//! `story("web: exits 1 after 2s | worker: ignores TERM").at("5s", "Ctrl-C").plays(expect![[…]])`

mod script;
mod telling;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use expect_test::Expect;

use super::child::Behaviour;
use super::faults::Mind;
use super::{Next, Rewrite, World, given, project};
use crate::project::{ExitOn, InstanceId, Place, ProcessName, ProcessSpec, Project, Wait};
use crate::restart::{Case, Policy, Verdict};
use crate::supervisor::{Effect, Event, Supervisor};
use crate::time::Time;
use script::{action, apply_to_behaviour, apply_to_process, time};
use telling::tell;

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
    let (mut hooks, mut ports) = (BTreeMap::new(), Vec::new());
    let mut processes = Vec::new();
    for (position, part) in script.split('|').enumerate() {
        let (name, clauses) = part.split_once(':').unwrap_or((part, ""));
        let (name, count) = name.trim().split_once('=').unwrap_or((name.trim(), "1"));
        let mut spec = process(name, position);
        let (mut behaviour, mut later) = (Behaviour::default(), None);
        for clause in clauses.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
            let words: Vec<&str> = clause.split(' ').collect();
            if let Some((part, does)) = script::hook(&words) {
                let id = InstanceId { process: spec.name.clone(), index: 1 };
                hooks.insert((id, part), does);
            } else if let [words @ .., "once"] = &words[..] {
                // What comes before it is true of the first run alone.
                later = later.or(Some(behaviour.clone()));
                assert!(apply_to_behaviour(&mut behaviour, words), "no such clause: {clause}");
            } else if words == ["port"] {
                ports.push(spec.name.clone());
            } else if let ["restarts", "after", wait] = words[..] {
                restarts.insert(spec.name.clone(), &*Box::leak(Box::new(Restart { after: time(wait) })));
            } else if !apply_to_process(&mut spec, &words) && !apply_to_behaviour(&mut behaviour, &words) {
                panic!("no such clause: {clause}");
            }
        }
        let count: u32 = count.parse().expect("a number of instances");
        for index in 1..=count {
            let id = InstanceId { process: spec.name.clone(), index };
            cast.insert(id, std::iter::once(behaviour.clone()).chain(later.clone()).collect());
        }
        processes.push((spec, count));
    }
    let mut project = project(processes, ExitOn::Any);
    for instance in project.instances.iter_mut().filter(|instance| ports.contains(&instance.id.process)) {
        instance.port = Some(5000);
    }
    let mut world = World::new(&project, cast);
    world.hooks = hooks;
    Story { project, world, restarts }
}

impl Story {
    /// Says what the end of a process means; without it, what it means in foreman.
    pub(super) fn exit_on(mut self, exit_on: ExitOn) -> Story {
        self.project.exit_on = exit_on;
        self
    }

    /// Says that somebody waits until all of it is ready.
    pub(super) fn waited_for(mut self) -> Story {
        self.project.wait = Some(Wait { limit: None });
        self
    }

    /// Says whose exit code counts.
    pub(super) fn exit_code_from(mut self, name: &str) -> Story {
        self.project.exit_code_from = Some(ProcessName::new(name));
        self
    }

    /// Says that its files are read again then, and say this. Behind a `!` stand the names of those who are to reload.
    pub(super) fn reloads(mut self, when: &str, script: &str) -> Story {
        let (script, asked) = script.split_once('!').unwrap_or((script, ""));
        let Story { project, world, .. } = story(script);
        for (id, behaviours) in world.cast {
            self.world.cast.entry(id).or_insert(behaviours);
        }
        let asked: Vec<String> = asked.split(' ').map(str::to_owned).collect();
        let exit_on = self.project.exit_on;
        let rewrite = move |_: &Project| {
            let all = project.instances.iter().map(|spec| spec.id.clone());
            let asked = all.filter(|id| asked.contains(&id.to_string())).collect();
            (Project { exit_on, ..project.clone() }, asked)
        };
        self.world.put(Time::ZERO + time(when), Next::Reload(Rewrite(Arc::new(rewrite))));
        self
    }

    /// Says that something happens.
    pub(super) fn at(mut self, when: &str, what: &str) -> Story {
        self.world.put(Time::ZERO + time(when), action(what));
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

    /// Plays it to its end and tells how long after each other an instance was looked at.
    #[expect(clippy::needless_pass_by_value, reason = "as `expect!` is written")]
    pub(super) fn looks_at(mut self, id: &str, expected: Expect) {
        let mut mind = self.mind();
        let (mut now, mut last, mut pauses) = (Time::ZERO, Time::ZERO, Vec::new());
        while let Some(turn) = self.world.turn(&mut mind, now) {
            now = turn.now;
            for effect in &turn.effects {
                let Effect::Probe { run, .. } = effect else { continue };
                let who = mind.supervisor.instance_of(*run).map(ToString::to_string);
                if who.as_deref() == Some(id) {
                    pauses.push((now - last).as_millis().to_string());
                    last = now;
                }
            }
        }
        expected.assert_eq(&format!("{} ms\n", pauses.join(" ")));
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
        let mut mind = Mind::sane(Supervisor::new(&self.project, given()));
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
    fn decide(&self, _case: &Case<'_>) -> Verdict {
        Verdict::Restart { after: self.after }
    }
}

/// Makes a process with foreman's ladder.
pub(super) fn process(name: &str, position: usize) -> ProcessSpec {
    let place = Place { file: "Procfile".into(), line: 1 };
    ProcessSpec::plain(ProcessName::new(name), b"true".to_vec(), place, position)
}
