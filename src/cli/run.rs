//! `forge run`: one entry of the Procfile, or any command, in the environment of the stack.
//!
//! forge becomes the command (exec), so that nothing stands between it and the terminal, its signals and its
//! exit code (compat section 11, D22).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::args::RunArgs;
use super::read::{self, Need};
use super::report::Verdict;
use super::{exit, preflight, report, wishes};
use crate::diagnostic::Diagnostic;
use crate::project::command::shell_line;
use crate::project::manifest::Manifest;
use crate::project::{Colour, ProcessName, Project, Variable, load};
use crate::sys::exec::{Program, replace_by};
use crate::sys::path::{Lookup, find};

/// Runs the words; returns only if they could not be run.
pub(crate) fn run(args: &RunArgs, matches: &ArgMatches) -> u8 {
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
    let colour = read.value.settings.colour.unwrap_or(Colour::Auto);
    let ports = preflight::give_ports(&mut loaded.value);
    if report::show(&[read.diagnostics, loaded.diagnostics, ports].concat(), colour) == Verdict::Stop {
        return exit::MISTAKE;
    }

    let plan = match &entry {
        Some((name, _)) => plan_of_entry(&loaded.value, name),
        None => plan_of_words(&loaded.value, &args.words),
    };
    let refusal = carry_out(&plan);
    let diagnostic = match (&refusal, names.as_slice()) {
        (_, []) | (Refusal::Other(..), _) => refusal.diagnostic(),
        (Refusal::NotFound(_) | Refusal::NotExecutable(_), names) => {
            let names: Vec<&str> = names.iter().map(ProcessName::as_str).collect();
            refusal.diagnostic().hint(format!("the Procfile has {}", names.join(", ")))
        }
    };
    let _ = report::show(&[diagnostic], colour);
    refusal.code()
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
    Other(OsString, std::io::Error),
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
    let environment: Vec<(Vec<u8>, Vec<u8>)> =
        plan.environment.iter().map(|variable| (variable.name.clone(), variable.value.clone())).collect();
    let path = environment.iter().find(|(name, _)| name == b"PATH").map(|(_, value)| value.as_slice());
    if let Some(program) = &plan.looked_up
        && let Err(refusal) = look_up(OsStr::from_bytes(program), path, &plan.directory)
    {
        return refusal;
    }
    let file = match look_up(&plan.words[0], path, &plan.directory) {
        Ok(file) => file,
        Err(refusal) => return refusal,
    };
    let error = replace_by(&Program {
        file: &file,
        name: &plan.words[0],
        arguments: &plan.words[1..],
        environment: &environment,
        directory: &plan.directory,
    });
    Refusal::Other(plan.words[0].clone(), error)
}

pub(super) fn look_up(program: &OsStr, path: Option<&[u8]>, directory: &Path) -> Result<PathBuf, Refusal> {
    match find(program.as_bytes(), path, directory) {
        Lookup::Found(file) => Ok(file),
        Lookup::NotExecutable(_) => Err(Refusal::NotExecutable(program.to_owned())),
        Lookup::NotFound => Err(Refusal::NotFound(program.to_owned())),
    }
}
