//! Everything that can be done: closed, carried out exhaustively by `engine::perform`.

use std::time::Duration;

use super::RunId;
use crate::exit::{Exit, Step};
use crate::project::InstanceId;

/// One thing to do in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start an instance; answered by `Spawned` or `SpawnFailed`.
    Spawn {
        /// The name of this launch.
        run: RunId,
        /// Who is launched.
        instance: InstanceId,
    },
    /// Send a signal to a run.
    Signal {
        /// Which run.
        run: RunId,
        /// The signal's number.
        signal: i32,
        /// How far it goes.
        reach: Reach,
    },
    /// Stop everything (SIGSTOP), then forge itself; `Event::Continued` follows when it runs again.
    Suspend,
    /// Let everything run again (SIGCONT).
    Resume,
    /// forge's voice as data; the words are in `ui::messages`.
    Note(Note),
    /// All is over; the engine returns this.
    Finish(Outcome),
}

/// How far a signal goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The process that forge started, nobody else. SIGCONT follows a signal that asks to end.
    Leader,
    /// It and everything below it, whatever session it is in; with SIGKILL until nobody is left.
    Tree,
}

/// One remark of forge in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// "started with pid N".
    Started {
        /// Who.
        instance: InstanceId,
        /// Its leader's process id.
        pid: i32,
    },
    /// "exited with code N" or "terminated by SIGX"; comes after all it wrote.
    Ended {
        /// Who.
        instance: InstanceId,
        /// How.
        exit: Exit,
        /// Whether somebody it left behind still holds its output open.
        output_held: bool,
    },
    /// "unknown command: X" and its kind.
    CouldNotStart {
        /// Who.
        instance: InstanceId,
        /// What failed.
        step: Step,
        /// Why.
        errno: i32,
        /// More about it; the mind leaves it empty, the hand finds out.
        detail: Option<Detail>,
    },
    /// The last lines of a process said that its address is in use.
    AddressInUse {
        /// Who.
        instance: InstanceId,
        /// Who has its port, in words; the mind leaves it empty, the hand finds out.
        holder: Option<String>,
    },
    /// "SIGINT received, starting shutdown".
    ShutdownBySignal {
        /// The signal's number.
        signal: i32,
    },
    /// "sending SIGTERM to all processes".
    SendingToAll {
        /// The signal's number.
        signal: i32,
    },
    /// "USR1 received, forwarding it to children".
    Forwarding {
        /// The signal's number.
        signal: i32,
    },
    /// Who is still there while forge waits for the end.
    StillThere {
        /// Each of them.
        waiting: Vec<Waiting>,
    },
    /// Even SIGKILL did not end them, and forge stops waiting.
    StillAlive {
        /// Whose processes.
        instances: Vec<InstanceId>,
    },
    /// Everything has ended and `--exit-on never` keeps forge here.
    NothingRuns,
    /// The first cause, when something failed.
    FirstCause {
        /// Who ended first without being asked.
        instance: InstanceId,
        /// How.
        exit: Exit,
        /// How long it had run.
        after: Duration,
    },
    /// The system does not let forge read what a process prints, which finds its output closed.
    OutputUnread {
        /// Whose.
        instance: InstanceId,
        /// What the kernel said.
        errno: i32,
    },
    /// The guard process was killed.
    GuardLost,
    /// The machine has no pseudo-terminal left, or none at all; processes get pipes instead.
    NoTerminals {
        /// What the kernel said.
        errno: i32,
    },
    /// A log file cannot be written; lines will be missing in it.
    LogsIncomplete {
        /// Which one, as a path.
        file: String,
        /// Why.
        errno: i32,
    },
    /// An error within forge has cost lines of output; said once.
    LinesLost,
}

/// What the hand knows about a start that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// The directory it was to run in.
    Directory(String),
    /// Its environment is too large: how large, and which variable takes most of it.
    Environment {
        /// All of it.
        bytes: usize,
        /// The name of the largest variable.
        largest: String,
        /// What that one takes.
        largest_bytes: usize,
    },
}

/// One instance that has not ended yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Who.
    pub instance: InstanceId,
    /// Its leader's process id.
    pub pid: i32,
    /// Whether the leader itself is gone and only what it left behind is there.
    pub leader_gone: bool,
    /// The last signal it got.
    pub signal: i32,
    /// Whether the leader ignores that signal; the mind leaves it false, the hand finds out.
    pub ignores: bool,
    /// How long until SIGKILL.
    pub left: Duration,
}

/// How it all ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that had to end ended well, or forge was asked to stop.
    Done,
    /// The first process whose end was not asked for ended like this.
    Failed {
        /// Who.
        instance: InstanceId,
        /// How.
        exit: Exit,
    },
    /// forge itself could not do its work: the guard is lost, or processes are left that nobody can end.
    Broken,
}
