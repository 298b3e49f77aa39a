//! The arguments of `forge ci`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};
use clap_complete::ArgValueCompleter;

use super::{ColourArgs, FileArgs, ReadingArgs};
use crate::cli::completions::process_names;
use crate::project;

/// `forge ci`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CiArgs {
    /// Which files are read.
    #[command(flatten)]
    pub(crate) files: FileArgs,
    /// Processes to start, with commas, and what they need [default: one of each but release]
    #[arg(long, value_name = "NAMES", add = ArgValueCompleter::new(process_names))]
    pub(crate) only: Option<Vec<String>>,
    /// Time for all of it, from the start to the end of the command: seconds, or as 90s or 5m
    #[arg(long, value_name = "TIME", value_parser = project::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Directory for what each process printed, a file each
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) artifacts: Option<PathBuf>,
    /// File for what became of each process, as XML that readers of test results take
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) junit: Option<PathBuf>,
    /// Let the stack run on when the command has ended, until Ctrl-C
    #[arg(long)]
    pub(crate) keep: bool,
    /// Where ports come from [default: free; planned with -p]
    #[arg(long, value_name = "HOW")]
    pub(crate) ports: Option<Ports>,
    /// PORT of the first process; the ports are then those of forge start
    #[arg(short = 'p', long, value_name = "PORT", allow_hyphen_values = true)]
    pub(crate) port: Option<String>,
    /// How env files are read.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// When there is colour.
    #[command(flatten)]
    pub(crate) colour: ColourArgs,
    /// What is run when everything is ready, with its arguments
    #[arg(value_name = "COMMAND", required = true, num_args = 1.., last = true, value_hint = ValueHint::CommandWithArguments)]
    pub(crate) words: Vec<OsString>,
}

/// `--ports`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ports {
    /// Any that are free, so that jobs on one machine do not clash
    #[value(alias = "auto")]
    Free,
    /// Those of forge start
    Planned,
}
