//! What is so and why, for whoever wants to look: plain data, no words.

use super::instance::Instance;
use super::run::Sequel;
use super::shutdown::Cause;
use super::{Phase, Supervisor, Want};
use crate::exit::Exit;
use crate::project::InstanceId;
use crate::time::Time;

/// The whole stack at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Time,
    /// Why everything is coming to its end, if it is.
    pub stopping: Option<Cause>,
    /// All instances, in Procfile order.
    pub instances: Vec<InstanceState>,
}

/// One instance at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// Why an instance runs, or why it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

impl Supervisor {
    /// Returns what is so at `now`.
    pub fn snapshot(&self, now: Time) -> Snapshot {
        let instances = self.instances.iter().map(Instance::state).collect();
        let stopping = self.shutdown.as_ref().map(|shutdown| shutdown.cause.clone());
        Snapshot { at: now, stopping, instances }
    }

    /// Returns why an instance runs or does not; `None` if there is no such instance.
    pub fn explain(&self, id: &InstanceId) -> Option<Explanation> {
        self.instances.iter().find(|instance| instance.id == *id).map(Instance::explain)
    }
}

impl Instance {
    fn state(&self) -> InstanceState {
        InstanceState {
            id: self.id.clone(),
            want: self.want,
            phase: self.phase.clone(),
            restarts: self.history.restarts,
            because: self.explain(),
        }
    }

    fn explain(&self) -> Explanation {
        match self.phase {
            Phase::Pending => Explanation::NotWanted,
            Phase::Waiting => Explanation::AwaitsLastWords,
            Phase::Starting { since, .. } => Explanation::Starts { since },
            Phase::Running { since, .. } => Explanation::Runs { since },
            Phase::Stopping { .. } if self.is_given_up() => Explanation::StillAlive,
            Phase::Stopping { exit: Some(exit), .. } => Explanation::LeftSomebody { exit },
            Phase::Stopping { exit: None, until, .. } => Explanation::Ends { until },
            Phase::Backoff { until } => Explanation::StartsAgain { at: until },
            Phase::Exited { .. } if self.ended_on_request() => Explanation::NotWanted,
            Phase::Exited { exit, .. } => Explanation::Ended { exit },
        }
    }

    fn ended_on_request(&self) -> bool {
        let end = self.run.as_ref().and_then(|run| run.end);
        end.is_some_and(|end| end.sequel == Sequel::Asked)
    }
}
