//! `forge start`, once everything has been read and checked: who gets what, then the engine.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::log_files;
use super::read::{self, ProjectPlace};
use crate::control::address;
use crate::diagnostic::Diagnostic;
use crate::engine::{self, Channels, Hold, Patience, Setup};
use crate::guard::{self, Isolation};
use crate::logs::{Escapes, Mask, Masking, Rewrite, Sink};
use crate::project::{Form, Project, Stderr};
use crate::store::directory::Directory;
use crate::supervisor::Outcome;
use crate::sys::{clock, descriptor_table, process};
use crate::ui::sinks::{JsonSink, Screen, StreamSink};
use crate::ui::terminal;

/// Runs the stack until it ends. Says what has become of it, and what its log files lack.
///
/// # Errors
/// forge itself cannot work. Nothing runs then.
pub(crate) fn start(
    project: Project,
    mask: Mask,
    place: &ProjectPlace,
    logs: Option<Directory>,
) -> anyhow::Result<(Outcome, Option<Diagnostic>)> {
    let grace = longest_grace(&project);
    let file_limit = descriptor_table::raise_file_limit();
    // Before anything that could start a thread.
    let isolation = if project.isolate { Isolation::PidNamespace } else { Isolation::None };
    let guard = guard::launch(place.project, &place.notes, grace, file_limit, isolation)?;
    // Not before: the guard hands its limits on.
    process::leave_no_core();
    let stdout = descriptor_table::duplicate_above(1).context("could not use the standard output")?;
    let is_terminal = terminal::is_stdout();
    let hold = Hold::of(project.output.tty, is_terminal);
    let colour = read::has_colour(project.output.colour, is_terminal);
    // Apart they may change places: only where it is asked for which of the two a line is from.
    let channels = match (project.output.form, project.output.stderr) {
        (Form::Json, _) | (_, Stderr::Mark) => Channels::Apart,
        (Form::Lines, Stderr::Plain) => Channels::Together,
    };
    let (sink, prefix_columns) = sink(&project, Screen { terminal: is_terminal, colour });
    let mut others = Vec::new();
    let mut missing = None;
    if let (Some(directory), Some(logs)) = (logs, &project.logs) {
        let (way, lines) = log_files::way(directory, &project, logs)?;
        others.push(way);
        missing = Some((logs.dir.clone(), lines));
    }
    let patience = match (is_terminal, &project.logs) {
        (true, _) => Patience::TERMINAL,
        // What was read is in its file within a second.
        (false, Some(_)) => Patience::ELSEWHERE_WITH_FILES,
        (false, None) => Patience::ELSEWHERE,
    };
    let seat = address::claim(place.notes.directories(), place.project.0, std::process::id()).ok();
    let report = engine::run(Setup {
        hold,
        channels,
        colour,
        prefix_columns,
        sink,
        project: Arc::new(project),
        guard,
        stdout,
        others,
        rewrite: (!mask.is_empty()).then(|| Box::new(Masking::new(mask)) as Box<dyn Rewrite>),
        patience,
        grace,
        limit: None,
        seat,
    })?;
    Ok((report.outcome, missing.and_then(|(dir, missing)| log_files::incomplete(&dir, missing.lines()))))
}

/// Makes what formats the stream; says how many columns of a window it takes for itself.
fn sink(project: &Project, screen: Screen) -> (Box<dyn Sink>, u16) {
    match project.output.form {
        Form::Lines => {
            let sink = StreamSink::new(project, screen);
            let columns = sink.prefix_columns();
            (Box::new(sink), columns)
        }
        Form::Json => {
            // Even on a terminal it is for a program, as in a pipe.
            let colour = read::has_colour(project.output.colour, false);
            let escapes = if colour { Escapes::Keep } else { Escapes::Strip };
            (Box::new(JsonSink::new(project, escapes, clock::wall())), 0)
        }
    }
}

/// Returns the longest time that any process has between SIGTERM and SIGKILL.
pub(crate) fn longest_grace(project: &Project) -> Duration {
    project.processes.iter().map(|process| process.stop.grace).max().unwrap_or(Duration::from_secs(5))
}
