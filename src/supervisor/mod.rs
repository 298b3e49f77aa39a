//! What should happen next. Pure: events in, effects out, one `deadline()`.
//!
//! No clock, no I/O, no threads, no randomness. The same events give the same effects.
//!
//! The way of one event: `relay` passes on what is not for the mind, `learn` writes down what happened,
//! `settle` tends and lets every instance that may be concerned move until nothing is left to do, and `conclude`
//! sees whether all is over. All of them look at what is so, not at what has just changed: whatever is missed
//! once is seen the next time.

mod chance;
mod complete;
mod conclude;
mod drive;
mod effect;
mod event;
mod given;
pub mod goal;
mod instance;
mod judge;
mod learn;
mod limits;
mod live;
mod needs;
mod ready;
mod relay;
mod reload;
mod reread;
mod run;
mod schedule;
mod shutdown;
mod snapshot;
mod tend;
mod watch;
mod why;

#[cfg(test)]
mod sim;

use std::collections::{BTreeMap, BTreeSet};

use crate::project::{ExitOn, InstanceId, ProcessName, Project};
use crate::time::{Moment, Time};

use chance::Chance;
use complete::Completion;
use conclude::FirstEnd;
use drive::{Around, Step};
use instance::{Hooks, Instance};
use needs::Needs;
use shutdown::Shutdown;

pub use effect::{Detail, Effect, Excess, Note, Outcome, Pending, Reach, Waiting, Wish};
pub use event::{Certainty, Check, ChildEvent, Complaint, Event, Notice, Part, ProbeFailure, Usage};
pub use given::{Calendar, Given};
pub use instance::{Phase, RunId, Want};
pub use reload::{Occasion, Reload};
pub use shutdown::Cause;
pub use snapshot::{Explanation, InstanceState, Snapshot};
pub use why::{Because, Chapter, Reason};

/// The mind: what is wanted of every instance, what is so, and what follows.
#[derive(Debug, Clone)]
pub struct Supervisor {
    /// In Procfile order, which is the order in which they start and in which they are named.
    instances: Vec<Instance>,
    /// The newest run of each instance, and whose it is. An older one is in no table, so news of it finds nobody.
    runs: BTreeMap<RunId, usize>,
    /// How many runs were launched so far.
    launches: u64,
    /// What the end of a process means for the others.
    exit_on: ExitOn,
    /// Whose exit code becomes that of forge, and whose end ends the stack.
    exit_code_from: Option<ProcessName>,
    given: Given,
    /// The source of all jitter.
    chance: Chance,
    /// What the wall clock showed last, in milliseconds.
    wall: i64,
    /// The ends that nobody asked for and that count, of those who were not started again. The first one decides.
    ends: Vec<FirstEnd>,
    /// How the process ended whose exit code becomes that of forge.
    decisive_end: Option<FirstEnd>,
    /// Whether somebody waits until all of it is ready.
    completion: Completion,
    /// Why and since when all is to end.
    shutdown: Option<Shutdown>,
    /// Why forge's own output cannot be written any more.
    output_gone: Option<i32>,
    /// Whether the guard is gone, and with it all that ran.
    guard_lost: bool,
    /// Whether it was said that nothing runs any more.
    idle_said: bool,
    /// How many are no part of the project any more, and not gone yet.
    leaving: usize,
    /// Whether the outcome is out; nothing follows it.
    finished: bool,
    /// Whom the event is about: what it means for others comes after what it means for this one.
    in_the_news: Option<usize>,
    /// Who may have to move.
    touched: BTreeSet<usize>,
    /// When something is due even if no news comes.
    due: Option<Time>,
}

impl Supervisor {
    /// Makes a mind that knows the instances of `project` and waits for [`Event::Begin`].
    pub fn new(project: &Project, given: Given) -> Supervisor {
        let mut instances: Vec<Instance> = project.instances.iter().map(Instance::new).collect();
        needs::connect(&mut instances, project);
        for (index, spec) in project.instances.iter().enumerate() {
            let mut add = |part: Part| {
                part.command(&spec.process)?;
                instances.push(Instance::hook(spec, part));
                Some(instances.len() - 1)
            };
            let (ready, crash) = (add(Part::Ready), add(Part::Crash));
            instances[index].hooks = Hooks { ready, crash };
        }
        let chance = Chance::new(given.seed);
        Supervisor {
            instances,
            runs: BTreeMap::new(),
            launches: 0,
            exit_on: project.exit_on,
            exit_code_from: project.exit_code_from.clone(),
            given,
            chance,
            wall: 0,
            ends: Vec::new(),
            decisive_end: None,
            completion: if project.wait.is_some() { Completion::Awaited } else { Completion::NotAsked },
            shutdown: None,
            output_gone: None,
            guard_lost: false,
            idle_said: false,
            leaving: 0,
            finished: false,
            in_the_news: None,
            touched: BTreeSet::new(),
            due: None,
        }
    }

