//! What a restart policy says about an exit. Pure.
//!
//! A policy is one file and one line in [`KINDS`]. It decides whether; how long to wait, and how often it is worth
//! trying, is the business of `backoff` and `budget`.

mod always;
mod backoff;
mod budget;
mod never;
mod on_failure;

use std::fmt::Debug;
use std::time::Duration;

use crate::exit::Exit;
use crate::time::Time;

pub use always::ALWAYS;
pub use backoff::Backoff;
pub use never::NEVER;
pub use on_failure::ON_FAILURE;

/// What to do about a process that has ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Start it again after this wait.
    Restart {
        /// How long to wait first.
        after: Duration,
    },
    /// Leave it down.
    Stay,
    /// Leave it down because it was tried often enough.
    GiveUp {
        /// How often it was started again.
        restarts: u32,
        /// Within this time.
        within: Duration,
    },
}

/// What happened to this instance before.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// How often it was started again so far, for whatever reason.
    pub restarts: u32,
    /// When the run that just ended had begun.
    pub started: Time,
    /// When a policy had it started again; what is too long ago to count is forgotten.
    recent: Vec<Time>,
    /// How many restarts by a policy there were since it last ran for long.
    in_a_row: u32,
}

impl History {
    /// Writes down that a policy has it started again.
    pub fn note_restart(&mut self, now: Time, rule: Rule) {
        self.in_a_row = self.in_a_row_at(now, rule.backoff) + 1;
        self.recent.retain(|at| now.since(*at) < rule.backoff.reset_after);
        self.recent.push(now);
    }

    /// Forgets the restarts by a rule that is not the rule any more.
    pub fn begin_anew(&mut self) {
        self.recent.clear();
        self.in_a_row = 0;
    }

    /// A run that lasted long makes what was before forgotten.
    fn in_a_row_at(&self, now: Time, backoff: Backoff) -> u32 {
        if now.since(self.started) >= backoff.reset_after { 0 } else { self.in_a_row }
    }
}

/// How a restart is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How long to wait before.
    pub backoff: Backoff,
    /// How often within [`Backoff::reset_after`]; `None`: without end.
    pub max_restarts: Option<u32>,
}

/// One end to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// How it ended.
    pub exit: Exit,
    /// Whether that is a success for this process.
    pub success: bool,
    /// When.
    pub now: Time,
    /// What was before.
    pub history: &'a History,
    /// How a restart is done.
    pub rule: Rule,
    /// Any number; the jitter is made of it.
    pub chance: u64,
}

/// Decides about an exit; knows nothing but its arguments.
pub trait Policy: Debug + Send + Sync {
    /// Says what follows.
    fn decide(&self, case: &Case<'_>) -> Verdict;
}

/// One kind of policy, as the registry knows it.
#[derive(Debug)]
pub struct Kind {
    /// The word for it in configuration.
    pub name: &'static str,
    /// One line, without a full stop.
    pub help: &'static str,
    /// The policy itself.
    pub policy: &'static dyn Policy,
}

/// Every policy there is, sorted by name.
pub static KINDS: &[&Kind] = &[&ALWAYS, &NEVER, &ON_FAILURE];

#[cfg(test)]
mod tests;
