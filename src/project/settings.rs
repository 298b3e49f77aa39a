//! What the user asked for beside the Procfile: flags, `FORGE_…` variables and the `.foreman` file, all in one form.

use std::path::PathBuf;
use std::time::Duration;

use super::{Colour, ExitOn, Form, Stderr, Tty, Wait};
use crate::diagnostic::Span;

/// Wishes of one source; `None` means that the source says nothing about it.
///
/// What can only be judged with the Procfile at hand (names, counts, ports) is kept as it was written, with
/// its place; everything else has been understood already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The Procfile; `-` is stdin.
    pub procfile: Option<PathBuf>,
    /// Further Procfiles; one that is a glob stands for any number of them.
    pub further_procfiles: Vec<PathBuf>,
    /// The part of `forge.toml` that is chosen.
    pub profile: Option<Span>,
    /// The directory in which the processes run.
    pub root: Option<PathBuf>,
    /// Env files, the later ones stronger; an empty list means that none is read.
    pub env_files: Option<Vec<PathBuf>>,
    /// Names to start, each `NAME`, `NAME=N` or several of them with commas; stronger than any formation.
    pub names: Option<Vec<Span>>,
    /// How many of each: `web=2,all=1`.
    pub formation: Option<Span>,
    /// Names that are not started, with commas.
    pub except: Option<Span>,
    /// The port of the first process.
    pub port: Option<Span>,
    /// The distance between the ports of two processes.
    pub port_step: Option<u16>,
    /// Whether no process gets a port.
    pub no_port: Option<bool>,
    /// The time between SIGTERM and SIGKILL.
    pub timeout: Option<Duration>,
    /// Whether the time of day stands before each line.
    pub timestamp: Option<bool>,
    /// How the time is written.
    pub timestamp_format: Option<Span>,
    /// When there is colour.
    pub colour: Option<Colour>,
    /// Whether nothing stands before a line.
    pub no_prefix: Option<bool>,
    /// Whether secrets are shown as they are.
    pub no_mask: Option<bool>,
    /// Names whose lines are not shown, with commas.
    pub quiet: Option<Span>,
    /// Patterns of lines that are not shown.
    pub drop: Option<Vec<Span>>,
    /// How lines of stderr are told apart.
    pub stderr: Option<Stderr>,
    /// What a line becomes.
    pub form: Option<Form>,
    /// What the end of a process means for the others.
    pub exit_on: Option<ExitOn>,
    /// Names whose end never ends the stack, with commas.
    pub can_die: Option<Span>,
    /// Who is started after whom, each `NAME=NAME,…`.
    pub after: Option<Vec<Span>>,
    /// Who is started again, each `NAMES` or `NAMES=POLICY`.
    pub restart: Option<Vec<Span>>,
    /// Who is ended by which signals, each `NAME=SIGNAL,…`.
    pub stop_signal: Option<Vec<Span>>,
    /// Whether the entry `release` runs first, and the others wait for it.
    pub release: Option<bool>,
    /// Whose exit code is forge's own.
    pub exit_code_from: Option<Span>,
    /// Whether the start is over only when everything is ready, and how long that may take.
    pub wait: Option<Wait>,
    /// Whether it runs in the background, and what it prints is to be found in files.
    pub detach: Option<bool>,
    /// Whether what is named runs without what it needs.
    pub alone: Option<bool>,
    /// Whether changes of files restart processes.
    pub watch: Option<bool>,
    /// How the processes are held.
    pub tty: Option<Tty>,
    /// Whether the last line of a terminal shows the processes and the keys.
    pub bar: Option<bool>,
    /// Who has the keyboard from the start.
    pub focus: Option<Span>,
    /// Whether they run in a pid namespace of their own.
    pub isolate: Option<bool>,
    /// The directory of the log files; with it, there are any.
    pub log_dir: Option<PathBuf>,
    /// The size in bytes at which a log file is put aside; 0 for never.
    pub log_rotate: Option<u64>,
    /// How many of those are kept.
    pub log_keep: Option<u32>,
    /// Whether escape sequences are kept in log files.
    pub log_raw: Option<bool>,
    /// Whether `${NAME}` in env files is replaced.
    pub expand: Option<bool>,
    /// Whether the inherited environment is stronger than the env files.
    pub no_override: Option<bool>,
}

impl Settings {
    /// Fills what these settings leave open from weaker ones.
    #[must_use]
    pub fn or(self, weaker: Settings) -> Settings {
        // The further ones belong to the first.
        let further = if self.procfile.is_some() { self.further_procfiles } else { weaker.further_procfiles };
        Settings {
            procfile: self.procfile.or(weaker.procfile),
            further_procfiles: further,
            profile: self.profile.or(weaker.profile),
            root: self.root.or(weaker.root),
            env_files: self.env_files.or(weaker.env_files),
            names: self.names.or(weaker.names),
            formation: self.formation.or(weaker.formation),
            except: self.except.or(weaker.except),
            port: self.port.or(weaker.port),
            port_step: self.port_step.or(weaker.port_step),
            no_port: self.no_port.or(weaker.no_port),
            timeout: self.timeout.or(weaker.timeout),
            timestamp: self.timestamp.or(weaker.timestamp),
            timestamp_format: self.timestamp_format.or(weaker.timestamp_format),
            colour: self.colour.or(weaker.colour),
            no_prefix: self.no_prefix.or(weaker.no_prefix),
            no_mask: self.no_mask.or(weaker.no_mask),
            quiet: self.quiet.or(weaker.quiet),
            drop: self.drop.or(weaker.drop),
            stderr: self.stderr.or(weaker.stderr),
            form: self.form.or(weaker.form),
            exit_on: self.exit_on.or(weaker.exit_on),
            can_die: self.can_die.or(weaker.can_die),
            after: self.after.or(weaker.after),
            restart: self.restart.or(weaker.restart),
            stop_signal: self.stop_signal.or(weaker.stop_signal),
            release: self.release.or(weaker.release),
            exit_code_from: self.exit_code_from.or(weaker.exit_code_from),
            wait: self.wait.or(weaker.wait),
            detach: self.detach.or(weaker.detach),
            alone: self.alone.or(weaker.alone),
            watch: self.watch.or(weaker.watch),
            tty: self.tty.or(weaker.tty),
            bar: self.bar.or(weaker.bar),
            focus: self.focus.or(weaker.focus),
            isolate: self.isolate.or(weaker.isolate),
            log_dir: self.log_dir.or(weaker.log_dir),
            log_rotate: self.log_rotate.or(weaker.log_rotate),
            log_keep: self.log_keep.or(weaker.log_keep),
            log_raw: self.log_raw.or(weaker.log_raw),
            expand: self.expand.or(weaker.expand),
            no_override: self.no_override.or(weaker.no_override),
        }
    }
}
