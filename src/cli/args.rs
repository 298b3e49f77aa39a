//! The command line as data. Nothing is decided here but what a word means.

mod aside;
mod ci;
mod help;
mod logs;
mod ready;
mod running;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::builder::styling::{AnsiColor, Effects, Styles};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueHint};
use clap_complete::ArgValueCompleter;

use self::help::{
    ATTACH_EXAMPLES, CI_EXAMPLES, CLEAN_EXAMPLES, FORGE_EXAMPLES, RUN_EXAMPLES, START_DETAILS, START_EXAMPLES,
};
use self::logs::{LOGS_EXAMPLES, LOGS_HELP};
pub(crate) use self::logs::{Lines, LogArgs, LogsArgs};
pub(crate) use self::ready::{ReadyArgs, Waiting};
use super::completions::process_names;
use crate::project;
pub(crate) use values::{ExitOn, Shell, Stderr, Tty, When};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default().effects(Effects::BOLD))
    .placeholder(AnsiColor::Cyan.on_default());

/// Runs the processes of a Procfile
///
/// forge starts every process of a Procfile, shows their output side by side, and stops them together. It
/// loses no line and leaves nobody behind. Change `foreman` to `forge`, and the same command lines work.
#[derive(Debug, Parser)]
#[command(
    name = "forge",
    bin_name = "forge",
    version,
    styles = STYLES,
    infer_subcommands = true,
    args_override_self = true,
    disable_help_subcommand = false,
    max_term_width = 100,
    after_help = FORGE_EXAMPLES,
)]
pub(crate) struct Forge {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

pub(crate) use ci::{CiArgs, Ports};

pub(crate) use running::{
    ActArgs, AttachArgs, Awaiting, DownArgs, PortsArgs, PsArgs, ReloadArgs, ScaleArgs, SignalArgs, UrlArgs,
    WaitArgs, WhereArgs,
};

pub(crate) use aside::{CleanArgs, ScheduleArgs, ScheduleCommand, WhyArgs};

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the processes and show what they print
    #[command(visible_alias = "s", alias = "st", after_help = START_EXAMPLES, after_long_help = START_DETAILS, args_override_self = true)]
    Start(Box<StartArgs>),
    /// Run one entry of the Procfile, or any command, in the environment of the stack
    #[command(after_help = RUN_EXAMPLES, args_override_self = true)]
    Run(RunArgs),
    /// Start everything, wait until it is ready, run a command, stop everything, and end as the command did
    #[command(after_help = CI_EXAMPLES, args_override_self = true)]
    Ci(Box<CiArgs>),
    /// Say whether the Procfile, forge.toml and the env files are right
    #[command(args_override_self = true)]
    Check(CheckArgs),
    /// End what an earlier forge left behind that was killed together with its guard
    #[command(after_help = CLEAN_EXAMPLES, args_override_self = true)]
    Clean(CleanArgs),
    /// Show the variables that the processes get, and where each comes from
    #[command(args_override_self = true)]
    Env(EnvArgs),
    /// Show what the clock starts and when, or run it now
    Schedule(ScheduleArgs),
    /// Say why the last run here ended as it did: who ended first, what followed, what was waited for
    #[command(args_override_self = true)]
    Why(WhyArgs),
    /// Show what processes have printed or print now
    #[command(after_help = LOGS_EXAMPLES, after_long_help = LOGS_HELP, args_override_self = true)]
    Logs(Box<LogsArgs>),
    /// Type into one process of the running stack and see its screen, as in a terminal of its own
    #[command(visible_alias = "connect", after_help = ATTACH_EXAMPLES, args_override_self = true)]
    Attach(AttachArgs),
    /// Show what the processes of the running stack do
    #[command(visible_alias = "status", args_override_self = true)]
    Ps(PsArgs),
    /// End processes of the running stack and start them again
    #[command(args_override_self = true)]
    Restart(ActArgs),
    /// Have more or fewer instances of a process in the running stack
    #[command(args_override_self = true)]
    Scale(ScaleArgs),
    /// Read Procfile, .env and forge.toml of the running stack again; only what has changed is touched
    #[command(args_override_self = true)]
    Reload(ReloadArgs),
    /// End processes of the running stack, and let them be
    #[command(args_override_self = true)]
    Stop(ActArgs),
    /// Start processes of the running stack that do not run; where none runs, do what start does
    #[command(args_override_self = true)]
    Up(Box<StartArgs>),
    /// Send processes of the running stack a signal
    #[command(args_override_self = true)]
    Signal(SignalArgs),
    /// Wait until processes of the running stack are ready, or have ended
    #[command(args_override_self = true)]
    Wait(WaitArgs),
    /// End the running stack, and come back when nobody of it is left
    #[command(args_override_self = true)]
    Down(DownArgs),
    /// Show which ports the processes of the running stack were given, and where they really listen
    #[command(args_override_self = true)]
    Ports(PortsArgs),
    /// Print the address of a process of the running stack, for a browser
    #[command(args_override_self = true)]
    Url(UrlArgs),
    /// Print the JSON Schema of forge.toml, for editors
    Schema,
    /// Print the version
    Version,
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  bash   source <(forge completions bash)             in ~/.bashrc
  zsh    source <(forge completions zsh)              in ~/.zshrc, after compinit
  fish   forge completions fish | source              in ~/.config/fish/config.fish")]
    Completions(CompletionsArgs),
    /// Print the manual page, or write all pages into a directory
    Man(ManArgs),
}

