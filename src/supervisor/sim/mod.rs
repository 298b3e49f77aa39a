//! A world without a kernel, for tests of the mind alone: simulated processes, simulated time.
//!
//! [`stories`] tell one course of events each, as text. [`worlds`] draw thousands of random ones and check the
//! [`invariants`] after every event; [`faults`] are bugs planted on purpose, each of which they must find.

mod burst;
mod child;
mod faults;
mod invariants;
mod stories;
mod story;
mod witness;
mod worlds;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{ChildEvent, Effect, Event, Reach, RunId};
use crate::project::{ExitOn, InstanceId, InstanceSpec, ProcessSpec, Project};
use crate::time::Time;

use child::{Behaviour, Child};
use faults::Mind;

/// What the world holds in store.
#[derive(Debug, Clone)]
enum Next {
    /// Something that does not depend on the state of a process.
    Event(Event),
    /// Something that happens to a process, unless it is too late for that.
    Child { run: RunId, what: ChildEvent },
}

/// Everything outside of the mind.
#[derive(Debug, Default)]
struct World {
    /// By time, then in the order in which it was put there.
    queue: BTreeMap<(Time, u64), Next>,
    queued: u64,
    /// What each run of each instance does; the last one is repeated.
    cast: BTreeMap<InstanceId, Vec<Behaviour>>,
    launches: BTreeMap<InstanceId, usize>,
    children: BTreeMap<RunId, Child>,
    /// How much too late deadlines are reached.
    lateness: Duration,
}

/// One event and what the mind made of it.
#[derive(Debug, Clone)]
struct Turn {
    now: Time,
    event: Event,
    effects: Vec<Effect>,
}

impl World {
    fn new(cast: BTreeMap<InstanceId, Vec<Behaviour>>) -> World {
        let mut world = World { cast, ..World::default() };
        world.put(Time::ZERO, Next::Event(Event::Begin));
        world
    }

    fn put(&mut self, at: Time, next: Next) {
        self.queued += 1;
        self.queue.insert((at, self.queued), next);
    }

    /// Lets the next thing happen; `None` when nothing will ever happen again.
    fn turn(&mut self, mind: &mut Mind, now: Time) -> Option<Turn> {
        let (now, event) = self.next(mind.deadline(), now)?;
        let mut effects = Vec::new();
        mind.handle(now, event.clone(), &mut effects);
        for effect in &effects {
            self.perform(now, effect);
        }
        Some(Turn { now, event, effects })
    }

    fn next(&mut self, deadline: Option<Time>, now: Time) -> Option<(Time, Event)> {
        let deadline = deadline.map(|due| (due + self.lateness).max(now));
        loop {
            let next = self.queue.first_key_value().map(|(key, _)| key.0);
            match (next, deadline) {
                (None, None) => return None,
                (None, Some(due)) => return Some((due, Event::DeadlineReached)),
                (Some(at), Some(due)) if due < at => return Some((due, Event::DeadlineReached)),
                (Some(_), _) => {}
            }
            let ((at, _), next) = self.queue.pop_first()?;
            match next {
                Next::Event(event) => return Some((at.max(now), event)),
                Next::Child { run, what } => {
                    if self.happens(at, run, &what) {
                        return Some((at.max(now), Event::Child { run, what }));
                    }
                }
            }
        }
    }

    /// Notes that something happens to a process, and what follows; returns false if it cannot happen any more.
    fn happens(&mut self, at: Time, run: RunId, what: &ChildEvent) -> bool {
        let Some(child) = self.children.get_mut(&run) else { return false };
        let Some(follows) = child.live_through(what) else { return false };
        for (wait, what) in follows {
            self.put(at + wait, Next::Child { run, what });
        }
        true
    }

    fn perform(&mut self, now: Time, effect: &Effect) {
        match effect {
            Effect::Spawn { run, instance, part: _ } => self.spawn(now, *run, instance),
            Effect::Signal { run, signal, reach } => self.signal(now, *run, *signal, *reach),
            Effect::Probe { .. } | Effect::Measure { .. } => {}
            Effect::Suspend | Effect::Resume | Effect::Note(_) | Effect::Finish(_) => {}
        }
    }

    fn spawn(&mut self, now: Time, run: RunId, instance: &InstanceId) {
        let nth = self.launches.entry(instance.clone()).or_default();
        let behaviours = &self.cast[instance];
        let behaviour = behaviours[(*nth).min(behaviours.len() - 1)].clone();
        *nth += 1;
        let child = Child::new(behaviour);
        if let Some((wait, what)) = child.answer(run) {
            self.put(now + wait, Next::Child { run, what });
        }
        self.children.insert(run, child);
    }

    fn signal(&mut self, now: Time, run: RunId, signal: i32, reach: Reach) {
        let Some(child) = self.children.get(&run) else { return };
        for (wait, what) in child.react(signal, reach) {
            self.put(now + wait, Next::Child { run, what });
        }
    }
}

/// Makes a project of processes and the numbers of their instances.
fn project(processes: Vec<(ProcessSpec, u32)>, exit_on: ExitOn) -> Project {
    let processes: Vec<_> = processes.into_iter().map(|(spec, count)| (Arc::new(spec), count)).collect();
    let instances = processes.iter().flat_map(|(process, count)| {
        (1..=*count).map(|index| InstanceSpec {
            id: InstanceId { process: process.name.clone(), index },
            process: Arc::clone(process),
            port: None,
        })
    });
    Project {
        instances: instances.collect(),
        processes: processes.iter().map(|(process, _)| Arc::clone(process)).collect(),
        exit_on,
        ..Project::default()
    }
}
