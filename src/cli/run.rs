//! `forge run`: one entry of the Procfile, or any command, in the environment of the stack.
//!
//! forge becomes the command (exec), so that nothing stands between it and the terminal, its signals and its
//! exit code (compat section 11, D22). With `--isolate` forge stays to wait for the namespace around it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgMatches;

use super::args::RunArgs;
use super::read::{self, Need};
use super::report::Verdict;
use super::{exit, preflight, report, wishes};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::NoGuard;
use crate::guard::alone::{self, Fate};
use crate::logs::Mask;
use crate::project::command::shell_line;
use crate::project::manifest::Manifest;
use crate::project::{Colour, ProcessName, Project, Variable, load};
use crate::sys::exec::{Program, replace_by};
use crate::sys::path::{Lookup, find};
use crate::sys::signals;

/// How long what an isolated command has left behind has between SIGTERM and SIGKILL; the default of `start`, too.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the words; returns only if they could not be run.
///
/// # Errors
/// With `--isolate`: there is no namespace.
pub(crate) fn run(args: &RunArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    let need = if args.words.len() == 1 { Need::IfThere } else { Need::Nothing };
    let mut read = read::inputs(wishes::of_run(args, matches), need);
    let entry = args.words[0]
        .to_str()
        .filter(|_| args.words.len() == 1)
        .and_then(|word| load::find(&read.value, word));
    let mut names = Vec::new();
    if let Some((name, index)) = &entry {
        let word = if *index == 1 { format!("{name}=1") } else { format!("{name}.{index}") };
        read.value.settings.names = wishes::names(&[word]);
        read.value.settings.alone = Some(true);
    } else {
        // Whatever the Procfile and the ports are like, an arbitrary command does not need them.
        names = load::names(&read.value);
        read.value.procfile = None;
        read.value.parts = Vec::new();
        read.value.manifest = Manifest::default();
        read.value.settings.no_port = Some(true);
    }
    let mut loaded = load::load(&read.value);
    let mask = Mask::new(loaded.value.secrets.found.clone());
    let colour = read.value.settings.colour.unwrap_or(Colour::Auto);
    let ports = preflight::give_ports(&mut loaded.value);
    if report::show(&[read.diagnostics, loaded.diagnostics, ports].concat(), &mask, colour) == Verdict::Stop {
        return Ok(exit::MISTAKE);
    }

    let plan = match &entry {
        Some((name, _)) => plan_of_entry(&loaded.value, name),
        None => plan_of_words(&loaded.value, &args.words),
    };
    let refusal = if loaded.value.isolate {
        match carry_out_isolated(&plan)? {
            Ok(code) => return Ok(code),
            Err(refusal) => refusal,
        }
    } else {
        carry_out(&plan)
    };
    let diagnostic = match (&refusal, names.as_slice()) {
        (_, []) | (Refusal::Other(..), _) => refusal.diagnostic(),
        (Refusal::NotFound(_) | Refusal::NotExecutable(_), names) => {
            let names: Vec<&str> = names.iter().map(ProcessName::as_str).collect();
            refusal.diagnostic().hint(format!("the Procfile has {}", names.join(", ")))
        }
    };
    let _ = report::show(&[diagnostic], &mask, colour);
    Ok(refusal.code())
}

/// What is executed, where, and with what.
struct Plan {
    /// What must be found before anything else happens; a shell is there for certain.
    looked_up: Option<Vec<u8>>,
    words: Vec<OsString>,
    environment: Vec<Variable>,
    directory: PathBuf,
}

fn plan_of_entry(project: &Project, name: &ProcessName) -> Plan {
    let instance = project
        .instances
        .iter()
        .find(|instance| instance.id.process == *name)
        .expect("an entry that was named has been given one instance");
    let shell = shell_line(&instance.process.command);
    Plan {
        looked_up: shell.program,
        words: vec!["/bin/sh".into(), "-c".into(), OsString::from_vec(shell.line)],
        environment: project.environment_of(instance),
        directory: project.directory_of(&instance.process).to_owned(),
    }
}