/// Which files are read.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FileArgs {
    /// Procfile to read, `-` for stdin; repeated, or a glob, for several [default: Procfile in the root directory]
    #[arg(short = 'f', long, value_name = "FILE", env = "FORGE_PROCFILE", value_hint = ValueHint::FilePath)]
    pub(crate) procfile: Option<Vec<PathBuf>>,
    /// Part of forge.toml to use: [profile.NAME]
    #[arg(long, value_name = "NAME", env = "FORGE_PROFILE")]
    pub(crate) profile: Option<String>,
    /// Directory to run in [default: that of the Procfile]
    #[arg(short = 'd', long, value_name = "DIR", env = "FORGE_ROOT", value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// Env files instead of .env, with commas or repeated; later ones win
    #[arg(short = 'e', long, value_name = "FILE", env = "FORGE_ENV", value_hint = ValueHint::FilePath)]
    pub(crate) env: Option<Vec<OsString>>,
}

/// How env files are read.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReadingArgs {
    /// Replace ${NAME} and ${NAME:-default} in env files
    #[arg(long, env = "FORGE_EXPAND", value_parser = BoolishValueParser::new())]
    pub(crate) expand: bool,
    /// Let the inherited environment win over env files
    #[arg(long, env = "FORGE_NO_OVERRIDE", value_parser = BoolishValueParser::new())]
    pub(crate) no_override: bool,
}

/// When there is colour.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ColourArgs {
    /// Colour: auto, always, never; without a value always
    #[arg(short = 'c', long = "color", value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always", env = "FORGE_COLOR", hide_possible_values = true)]
    pub(crate) color: Option<When>,
    /// No colour
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// What is around the processes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct IsolationArgs {
    /// A pid namespace of their own: they end even if forge and its guard are killed at once (Linux)
    #[arg(long, env = "FORGE_ISOLATE", value_parser = BoolishValueParser::new())]
    pub(crate) isolate: bool,
}

