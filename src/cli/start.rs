//! `forge start`, once everything has been read and checked: who gets what, then the engine.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::bar;
use super::detach::Background;
use super::read::{self, ProjectPlace};
use super::{exit, log_files, report, reread};
use crate::control::address;
use crate::engine::{self, Channels, Hold, Patience, Setup};
use crate::guard::{self, Isolation};
use crate::logs::{Escapes, Mask, Masking, Rewrite, Sink, Wanted};
use crate::project::{Form, Project, Settings, Stderr, Tty};
use crate::sys::background::LetGo;
use crate::sys::{clock, descriptor_table, process};
use crate::ui::sinks::{JsonSink, Screen, Sieve, StreamSink};
use crate::ui::terminal;

/// Where a stack runs.
#[derive(Debug)]
pub(crate) enum Ground {
    /// Where forge was called, which reads its stream.
    Front,
    /// In the background; whoever called waits to be let go.
    Back(LetGo),
}

/// Runs the stack until it ends; returns forge's exit code.
///
/// # Errors
/// forge itself cannot work. Nothing runs then.
pub(crate) fn start(
    project: Project,
    mask: Mask,
    place: &ProjectPlace,
    wishes: Settings,
    ground: Ground,
) -> anyhow::Result<u8> {
    let (hidden, colour) = (Mask::new(project.secrets.found.clone()), project.output.colour);
    // By the process that will write there.
    let logs =
        match project.logs.as_ref().map(|logs| log_files::open(logs, &project.root, "--log-dir")).transpose()
        {
            Ok(logs) => logs,
            Err(diagnostic) => {
                let _ = report::show(&[*diagnostic], &hidden, colour);
                return Ok(exit::MISTAKE);
            }
        };
    let grace = longest_grace(&project);
    let file_limit = descriptor_table::raise_file_limit();
    // Before anything that could start a thread.
    let isolation = if project.isolate { Isolation::PidNamespace } else { Isolation::None };
    let guard = guard::launch(place.project, &place.notes, grace, file_limit, isolation)?;
    // Not before: the guard hands its limits on.
    process::leave_no_core();
    let View { sink, stdout, is_terminal, channels, background } = View::of(&project, ground)?;
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
    // Whoever attaches later finds a terminal.
    let has_terminals = is_terminal || background.is_some();
    let project = Arc::new(project);
    let (background, when_ready) = background.map(|one| one.wait_for(&project)).unzip();
    let face = if background.is_some() {
        None
    } else {
        bar::make(&project, &stdout, read::has_colour(colour, is_terminal))
    };
    let seat = address::claim(place.notes.directories(), place.project.0, std::process::id()).ok();
    let report = engine::run(Setup {
        hold: Hold::of(project.output.tty, has_terminals),
        auto: Hold::of(Tty::Auto, has_terminals),
        channels,
        colour: read::has_colour(colour, is_terminal),
        sink,
        project: Arc::clone(&project),
        guard,
        stdout,
        others,
        // Also where there is nothing to hide yet: a reload can bring something.
        rewrite: Some(Box::new(Masking::new(mask)) as Box<dyn Rewrite>),
        patience,
        grace,
        limit: project.wait.and_then(|wait| wait.limit),
        when_ready,
        reader: Some(Arc::new(reread::reader(wishes))),
        face,
        seat,
        teller,
    })?;
    if let Some(code) = background.and_then(|waits| waits.in_vain(&report, &hidden)) {
        return Ok(code);
    }
    if let Some(incomplete) = missing.and_then(|(dir, missing)| log_files::incomplete(&dir, missing.lines()))
    {
        let _ = report::show(&[incomplete], &hidden, colour);
    }
    Ok(exit::code_of(&report))
}

/// What is shown of a stack, and where.
struct View {
    sink: Box<dyn Sink>,
    stdout: OwnedFd,
    is_terminal: bool,
    channels: Channels,
    background: Option<Background>,
}

impl View {
    fn of(project: &Project, ground: Ground) -> anyhow::Result<View> {
        // Apart they may change places: only where it is asked for which of the two a line is from.
        let channels = match (project.output.form, project.output.stderr) {
            (Form::Json, _) | (_, Stderr::Mark) => Channels::Apart,
            (Form::Lines, Stderr::Plain) => Channels::Together,
        };
        if let Ground::Back(let_go) = ground {
            let (background, sink) = Background::new(project, let_go);
            let stdout = descriptor_table::null().context("could not open `/dev/null`")?;
            let background = Some(background);
            return Ok(View {
                sink: Box::new(sink),
                stdout,
                is_terminal: false,
                // One terminal each, which somebody may attach to.
                channels: Channels::Together,
                background,
            });
        }
        let stdout = descriptor_table::duplicate_above(1).context("could not use the standard output")?;
        let is_terminal = terminal::is_stdout();
        let colour = read::has_colour(project.output.colour, is_terminal);
        let sink = sink(project, Screen { terminal: is_terminal, colour });
        Ok(View { sink, stdout, is_terminal, channels, background: None })
    }
}

/// Makes what tells somebody who follows of the lines that are wanted.
pub(crate) fn teller(project: &Project, wanted: Wanted, escapes: Escapes) -> Box<dyn Sink> {
    Box::new(Sieve::new(project, wanted, escapes))
}

/// Makes what formats the stream.
fn sink(project: &Project, screen: Screen) -> Box<dyn Sink> {
    match project.output.form {
        Form::Lines => Box::new(StreamSink::new(project, screen)),
        Form::Json => {
            // Even on a terminal it is for a program, as in a pipe.
            let colour = read::has_colour(project.output.colour, false);
            let escapes = if colour { Escapes::Keep } else { Escapes::Strip };
            Box::new(JsonSink::new(project, escapes, clock::wall()))
        }
    }
}

/// Returns the longest time that any process has between SIGTERM and SIGKILL.
pub(crate) fn longest_grace(project: &Project) -> Duration {
    project.processes.iter().map(|process| process.stop.grace).max().unwrap_or(Duration::from_secs(5))
}
