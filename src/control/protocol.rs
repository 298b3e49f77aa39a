//! The types of the API. Pure. What is here once stays: fields are added, never taken away or changed, else [`VERSION`] grows.
//!
//! Moments are milliseconds since 1970-01-01 00:00:00 UTC (`…_ms`); only in `because` and in the runs of `GET /v1/why` they are counted from
//! the start of forge, in seconds and nanoseconds, as the mind counts them.

mod state;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::project::InstanceId;
use crate::project::difference::Difference;
use crate::supervisor::goal::Fate;
use crate::supervisor::{Cause, Explanation, RunId, Snapshot, Want};

pub use state::State;

/// The version of the API: the first word of each path, and a field of each answer.
pub const VERSION: u32 = 1;

/// `GET /v1`: who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// [`VERSION`].
    pub version: u32,
    /// The version of forge.
    pub forge: String,
    /// Its process id.
    pub pid: u32,
    /// What people call the project.
    pub project: String,
    /// The directory it is in.
    pub root: String,
    /// When forge started.
    pub began_ms: i64,
    /// The directory of its log files, if it keeps any.
    #[serde(default)]
    pub log_dir: Option<String>,
}

/// `GET /v1/stack`: what is so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Who answers.
    #[serde(flatten)]
    pub about: About,
    /// When this was so.
    pub at_ms: i64,
    /// Why everything is coming to its end, if it is.
    pub stopping: Option<Cause>,
    /// Who ended first without being asked, if that counts.
    pub first_end: Option<InstanceId>,
    /// All instances, in Procfile order.
    pub instances: Vec<Instance>,
}

/// One instance, as `GET /v1/stack` tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// `web.1`.
    pub name: InstanceId,
    /// `web`.
    pub process: String,
    /// What is so, in one word.
    pub state: State,
    /// Why, with whatever belongs to it.
    pub because: Explanation,
    /// What is wanted of it.
    pub want: Want,
    /// Whether it is ready.
    pub ready: bool,
    /// Its newest run.
    pub run: Option<RunId>,
    /// The leader of that, as long as it lives.
    pub pid: Option<i32>,
    /// The port that it was given.
    pub port: Option<u16>,
    /// Its labels.
    pub labels: Vec<String>,
    /// When its newest run was launched.
    pub since_ms: Option<i64>,
    /// For how long that runs, if it does.
    pub uptime_ms: Option<u64>,
    /// How its newest run ended, if it has.
    pub exit: Option<Exit>,
    /// How often it was started again.
    pub restarts: u32,
    /// What it printed last, without colours and secrets.
    pub last_line: Option<String>,
    /// Whether it waits for somebody to type.
    #[serde(default)]
    pub wants_input: bool,
    /// Which program of it asks, as far as that is known: `pdb`, `irb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asker: Option<String>,
    /// What it uses; only where that was asked for, with `?measure=true`.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub used: Option<Use>,
}

/// What an instance and everything below it use.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Use {
    /// Processor time in percent of one core, since the last time anybody asked, or a moment ago.
    pub cpu_percent: Option<f64>,
    /// Memory; what several processes share counts once.
    pub memory_bytes: Option<u64>,
    /// Where it listens, by TCP; `None` where the system does not tell.
    pub listens: Option<Vec<u16>>,
    /// Its processes, the leader first, each behind its parent.
    pub tree: Vec<Member>,
}

/// One process of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its process id.
    pub pid: i32,
    /// That of its parent.
    pub parent: i32,
    /// Its command line, or what it calls itself.
    pub title: String,
}

/// The form of a [`Record`].
pub const RECORD_VERSION: u32 = 1;

/// `GET /v1/why`, and what is kept of a run of which nobody is left who could be asked: as far as it had come when this was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`RECORD_VERSION`].
    pub version: u32,
    /// When it began, in seconds since 1970.
    pub began: i64,
    /// When this was kept.
    pub kept: i64,
    /// Whether forge itself had come to its end; otherwise it was killed, or runs.
    pub is_over: bool,
    /// What was so, and why.
    pub stack: Snapshot,
    /// What each instance printed last, as it was shown: without secrets, and without colours.
    pub last_lines: BTreeMap<String, Vec<String>>,
}

/// Whom a request is about, and how long it may take: the body of most of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Targets {
    /// `web`, `web.2`, `worker*`, `@label`, `all`.
    pub names: Vec<String>,
    /// How long the fact is waited for; without it, until it is so.
    pub timeout_ms: Option<u64>,
}

/// The body of `POST /v1/wait`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Awaited {
    /// As in [`Targets`].
    pub names: Vec<String>,
    /// As in [`Targets`].
    pub timeout_ms: Option<u64>,
    /// What is waited for.
    #[serde(rename = "for")]
    pub until: Until,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// It is ready, or done if it has an end of its own.
    #[default]
    Ready,
    /// The run that is there has ended.
    Exit,
}

