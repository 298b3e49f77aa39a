//! What the mind remembers of the runs of an instance, so that it can say why something is as it is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::instance::Instance;
use super::run::{Run, Sequel};
use super::shutdown::Cause;
use super::{Certainty, RunId, Usage};
use crate::exit::Exit;
use crate::restart::{ALWAYS, Policy};
use crate::time::Time;

/// How many runs of an instance are remembered, besides the newest.
const REMEMBERED: usize = 8;

/// A rule by which forge itself ends a run that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It did not become ready in time. That is a failure of its own.
    NotReady,
    /// It does not show any more that it works; it is started again whatever its policy.
    NotLive,
    /// It uses more than it may; it is started again whatever its policy.
    Limit,
    /// It uses more than it may, and that is a failure.
    LimitForGood,
    /// It has run for long enough and is replaced.
    Old,
    /// A task did not come to its end in time. That is a failure.
    Overrun,
}

/// Why a run was asked to end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The stack ends.
    Stack(Cause),
    /// Somebody wanted it.
    Wanted,
    /// Files that it watches have changed.
    FilesChanged,
    /// It was due to start again, and was not to be waited for.
    Clock,
    /// A rule.
    Rule(Reason),
}

/// What is remembered of one run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Chapter {
    /// Which run.
    pub run: RunId,
    /// When it was launched.
    pub since: Time,
    /// Its leader's process id, if it ever had one.
    pub pid: Option<i32>,
    /// When it became ready.
    pub ready: Option<Time>,
    /// Why it was asked to end; `None` if it ended by itself, or runs.
    pub because: Option<Because>,
    /// When it was asked to end.
    pub asked: Option<Time>,
    /// How long it had ignored what it was asked when it was killed.
    pub ignored_for: Option<Duration>,
    /// How its leader ended.
    pub exit: Option<Exit>,
    /// When.
    pub ended: Option<Time>,
    /// Whether that was a success.
    pub success: Option<bool>,
    /// How sure it is that the kernel ended a process of it because the memory was used up; `None` if nothing says so.
    pub out_of_memory: Option<Certainty>,
    /// What it was doing, in its own words.
    pub status: Option<String>,
    /// What it used when it was last measured.
    pub usage: Option<Usage>,
}

impl Chapter {
    /// Returns whether it failed, by itself or by a rule; what was asked to end for another reason has not.
    pub fn failed(&self) -> bool {
        let counts = matches!(self.because, None | Some(Because::Rule(_)));
        counts && self.success == Some(false)
    }
}

impl Reason {
    /// Returns whether the end that it leads to is a failure, however the process takes it.
    pub(super) fn is_failure(self) -> bool {
        match self {
            Reason::NotReady | Reason::NotLive | Reason::Limit | Reason::LimitForGood | Reason::Overrun => {
                true
            }
            Reason::Old => false,
        }
    }

    /// Returns who decides what follows, if it is not the policy of the process.
    pub(super) fn policy(self) -> Option<&'static dyn Policy> {
        match self {
            Reason::NotLive | Reason::Limit => Some(ALWAYS.policy),
            Reason::NotReady | Reason::LimitForGood | Reason::Old | Reason::Overrun => None,
        }
    }

    /// Returns whether it is worth to know what the process is doing before it ends.
    pub(super) fn wants_evidence(self) -> bool {
        match self {
            Reason::NotReady | Reason::NotLive | Reason::Limit | Reason::LimitForGood | Reason::Overrun => {
                true
            }
            Reason::Old => false,
        }
    }
}

impl Run {
    /// Returns what is worth remembering of it.
    pub(super) fn chapter(&self) -> Chapter {
        let asked_to_end = self.end.is_none_or(|end| end.sequel == Sequel::Asked || self.reason.is_some());
        let asked = self.stop_began.filter(|_| asked_to_end);
        let ignored_for = self.killed.zip(asked).map(|(killed, asked)| killed.since(asked));
        Chapter {
            run: self.id,
            since: self.since,
            pid: self.pid,
            ready: self.ready,
            because: self.because.clone(),
            asked,
            ignored_for: ignored_for.filter(|length| !length.is_zero()),
            exit: self.end.map(|end| end.exit),
            ended: self.end.map(|end| end.at),
            success: self.end.map(|end| end.success),
            out_of_memory: self.out_of_memory,
            status: self.status.clone(),
            usage: self.meter.usage,
        }
    }
}

impl Instance {
    /// Remembers a run that is over.
    pub(super) fn remember(&mut self, run: &Run) {
        if self.chapters.len() == REMEMBERED {
            self.chapters.pop_front();
        }
        self.chapters.push_back(run.chapter());
    }
}
