//! `forge clean`: ends what an earlier forge left behind that was killed together with its guard.

use std::borrow::Cow;
use std::time::Duration;

use anyhow::Context;
use clap::ArgMatches;
use serde::Serialize;

use super::args::CleanArgs;
use super::read::{self, Need, ProjectPlace};
use super::report::Verdict;
use super::{exit, report, wishes};
use crate::diagnostic::visible;
use crate::guard::leftovers::{self, Fate, Found, Leftover};
use crate::logs::Mask;
use crate::project::{Colour, Settings, load};

/// How long a leftover has after SIGTERM where nobody says otherwise; the default of `start`, too.
const GRACE: Duration = Duration::from_secs(5);

/// Looks, ends what it finds, and says so.
///
/// # Errors
/// The system does not tell who is there.
pub(crate) fn clean(args: &CleanArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    let read = read::place(wishes::of_clean(args, matches));
    let (place, settings) = read.value;
    if report::show(&read.diagnostics, &Mask::default(), settings.colour.unwrap_or(Colour::Auto))
        == Verdict::Stop
    {
        return Ok(exit::MISTAKE);
    }
    let judged: Vec<(Leftover, Option<Fate>)> = if args.dry_run {
        find(&place, 0)?.left_behind.into_iter().map(|leftover| (leftover, None)).collect()
    } else {
        let ended = end(&place, settings.timeout.unwrap_or(GRACE))?;
        ended.into_iter().map(|(leftover, fate)| (leftover, Some(fate))).collect()
    };
    let mask = secrets_of(&settings);
    let resists = judged.iter().any(|(_, fate)| matches!(fate, Some(Fate::Resists(_))));
    report::answer(&if args.json {
        json(&place, &judged, &mask)
    } else {
        mask.text(&text(&judged)).into_owned()
    })?;
    Ok(if resists { exit::MISTAKE } else { exit::DONE })
}

/// Returns what hides the secrets of the stack, as far as its files are still there. What is wrong with them is not for this command
/// to say.
fn secrets_of(settings: &Settings) -> Mask {
    let read = read::inputs(settings.clone(), Need::IfTyped);
    Mask::new(load::load(&read.value).value.secrets.found)
}

/// Finds what was left behind by guards that have started at `since` or later.
///
/// # Errors
/// The system does not tell who is there.
pub(crate) fn find(place: &ProjectPlace, since: u64) -> anyhow::Result<Found> {
    leftovers::find(place.project, &place.notes.guards(), since).context("could not look at the processes")
}

/// Ends what was left behind, and forgets about it once nothing is left.
///
/// # Errors
/// The system does not tell who is there.
pub(crate) fn end(place: &ProjectPlace, grace: Duration) -> anyhow::Result<Vec<(Leftover, Fate)>> {
    let ended = leftovers::end(place.project, &place.notes.guards(), grace)
        .context("could not look at the processes")?;
    if !ended.iter().any(|(_, fate)| matches!(fate, Fate::Resists(_))) {
        place.notes.dead(place.project).forget_own();
    }
    Ok(ended)
}

/// One line for each, made to be read.
fn text(judged: &[(Leftover, Option<Fate>)]) -> String {
    if judged.is_empty() {
        return "nothing was left behind\n".to_owned();
    }
    judged.iter().map(|(leftover, fate)| line(leftover, fate.as_ref()) + "\n").collect()
}

/// `ended web.1, pid 4711 (ruby bin/rails, in ~/shop)`.
pub(crate) fn line(leftover: &Leftover, fate: Option<&Fate>) -> String {
    let named = named(leftover);
    match fate {
        None => named,
        Some(Fate::Ended) => format!("ended {named}"),
        Some(Fate::Killed) => format!("killed {named}"),
        Some(Fate::Resists(None)) => format!("could not end {named}"),
        Some(Fate::Resists(Some(reason))) => format!("could not end {named}: {reason}"),
    }
}

/// Names one: `web.1, pid 4711 (ruby bin/rails, in ~/shop)`.
pub(crate) fn named(leftover: &Leftover) -> String {
    let Leftover { instance, who, .. } = leftover;
    let named = if instance.is_empty() { who.to_string() } else { format!("{instance}, {who}") };
    // Processes choose what they carry and are called.
    visible(&named).into_owned()
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    directory: String,
    left_behind: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    instance: &'a str,
    pid: i32,
    command: Cow<'a, str>,
    directory: Option<String>,
    state: &'static str,
    reason: Option<&'a str>,
}

/// The report for programs, version 1; bytes that are not UTF-8 are replaced.
fn json(place: &ProjectPlace, judged: &[(Leftover, Option<Fate>)], mask: &Mask) -> String {
    let left_behind = judged.iter().map(|(leftover, fate)| {
        let (state, reason) = match fate {
            None => ("alive", None),
            Some(Fate::Ended) => ("ended", None),
            Some(Fate::Killed) => ("killed", None),
            Some(Fate::Resists(reason)) => ("alive", reason.as_deref()),
        };
        let directory = leftover.who.directory.as_ref().map(|path| path.display().to_string());
        let (instance, command) = (leftover.instance.as_str(), mask.text(&leftover.who.command));
        One { instance, pid: leftover.who.pid, command, directory, state, reason }
    });
    let directory = place.root.display().to_string();
    let report = Report { version: 1, directory, left_behind: left_behind.collect() };
    serde_json::to_string(&report).expect("strings and numbers are always JSON") + "\n"
}
