//! What concerns log files: the flags of `start`, and `forge logs`.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueHint};
use clap_complete::ArgValueCompleter;

use super::{ColourArgs, WhereArgs};
use crate::cli::completions::process_names;
use crate::project;

/// What stands below the short help.
pub(crate) const LOGS_EXAMPLES: &str = "\
Examples:
  forge logs                        everything, in the order in which it came
  forge logs web -n 50 -f           the last 50 lines of web, and what follows
  forge logs --errors --since 10m   what went wrong lately, with stack traces
  forge logs 'worker*' --grep job-7 only these lines of all workers
  forge logs web --run -1           the last run of web";

/// What stands below the long help.
pub(crate) const LOGS_HELP: &str = "\
Of a stack that runs here, what it has in its log files, else in its memory; -f
ends with it. Where none runs, the files of `forge start --log-dir DIR` (or of
[logs] in forge.toml): in --log-dir, else in this directory and those above it,
where its forge.toml says, and in .forge/logs.

Times:
  A duration means so long ago (10m, 2h), a time of day the last time that it
  was so late (14:30), a date without a zone local time (2026-11-21 14:30);
  RFC 3339 is understood too.

Levels:
  trace, debug, info, warn, error, fatal; found in text, JSON and logfmt. Lines
  that belong to one before (stack traces, indented lines) go with it; lines
  without a level are left out.

Exit codes:
  0 also if nothing is found, or if nobody reads any more; 1 if there are no
  logs of that name; 3 if no forge runs here and there are no logs

Examples:
  forge logs                        everything, in the order in which it came
  forge logs web -n 50 -f           the last 50 lines of web, and what follows
  forge logs --errors --since 10m   what went wrong lately, with stack traces
  forge logs 'worker*' --grep job-7 only these lines of all workers
  forge logs web --run -1           the last run of web";

/// What `start` keeps.
#[expect(clippy::struct_field_names, reason = "a field is called as its flag")]
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LogArgs {
    /// Also write what each process prints to a file of its own in this directory
    #[arg(long, value_name = "DIR", env = "FORGE_LOG_DIR", value_hint = ValueHint::DirPath)]
    pub(crate) log_dir: Option<PathBuf>,
    /// Size at which a log file is put aside, as 20M or 512K; 0 for never [default: 20M]
    #[arg(long, value_name = "SIZE", env = "FORGE_LOG_ROTATE", value_parser = project::parse_size)]
    pub(crate) log_rotate: Option<u64>,
    /// How many older parts of each log file are kept [default: 5]
    #[arg(long, value_name = "N", env = "FORGE_LOG_KEEP")]
    pub(crate) log_keep: Option<u32>,
    /// Keep escape sequences in log files
    #[arg(long, env = "FORGE_LOG_RAW", value_parser = BoolishValueParser::new())]
    pub(crate) log_raw: bool,
}

/// `forge logs`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Clone, Args)]
pub(crate) struct LogsArgs {
    /// Processes whose lines are shown: web, web.2, 'worker*', @label, system [default: all]
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(process_names))]
    pub(crate) names: Vec<String>,
    /// Directory of the log files [default: of forge.toml, or .forge/logs, here or above]
    #[arg(long, value_name = "DIR", env = "FORGE_LOG_DIR", value_hint = ValueHint::DirPath)]
    pub(crate) log_dir: Option<PathBuf>,
    /// Part of forge.toml that says where they are: [profile.NAME]
    #[arg(long, value_name = "NAME", env = "FORGE_PROFILE")]
    pub(crate) profile: Option<String>,
    /// Go on with what comes
    #[arg(short = 'f', long)]
    pub(crate) follow: bool,
    /// Show only the last N lines, or all [default: all; with -f the last 10]
    #[arg(short = 'n', long = "lines", visible_alias = "tail", value_name = "N", value_parser = lines)]
    pub(crate) lines: Option<Lines>,

    /// Only what came since then: 10m, 14:30, 2026-11-21 14:30
    #[arg(short = 'S', long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Which lines")]
    pub(crate) since: Option<String>,
    /// Only what came until then
    #[arg(short = 'U', long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Which lines")]
    pub(crate) until: Option<String>,
    /// Only lines that match a regular expression; (?i) before it ignores case
    #[arg(short = 'g', long, value_name = "RE", allow_hyphen_values = true, help_heading = "Which lines")]
    pub(crate) grep: Vec<String>,
    /// No lines that match a regular expression
    #[arg(long, value_name = "RE", allow_hyphen_values = true, help_heading = "Which lines")]
    pub(crate) not: Vec<String>,
    /// Only lines of this level or worse
    #[arg(long, value_name = "LEVEL", value_parser = level, help_heading = "Which lines")]
    pub(crate) level: Option<crate::logs::Level>,
    /// Only errors, with their stack traces; the same as --level error
    #[arg(long, help_heading = "Which lines")]
    pub(crate) errors: bool,
    /// Only run N of each process, counted from 1; -1 is its last run, -2 the one before
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = run, help_heading = "Which lines")]
    pub(crate) run: Option<i64>,

    /// Print the lines alone, as they stand in the files
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    pub(crate) raw: bool,
    /// Print JSON, an object a line
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Show no time of day
    #[arg(long, help_heading = "Output")]
    pub(crate) no_timestamp: bool,
    /// When there is colour.
    #[command(flatten, next_help_heading = "Output")]
    pub(crate) colour: ColourArgs,
    /// Which stack is meant.
    #[command(flatten, next_help_heading = "Which stack")]
    pub(crate) place: WhereArgs,
}

/// How many lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// Every one.
    All,
    /// The last ones.
    Last(usize),
}

fn lines(text: &str) -> Result<Lines, String> {
    if text == "all" {
        return Ok(Lines::All);
    }
    text.parse().map(Lines::Last).map_err(|_| "expected a number of lines, or `all`".to_owned())
}

fn level(text: &str) -> Result<crate::logs::Level, String> {
    crate::logs::Level::called(text)
        .ok_or_else(|| "expected trace, debug, info, warn, error or fatal".to_owned())
}

fn run(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a number from 1 on, or -1 for the last run".to_owned()),
        Ok(run) => Ok(run),
    }
}
