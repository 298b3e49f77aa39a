//! `forge ci`: starts a stack, waits until it is ready, runs a command, stops everything, and ends as the command did.
//!
//! The command is one more process of the project, a task that needs all the others. So it is started, waited for,
//! stopped and reaped by the same rules as everybody; only its standard input, output and error are forge's own.

mod command;
mod stage;

use std::path::Path;

use clap::ArgMatches;

use super::args::{CiArgs, Ports, RunArgs};
use super::left_behind::{self, Question};
use super::read::{self, Need, ProjectPlace};
use super::report::{self, Verdict};
use super::{exit, log_files, preflight, start, wishes};
use crate::diagnostic::{Diagnostic, Severity};
use crate::logs::Mask;
use crate::project::{Colour, Logs, OnConflict, Project, load};
use crate::sys::sheet::Sheet;
use crate::sys::signals;
use crate::ui::ci::Place;
use stage::{Papers, Play};

/// Does it.
///
/// # Errors
/// forge itself cannot work.
pub(crate) fn ci(args: &CiArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    signals::write_from_the_background();
    let read = read::inputs(wishes::of_ci(args, matches), Need::Procfile);
    let colour = read.value.settings.colour.unwrap_or(Colour::Auto);
    let are_planned = args.ports.map_or(args.port.is_some(), |ports| ports == Ports::Planned);
    let mut loaded = load::load(&read.value);
    let mask = Mask::new(loaded.value.secrets.found.clone());
    let mut diagnostics = [read.diagnostics, loaded.diagnostics].concat();
    let place = ProjectPlace::of(&loaded.value.root);
    settle(&mut loaded.value, &place, are_planned, &mut diagnostics);
    if let Some(directory) = &args.artifacts {
        loaded.value.logs = Some(logs_in(directory));
    }
    // What cannot start leaves no file behind, and those of an earlier run as they are.
    let is_sound = |diagnostics: &[Diagnostic]| report::worst(diagnostics) != Some(Severity::Error);
    if is_sound(&diagnostics)
        && let Some(refusal) = command::refusal(&loaded.value, &args.words)
    {
        let _ = report::show(&[diagnostics, vec![refusal.diagnostic()]].concat(), &mask, colour);
        return Ok(refusal.code());
    }
    let mut logs = None;
    if let Some(wanted) = loaded.value.logs.as_ref().filter(|_| is_sound(&diagnostics)) {
        let flag = if args.artifacts.is_some() { "--artifacts" } else { "--log-dir" };
        match log_files::open(wanted, &loaded.value.root, flag) {
            Ok(directory) => logs = Some(directory),
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    let junit = args.junit.as_deref().filter(|_| is_sound(&diagnostics));
    let papers = Papers {
        junit: junit.and_then(|path| opened(Sheet::blank(path), path, &mut diagnostics)),
        // The runner's file, not the user's: where it cannot be written, there is no summary.
        summary: read::step_summary().and_then(|path| Sheet::goes_on(&path).ok()),
    };
    if report::show(&diagnostics, &mask, colour) == Verdict::Stop {
        return Ok(exit::MISTAKE);
    }
    let mut project = loaded.value;
    let keep = if args.keep { command::Keep::Stack } else { command::Keep::Nothing };
    let command = command::add(&mut project, &args.words, keep);
    let place_of_log = read::place_of_log();
    stage::play(Play {
        project,
        command,
        place,
        limit: args.timeout,
        log: place_of_log,
        papers,
        logs,
        mask,
        told: stage::Told::All,
    })
}

/// `forge run --deps`: a process or a command in the foreground, with all it needs beside it.
///
/// # Errors
/// forge itself cannot work.
pub(crate) fn run_with_needs(args: &RunArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    let mut read = read::inputs(wishes::of_run(args, matches), Need::Procfile);
    let colour = read.value.settings.colour.unwrap_or(Colour::Auto);
    let entry = args.words[0]
        .to_str()
        .filter(|_| args.words.len() == 1)
        .and_then(|word| load::find(&read.value, word));
    if let Some((name, _)) = &entry {
        read.value.settings.names = wishes::names(&[format!("{name}=1")]);
    }
    let mut loaded = load::load(&read.value);
    let mask = Mask::new(loaded.value.secrets.found.clone());
    let mut diagnostics = [read.diagnostics, loaded.diagnostics].concat();
    let place = ProjectPlace::of(&loaded.value.root);
    settle(&mut loaded.value, &place, true, &mut diagnostics);
    if report::show(&diagnostics, &mask, colour) == Verdict::Stop {
        return Ok(exit::MISTAKE);
    }
    let mut project = loaded.value;
    let command = if let Some((name, _)) = &entry {
        command::bring_to_front(&mut project, name)
    } else {
        if let Some(refusal) = command::refusal(&project, &args.words) {
            let _ = report::show(&[refusal.diagnostic()], &mask, colour);
            return Ok(refusal.code());
        }
        command::add(&mut project, &args.words, command::Keep::Nothing)
    };
    let (log, papers) = (Place::Plain, Papers { junit: None, summary: None });
    stage::play(Play {
        project,
        command,
        place,
        limit: None,
        log,
        papers,
        logs: None,
        mask,
        told: stage::Told::Failures,
    })
}

/// Everything between reading and starting: what was left behind, and the ports.
fn settle(project: &mut Project, place: &ProjectPlace, are_planned: bool, diagnostics: &mut Vec<Diagnostic>) {
    if report::worst(diagnostics) == Some(Severity::Error) {
        return;
    }
    let mask = Mask::new(project.secrets.found.clone());
    diagnostics.extend(left_behind::settle(place, start::longest_grace(project), Question::Welcome, &mask));
    if !are_planned {
        preflight::choose_free_ports(project, read::chance());
        project.on_conflict = OnConflict::Next;
    }
    let given = preflight::give_ports(project);
    // Any port is as good as another, so it is no news that one of them was taken.
    diagnostics.extend(given.into_iter().filter(|one| are_planned || one.severity > Severity::Note));
    diagnostics.extend(preflight::ports(project));
}

/// Everything of everybody, without escape sequences, in one part each.
fn logs_in(directory: &Path) -> Logs {
    Logs { dir: directory.to_owned(), raw: false, rotate: 0, keep: 1 }
}

/// Takes what was opened, or complains.
fn opened<T>(result: std::io::Result<T>, path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            let message = format!("could not make `{}`: {}", path.display(), read::why(&error));
            diagnostics.push(Diagnostic::error("cannot-write", message));
            None
        }
    }
}
