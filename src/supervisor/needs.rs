//! Who may start, and who may be stopped: the needs of the project at run time.
//!
//! Needs are looked at when somebody is about to start, and when somebody is about to be stopped; in between they bind
//! nobody. A name that is not started in this run is needed in vain, and nobody waits for it.

use std::collections::BTreeSet;

use super::instance::Instance;
use super::run::{End, Sequel};
use super::{Part, Phase, Supervisor, Want};
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

/// Writes down who needs whom, and who is waited for until it is ready.
pub(super) fn connect(instances: &mut [Instance], project: &Project) -> BTreeSet<usize> {
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
    awaited
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

    /// Returns whether somebody who needs it is still there and is to go first.
    pub(super) fn is_held(&self, index: usize) -> bool {
        let mut dependents = self.instances[index].dependents.iter().map(|index| &self.instances[*index]);
        dependents.any(|dependent| dependent.want == Want::Down && dependent.is_live())
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
        self.touched.extend(instance.needs.iter().map(|(on, _)| *on));
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
        let runs = matches!(self.phase, Phase::Running { .. });
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
        let end = self.run.as_ref().filter(|_| is_last && self.want != Want::Bounce)?.end?;
        Some(end)
    }
}
