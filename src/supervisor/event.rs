//! Everything that can happen: closed, so that the compiler points at each place that must know.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{RunId, Want};
use crate::exit::{Exit, Step};
use crate::project::lifecycle::Hooks;
use crate::project::{InstanceId, ProcessName, ProcessSpec};

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
    /// All of it was to be over by now.
    TimeUp {
        /// How long it was allowed to take.
        limit: Duration,
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
    /// Somebody wants an instance to get a signal; it changes nothing of what is wanted of it.
    SignalWanted {
        /// Which instance; one that does not run gets nothing.
        instance: InstanceId,
        /// The signal's number.
        signal: i32,
    },
    /// A file that a process watches has changed. Each change is told; the mind waits until it is quiet.
    FilesChanged {
        /// Who watches it; each process that does gets an event of its own.
        process: ProcessName,
        /// The file, as people call it.
        path: String,
    },
    /// The wall clock has jumped: somebody has set it, or the machine has slept.
    ClockSet,
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
    /// It printed the line that shows that it is ready; the first such line is enough.
    ReadyLine,
    /// It told something by the protocol of `sd_notify(3)`.
    Notified(Notice),
    /// The answer to `Effect::Probe`.
    Probed {
        /// What it was asked for.
        check: Check,
        /// What the look showed.
        result: Result<(), ProbeFailure>,
    },
    /// The answer to `Effect::Measure`.
    Measured(Usage),
    /// The kernel has ended a process of it because the memory was used up. Before `Exited`, if at all.
    OutOfMemory(Certainty),
}

/// What the hand starts for an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Its command.
    Main,
    /// The hook before its command, which waits for it.
    Before,
    /// The hook beside it when it has become ready.
    Ready,
    /// The hook when it has failed.
    Crash,
}

impl Part {
    /// Returns the command line of this part; `None` if the process has no such hook.
    pub fn command(self, process: &ProcessSpec) -> Option<&[u8]> {
        let Hooks { before, ready, crash } = &process.life.hooks;
        match self {
            Part::Main => Some(&process.command),
            Part::Before => before.as_deref(),
            Part::Ready => ready.as_deref(),
            Part::Crash => crash.as_deref(),
        }
    }
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Whether it is ready.
    Ready,
    /// Whether it still works.
    Live,
}

/// Why a look at a process did not show what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeFailure {
    /// Nobody of its process tree listens on its port.
    NothingListens,
    /// No connection could be made.
    CannotConnect {
        /// Why.
        errno: i32,
    },
    /// Its host has no address.
    UnknownHost,
    /// The answer to a request has another status.
    Status {
        /// This one.
        code: u16,
    },
    /// What came is no answer to a request.
    NoHttp,
    /// The command that looks has failed.
    Failed(Exit),
    /// The file is not there.
    NoFile,
    /// It took too long.
    TimedOut,
    /// The look itself failed.
    CannotLook {
        /// Why.
        errno: i32,
    },
}

/// One message of `sd_notify(3)`; several facts can come together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// READY=1.
    pub ready: bool,
    /// STOPPING=1.
    pub stopping: bool,
    /// WATCHDOG=1: it still works.
    pub watchdog: bool,
    /// STATUS: what it is doing, in its own words.
    pub status: Option<String>,
}

/// What a run and everything below it use. What could not be measured is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Usage {
    /// Memory, in bytes.
    pub memory: Option<u64>,
    /// Processor time in all since the start, also of those who have ended, as far as it is known.
    pub cpu: Option<Duration>,
    /// How long it has printed nothing.
    pub silent: Option<Duration>,
}

/// How well something is known that nobody has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// It is so.
    Sure,
    /// All that is known fits, and could fit another one, too.
    Probable,
}

/// A trouble that forge recognises in the last lines of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    /// "address already in use", in the words of many languages.
    AddressInUse,
}
