//! `forge schedule`: what the clock starts, when it is due next, and running it now. Nothing needs to run for that.

use clap::ArgMatches;

use super::args::{FileArgs, ScheduleArgs, ScheduleCommand};
use super::read::{self, Need};
use super::report::{self, Verdict};
use super::{exit, run, wishes};
use crate::diagnostic::Diagnostic;
use crate::engine::calendar;
use crate::logs::Mask;
use crate::project::lifecycle::{Nature, Schedule};
use crate::project::{Colour, load};
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
            run::run(args, matches)
        }
    }
}

/// Shows that many of them, the one that is due first before the others.
fn show(files: &FileArgs, count: usize) -> anyhow::Result<u8> {
    let read = read::inputs(wishes::of_files(files), Need::IfThere);
    let loaded = load::load(&read.value);
    let mask = Mask::new(loaded.value.secrets.found.clone());
    if report::show(&[read.diagnostics, loaded.diagnostics].concat(), &mask, Colour::Auto) == Verdict::Stop {
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
