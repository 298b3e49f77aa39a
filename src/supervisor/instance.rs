//! One instance: what is wanted of it, and what is so. Two facts, two fields.

use std::fmt;
use std::sync::Arc;

use super::Effect;
use super::run::Run;
use crate::exit::Exit;
use crate::project::{InstanceId, InstanceSpec, ProcessSpec};
use crate::restart::{History, NEVER, Policy};
use crate::time::Time;

/// One launch of one instance. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What people and policies want of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// It should run.
    Up,
    /// It should not run.
    Down,
    /// It should end once and then run again.
    Bounce,
}

/// What is so; set by news from the world only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Known, nothing owed.
    Pending,
    /// Wanted; a need is not met yet.
    Waiting,
    /// Launched, no process id yet.
    Starting {
        /// The launch.
        run: RunId,
        /// When it was launched.
        since: Time,
    },
    /// It runs.
    Running {
        /// The launch.
        run: RunId,
        /// Its leader.
        pid: i32,
        /// When it was launched.
        since: Time,
    },
    /// It was asked to end, or its leader has ended and what it left behind is ending.
    Stopping {
        /// The launch.
        run: RunId,
        /// Its leader, also when that is gone.
        pid: i32,
        /// Which signal of the ladder it got last.
        rung: usize,
        /// When the next one is due; `None` after SIGKILL.
        until: Option<Time>,
        /// How the leader ended, once it has.
        exit: Option<Exit>,
    },
    /// It is to be launched again at this time.
    Backoff {
        /// When.
        until: Time,
    },
    /// It has ended, all of it.
    Exited {
        /// How its leader ended.
        exit: Exit,
        /// When.
        at: Time,
        /// Whether it has been decided what follows.
        judged: bool,
    },
}

/// One instance as the mind knows it.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub(super) id: InstanceId,
    pub(super) process: Arc<ProcessSpec>,
    pub(super) want: Want,
    pub(super) phase: Phase,
    /// What follows when it has ended by itself.
    pub(super) policy: &'static dyn Policy,
    pub(super) history: History,
    /// Its newest run, over or not.
    pub(super) run: Option<Run>,
}

impl Instance {
    /// Makes an instance that nothing is wanted of yet.
    pub(super) fn new(spec: &InstanceSpec) -> Instance {
        Instance {
            id: spec.id.clone(),
            process: Arc::clone(&spec.process),
            want: Want::Down,
            phase: Phase::Pending,
            policy: NEVER.policy,
            history: History::default(),
            run: None,
        }
    }

    /// Says of its run what there is to say by now.
    pub(super) fn tell(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if let Some(run) = &mut self.run {
            run.tell(&self.id, now, effects);
        }
    }

    /// Returns when [`Instance::tell`] has something to say even if no news comes.
    pub(super) fn words_due(&self) -> Option<Time> {
        self.run.as_ref().and_then(Run::words_due)
    }

    /// Returns whether a new run may begin: never two at a time, and the old one has the last word first.
    pub(super) fn may_start(&self) -> bool {
        self.run.as_ref().is_none_or(|run| run.gone.is_some() && run.has_said_all())
    }

    /// Returns whether nothing will happen to it any more unless somebody wants something of it.
    pub(super) fn at_rest(&self) -> bool {
        let quiet = self.run.as_ref().is_none_or(Run::has_said_all);
        let given_up = self.is_given_up();
        match self.phase {
            Phase::Pending => self.want == Want::Down && quiet,
            Phase::Waiting | Phase::Running { .. } | Phase::Backoff { .. } => false,
            Phase::Starting { .. } | Phase::Stopping { .. } => given_up && quiet,
            Phase::Exited { judged, .. } => quiet && (judged || self.want == Want::Down),
        }
    }

    /// Returns whether forge does not wait for the end of its run any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.given_up && run.gone.is_none())
    }
}
