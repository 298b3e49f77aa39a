//! The arguments of commands that talk to a running stack.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};
use clap_complete::ArgValueCompleter;

use crate::cli::attach::DetachKeys;
use crate::cli::completions::process_names;
use crate::project;

/// Which stack is meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct WhereArgs {
    /// Directory of the stack [default: the current one, or the nearest above it in which one runs]
    #[arg(short = 'd', long, value_name = "DIR", env = "FORGE_ROOT", value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// Socket of the stack, instead of its directory
    #[arg(long, value_name = "PATH", env = "FORGE_SOCKET", value_hint = ValueHint::FilePath)]
    pub(crate) socket: Option<PathBuf>,
}

/// Whom a command is about, and how long it waits.
#[derive(Debug, Clone, Args)]
pub(crate) struct ActArgs {
    /// Processes that are meant: web, web.2, 'worker*', @label, all
    #[arg(value_name = "NAME", required = true, add = ArgValueCompleter::new(process_names))]
    pub(crate) names: Vec<String>,
    /// How long that may take, in seconds, also as 300ms or 1m [default: as long as it takes]
    #[arg(short = 't', long, value_name = "TIME", value_parser = project::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// `forge attach`.
#[derive(Debug, Clone, Args)]
pub(crate) struct AttachArgs {
    /// Process that is meant: web, web.2 [default: the one that has a terminal, or waits for keys]
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(process_names))]
    pub(crate) name: Option<String>,
    /// Only look: what is typed does not reach the process
    #[arg(short = 'r', long)]
    pub(crate) read_only: bool,
    /// Keys that leave, with commas one after the other: ctrl-p,ctrl-q
    #[arg(long, value_name = "KEYS", env = "FORGE_DETACH_KEYS", default_value = "ctrl-]")]
    pub(crate) detach_keys: DetachKeys,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// `forge ps`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PsArgs {
    /// Processes that are shown [default: all]
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(process_names))]
    pub(crate) names: Vec<String>,
    /// Show the processes below each, too, with what they call themselves
    #[arg(long)]
    pub(crate) tree: bool,
    /// Show it again whenever it has changed
    #[arg(short = 'w', long)]
    pub(crate) watch: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// `forge signal`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SignalArgs {
    /// The signal: HUP, SIGUSR1
    #[arg(value_name = "SIGNAL")]
    pub(crate) signal: String,
    /// Processes that get it: web, web.2, 'worker*', @label, all
    #[arg(value_name = "NAME", required = true, add = ArgValueCompleter::new(process_names))]
    pub(crate) names: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// `forge wait`.
#[derive(Debug, Clone, Args)]
pub(crate) struct WaitArgs {
    /// Whom is waited for, and how long.
    #[command(flatten)]
    pub(crate) act: ActArgs,
    /// What is waited for
    #[arg(long = "for", value_name = "WHAT", default_value = "ready")]
    pub(crate) until: Awaiting,
}

/// What `forge wait` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Awaiting {
    /// It is ready, or done if it has an end of its own
    Ready,
    /// The run that is there has ended; its exit code becomes that of the command
    Exit,
}

/// `forge down`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DownArgs {
    /// How long that may take, in seconds, also as 300ms or 1m [default: as long as it takes]
    #[arg(short = 't', long, value_name = "TIME", value_parser = project::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// `forge url`.
#[derive(Debug, Clone, Args)]
pub(crate) struct UrlArgs {
    /// The process whose address is shown: web, web.2
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(process_names))]
    pub(crate) name: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// `forge ports`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PortsArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// `forge scale`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScaleArgs {
    /// How many of which process there are to be: web=2, worker=0, 'worker*=1', @label=3
    #[arg(value_name = "NAME=N", required = true, add = ArgValueCompleter::new(process_names))]
    pub(crate) counts: Vec<String>,
    /// How long that may take, in seconds, also as 300ms or 1m [default: as long as it takes]
    #[arg(short = 't', long, value_name = "TIME", value_parser = project::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}

/// `forge reload`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReloadArgs {
    /// Processes that are reloaded, changed or not [default: all that have changed]
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(process_names))]
    pub(crate) names: Vec<String>,
    /// Show what would follow, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How long that may take, in seconds, also as 300ms or 1m [default: as long as it takes]
    #[arg(short = 't', long, value_name = "TIME", value_parser = project::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}
