//! One word for what is so.

use serde::{Deserialize, Serialize};

use crate::supervisor::{Explanation, InstanceState};

/// What is so of an instance, for tables and dots of colour. [`Explanation`] tells the whole of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nobody wants it to run.
    Stopped,
    /// It waits for another one, or for its own last words.
    Waiting,
    /// The clock will start it.
    Scheduled,
    /// It has been launched and is not ready.
    Starting,
    /// It runs, and is ready.
    Running,
    /// It, or what it left behind, is ending.
    Stopping,
    /// It has ended and will be started again.
    Restarting,
    /// It has ended with success and stays down.
    Done,
    /// It has failed and stays down.
    Failed,
    /// It stays down because another one has failed.
    KeptDown,
    /// Nothing ends it.
    Stuck,
    /// Something that a later version knows.
    #[serde(other)]
    Other,
}

impl State {
    /// Returns the word for an instance.
    pub fn of(one: &InstanceState) -> State {
        match one.because {
            Explanation::NotWanted => State::Stopped,
            Explanation::AwaitsLastWords | Explanation::WaitsFor { .. } => State::Waiting,
            Explanation::KeptDown { .. } => State::KeptDown,
            Explanation::Scheduled { .. } => State::Scheduled,
            Explanation::Prepares { .. } | Explanation::Starts { .. } | Explanation::NotReadyYet { .. } => {
                State::Starting
            }
            Explanation::Runs { .. } => State::Running,
            Explanation::EndsAfter { .. }
            | Explanation::Dumps { .. }
            | Explanation::Ends { .. }
            | Explanation::LeftSomebody { .. } => State::Stopping,
            Explanation::StillAlive => State::Stuck,
            Explanation::StartsAgain { .. } => State::Restarting,
            Explanation::Ended { .. } if one.runs.last().is_some_and(|run| run.success == Some(true)) => {
                State::Done
            }
            Explanation::Ended { .. } | Explanation::GaveUp { .. } => State::Failed,
        }
    }

    /// Returns the word itself, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            State::Stopped => "stopped",
            State::Waiting => "waiting",
            State::Scheduled => "scheduled",
            State::Starting => "starting",
            State::Running => "running",
            State::Stopping => "stopping",
            State::Restarting => "restarting",
            State::Done => "done",
            State::Failed => "failed",
            State::KeptDown => "kept-down",
            State::Stuck => "stuck",
            State::Other => "other",
        }
    }
}
