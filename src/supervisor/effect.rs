//! Everything that can be done: closed, carried out exhaustively by `engine::perform`.

use std::sync::Arc;
use std::time::Duration;

use super::{Certainty, Check, Explanation, Part, ProbeFailure, RunId};
use crate::exit::{Exit, Step};
use crate::project::InstanceId;
use crate::project::lifecycle::{Missed, OnLimit, Overlap, Probe};

/// One thing to do in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start an instance; answered by `Spawned` or `SpawnFailed`.
    Spawn {
        /// The name of this launch.
        run: RunId,
        /// Who is launched.
        instance: InstanceId,
        /// Its command, or one of its hooks. What a hook prints belongs to the instance, too.
        part: Part,
    },
    /// Look once how a run is; answered by `Probed`, within `timeout` and a little. Never [`Probe::Log`],
    /// [`Probe::Notify`] or [`Probe::Delay`]. A late answer about a run that is over harms nobody.
    Probe {
        /// Which run.
        run: RunId,
        /// What the answer is for.
        check: Check,
        /// How to look.
        probe: Arc<Probe>,
        /// How long that may take.
        timeout: Duration,
    },
    /// Measure what a run and everything below it use; answered by `Measured`.
    Measure {
        /// Which run.
        run: RunId,
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
    /// Once to it and to everything below it, whatever group or session that is in. SIGCONT follows as above.
    Everyone,
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
    /// All of it was to be over by now.
    TimeUp {
        /// How long it was allowed to take.
        limit: Duration,
        /// What was still waited for, and why.
        pending: Vec<Pending>,
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
    /// "ready after 1.2 s"; said only where readiness is looked for.
    Ready {
        /// Who.
        instance: InstanceId,
        /// How long after its start.
        after: Duration,
    },
    /// It did not become ready in time, and is ended.
    NotReady {
        /// Who.
        instance: InstanceId,
        /// What was waited for.
        probe: Arc<Probe>,
        /// How long.
        waited: Duration,
        /// What the last look showed.
        failure: Option<ProbeFailure>,
        /// What it printed last; the mind leaves it empty, the hand finds out.
        last_lines: Vec<String>,
    },
    /// It does not show any more that it works, and is ended.
    NotLive {
        /// Who.
        instance: InstanceId,
        /// How often in a row.
        failures: u32,
        /// What the last look showed; `None` if it kept silent where it was to speak.
        failure: Option<ProbeFailure>,
    },
    /// It uses more than it may, or has run for too long.
    LimitExceeded {
        /// Who.
        instance: InstanceId,
        /// What it used, and what it may use.
        excess: Excess,
        /// What follows.
        follows: OnLimit,
    },
    /// It is started again after this wait, because its policy says so.
    Restarting {
        /// Who.
        instance: InstanceId,
        /// How long from now.
        after: Duration,
    },
    /// It was started again often enough and stays down.
    GaveUp {
        /// Who.
        instance: InstanceId,
        /// How often it was started again.
        restarts: u32,
        /// Within which time.
        within: Duration,
    },
    /// They stay down because somebody they need has failed.
    KeptDown {
        /// Who stays down.
        instances: Vec<InstanceId>,
        /// Who has failed.
        because: InstanceId,
    },
    /// A hook has failed.
    HookFailed {
        /// Whose hook.
        instance: InstanceId,
        /// Which one.
        part: Part,
        /// How.
        exit: Exit,
    },
    /// The kernel has ended a process of it because the memory was used up.
    OutOfMemory {
        /// Who.
        instance: InstanceId,
        /// How sure that is.
        certainty: Certainty,
    },
    /// Files that it watches have changed, and it is started again.
    FilesChanged {
        /// Who.
        instance: InstanceId,
        /// The file that changed last.
        path: String,
        /// How many changes there were besides.
        more: usize,
    },
    /// The clock wanted to start it, but its last run still runs.
    StillBusy {
        /// Who.
        instance: InstanceId,
        /// What follows.
        follows: Overlap,
    },
    /// It was due while nobody could start it: the machine slept, or its clock was set.
    WasMissed {
        /// Who.
        instance: InstanceId,
        /// How long ago it was due.
        late: Duration,
        /// What follows.
        follows: Missed,
    },
    /// The kernel does not tell of changes of files, so they are looked at again and again.
    WatchingByLooking {
        /// What it said: `ENOSPC`, too many directories; `EMFILE`, too many programs that watch.
        errno: i32,
        /// How many directories were watched when it said so.
        directories: usize,
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
    /// Somebody has asked for something from another process.
    Asked {
        /// What.
        wish: Wish,
        /// Of whom; empty: of the whole stack.
        instances: Vec<InstanceId>,
        /// The process that asked, where the system tells.
        pid: Option<i32>,
        /// What that calls itself.
        by: Option<String>,
    },
}

/// What somebody has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To end and start again.
    Restart,
}

/// A limit that was exceeded, and by how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Memory of its process tree, in bytes.
    Memory {
        /// What it used.
        used: u64,
        /// What it may use.
        limit: u64,
    },
    /// Processor time, in percent of one core.
    Cpu {
        /// What it used.
        used: u32,
        /// What it may use.
        limit: u32,
    },
    /// It printed nothing.
    Silence {
        /// For how long.
        silent: Duration,
        /// For how long it may.
        limit: Duration,
    },
    /// It is to be replaced by a fresh one.
    Age {
        /// How long it has run.
        age: Duration,
        /// The limit, of which a random part is taken away so that not all of them end together.
        limit: Duration,
    },
    /// A task has not come to its end in time.
    Runtime {
        /// How long it may take.
        limit: Duration,
    },
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

/// One instance that is not where it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Who.
    pub instance: InstanceId,
    /// Why.
    pub because: Explanation,
    /// What it is looked at for, where its readiness is looked for, and what the last look showed.
    pub looks: Option<(Arc<Probe>, Option<ProbeFailure>)>,
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
