//! What the user wrote, understood. Pure: it reads no file, no variable, no clock.
//!
//! `load::load` is the only entry: it turns what `cli::read` has read into a [`Project`] and a list of
//! diagnostics. Everything else in forge works on the nouns of this file.

mod assemble;
pub mod command;
#[cfg(test)]
mod compat_tests;
pub mod difference;
pub mod dotenv;
mod duration;
mod environment;
mod formation;
mod identity;
pub mod interpolate;
pub mod lifecycle;
mod line_patterns;
pub mod load;
pub mod manifest;
pub mod names;
mod needs;
mod options_file;
mod ports;
pub mod procfile;
mod programs;
mod rearrange;
pub mod secrets;
mod settings;
mod size;
pub(crate) mod suggest;
mod text;
mod time_format;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use assemble::Part;
pub use duration::parse as parse_duration;
pub use environment::SETTINGS_LIKE_ADDRESSES;
pub use identity::{InstanceId, ProcessName};
pub use lifecycle::Lifecycle;
pub use line_patterns::LinePatterns;
pub(crate) use manifest::words::signal as parse_signal;
pub use names::{Known, Names, Nobody, meant};
pub use options_file::paths as parse_paths;
pub use ports::{DEFAULT_BASE, DEFAULT_STEP, PortRule};
use secrets::Secrets;
pub use settings::Settings;
pub use size::parse as parse_size;
pub(crate) use suggest::nearest;
pub(crate) use text::clean as clean_path;
pub use time_format::{TimeFormat, TimePart};

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as messages call it.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u32,
}

/// The signals that ask a process to end, and how long they have together before the whole tree is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopLadder {
    /// Sent to the leader one after the other, each with an even share of `grace`; usually only SIGTERM.
    pub signals: Vec<i32>,
    /// The time in all until SIGKILL. Zero kills at once (`-t 0`).
    pub grace: Duration,
}

/// What the end of a process means for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitOn {
    /// Any process that ends by itself ends the stack (foreman).
    Any,
    /// Only one that ends with a failure does.
    Failure,
    /// The stack ends when all of them have ended.
    All,
    /// It goes on until it is asked to stop.
    Never,
}

/// One entry of the Procfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessSpec {
    /// Its name.
    pub name: ProcessName,
    /// Its command as written, without trailing blanks; any bytes but NUL and newline.
    pub command: Vec<u8>,
    /// Where it stands.
    pub place: Place,
    /// Its place among all entries of the Procfile, counted from 0; colours and ports follow from it.
    pub position: usize,
    /// How it is asked to end.
    pub stop: StopLadder,
    /// Whether its end never ends the stack (`--can-die`).
    pub can_die: bool,
    /// Everything about its life that a plain Procfile does not say.
    pub life: Lifecycle,
    /// The directory it runs in, absolute; `None`: that of the project.
    pub directory: Option<PathBuf>,
    /// What it gets besides the environment that all have in common, sorted by name; stronger than that.
    pub environment: Vec<Variable>,
    /// What each of its instances gets besides, in their order; stronger again. Further instances get nothing.
    pub variants: Vec<Vec<Variable>>,
    /// How it is held, where that is not as for all.
    pub tty: Option<Tty>,
    /// When forge says that it waits for keys.
    pub keyboard: KeyboardOffer,
    /// The groups it belongs to: `@label` names all of them.
    pub labels: Vec<Arc<str>>,
    /// Where its port comes from.
    pub port: PortSource,
    /// What it has in common with the others, where that is not what they have now: it was read at another time.
    pub shared: Option<Arc<Vec<Variable>>>,
}

impl ProcessSpec {
    /// Makes an entry about which nothing is said but its command: what a line of a Procfile means.
    pub fn plain(name: ProcessName, command: Vec<u8>, place: Place, position: usize) -> ProcessSpec {
        ProcessSpec {
            name,
            command,
            place,
            position,
            stop: StopLadder { signals: vec![libc::SIGTERM], grace: load::DEFAULT_GRACE },
            can_die: false,
            life: Lifecycle::default(),
            directory: None,
            environment: Vec::new(),
            variants: Vec::new(),
            tty: None,
            keyboard: KeyboardOffer::Auto,
            labels: Vec::new(),
            port: PortSource::Rule,
            shared: None,
        }
    }
}