/// The body of `POST /v1/signal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signalled {
    /// As in [`Targets`].
    pub names: Vec<String>,
    /// Which one: `HUP`, `SIGHUP`.
    pub signal: String,
}

/// The body of `POST /v1/down`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ending {
    /// As in [`Targets`].
    pub timeout_ms: Option<u64>,
}

/// What somebody asks of a stack. A variant here is one line in `routes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `POST /v1/restart`: end them and start them again; answered when they are ready.
    Restart(Targets),
    /// `POST /v1/scale`: other numbers of instances; answered when those that are new are ready, and those that are not wanted gone.
    Scale(Counts),
    /// `POST /v1/reload`: read the files of the project again; answered in the same way.
    Reload(Renewal),
    /// `POST /v1/stop`: end them; answered when nobody of them is left.
    Stop(Targets),
    /// `POST /v1/up`: start them, if they do not run; answered when they are ready.
    Up(Targets),
    /// `POST /v1/signal`: send their leaders a signal.
    Signal(Signalled),
    /// `POST /v1/wait`: change nothing, and wait.
    Wait(Awaited),
    /// `POST /v1/down`: end the whole stack; answered when nobody of it is left.
    Down(Ending),
}

/// What a request has come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    /// What differs, and a fact for each instance that is concerned.
    Renewed(Renewed),
    /// One fact for each instance.
    Acted(Acted),
}

/// How many instances are wanted: the body of `POST /v1/scale`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Counts {
    /// Each `web=2`, `worker*=0`, `@label=1`.
    pub counts: Vec<String>,
    /// How long the fact is waited for; without it, until it is so.
    pub timeout_ms: Option<u64>,
}

/// What is to be read again: the body of `POST /v1/reload`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Renewal {
    /// For whom; nobody means everybody. Who is named also reads again what it reads itself: by its `reload_signal`, else by a
    /// restart.
    pub names: Vec<String>,
    /// Whether it is only told what would follow.
    pub dry_run: bool,
    /// How long the fact is waited for; without it, until it is so.
    pub timeout_ms: Option<u64>,
}

/// What came of a project that was to become another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    /// [`VERSION`].
    pub version: u32,
    /// Whether there was no mistake, and all came where they were to come.
    pub ok: bool,
    /// Whether the stack goes by the new project now. With a mistake nothing changes.
    pub applied: bool,
    /// What there is to be said of the files.
    pub diagnostics: Vec<Told>,
    /// What is different, and what follows.
    pub difference: Difference,
    /// What became of everybody who was started, restarted or stopped.
    pub instances: Vec<Became>,
}

/// A diagnostic, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// `error`, `warning`, `note`.
    pub severity: String,
    /// What programs know it by.
    pub code: String,
    /// What it says, in one line.
    pub message: String,
    /// All of it, with the place where it is written.
    pub text: String,
}

/// What became of the instances that a request was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// [`VERSION`].
    pub version: u32,
    /// Whether all of them came where they were to come.
    pub ok: bool,
    /// Each of them, in Procfile order.
    pub instances: Vec<Became>,
}

/// What became of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Became {
    /// Which one.
    pub name: InstanceId,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
    /// Its newest run.
    pub run: Option<RunId>,
    /// The leader of that, as long as it lives.
    pub pid: Option<i32>,
    /// How long that took.
    pub after_ms: u64,
}

/// Why a request is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What programs know it by.
    pub code: Code,
    /// What people are told.
    pub message: String,
    /// The way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The kinds of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// There is no such path.
    NoSuchPath,
    /// The path is there, but not for this method.
    NoSuchMethod,
    /// The body or the query is not what it should be.
    BadRequest,
    /// The body is larger than any that is meant.
    TooLarge,
    /// A name means nobody.
    UnknownProcess,
    /// This forge cannot do that to this stack.
    NotPossible,
    /// The stack is at its end.
    Gone,
    /// Too many talk to it already.
    TooMany,
    /// forge itself has failed.
    Broken,
    /// A code of a later version.
    #[serde(other)]
    Other,
}

/// The body of every answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Why.
    pub error: Refusal,
}

impl Refusal {
    /// Makes a refusal without a hint.
    pub fn new(code: Code, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into(), hint: None }
    }

    /// The stack has come to its end meanwhile.
    pub fn gone() -> Refusal {
        Refusal::new(Code::Gone, "the stack has come to its end")
    }

    /// Returns the status of HTTP that fits.
    pub fn status(&self) -> u16 {
        match self.code {
            Code::BadRequest => 400,
            Code::NoSuchPath | Code::UnknownProcess => 404,
            Code::NoSuchMethod => 405,
            Code::TooLarge => 413,
            Code::NotPossible => 409,
            Code::Gone => 410,
            Code::TooMany => 503,
            Code::Broken | Code::Other => 500,
        }
    }
}
