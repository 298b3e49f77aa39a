//! The arguments of commands beside a stack: what it left, why it ended, what the clock starts.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand, ValueHint};
use clap_complete::ArgValueCompleter;

use super::{ColourArgs, FileArgs, RunArgs};
use crate::cli::completions::process_names;
use crate::project;

/// `forge schedule`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScheduleArgs {
    /// What is asked.
    #[command(subcommand)]
    pub(crate) command: ScheduleCommand,
}

/// What is asked about schedules.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Show all of them, and when each is due
    List {
        /// Which files are read.
        #[command(flatten)]
        files: FileArgs,
    },
    /// Show the one that is due next
    Next {
        /// Which files are read.
        #[command(flatten)]
        files: FileArgs,
    },
    /// Run one now, as `forge run` does
    Run(RunArgs),
}

/// `forge why`.
#[derive(Debug, Clone, Args)]
pub(crate) struct WhyArgs {
    /// The process that is meant: `web`, or one instance of it, `web.1` [default: all]
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(process_names))]
    pub(crate) name: Option<String>,
    /// Procfile of the stack, whose directory is meant
    #[arg(short = 'f', long, value_name = "FILE", env = "FORGE_PROCFILE", value_hint = ValueHint::FilePath)]
    pub(crate) procfile: Option<PathBuf>,
    /// Directory of the stack [default: that of the Procfile]
    #[arg(short = 'd', long, value_name = "DIR", env = "FORGE_ROOT", value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// When there is colour.
    #[command(flatten)]
    pub(crate) colour: ColourArgs,
}

/// `forge clean`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CleanArgs {
    /// Procfile of the stack, whose directory is meant
    #[arg(short = 'f', long, value_name = "FILE", env = "FORGE_PROCFILE", value_hint = ValueHint::FilePath)]
    pub(crate) procfile: Option<PathBuf>,
    /// Directory of the stack [default: that of the Procfile]
    #[arg(short = 'd', long, value_name = "DIR", env = "FORGE_ROOT", value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// Seconds between SIGTERM and SIGKILL, also as 300ms or 1m [default: 5]
    #[arg(short = 't', long, value_name = "TIME", env = "FORGE_TIMEOUT", value_parser = project::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Only say what was left behind
    #[arg(long, env = "FORGE_DRY_RUN", value_parser = BoolishValueParser::new())]
    pub(crate) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// When there is colour.
    #[command(flatten)]
    pub(crate) colour: ColourArgs,
}