/// `forge start`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StartArgs {
    /// Processes to start, each with how many of it [default: one of each but release]
    #[arg(value_name = "NAME[=N]", add = ArgValueCompleter::new(process_names))]
    pub(crate) names: Vec<String>,
    /// Which files are read.
    #[command(flatten)]
    pub(crate) files: FileArgs,
    /// How many of each: web=2,worker=1; all=N for the others, else 0
    #[arg(short = 'm', long, value_name = "NAME=N,…", env = "FORGE_FORMATION")]
    pub(crate) formation: Option<String>,
    /// Processes not to start, with commas
    #[arg(short = 'x', long, value_name = "NAMES", env = "FORGE_EXCEPT", add = ArgValueCompleter::new(process_names))]
    pub(crate) except: Option<Vec<String>>,
    /// When a start is over.
    #[command(flatten)]
    pub(crate) ready: ReadyArgs,
    /// Print what would be started, and start nothing
    #[arg(long, env = "FORGE_DRY_RUN", value_parser = BoolishValueParser::new())]
    pub(crate) dry_run: bool,

    /// PORT of the first process [default: PORT of .env, else 5000]
    #[arg(
        short = 'p',
        long,
        value_name = "PORT",
        env = "FORGE_PORT",
        allow_hyphen_values = true,
        help_heading = "Ports and environment"
    )]
    pub(crate) port: Option<String>,
    /// Distance between the ports of two processes [default: 100]
    #[arg(long, value_name = "N", env = "FORGE_PORT_STEP", help_heading = "Ports and environment")]
    pub(crate) port_step: Option<u16>,
    /// Set no PORT
    #[arg(long, env = "FORGE_NO_PORT", value_parser = BoolishValueParser::new(), help_heading = "Ports and environment")]
    pub(crate) no_port: bool,
    /// How env files are read.
    #[command(flatten, next_help_heading = "Ports and environment")]
    pub(crate) reading: ReadingArgs,

    /// Show the time of day before each line; this is the default
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", env = "FORGE_TIMESTAMP", hide_possible_values = true, value_parser = BoolishValueParser::new(), help_heading = "Output")]
    pub(crate) timestamp: Option<bool>,
    /// Show no time of day
    #[arg(long, help_heading = "Output")]
    pub(crate) no_timestamp: bool,
    /// How the time is shown: %H:%M:%S and the like, %3f for milliseconds, %F for the date
    #[arg(
        long,
        value_name = "FORMAT",
        env = "FORGE_TIMESTAMP_FORMAT",
        allow_hyphen_values = true,
        help_heading = "Output"
    )]
    pub(crate) timestamp_format: Option<String>,
    /// When there is colour.
    #[command(flatten, next_help_heading = "Output")]
    pub(crate) colour: ColourArgs,
    /// Show the lines alone, without time and name
    #[arg(long, env = "FORGE_NO_PREFIX", value_parser = BoolishValueParser::new(), help_heading = "Output")]
    pub(crate) no_prefix: bool,
    /// Print a JSON object for each line and each remark
    #[arg(long, env = "FORGE_JSON", value_parser = BoolishValueParser::new(), help_heading = "Output")]
    pub(crate) json: bool,
    /// Show secrets of env files as they are, not as •••
    #[arg(long, env = "FORGE_NO_MASK", value_parser = BoolishValueParser::new(), help_heading = "Output")]
    pub(crate) no_mask: bool,
    /// Whose lines are not shown, with commas: web, web.2, 'worker*'
    #[arg(short = 'q', long, value_name = "NAMES", env = "FORGE_QUIET", add = ArgValueCompleter::new(process_names), help_heading = "Output")]
    pub(crate) quiet: Option<Vec<String>>,
    /// Lines that are not shown: a regular expression, repeatable
    #[arg(
        long,
        value_name = "PATTERN",
        env = "FORGE_DROP",
        allow_hyphen_values = true,
        help_heading = "Output"
    )]
    pub(crate) drop: Option<Vec<String>>,
    /// How lines of stderr are shown [default: plain]
    #[arg(long, value_name = "HOW", env = "FORGE_STDERR", help_heading = "Output")]
    pub(crate) stderr: Option<Stderr>,
    /// How the processes are held [default: auto]
    #[arg(long, value_name = "HOW", env = "FORGE_TTY", help_heading = "Output")]
    pub(crate) tty: Option<Tty>,

    /// Show the processes and the keys in the last line of a terminal; this is the default where a person sits
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", env = "FORGE_BAR", hide_possible_values = true, value_parser = BoolishValueParser::new(), help_heading = "Terminal")]
    pub(crate) bar: Option<bool>,
    /// Leave the last line and the keyboard of the terminal alone
    #[arg(long, help_heading = "Terminal")]
    pub(crate) no_bar: bool,
    /// Give the keyboard to this process whenever it starts: web, web.2; Ctrl-] takes it back
    #[arg(long, value_name = "NAME", env = "FORGE_FOCUS", add = ArgValueCompleter::new(process_names), help_heading = "Terminal")]
    pub(crate) focus: Option<String>,

    /// What is kept.
    #[command(flatten, next_help_heading = "Log files")]
    pub(crate) logs: LogArgs,

    /// Seconds between SIGTERM and SIGKILL, also as 300ms or 1m [default: 5]
    #[arg(short = 't', long, value_name = "TIME", env = "FORGE_TIMEOUT", value_parser = project::parse_duration, help_heading = "Ending")]
    pub(crate) timeout: Option<Duration>,
    /// What ends all when processes end by themselves [default: any]
    #[arg(long, value_name = "WHAT", env = "FORGE_EXIT_ON", help_heading = "Ending")]
    pub(crate) exit_on: Option<ExitOn>,
    /// Processes whose end never ends the others, with commas
    #[arg(long, value_name = "NAMES", env = "FORGE_CAN_DIE", add = ArgValueCompleter::new(process_names), help_heading = "Ending")]
    pub(crate) can_die: Option<Vec<String>>,
    /// Give the exit code of this process
    #[arg(long, value_name = "NAME", env = "FORGE_EXIT_CODE_FROM", add = ArgValueCompleter::new(process_names), help_heading = "Ending")]
    pub(crate) exit_code_from: Option<String>,
    /// End a process with other signals, one after the other: db=INT, db=TERM,INT; repeated for several
    #[arg(long, value_name = "NAME=SIGNAL,…", env = "FORGE_STOP_SIGNAL", add = ArgValueCompleter::new(process_names), help_heading = "Ending")]
    pub(crate) stop_signal: Option<Vec<String>>,
    /// What is around the processes.
    #[command(flatten, next_help_heading = "Ending")]
    pub(crate) isolation: IsolationArgs,

    /// Start a process after others: web=db,migrate:done; repeated for several
    #[arg(long, value_name = "NAME=NAMES", env = "FORGE_AFTER", add = ArgValueCompleter::new(process_names), help_heading = "Order and restarts")]
    pub(crate) after: Option<Vec<String>>,
    /// Run release of the Procfile first; the others wait for its success
    #[arg(long, env = "FORGE_RELEASE", value_parser = BoolishValueParser::new(), help_heading = "Order and restarts")]
    pub(crate) release: bool,
    /// Start processes again when they end: never, on-failure or always; without it always; repeated for several
    #[arg(long, value_name = "NAMES[=WHEN]", env = "FORGE_RESTART", add = ArgValueCompleter::new(process_names), help_heading = "Order and restarts")]
    pub(crate) restart: Option<Vec<String>>,
    /// Restart what forge.toml watches when its files change; this is the default
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", env = "FORGE_WATCH", hide_possible_values = true, value_parser = BoolishValueParser::new(), help_heading = "Order and restarts")]
    pub(crate) watch: Option<bool>,
    /// Watch no files
    #[arg(long, help_heading = "Order and restarts")]
    pub(crate) no_watch: bool,
}

