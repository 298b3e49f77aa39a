//! What may be said of a process beyond its command: its nature, its needs, readiness, restarts, limits, clock.
//!
//! A plain Procfile says nothing of it, and [`Lifecycle::default`] is exactly foreman's behaviour. `forge.toml` and
//! flags fill it in; the mind follows it; the hand does what it names. Nothing here is text that is still to be
//! understood but patterns, paths and commands.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ProcessName;
use crate::restart::{self, Backoff};

/// Everything about the life of a process that a plain Procfile does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// Whether it runs for good, once, or by the clock.
    pub nature: Nature,
    /// What must be so before it starts; the stack is stopped in the opposite order.
    pub after: Vec<Need>,
    /// When it counts as ready. `None`: if it has a port and somebody waits for it, when its process tree listens on
    /// that port, else when it has started.
    pub ready: Option<Readiness>,
    /// How it shows that it still works.
    pub live: Option<Liveness>,
    /// What follows when it ends by itself.
    pub restart: RestartRule,
    /// The exit codes that are a success.
    pub success_codes: Vec<i32>,
    /// What it may use at most.
    pub limits: Limits,
    /// Which files restart it when they change.
    pub watch: Option<Watch>,
    /// The signal with which it rereads its configuration; `None`: it is restarted instead.
    pub reload_signal: Option<i32>,
    /// Commands that run beside it at certain moments.
    pub hooks: Hooks,
    /// Added to its niceness, -20 to 19.
    pub nice: i32,
    /// Who gets the signals that ask it to end.
    pub stop_reach: StopReach,
}

/// Who gets the signals that ask a process to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StopReach {
    /// Its leader alone; what the end of the leader leaves behind gets them at that moment.
    #[default]
    Leader,
    /// All of its tree at once.
    Tree,
}

impl Default for Lifecycle {
    fn default() -> Lifecycle {
        Lifecycle {
            nature: Nature::Service,
            after: Vec::new(),
            ready: None,
            live: None,
            restart: RestartRule::default(),
            success_codes: vec![0],
            limits: Limits::default(),
            watch: None,
            reload_signal: None,
            hooks: Hooks::default(),
            nice: 0,
            stop_reach: StopReach::Leader,
        }
    }
}

/// What kind of life a process has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nature {
    /// It is to run until the stack ends.
    Service,
    /// It is to run to its end, once; its success is what others may wait for.
    Task {
        /// How long it may take; `None`: as long as it likes.
        timeout: Option<Duration>,
    },
    /// It is a task that the clock starts, again and again.
    Scheduled(Schedule),
}

/// Something that must be so before a process starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Of whom: all its instances.
    pub on: ProcessName,
    /// What.
    pub reached: Milestone,
}

/// How far a process must have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// It has a process id.
    Started,
    /// It is ready, see [`Lifecycle::ready`].
    Ready,
    /// It has ended with success.
    Done,
}

/// When a process counts as ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// What shows it.
    pub probe: Probe,
    /// How long a probe that failed waits for its next attempt, at most; the first attempts follow faster.
    pub interval: Duration,
    /// How long all of it may take since the start of the process; over it the start has failed.
    pub timeout: Duration,
}

impl Readiness {
    /// The interval where none is given.
    pub const INTERVAL: Duration = Duration::from_millis(200);
    /// The time where none is given.
    pub const TIMEOUT: Duration = Duration::from_secs(60);
}

/// Something that shows how a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Its process tree listens on its own port, on any address.
    Listening,
    /// A request to it is answered.
    Http(HttpProbe),
    /// Somebody accepts a connection there: `127.0.0.1:5432`.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// Somebody accepts a connection to this Unix socket.
    Unix(PathBuf),
    /// This command, run by the shell in the directory and environment of the process, ends with 0.
    Command(Vec<u8>),
    /// It prints a line that matches this regular expression.
    Log(String),
    /// This file exists.
    File(PathBuf),
    /// It says so itself, by the protocol of `sd_notify(3)`.
    Notify,
    /// This time has passed since its start.
    Delay(Duration),
}

