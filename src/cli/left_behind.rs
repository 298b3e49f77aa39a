//! What `forge start` does about the processes of an earlier forge that was killed together with its guard.
//!
//! At a terminal it asks. Elsewhere it warns and starts: ending processes is nothing to do unasked, and refusing to start
//! would turn a crash into a second one for every script. If they are really in the way, they hold a port, and
//! that is an error with their names.

use std::time::Duration;

use super::clean::{end, find, line, named};
use super::read::{self, ProjectPlace};
use crate::diagnostic::Diagnostic;
use crate::guard::leftovers::{Fate, Found, Leftover};
use crate::logs::Mask;
use crate::ui::terminal;

/// How many are named in a warning.
const NAMED: usize = 5;

/// Whether the user may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Nothing is going to start, so nothing is in the way.
    Idle,
    /// If there is anybody to answer.
    Welcome,
}

/// Looks for them if a note says that there may be any, and returns what is to be said about those that stay.
pub(crate) fn settle(
    place: &ProjectPlace,
    grace: Duration,
    question: Question,
    mask: &Mask,
) -> Option<Diagnostic> {
    let dead = place.notes.dead(place.project);
    if dead.is_empty() {
        return None;
    }
    // A start does not fail because nobody can look; `forge clean` says why.
    let Found { left_behind: found, inhabited } = find(place, dead.since()).ok()?;
    dead.forget_others_but(&inhabited);
    if found.is_empty() || !dead.is_any_own() {
        dead.forget_own();
        return None;
    }
    if question == Question::Idle || !read::may_ask() {
        return Some(warning(&found));
    }
    if !terminal::asks(&mask.text(&question_about(&found))) {
        return None;
    }
    let ended = end(place, grace).ok()?;
    for (leftover, fate) in &ended {
        terminal::err(&mask.text(&format!("{}\n", line(leftover, Some(fate)))));
    }
    let staying: Vec<Leftover> =
        ended.into_iter().filter(|(_, fate)| matches!(fate, Fate::Resists(_))).map(|(one, _)| one).collect();
    (!staying.is_empty()).then(|| warning(&staying))
}

fn question_about(found: &[Leftover]) -> String {
    let list: Vec<String> = found.iter().map(|leftover| format!("  {}\n", named(leftover))).collect();
    let them = if found.len() == 1 { "it" } else { "them" };
    format!("{}:\n{}end {them} first? [y/N] ", what_happened(found), list.concat())
}

fn warning(found: &[Leftover]) -> Diagnostic {
    let mut names: Vec<String> = found.iter().take(NAMED).map(named).collect();
    if found.len() > NAMED {
        names.push(format!("and {} more", found.len() - NAMED));
    }
    let message = format!("{}: {}", what_happened(found), names.join("; "));
    Diagnostic::warning("left-behind", message).hint("`forge clean` ends what was left behind")
}

fn what_happened(found: &[Leftover]) -> String {
    let number = found.len();
    let processes = if number == 1 { "process" } else { "processes" };
    format!("an earlier forge was killed here and left {number} {processes} behind")
}
