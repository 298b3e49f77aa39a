//! What a restart policy says about an exit. Pure.
//!
//! A policy is one file and one line in [`KINDS`].

mod backoff;
mod never;

use std::fmt::Debug;
use std::time::Duration;

use crate::exit::Exit;
use crate::time::Time;

pub use backoff::Backoff;
pub use never::NEVER;

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
        /// The reason, as a clause: "5 restarts within 1m".
        why: &'static str,
    },
}

/// What happened to this instance before.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// How often it was started again so far.
    pub restarts: u32,
    /// When the run that just ended had begun.
    pub started: Time,
}

/// Decides about an exit; knows nothing but its arguments.
pub trait Policy: Debug + Send + Sync {
    /// Says what follows from `exit` at `now`.
    fn decide(&self, exit: Exit, history: &History, now: Time) -> Verdict;
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
pub static KINDS: &[&Kind] = &[&NEVER];