    /// Notes what happened, then moves everything toward what is wanted. `effects` are to be carried out in order.
    ///
    /// After [`Effect::Finish`] nothing has an effect any more.
    pub fn handle(&mut self, now: Moment, event: Event, effects: &mut Vec<Effect>) {
        let Moment { time: now, wall } = now;
        self.wall = schedule::milliseconds(wall);
        if self.finished {
            return;
        }
        let is_due = self.due.is_some_and(|due| due <= now);
        self.relay(&event, effects);
        self.learn(now, event);
        self.settle(now, effects);
        // Whatever the event is: news may come so thick that the timer never has its turn. And after the event:
        // nobody is started again at the very moment at which the stack ends.
        if is_due {
            self.touch_all();
            self.settle(now, effects);
        }
        if self.see_completion(now, effects) {
            self.settle(now, effects);
        }
        self.report(now, effects);
        self.forget_those_who_left();
        self.conclude(now, effects);
        self.due = self.next_due();
    }

    /// Returns when [`Event::DeadlineReached`] is due. It is always later than the last event: there is nothing
    /// that stays due, so a timer cannot spin. Too early or too late does no harm.
    pub fn deadline(&self) -> Option<Time> {
        self.due
    }

    /// Returns whose run it is; `None` for a run that is over and replaced by another.
    pub fn instance_of(&self, run: RunId) -> Option<&InstanceId> {
        self.runs.get(&run).map(|&index| &self.instances[index].id)
    }

    /// Lets everybody who was touched say what there is to say and take steps until all stay as they are.
    fn settle(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.guard_lost {
            // There is nobody left to move, and nobody to do it.
            return;
        }
        let mut lost = Vec::new();
        loop {
            // A step of somebody may have begun the shutdown: said before the others are stopped.
            self.announce(now, effects);
            let Some(index) = self.touched.pop_first() else { break };
            let (said, was_over) = (effects.len(), self.instances[index].may_start());
            self.instances[index].tell(now, effects);
            let is_over = self.instances[index].may_start();
            if effects.len() > said || is_over != was_over {
                // The last word of one can be what another has waited for, and so can be that none will come.
                self.touch_neighbours(index);
            }
            // What has happened is judged before anybody, or the clock, wants something new.
            if self.next_step(index, now) == Step::Judge {
                self.take(index, Step::Judge, now, effects);
                self.touch_neighbours(index);
            }
            self.tend(index, now, effects);
            loop {
                let step = self.next_step(index, now);
                match step {
                    Step::Stay => break,
                    Step::GiveUp => lost.push(self.instances[index].id.clone()),
                    Step::Await
                    | Step::Rest
                    | Step::Launch
                    | Step::Dump
                    | Step::Ask { .. }
                    | Step::Kill
                    | Step::Judge
                    | Step::BackOff { .. } => {}
                }
                self.take(index, step, now, effects);
                self.touch_neighbours(index);
            }
            if self.in_the_news.take_if(|news| *news == index).is_some() {
                self.touch_neighbours(index);
            }
        }
        if !lost.is_empty() {
            effects.push(Effect::Note(Note::StillAlive { instances: lost }));
        }
    }

    fn next_step(&mut self, index: usize, now: Time) -> Step {
        let is_held = self.instances[index].want != Want::Up && self.is_held(index);
        if self.shutdown.is_some() && !is_held {
            self.instances[index].free_since.get_or_insert(now);
        }
        let waits = self.instances[index].phase == Phase::Waiting;
        let needs = if waits { self.needs_of(index) } else { Needs::Met };
        let around = Around { shutdown: self.shutdown.as_ref(), needs, is_held };
        drive::step(&self.instances[index], around, now)
    }

    fn next_due(&self) -> Option<Time> {
        if self.finished {
            return None;
        }
        let shutdown = self.shutdown.as_ref();
        let moves = self.instances.iter().filter_map(|instance| drive::due(instance, shutdown));
        let words = self.instances.iter().filter_map(Instance::words_due);
        let stack_ends = shutdown.is_some();
        let cares = self.instances.iter().filter_map(|instance| instance.tend_due(stack_ends));
        moves.chain(words).chain(cares).chain(self.report_due()).min()
    }

    fn touch_all(&mut self) {
        self.touched.extend(0..self.instances.len());
    }
}
