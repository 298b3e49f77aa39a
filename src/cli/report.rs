//! All diagnostics of a command, to stderr, and whether it may go on.

use anyhow::Context;

use super::read;
use crate::diagnostic::{Diagnostic, Severity, render_all};
use crate::logs::Mask;
use crate::project::Colour;
use crate::ui::terminal;

/// Whether a command may go on after its diagnostics have been shown.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// There was no error.
    GoOn,
    /// There was one.
    Stop,
}

/// Shows them all, without secrets, and says what follows. Notes are about what is going to happen, so they are left out where an
/// error ends everything.
pub(crate) fn show(diagnostics: &[Diagnostic], mask: &Mask, colour: Colour) -> Verdict {
    let verdict = if worst(diagnostics) == Some(Severity::Error) { Verdict::Stop } else { Verdict::GoOn };
    let least = if verdict == Verdict::Stop { Severity::Warning } else { Severity::Note };
    let shown: Vec<Diagnostic> = diagnostics.iter().filter(|d| d.severity >= least).cloned().collect();
    let colour = read::has_colour(colour, terminal::is_stderr());
    terminal::err(&mask.text(&render_all(&shown, colour)));
    verdict
}

/// Writes what a command was asked for to stdout.
///
/// # Errors
/// It cannot be kept, as on a full disk. Whoever reads a half answer must not take it for the whole.
pub(crate) fn answer(text: &str) -> anyhow::Result<()> {
    terminal::out(text).context("could not write to the standard output")
}

/// Returns the worst severity there is.
pub(crate) fn worst(diagnostics: &[Diagnostic]) -> Option<Severity> {
    diagnostics.iter().map(|diagnostic| diagnostic.severity).max()
}
