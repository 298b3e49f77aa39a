//! What is so and why, for whoever wants to look: plain data, no words.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::complete::Completion;
use super::instance::Instance;
use super::needs::Needs;
use super::ready::Looking;
use super::run::{Run, Sequel};
use super::shutdown::Cause;
use super::{Chapter, Part, Pending, Phase, Reason, Supervisor, Want};
use crate::exit::Exit;
use crate::project::InstanceId;
use crate::project::lifecycle::{Milestone, Nature};
use crate::time::Time;

/// The whole stack at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Time,
    /// Why everything is coming to its end, if it is.
    pub stopping: Option<Cause>,
    /// Who ended first without being asked, if that counts.
    pub first_end: Option<InstanceId>,
    /// All instances, in Procfile order.
    pub instances: Vec<InstanceState>,
}

/// One instance at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct InstanceState {
    /// Which one.
    pub id: InstanceId,
    /// What is wanted of it.
    pub want: Want,
    /// What is so.
    pub phase: Phase,
    /// How often it was started again.
    pub restarts: u32,
    /// Why it runs or does not.
    pub because: Explanation,
    /// Whether it is ready, if it runs.
    pub ready: bool,
    /// Its last runs, the newest last.
    pub runs: Vec<Chapter>,
}

/// Why an instance runs, or why it does not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Explanation {
    /// It runs since then.
    Runs {
        /// When it was launched.
        since: Time,
    },
    /// It is being started since then.
    Starts {
        /// When it was launched.
        since: Time,
    },
    /// Nobody wants it to run.
    NotWanted,
    /// It starts as soon as its last run has had its last word.
    AwaitsLastWords,
    /// It waits for another one.
    WaitsFor {
        /// For whom.
        on: InstanceId,
        /// Until that one has come how far.
        reached: Milestone,
        /// Since when.
        since: Time,
    },
    /// It stays down because another one has failed.
    KeptDown {
        /// Who.
        because: InstanceId,
        /// Since when it waits.
        since: Time,
    },
    /// The clock starts it at that time.
    Scheduled {
        /// Milliseconds since 1970-01-01 00:00:00 UTC; `None`: never again.
        due: Option<i64>,
    },
    /// Its hook `before` runs since then.
    Prepares {
        /// When that was launched.
        since: Time,
    },
    /// It runs and is not ready yet.
    NotReadyYet {
        /// When it was launched.
        since: Time,
    },
    /// It is to end, when those who need it have ended.
    EndsAfter {
        /// One of them.
        dependent: InstanceId,
    },
    /// It is to end, and was asked first to say what it is doing.
    Dumps {
        /// Why it is to end.
        reason: Reason,
    },
    /// It was asked to end.
    Ends {
        /// When SIGKILL or the next signal follows; `None` after SIGKILL.
        until: Option<Time>,
    },
    /// It has ended, and what it left behind is ending.
    LeftSomebody {
        /// How it ended.
        exit: Exit,
    },
    /// Even SIGKILL did not end it.
    StillAlive,
    /// It is started again at that time.
    StartsAgain {
        /// When.
        at: Time,
    },
    /// It has ended by itself and stays down.
    Ended {
        /// How.
        exit: Exit,
    },
    /// It has failed, was started again often enough, and stays down.
    GaveUp {
        /// How it ended the last time.
        exit: Exit,
    },
}

impl Supervisor {
    /// Returns what is so at `now`.
    pub fn snapshot(&self, now: Time) -> Snapshot {
        let mains = (0..self.instances.len()).filter(|index| self.instances[*index].is_main());
        let instances = mains.map(|index| self.state(index)).collect();
        let stopping = self.shutdown.as_ref().map(|shutdown| shutdown.cause.clone());
        let first_end = self.ends.first().map(|first| first.instance.clone());
        Snapshot { at: now, stopping, first_end, instances }
    }

    /// Returns why an instance runs or does not; `None` if there is no such instance.
    pub fn explain(&self, id: &InstanceId) -> Option<Explanation> {
        let index = self.instances.iter().position(|instance| instance.id == *id)?;
        Some(self.explanation(index))
    }

    /// Returns whether it is worth while to look who has failed, resists, or waits for another one, while the stack is
    /// to run on. Quick, and rather true once too often than too seldom.
    pub fn may_have_a_story(&self) -> bool {
        let of_run = |run: &Run| run.killed.is_some() || run.end.is_some_and(|end| !end.success);
        let of_one = |instance: &Instance| {
            let waits = instance.phase == Phase::Waiting;
            waits || !instance.chapters.is_empty() || instance.run.as_ref().is_some_and(of_run)
        };
        self.shutdown.is_none() && self.instances.iter().any(of_one)
    }

