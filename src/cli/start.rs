//! `forge start`, once everything has been read and checked: who gets what, then the engine.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::read::{self, ProjectPlace};
use crate::engine::{self, Channels, Hold, Patience, Setup};
use crate::guard;
use crate::project::Project;
use crate::supervisor::Outcome;
use crate::sys::{descriptor_table, process};
use crate::ui::sinks::{Screen, StreamSink};
use crate::ui::terminal;

/// Runs the stack until it ends.
///
/// # Errors
/// forge itself cannot work. Nothing runs then.
pub(crate) fn start(project: Project, place: &ProjectPlace) -> anyhow::Result<Outcome> {
    let grace = longest_grace(&project);
    let file_limit = descriptor_table::raise_file_limit();
    // Before anything that could start a thread.
    let guard = guard::launch(place.project, &place.notes, grace, file_limit)
        .context("could not start the guard process")?;
    // Not before: the guard hands its limits on.
    process::leave_no_core();
    let stdout = descriptor_table::duplicate_above(1).context("could not use the standard output")?;
    let is_terminal = terminal::is_stdout();
    let hold = Hold::of(project.output.tty, is_terminal);
    let colour = read::has_colour(project.output.colour, is_terminal);
    let sink = StreamSink::new(&project, Screen { terminal: is_terminal, colour });
    let report = engine::run(Setup {
        hold,
        channels: Channels::Together,
        colour,
        prefix_columns: sink.prefix_columns(),
        sink: Box::new(sink),
        project: Arc::new(project),
        guard,
        stdout,
        others: Vec::new(),
        rewrite: None,
        patience: if is_terminal { Patience::TERMINAL } else { Patience::ELSEWHERE },
        grace,
        limit: None,
    })?;
    Ok(report.outcome)
}

/// Returns the longest time that any process has between SIGTERM and SIGKILL.
pub(crate) fn longest_grace(project: &Project) -> Duration {
    project.processes.iter().map(|process| process.stop.grace).max().unwrap_or(Duration::from_secs(5))
}
