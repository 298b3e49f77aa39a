//! The arguments of commands that talk to a running stack.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};
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
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Which stack is meant.
    #[command(flatten)]
    pub(crate) place: WhereArgs,
}
