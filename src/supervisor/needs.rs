//! Who may start, and who may be stopped: the needs of the project at run time.
//!
//! Needs are looked at when somebody is about to start, and when somebody is about to be stopped; in between they bind
//! nobody. A name that is not started in this run is needed in vain, and nobody waits for it.

use std::collections::BTreeSet;

use super::instance::Instance;
use super::ready::Rule;
use super::run::{End, Sequel};
use super::{Part, Phase, RunId, Supervisor, Want};
use crate::project::Project;
use crate::project::lifecycle::Milestone;

/// How it stands with the needs of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// It may start.
    Met,
    /// It waits for another one.
    Unmet { on: usize, reached: Milestone },
    /// It waits in vain: this one has failed and stays down.
    Hopeless { because: usize },
}

/// Writes down who needs whom, and from when on each counts as ready. The instances of the project come first, in its order.
pub(super) fn connect(instances: &mut [Instance], project: &Project) {
    let mut awaited = BTreeSet::new();
    for index in 0..project.instances.len() {
        if project.wait.is_some() && project.instances[index].is_expected_to_listen() {
            // By whoever has started all of it.
            awaited.insert(index);
        }
        let needs = project.instances[index].process.life.after.iter();
        let on = needs.flat_map(|need| {
            let all = project.instances.iter().enumerate();
            let wanted = all.filter(|(_, other)| other.id.process == need.on);
            wanted.map(|(on, _)| (on, need.reached)).collect::<Vec<_>>()
        });
        for (on, reached) in on {
            if reached == Milestone::Ready {
                awaited.insert(on);
            }
            instances[index].needs.push((on, reached));
            instances[on].dependents.push(index);
        }
    }
    for index in 0..project.instances.len() {
        let leans_on = all_it_leans_on(instances, index);
        for on in &leans_on {
            instances[*on].leaners.push(index);
        }
        instances[index].leans_on = leans_on;
    }
    for (index, spec) in project.instances.iter().enumerate() {
        let life = &spec.process.life;
        let is_awaited = awaited.contains(&index) || life.hooks.ready.is_some();
        instances[index].readiness = Rule::of(life.ready.as_ref(), spec.port.is_some(), is_awaited);
    }
}

/// Returns whom one needs, and whom those need, and so on: a task in between may have ended long ago.
fn all_it_leans_on(instances: &[Instance], index: usize) -> Vec<usize> {
    let mut found: BTreeSet<usize> = BTreeSet::new();
    let mut to_follow = vec![index];
    while let Some(next) = to_follow.pop() {
        let further = instances[next].needs.iter().map(|(on, _)| *on);
        to_follow.extend(further.filter(|on| found.insert(*on)));
    }
    found.into_iter().collect()
}

impl Supervisor {
    /// Returns whether an instance may start as far as others are concerned.
    pub(super) fn needs_of(&self, index: usize) -> Needs {
        self.needs_within(index, self.instances.len())
    }

    /// Whoever waits for somebody who waits in vain does so, too. `depth` ends a circle, which nobody gets out of.
    fn needs_within(&self, index: usize, depth: usize) -> Needs {
        let mut unmet = Needs::Met;
        for &(on, reached) in &self.instances[index].needs {
            let provider = &self.instances[on];
            if provider.has_reached(reached) {
                continue;
            }
            if provider.has_failed_for_good() || provider.is_given_up() {
                return Needs::Hopeless { because: on };
            }
            if provider.phase == Phase::Waiting
                && depth > 0
                && let Needs::Hopeless { because } = self.needs_within(on, depth - 1)
            {
                return Needs::Hopeless { because };
            }
            if unmet == Needs::Met {
                unmet = Needs::Unmet { on, reached };
            }
        }
        unmet
    }

    /// Returns whether somebody who needs it, directly or through others, is still there and is to go first.
    pub(super) fn is_held(&self, index: usize) -> bool {
        self.held_by(index).is_some()
    }

