//! A world without a kernel, for tests of the mind alone: simulated processes, simulated time.
//!
//! [`stories`] tell one course of events each, as text. [`worlds`] draw thousands of random ones and check the
//! [`invariants`] after every event; [`faults`] are bugs planted on purpose, each of which they must find.

mod burst;
mod child;
mod draw;
mod faults;
mod invariants;
mod stories;
mod story;
mod witness;
mod worlds;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Calendar, ChildEvent, Effect, Event, Given, Occasion, Part, Reach, Reload, RunId};
use crate::exit::Exit;
use crate::project::difference::Difference;
use crate::project::lifecycle::{Schedule, When};
use crate::project::{ExitOn, InstanceId, InstanceSpec, ProcessSpec, Project};
use crate::time::{Moment, Time, WallTime};

use super::schedule::milliseconds;
use child::{Behaviour, Child, Later};
use faults::Mind;

/// What the world holds in store.
#[derive(Debug, Clone)]
enum Next {
    /// Something that does not depend on the state of a process.
    Event(Event),
    /// Something that happens to a process, unless it is too late for that.
    Child { run: RunId, what: ChildEvent },
    /// The project becomes another one, as this makes it of the one that there is then.
    Reload(Rewrite),
    /// The wall clock jumps by so many milliseconds; nobody is told.
    Jump(i64),
}

/// What becomes of a project, and who is to read again what they read whatever is different.
#[derive(Clone)]
struct Rewrite(Arc<RewriteFn>);

type RewriteFn = dyn Fn(&Project) -> (Project, Vec<InstanceId>);

impl fmt::Debug for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rewrite")
    }
}

/// Everything outside of the mind.
#[derive(Debug, Default)]
struct World {
    /// What the mind was told last to go by.
    project: Arc<Project>,
    /// By time, then in the order in which it was put there.
    queue: BTreeMap<(Time, u64), Next>,
    queued: u64,
    /// What each run of each instance does; the last one is repeated.
    cast: BTreeMap<InstanceId, Vec<Behaviour>>,
    launches: BTreeMap<InstanceId, usize>,
    children: BTreeMap<RunId, Child>,
    /// What the hooks of each instance do.
    hooks: BTreeMap<(InstanceId, Part), Behaviour>,
    /// How much too late deadlines are reached.
    lateness: Duration,
    /// How far the wall clock is ahead of where it began.
    jumped: i64,
}

/// Where the wall clock begins, in milliseconds: a full day.
const WALL: i64 = 20_000 * 86_400_000;

/// A calendar without a calendar: the expression is a number of seconds, and due are its multiples.
#[derive(Debug)]
struct Multiples;

impl Calendar for Multiples {
    fn next(&self, schedule: &Schedule, after: i64) -> Option<i64> {
        let step = match &schedule.when {
            When::Every(_) => return None,
            When::Cron(seconds) => seconds.parse().ok()?,
            When::DailyAt { .. } => 86_400,
        };
        Some((after.div_euclid(step) + 1) * step)
    }
}

/// What a mind is given here.
fn given() -> Given {
    Given { calendar: Arc::new(Multiples), seed: 7 }
}

/// One moment, as long as the wall clock does not matter.
fn moment(now: Time) -> Moment {
    at_wall(now, 0)
}

fn at_wall(now: Time, jumped: i64) -> Moment {
    let wall = WALL + jumped + i64::try_from(now.0.as_millis()).expect("a story does not last that long");
    let nanos = u32::try_from(wall.rem_euclid(1000) * 1_000_000).expect("less than a second");
    Moment { time: now, wall: WallTime { seconds: wall.div_euclid(1000), nanos, utc_offset: 0 } }
}

/// One event and what the mind made of it.
#[derive(Debug, Clone)]
struct Turn {
    now: Time,
    /// What the wall clock shows, in milliseconds.
    wall: i64,
    event: Event,
    effects: Vec<Effect>,
}

impl World {
    fn new(project: &Project, cast: BTreeMap<InstanceId, Vec<Behaviour>>) -> World {
        let mut world = World { project: Arc::new(project.clone()), cast, ..World::default() };
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
        let moment = at_wall(now, self.jumped);
        let wall = milliseconds(moment.wall);
        mind.handle(moment, event.clone(), &mut effects);
        for effect in &effects {
            self.perform(now, effect);
        }
        Some(Turn { now, wall, event, effects })
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
                Next::Jump(by) => self.jumped += by,
                Next::Reload(rewrite) => return Some((at.max(now), self.reload(&rewrite))),
                Next::Child { run, what } => {
                    if self.happens(at, run, &what) {
                        return Some((at.max(now), Event::Child { run, what }));
                    }
                }
            }
        }
    }

    fn reload(&self, Rewrite(rewrite): &Rewrite) -> Event {
        let (project, asked) = rewrite(&self.project);
        let mut difference = Difference::between(&self.project, &project);
        for spec in project.instances.iter().filter(|spec| asked.contains(&spec.id)) {
            difference.ask_to_reread(spec);
        }
        Event::Reloaded(Arc::new(Reload {
            project: Arc::new(project),
            difference,
            occasion: Occasion::Reload,
        }))
    }

    /// Notes that something happens to a process, and what follows; returns false if it cannot happen any more.
    fn happens(&mut self, at: Time, run: RunId, what: &ChildEvent) -> bool {
        let Some(child) = self.children.get_mut(&run) else { return false };
        let Some(follows) = child.live_through(at, what) else { return false };
        for (wait, what) in follows {
            self.put(at + wait, Next::Child { run, what });
        }
        true
    }

    fn perform(&mut self, now: Time, effect: &Effect) {
        match effect {
            Effect::Spawn { run, instance, part } => self.spawn(now, *run, instance, *part),
            Effect::Signal { run, signal, reach } => self.signal(now, *run, *signal, *reach),
            Effect::Probe { run, check, .. } => {
                let answer = self.children.get(run).and_then(|child| child.look(now, *check));
                self.answer(now, *run, answer);
            }
            Effect::Measure { run } => {
                let answer = self.children.get(run).and_then(|child| child.measure(now));
                self.answer(now, *run, answer);
            }
            Effect::TakeOver(reload) => self.project = Arc::clone(&reload.project),
            Effect::Suspend | Effect::Resume | Effect::Note(_) | Effect::Finish(_) => {}
        }
    }

    fn answer(&mut self, now: Time, run: RunId, answer: Option<Later>) {
        if let Some((wait, what)) = answer {
            self.put(now + wait, Next::Child { run, what });
        }
    }

    fn spawn(&mut self, now: Time, run: RunId, instance: &InstanceId, part: Part) {
        let behaviour = if part == Part::Main {
            let nth = self.launches.entry(instance.clone()).or_default();
            let behaviours = self.cast.entry(instance.clone()).or_insert_with(|| vec![Behaviour::default()]);
            *nth += 1;
            behaviours[(*nth - 1).min(behaviours.len() - 1)].clone()
        } else {
            self.hooks.get(&(instance.clone(), part)).cloned().unwrap_or_else(quick)
        };
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

/// A hook that does what it is for.
fn quick() -> Behaviour {
    Behaviour { ends: Some((Duration::from_millis(20), Exit::Code(0))), ..Behaviour::default() }
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
