//! `forge schedule`: what the clock starts, when it is due next, and running it now. Nothing needs to run for that.

use std::sync::Arc;

use clap::ArgMatches;

use super::args::{FileArgs, RunArgs, ScheduleArgs, ScheduleCommand};
use super::read::{self, Need};
use super::report::{self, Verdict};
use super::{ci, exit, run, wishes};
use crate::diagnostic::{Diagnostic, Severity};
use crate::engine::calendar;
use crate::logs::Mask;
use crate::project::lifecycle::{Nature, Schedule};
use crate::project::{Colour, ProcessSpec, load, suggest};
use crate::ui::messages;

/// Does what was asked.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn schedule(args: &ScheduleArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    match &args.command {
        ScheduleCommand::List { files } => show(files, usize::MAX),
        ScheduleCommand::Next { files } => show(files, 1),
        ScheduleCommand::Run(args) => {
            let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
            if let Some(complaint) = unknown(args) {
                let _ = report::show(&[complaint], &Mask::default(), Colour::Auto);
                return Ok(exit::MISTAKE);
            }
            if args.deps { ci::run_with_needs(args, matches) } else { run::run(args, matches) }
        }
    }
}

/// Complains about a name that the clock does not know; more words are a command, as for `forge run`.
fn unknown(args: &RunArgs) -> Option<Diagnostic> {
    let [word] = args.words.as_slice() else { return None };
    let word = word.to_str()?;
    let read = read::inputs(wishes::of_files(&args.files), Need::IfThere);
    let loaded = load::load(&read.value);
    let complaints = [read.diagnostics, loaded.diagnostics].concat();
    if report::worst(&complaints) == Some(Severity::Error) {
        // What is wrong there is said by whoever runs it.
        return None;
    }
    let entry = load::find(&read.value, word);
    let word = entry.as_ref().map_or(word, |(name, _)| name.as_str());
    let processes = &loaded.value.processes;
    let is_scheduled = |process: &&Arc<ProcessSpec>| matches!(process.life.nature, Nature::Scheduled(_));
    let names: Vec<&str> =
        processes.iter().filter(is_scheduled).map(|process| process.name.as_str()).collect();
    if names.contains(&word) {
        return None;
    }
    let complaint = Diagnostic::error("unknown-schedule", format!("the clock does not start `{word}`"));
    let hint = if processes.iter().any(|process| process.name.as_str() == word) {
        format!("`forge run {word}` runs it")
    } else if let Some(nearest) = suggest::nearest(word, names.iter().copied()) {
        format!("did you mean `{nearest}`?")
    } else if names.is_empty() {
        "a `[schedule.NAME]` in forge.toml is what it starts".to_owned()
    } else {
        format!("it starts {}", names.join(", "))
    };
    Some(complaint.hint(hint))
}

/// Shows that many of them, the one that is due first before the others.
fn show(files: &FileArgs, count: usize) -> anyhow::Result<u8> {
    let read = read::inputs(wishes::of_files(files), Need::IfThere);
    let loaded = load::load(&read.value);
    let mask = Mask::new(loaded.value.secrets.found.clone());
    let mut diagnostics = [read.diagnostics, loaded.diagnostics].concat();
    // Nothing is started here, so what is started otherwise is no news.
    diagnostics.retain(|diagnostic| diagnostic.severity > Severity::Note);
    if report::show(&diagnostics, &mask, Colour::Auto) == Verdict::Stop {
        return Ok(exit::MISTAKE);
    }
    let mut due: Vec<(Option<i64>, &str, &Schedule)> = Vec::new();
    for process in &loaded.value.processes {
        if let Nature::Scheduled(schedule) = &process.life.nature {
            due.push((calendar::next(schedule), process.name.as_str(), schedule));
        }
    }
    if due.is_empty() {
        let nothing = Diagnostic::warning("no-schedule", "nothing is started by the clock here")
            .hint("a `[schedule.NAME]` in forge.toml with a `command` and `every`, `cron` or `daily_at` is");
        let _ = report::show(&[nothing], &mask, Colour::Auto);
        return Ok(exit::DONE);
    }
    // What counts from the start of the stack has no time of its own.
    due.sort_by_key(|(due, name, _)| (due.is_none(), *due, *name));
    let width = due.iter().map(|(_, name, _)| name.len()).max().unwrap_or(0);
    let line = |(due, name, schedule): &(Option<i64>, &str, &Schedule)| {
        let when = due.and_then(|due| calendar::shown(schedule, due));
        format!("{name:<width$}  {}\n", messages::due(schedule, when.as_deref()))
    };
    report::answer(&due.iter().take(count).map(line).collect::<String>())?;
    Ok(exit::DONE)
}