    /// Returns everybody who is not ready yet, and every task that is not done.
    pub(super) fn pending(&self) -> Vec<Pending> {
        let mains = (0..self.instances.len()).filter(|index| self.instances[*index].is_main());
        let pending = |index: usize| {
            let instance = &self.instances[index];
            let failure = instance.run.as_ref().and_then(|run| run.looking.as_ref()).map(Looking::failure);
            let rule = instance.run.as_ref().and_then(|run| run.readiness.as_ref());
            Pending {
                instance: instance.id.clone(),
                because: self.explanation(index),
                looks: rule.zip(failure).map(|(rule, failure)| (Arc::clone(&rule.probe), failure)),
            }
        };
        let counts = |index: &usize| self.completion == Completion::NotAsked || self.is_awaited(*index);
        let stays = |index: &usize| !self.instances[*index].leaving;
        mains.filter(stays).filter(|index| self.is_pending(*index)).filter(counts).map(pending).collect()
    }

    /// Returns whether one is not ready yet, or is a task that is not done.
    pub(super) fn is_pending(&self, index: usize) -> bool {
        let instance = &self.instances[index];
        let run = instance.run.as_ref();
        match instance.process.life.nature {
            Nature::Service => {
                let runs = matches!(instance.phase, Phase::Running { .. });
                !(runs && run.is_some_and(|run| run.ready.is_some()))
            }
            Nature::Task { .. } => !instance.has_succeeded(),
            Nature::Scheduled(_) => false,
        }
    }

    fn state(&self, index: usize) -> InstanceState {
        let instance = &self.instances[index];
        let newest = instance.run.as_ref();
        let runs = matches!(instance.phase, Phase::Running { .. });
        InstanceState {
            id: instance.id.clone(),
            want: instance.want,
            phase: instance.phase.clone(),
            restarts: instance.history.restarts,
            because: self.explanation(index),
            ready: runs && newest.is_some_and(|run| run.ready.is_some()),
            runs: instance.chapters.iter().cloned().chain(newest.map(Run::chapter)).collect(),
        }
    }

    fn explanation(&self, index: usize) -> Explanation {
        let instance = &self.instances[index];
        match instance.phase {
            Phase::Pending => Explanation::NotWanted,
            Phase::Waiting => self.why_it_waits(index),
            Phase::Starting { since, .. } if instance.prepares() => Explanation::Prepares { since },
            Phase::Starting { since, .. } => Explanation::Starts { since },
            Phase::Running { since, .. } => self.why_it_runs(index, since),
            Phase::Stopping { .. } if instance.is_given_up() => Explanation::StillAlive,
            Phase::Stopping { exit: Some(exit), .. } => Explanation::LeftSomebody { exit },
            Phase::Stopping { exit: None, until, .. } => Explanation::Ends { until },
            Phase::Backoff { until } => Explanation::StartsAgain { at: until },
            Phase::Exited { .. } if instance.ended_on_request() => Explanation::NotWanted,
            Phase::Exited { exit, .. } if instance.run.as_ref().is_some_and(|run| run.gave_up) => {
                Explanation::GaveUp { exit }
            }
            Phase::Exited { exit, .. } => Explanation::Ended { exit },
        }
    }

    fn why_it_waits(&self, index: usize) -> Explanation {
        let instance = &self.instances[index];
        let since = instance.waits_since;
        let name = |index: usize| self.instances[index].id.clone();
        match self.needs_of(index) {
            _ if !instance.may_start() => Explanation::AwaitsLastWords,
            _ if instance.is_early() => {
                Explanation::Scheduled { due: instance.clock.as_ref().and_then(|clock| clock.due) }
            }
            Needs::Unmet { on, reached } => Explanation::WaitsFor { on: name(on), reached, since },
            Needs::Hopeless { because } => Explanation::KeptDown { because: name(because), since },
            // It starts within the same event, and nobody can look meanwhile.
            Needs::Met => Explanation::AwaitsLastWords,
        }
    }

    fn why_it_runs(&self, index: usize, since: Time) -> Explanation {
        let instance = &self.instances[index];
        let run = instance.run.as_ref();
        if instance.want != Want::Up
            && let Some(leaner) = self.held_by(index)
        {
            return Explanation::EndsAfter { dependent: self.instances[leaner].id.clone() };
        }
        if instance.prepares() {
            return Explanation::Prepares { since };
        }
        match run.and_then(|run| run.reason) {
            Some(reason) => Explanation::Dumps { reason },
            None if run.is_some_and(|run| run.ready.is_none()) => Explanation::NotReadyYet { since },
            None => Explanation::Runs { since },
        }
    }
}

impl Instance {
    fn prepares(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.part == Part::Before)
    }

    fn ended_on_request(&self) -> bool {
        let end = self.run.as_ref().and_then(|run| run.end);
        end.is_some_and(|end| end.sequel == Sequel::Asked)
    }
}