    /// Returns one of those who are to go first.
    pub(super) fn held_by(&self, index: usize) -> Option<usize> {
        let goes_first = |leaner: &usize| self.goes_first(*leaner);
        let Instance { leaners, former_leaners, .. } = &self.instances[index];
        let is_that_run = |(leaner, run): &&(usize, RunId)| {
            self.instances[*leaner].run.as_ref().is_some_and(|it| it.id == *run)
        };
        let former = former_leaners.iter().filter(is_that_run).map(|(leaner, _)| *leaner);
        leaners.iter().copied().chain(former).find(goes_first)
    }

    /// Returns whether the run of one that needs others is to end before theirs.
    fn goes_first(&self, leaner: usize) -> bool {
        let leaner = &self.instances[leaner];
        // Outside of the end of the stack nobody limits how long a launch may stay without an answer.
        let has_begun = self.shutdown.is_some() || !matches!(leaner.phase, Phase::Starting { .. });
        match leaner.want {
            Want::Up => false,
            Want::Down | Want::Bounce => leaner.is_live() && has_begun,
        }
    }

    /// Returns everybody who waits in vain because this one has failed.
    pub(super) fn kept_down_by(&self, failed: usize) -> Vec<usize> {
        if self.instances[failed].dependents.is_empty() {
            return Vec::new();
        }
        let waits = |index: &usize| self.instances[*index].phase == Phase::Waiting;
        let in_vain = |index: &usize| self.needs_of(*index) == Needs::Hopeless { because: failed };
        (0..self.instances.len()).filter(waits).filter(in_vain).collect()
    }

    /// Has everybody move who may be concerned by a change of this one.
    pub(super) fn touch_neighbours(&mut self, index: usize) {
        let instance = &self.instances[index];
        self.touched.extend(instance.dependents.iter().copied());
        self.touched.extend(instance.leans_on.iter().copied());
        if !instance.dependents.is_empty() {
            // Whoever waits for those who wait for it.
            self.touched
                .extend((0..self.instances.len()).filter(|i| self.instances[*i].phase == Phase::Waiting));
        }
    }
}

impl Instance {
    fn has_reached(&self, milestone: Milestone) -> bool {
        if self.has_succeeded() && self.may_start() {
            // All of it is over, and it has had its last word.
            return true;
        }
        // Whoever waits for others to go first is as good as gone.
        let runs = matches!(self.phase, Phase::Running { .. }) && self.want == Want::Up;
        let run = self.run.as_ref().filter(|run| run.part == Part::Main && runs && run.reason.is_none());
        match milestone {
            Milestone::Started => run.is_some(),
            Milestone::Ready => run.is_some_and(|run| run.ready.is_some()),
            Milestone::Done => false,
        }
    }

    /// Returns whether its last run has ended with success, and no other follows by itself.
    pub(super) fn has_succeeded(&self) -> bool {
        matches!(self.last_end(), Some(End { success: true, sequel: Sequel::Stays, .. }))
    }

    /// Returns whether its last run has failed, and no other follows by itself or is due by the clock.
    pub(super) fn has_failed_for_good(&self) -> bool {
        let is_due = self.clock.is_some() && !self.is_early();
        !is_due && matches!(self.last_end(), Some(End { success: false, sequel: Sequel::Stays, .. }))
    }

    /// How its newest run ended, unless another one is under way or wanted.
    fn last_end(&self) -> Option<End> {
        let is_last = match self.phase {
            Phase::Exited { .. } | Phase::Stopping { exit: Some(_), .. } => true,
            // What the clock starts waits for the next time.
            Phase::Waiting | Phase::Pending => self.clock.is_some(),
            Phase::Starting { .. }
            | Phase::Running { .. }
            | Phase::Stopping { exit: None, .. }
            | Phase::Backoff { .. } => false,
        };
        let counts = is_last && self.want != Want::Bounce && !self.forgiven;
        let end = self.run.as_ref().filter(|_| counts)?.end?;
        Some(end)
    }
}
