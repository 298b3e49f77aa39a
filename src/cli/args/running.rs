//! The arguments of commands that talk to a running stack.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};
use clap_complete::ArgValueCompleter;

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
