//! The run itself: the guard, the engine, and what is told when it is over.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::cli::read::{self, ProjectPlace};
use crate::cli::{exit, log_files, report, start};
use crate::control::address;
use crate::engine::{self, Channels, Hold, Patience, Report, Setup};
use crate::guard::{self, Isolation};
use crate::logs::{Mask, Masking, Rewrite};
use crate::project::{InstanceId, Project, Tty};
use crate::store::directory::Directory;
use crate::supervisor::Outcome;
use crate::sys::sheet::Sheet;
use crate::sys::{descriptor_table, process};
use crate::ui::ci::{self, Held, HeldSink, HoldsBack, Occasion, Place, Story};
use crate::ui::sinks::{Screen, StreamSink};
use crate::ui::terminal;

/// What is to be run.
pub(super) struct Play {
    pub(super) project: Project,
    /// For whom all of it runs.
    pub(super) command: InstanceId,
    pub(super) place: ProjectPlace,
    pub(super) limit: Option<Duration>,
    /// Where the log is read.
    pub(super) log: Place,
    pub(super) papers: Papers,
    /// Where the log files are kept.
    pub(super) logs: Option<Directory>,
    /// What is secret.
    pub(super) mask: Mask,
    pub(super) told: Told,
}

/// What is written besides.
pub(super) struct Papers {
    pub(super) junit: Option<Sheet>,
    pub(super) summary: Option<Sheet>,
}

/// What is said at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// How long it took, and what failed.
    All,
    /// What failed.
    Failures,
}

/// Runs it; returns forge's exit code.
///
/// # Errors
/// forge itself cannot work, or a file that was asked for cannot be written.
pub(super) fn play(play: Play) -> anyhow::Result<u8> {
    let Play { project, command, place, limit, log, papers, logs, mask, told } = play;
    let project = Arc::new(project);
    let held = Held::default();
    let hidden = Mask::new(project.secrets.found.clone());
    let grace = start::longest_grace(&project);
    let file_limit = descriptor_table::raise_file_limit();
    // Before anything that could start a thread.
    let isolation = if project.isolate { Isolation::PidNamespace } else { Isolation::None };
    let guard = guard::launch(place.project, &place.notes, grace, file_limit, isolation)?;
    // Not before: the guard hands its limits on.
    process::leave_no_core();
    // The standard output is the command's alone.
    let stderr = descriptor_table::duplicate_above(2).context("could not use the standard error")?;
    let is_terminal = terminal::is_stderr();
    let colour = read::has_colour(project.output.colour, is_terminal);
    let shown = StreamSink::new(&project, Screen { terminal: is_terminal, colour });
    let holds_back = if log.holds_lines() { HoldsBack::Lines } else { HoldsBack::Nothing };
    let mut others = Vec::new();
    let mut missing = None;
    if let (Some(directory), Some(logs)) = (logs, &project.logs) {
        let (way, lines) = log_files::way(directory, &project, logs)?;
        others.push(way);
        missing = Some((logs.dir.clone(), lines));
    }
    let seat = address::claim(place.notes.directories(), place.project.0, std::process::id()).ok();
    let report = engine::run(Setup {
        hold: Hold::of(project.output.tty, is_terminal),
        auto: Hold::of(Tty::Auto, is_terminal),
        channels: Channels::Together,
        colour,
        sink: Box::new(HeldSink::new(shown, holds_back, held.clone())),
        project: Arc::clone(&project),
        guard,
        stdout: stderr,
        others,
        rewrite: (!mask.is_empty()).then(|| Box::new(Masking::new(mask)) as Box<dyn Rewrite>),
        patience: if is_terminal { Patience::TERMINAL } else { Patience::ELSEWHERE },
        grace,
        limit,
        // It runs for a command, and ends with it.
        reader: None,
        when_ready: None,
        // What stands on the terminal is the command's.
        face: None,
        seat,
        teller: start::teller,
    })?;
    if let Some(incomplete) = missing.and_then(|(dir, missing)| log_files::incomplete(&dir, missing.lines()))
    {
        let _ = report::show(&[incomplete], &hidden, project.output.colour);
    }
    let code = code(&report, &command);
    let story = Story {
        project: &project,
        stack: &report.record.stack,
        last_lines: &report.record.last_lines,
        spent: &report.spent,
        command: &command,
        code,
    };
    if told == Told::All || story.end_of_command().is_none() {
        terminal::err(&ci::last_words(&story, log, &held, &format!("{:016x}", read::chance())));
    }
    write_papers(&story, &held, papers, report.record.began)?;
    Ok(code)
}

fn write_papers(story: &Story<'_>, held: &Held, papers: Papers, began: i64) -> anyhow::Result<()> {
    if let Some(mut summary) = papers.summary {
        // A step without a summary is still right.
        let _ = summary.write(&ci::markdown(story));
    }
    if let Some(mut junit) = papers.junit {
        let timestamp = read::calendar_time(began);
        let text = ci::xml(story, held, Occasion { timestamp: &timestamp });
        junit.write(&text).context("could not write the file of `--junit`")?;
    }
    Ok(())
}

/// Returns the exit code: that of the command, once it has ended by itself; else that of what has ended it. A run that
/// was cut short is never a success.
fn code(report: &Report, command: &InstanceId) -> u8 {
    let stack = &report.record.stack;
    if report.outcome == Outcome::Broken {
        return exit::BROKEN;
    }
    let run = stack.instances.iter().find(|one| one.id == *command).and_then(|one| one.runs.last());
    if let Some(exit) = run.filter(|run| run.because.is_none()).and_then(|run| run.exit) {
        return exit.shell_code();
    }
    exit::code_of_failure(report)
}