/// When forge says that a process waits for keys, and offers it the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyboardOffer {
    /// When it asks something.
    #[default]
    Auto,
    /// As long as it runs.
    Always,
    /// Not at all.
    Never,
}

/// Where the port of a process comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortSource {
    /// The rule for all, by its place.
    Rule,
    /// This one; its further instances have those that follow.
    Fixed(u16),
    /// Any that is free.
    Free,
    /// It has none.
    None,
}

/// One instance that is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceSpec {
    /// Which one.
    pub id: InstanceId,
    /// The entry it is a copy of.
    pub process: Arc<ProcessSpec>,
    /// Its port; `None` with `--no-port`.
    pub port: Option<u16>,
}

impl InstanceSpec {
    /// Returns whether it can be expected to become ready in a way that can be seen.
    ///
    /// Every line of a Procfile is given a port, and most never listen. Those do who say how they become ready, have a port of
    /// their own in `forge.toml`, name `PORT` in their command, or are called `web`, to which Heroku gives the traffic.
    pub fn is_expected_to_listen(&self) -> bool {
        let process = &self.process;
        let is_named = || memchr::memmem::find(&process.command, b"PORT").is_some();
        let is_of_its_own = matches!(process.port, PortSource::Fixed(_));
        process.life.ready.is_some()
            || (self.port.is_some() && (is_of_its_own || is_named() || process.name.as_str() == "web"))
    }
}

/// Where the value of a variable comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The environment forge was started in.
    Inherited,
    /// A line of an env file.
    File(Place),
    /// forge itself: PORT, PS, `FORGE_…`.
    Forge,
}

/// One environment variable, with its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name; bytes, because the inherited environment may hold anything but `=` and NUL.
    pub name: Vec<u8>,
    /// Its value; any bytes but NUL.
    pub value: Vec<u8>,
    /// Who set it.
    pub origin: Origin,
}

/// How forge holds the terminal side of a process (`--tty`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tty {
    /// `Full` when forge's own stdout is a terminal, else `Line`.
    Auto,
    /// A pty for stdin, stdout and stderr: the process believes in a terminal of its own.
    Full,
    /// A raw pty for stdout and stderr, so that lines come at once; stdin is a pipe that stays open.
    Line,
    /// Plain pipes; fastest, but many programs hold their output back.
    Pipe,
    /// The standard input, output and error of forge itself: what the stack runs for, as the command of `forge ci`.
    Own,
}

/// When forge's own output has colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal that can show it, unless the environment says otherwise.
    Auto,
    /// Always (`-c`).
    Always,
    /// Never.
    Never,
}

/// How lines of stderr are told apart (`--stderr`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stderr {
    /// Not at all; both outputs of a process are one, and stay in their order for certain.
    #[default]
    Plain,
    /// By a mark before the line.
    Mark,
}

/// What a line becomes (`--json`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// A line with a prefix, for people.
    #[default]
    Lines,
    /// A JSON object, for programs.
    Json,
}

/// How the stream is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Whether the time of day stands before each line.
    pub timestamp: bool,
    /// How it is written.
    pub time_format: TimeFormat,
    /// Whether anything stands before a line at all.
    pub prefix: bool,
    /// When there is colour.
    pub colour: Colour,
    /// The colours of the names, in turn: numbers of the sixteen that every terminal has. None: foreman's.
    pub colours: Vec<u8>,
    /// Whose lines are not shown; forge's remarks about them are.
    pub quiet: Names,
    /// Which lines are not shown, whoever writes them.
    pub drop: LinePatterns,
    /// How lines of stderr are told apart.
    pub stderr: Stderr,
    /// What a line becomes.
    pub form: Form,
    /// How the processes are held.
    pub tty: Tty,
    /// Whether there is a status bar; `None` where nobody has said so: on a terminal at which a person sits.
    pub bar: Option<bool>,
    /// Who has the keyboard whenever it runs.
    pub focus: Option<InstanceId>,
}