fn plan_of_words(project: &Project, words: &[OsString]) -> Plan {
    Plan {
        looked_up: None,
        words: words.to_vec(),
        environment: project.environment.clone(),
        // Not the root: what is typed here is meant here.
        directory: read::current_directory().unwrap_or_else(|| PathBuf::from("/")),
    }
}

/// Why a command could not be run.
pub(super) enum Refusal {
    NotFound(OsString),
    NotExecutable(OsString),
    Other(OsString, io::Error),
}

impl Refusal {
    /// foreman's words (compat section 11).
    pub(super) fn diagnostic(&self) -> Diagnostic {
        match self {
            Refusal::NotFound(word) => {
                Diagnostic::foreman("command-not-found", format!("command not found: {}", word.display()))
            }
            Refusal::NotExecutable(word) => {
                Diagnostic::foreman("not-executable", format!("not executable: {}", word.display()))
            }
            Refusal::Other(word, error) => {
                let message = format!("could not run {}: {}", word.display(), read::why(error));
                Diagnostic::foreman("could-not-run", message)
            }
        }
    }

    /// The codes of a shell.
    pub(super) fn code(&self) -> u8 {
        match self {
            Refusal::NotFound(_) => exit::NOT_FOUND,
            Refusal::NotExecutable(_) | Refusal::Other(..) => exit::NOT_EXECUTABLE,
        }
    }
}

/// Becomes the command; returns only if that did not work.
fn carry_out(plan: &Plan) -> Refusal {
    match plan.file() {
        Ok(file) => plan.refused(plan.become_it(&file)),
        Err(refusal) => refusal,
    }
}

/// Runs the command in a pid namespace and ends as it did: by the same signal, or with its code.
///
/// # Errors
/// There is no namespace.
fn carry_out_isolated(plan: &Plan) -> Result<Result<u8, Refusal>, NoGuard> {
    let file = match plan.file() {
        Ok(file) => file,
        Err(refusal) => return Ok(Err(refusal)),
    };
    match alone::run(GRACE, || plan.become_it(&file))? {
        Fate::NotStarted(error) => Ok(Err(plan.refused(error))),
        Fate::Ended(exit) => {
            if let Exit::Signal { number, .. } = exit {
                signals::end_by(number);
            }
            Ok(Ok(exit.shell_code()))
        }
    }
}

impl Plan {
    /// Finds the program.
    fn file(&self) -> Result<PathBuf, Refusal> {
        let path = self.environment.iter().find(|variable| variable.name == b"PATH");
        let path = path.map(|variable| variable.value.as_slice());
        if let Some(program) = &self.looked_up {
            look_up(OsStr::from_bytes(program), path, &self.directory)?;
        }
        look_up(&self.words[0], path, &self.directory)
    }

    /// Returns only if that did not work.
    fn become_it(&self, file: &Path) -> io::Error {
        let environment: Vec<(Vec<u8>, Vec<u8>)> =
            self.environment.iter().map(|variable| (variable.name.clone(), variable.value.clone())).collect();
        replace_by(&Program {
            file,
            name: &self.words[0],
            arguments: &self.words[1..],
            environment: &environment,
            directory: &self.directory,
        })
    }

    fn refused(&self, error: io::Error) -> Refusal {
        Refusal::Other(self.words[0].clone(), error)
    }
}

pub(super) fn look_up(program: &OsStr, path: Option<&[u8]>, directory: &Path) -> Result<PathBuf, Refusal> {
    match find(program.as_bytes(), path, directory) {
        Lookup::Found(file) => Ok(file),
        Lookup::NotExecutable(_) => Err(Refusal::NotExecutable(program.to_owned())),
        Lookup::NotFound => Err(Refusal::NotFound(program.to_owned())),
    }
}
