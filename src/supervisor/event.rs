//! Everything that can happen: closed, so that the compiler points at each place that must know.

use super::{RunId, Want};
use crate::exit::{Exit, Step};
use crate::project::InstanceId;

/// One piece of news from the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// forge is ready; start what is wanted.
    Begin,
    /// Something about one run of a process.
    Child {
        /// Which run. News about a run that is over finds nobody and is dropped.
        run: RunId,
        /// What happened.
        what: ChildEvent,
    },
    /// forge received a signal.
    Signal {
        /// Its number.
        signal: i32,
        /// Whether the kernel sent it for a key pressed on the terminal.
        from_terminal: bool,
    },
    /// forge was suspended (SIGSTOP) and runs again.
    Continued,
    /// Nobody takes forge's output any more (EPIPE and the like).
    OutputGone {
        /// The `errno` of the write.
        errno: i32,
    },
    /// The guard process is gone; forge itself has ended everything that was left.
    GuardLost,
    /// Somebody wants something else of one instance: start it, end it, or end it once and start it again.
    /// Nobody is heard any more once the stack is stopping.
    Wanted {
        /// Which instance; one that is not there is nobody's.
        instance: InstanceId,
        /// What is wanted of it.
        want: Want,
    },
    /// The time that `deadline` named has come.
    DeadlineReached,
}

/// News about one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChildEvent {
    /// It runs; its leader is this process, also the leader of its session.
    Spawned {
        /// The leader's process id.
        pid: i32,
    },
    /// It could not be started.
    SpawnFailed {
        /// What failed.
        step: Step,
        /// Why.
        errno: i32,
    },
    /// Its leader has ended. What the leader left behind has got SIGTERM already.
    Exited(Exit),
    /// Nobody of its process tree is left. Always after `Exited`.
    Gone,
    /// All it wrote has been handed over; its output is at its end.
    OutputClosed {
        /// What its last lines complained of, where forge recognises it.
        complaint: Option<Complaint>,
    },
}

/// A trouble that forge recognises in the last lines of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    /// "address already in use", in the words of many languages.
    AddressInUse,
}
