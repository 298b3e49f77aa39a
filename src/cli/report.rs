//! All diagnostics of a command, to stderr, and whether it may go on.

use std::borrow::Cow;

use anyhow::Context;

use super::read;
use crate::diagnostic::{Diagnostic, Label, Severity, Source, Span, render_all};
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
    let shown: Vec<Diagnostic> =
        diagnostics.iter().filter(|d| d.severity >= least).map(|d| hidden(d, mask)).collect();
    let colour = read::has_colour(colour, terminal::is_stderr());
    terminal::err(&mask.text(&render_all(&shown, colour)));
    verdict
}

/// Hides secrets in the lines that a diagnostic points at, and points at the same words there.
pub(super) fn hidden(diagnostic: &Diagnostic, mask: &Mask) -> Diagnostic {
    let mut diagnostic = diagnostic.clone();
    for Label { span, .. } in diagnostic.primary.iter_mut().chain(&mut diagnostic.labels) {
        let text = &span.source.text;
        // Of a secret source no value is shown.
        let Cow::Owned(masked) = mask.bytes(text) else { continue };
        if span.source.secret {
            continue;
        }
        let moved = |offset: usize| mask.offset(text, offset);
        let range = moved(span.range.start)..moved(span.range.end);
        *span = Span::new(&Source::new(span.source.name.clone(), masked), range);
    }
    diagnostic
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