impl Default for Output {
    /// As in foreman.
    fn default() -> Output {
        Output {
            timestamp: true,
            time_format: TimeFormat::default(),
            prefix: true,
            colour: Colour::Auto,
            colours: Vec::new(),
            quiet: Names::default(),
            drop: LinePatterns::default(),
            stderr: Stderr::default(),
            form: Form::default(),
            tty: Tty::Auto,
            bar: None,
            focus: None,
        }
    }
}

/// What happens to a port that somebody else has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Whoever sits at the terminal is asked; without one, nothing is started.
    Ask,
    /// Nothing is started.
    Fail,
    /// The next free one is taken.
    Next,
}

/// A start that is over only when everything is ready (`--wait`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// How long that may take; `None`: as long as each process may.
    pub limit: Option<Duration>,
}

/// What is kept of the output in files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// The directory of the log files.
    pub dir: PathBuf,
    /// The size in bytes at which a file is put aside; 0 for never.
    pub rotate: u64,
    /// How many of those are kept.
    pub keep: u32,
    /// Whether escape sequences are kept.
    pub raw: bool,
}

impl Logs {
    /// Returns what is kept where nothing but the directory is named.
    pub fn at(dir: PathBuf) -> Logs {
        Logs { dir, rotate: 20 << 20, keep: 5, raw: false }
    }
}

/// Everything the user wrote, understood.
#[derive(Debug, Clone)]
pub struct Project {
    /// The directory in which every process runs, absolute.
    pub root: PathBuf,
    /// What people call the project.
    pub name: String,
    /// All entries of the Procfile, in file order, started or not.
    pub processes: Vec<Arc<ProcessSpec>>,
    /// The instances to run, in Procfile order.
    pub instances: Vec<InstanceSpec>,
    /// How many instances of each process its files and the command line ask for.
    pub counts_as_read: BTreeMap<ProcessName, u32>,
    /// How many somebody has asked for while it ran.
    pub counts_by_hand: BTreeMap<ProcessName, u32>,
    /// What the end of a process means for the others.
    pub exit_on: ExitOn,
    /// The inherited environment and the env files, merged; sorted by name, each name once. Not yet in it: what
    /// forge itself sets for each instance.
    pub environment: Vec<Variable>,
    /// The rule behind the ports, also of entries that are not started; `None` with `--no-port`.
    pub port_rule: Option<PortRule>,
    /// What happens to a port that somebody else has.
    pub on_conflict: OnConflict,
    /// Whose exit code is forge's own; `None`: that of the first process whose end nobody asked for.
    pub exit_code_from: Option<ProcessName>,
    /// How the stream is shown.
    pub output: Output,
    /// What must not be seen in it.
    pub secrets: Secrets,
    /// Whether all of it runs in a pid namespace of its own (`--isolate`).
    pub isolate: bool,
    /// What is kept of the output in files; `None` if nothing is.
    pub logs: Option<Logs>,
    /// Whether somebody waits until everything is ready.
    pub wait: Option<Wait>,
}

impl Default for Project {
    /// A project in which nothing is said.
    fn default() -> Project {
        Project {
            root: PathBuf::from("/"),
            name: String::new(),
            processes: Vec::new(),
            instances: Vec::new(),
            counts_as_read: BTreeMap::new(),
            counts_by_hand: BTreeMap::new(),
            exit_on: ExitOn::Any,
            environment: Vec::new(),
            port_rule: None,
            on_conflict: OnConflict::Ask,
            exit_code_from: None,
            output: Output::default(),
            secrets: Secrets::default(),
            isolate: false,
            logs: None,
            wait: None,
        }
    }
}

impl Project {
    /// Returns the directory that a process runs in.
    pub fn directory_of<'a>(&'a self, process: &'a ProcessSpec) -> &'a Path {
        process.directory.as_deref().unwrap_or(&self.root)
    }
}