/// `forge run`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// Which files are read.
    #[command(flatten)]
    pub(crate) files: FileArgs,
    /// PORT of the first process, from which that of the entry follows
    #[arg(short = 'p', long, value_name = "PORT", env = "FORGE_PORT", allow_hyphen_values = true)]
    pub(crate) port: Option<String>,
    /// How env files are read.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Start what it needs first, wait until that is ready, and stop it at the end; a command needs everything
    #[arg(long)]
    pub(crate) deps: bool,
    /// What is around the command.
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
    /// An entry of the Procfile, or a command with its arguments
    #[arg(value_name = "NAME|COMMAND", required = true, num_args = 1.., trailing_var_arg = true, value_hint = ValueHint::CommandWithArguments, add = ArgValueCompleter::new(process_names))]
    pub(crate) words: Vec<OsString>,
}

/// `forge check`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArgs {
    /// Which files are read.
    #[command(flatten)]
    pub(crate) files: FileArgs,
    /// Take warnings for errors
    #[arg(long, env = "FORGE_STRICT", value_parser = BoolishValueParser::new())]
    pub(crate) strict: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// When there is colour.
    #[command(flatten)]
    pub(crate) colour: ColourArgs,
}

/// `forge env`.
#[derive(Debug, Clone, Args)]
pub(crate) struct EnvArgs {
    /// Process or instance whose variables are shown: web, web.2 [default: what all have in common]
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(process_names))]
    pub(crate) name: Option<String>,
    /// Which files are read.
    #[command(flatten)]
    pub(crate) files: FileArgs,
    /// PORT of the first process
    #[arg(short = 'p', long, value_name = "PORT", env = "FORGE_PORT", allow_hyphen_values = true)]
    pub(crate) port: Option<String>,
    /// How env files are read.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Show the inherited variables too
    #[arg(short = 'a', long)]
    pub(crate) all: bool,
    /// Show secrets as they are
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `forge completions`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

/// `forge man`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ManArgs {
    /// Directory for all pages [default: the main page to stdout]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,
}

/// Builds the parser: the derived one, with empty `FORGE_…` variables taken for missing ones.
pub(crate) fn parser(is_empty_variable: impl Fn(&std::ffi::OsStr) -> bool) -> clap::Command {
    fn forgive(command: clap::Command, is_empty: &dyn Fn(&std::ffi::OsStr) -> bool) -> clap::Command {
        command
            .mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(None) } else { arg })
            // Neither names nor values: the rule for the names is told once, and values are nobody's business.
            .mut_args(|arg| arg.hide_env(true).hide_env_values(true))
            .mut_subcommands(|command| forgive(command, is_empty))
    }
    forgive(Forge::command(), &is_empty_variable)
}

/// Makes a mistake that clap does not see look like those that it does.
pub(crate) fn refusal(command: &str, message: &str) -> clap::Error {
    let mut forge = Forge::command();
    forge.build();
    let command = forge.find_subcommand_mut(command).expect("it has been parsed");
    command.error(clap::error::ErrorKind::ArgumentConflict, message)
}

#[cfg(test)]
mod tests;