/// An HTTP request that shows how a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpProbe {
    /// Where to; `None`: the loopback addresses.
    pub host: Option<String>,
    /// The port; `None`: that of the process.
    pub port: Option<u16>,
    /// The path and query: `/up`.
    pub path: String,
    /// The status that is right; `None`: any from 200 to 399.
    pub status: Option<u16>,
    /// Further header lines, name and value.
    pub headers: Vec<(String, String)>,
}

/// How a process shows that it still works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liveness {
    /// What shows it; never [`Probe::Log`] or [`Probe::Delay`]. With [`Probe::Notify`] its own watchdog messages.
    pub probe: Probe,
    /// How often it is asked, once it is ready.
    pub every: Duration,
    /// How long one answer may take.
    pub timeout: Duration,
    /// After how many failures in a row it is restarted.
    pub failures: u32,
}

/// What follows when a process ends by itself.
#[derive(Debug, Clone, Copy)]
pub struct RestartRule {
    /// Whether it is started again.
    pub kind: &'static restart::Kind,
    /// How long to wait before.
    pub backoff: Backoff,
    /// How often within [`Backoff::reset_after`]; then it stays down. `None`: without end.
    pub max_restarts: Option<u32>,
}

impl Default for RestartRule {
    fn default() -> RestartRule {
        RestartRule { kind: &restart::NEVER, backoff: Backoff::default(), max_restarts: Some(5) }
    }
}

impl PartialEq for RestartRule {
    fn eq(&self, other: &RestartRule) -> bool {
        (self.kind.name, self.backoff, self.max_restarts)
            == (other.kind.name, other.backoff, other.max_restarts)
    }
}

impl Eq for RestartRule {}

/// What a process, with everything below it, may use at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory of the whole process tree, in bytes.
    pub memory: Option<u64>,
    /// Processor time, in percent of one core, over a while.
    pub cpu: Option<u32>,
    /// How long it may print nothing.
    pub silence: Option<Duration>,
    /// How long it may run before it is replaced by a fresh one.
    pub age: Option<Duration>,
    /// A signal that makes it say what it is doing, sent before it is ended.
    pub dump_signal: Option<i32>,
    /// What follows.
    pub on_limit: OnLimit,
}

/// What follows when a limit is exceeded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnLimit {
    /// It is ended and started again, whatever its restart policy.
    #[default]
    Restart,
    /// It is ended, as if it had failed.
    Stop,
    /// It is only said.
    Warn,
}

/// Which files restart a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Glob patterns, relative to its directory.
    pub paths: Vec<String>,
    /// Patterns of what does not count, besides what `.gitignore` says.
    pub ignore: Vec<String>,
    /// How long it must be quiet after a change.
    pub debounce: Duration,
}

/// Commands that run at certain moments, by the shell, in the directory and environment of the process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    /// Before each start; the start waits for it, and fails if it fails.
    pub before: Option<Vec<u8>>,
    /// When it has become ready.
    pub ready: Option<Vec<u8>>,
    /// When it has failed.
    pub crash: Option<Vec<u8>>,
}

/// When the clock starts a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// When.
    pub when: When,
    /// The time zone that `when` is read in, a name of the IANA database; `None`: local time.
    pub timezone: Option<Arc<str>>,
    /// What happens if the last run still runs.
    pub overlap: Overlap,
    /// What happens with runs that were due while the machine slept.
    pub missed: Missed,
    /// How long one run may take.
    pub timeout: Option<Duration>,
}

/// The times of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Again and again after this time, the first time that long after the start.
    Every(Duration),
    /// A cron expression of five fields, already known to be right.
    Cron(String),
    /// At this time of day.
    DailyAt {
        /// 0 to 23.
        hour: u8,
        /// 0 to 59.
        minute: u8,
    },
}

/// What happens if a scheduled task is due while its last run still runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overlap {
    /// It is left out.
    #[default]
    Skip,
    /// It starts when the other has ended; one waits at most.
    Queue,
    /// The other is ended.
    Kill,
}

/// What happens with runs that were due while the machine slept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missed {
    /// One of them is made up for.
    #[default]
    Once,
    /// They are left out.
    Skip,
}
