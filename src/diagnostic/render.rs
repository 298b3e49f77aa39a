//! Diagnostics as text: caret snippets, hints, colour where it is wanted.
//!
//! Only the lines that labels point at are handed to the renderer, cut to a size that a person reads, so that
//! neither a huge file nor a line of a megabyte can flood the terminal. What a secret source hides is decided in
//! `excerpt`, before the renderer sees anything.

mod excerpt;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Display;

use annotate_snippets::renderer::{DEFAULT_ERROR_STYLE, DEFAULT_HELP_STYLE};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Severity, visible};
use excerpt::{Excerpt, Mark};

/// How many diagnostics of one severity are shown before the rest is only counted.
const SHOWN: usize = 50;

/// Renders one diagnostic as the lines a person reads, ending in a newline.
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let mut text = if diagnostic.in_foremans_words {
        format!("{} {}", painted("ERROR:", DEFAULT_ERROR_STYLE, colour), one_line(&diagnostic.message))
    } else {
        report(diagnostic, colour)
    };
    for hint in &diagnostic.hints {
        text.push('\n');
        text.push_str(&painted("hint:", DEFAULT_HELP_STYLE, colour));
        text.push(' ');
        text.push_str(&one_line(hint));
    }
    text.push('\n');
    text
}

/// Renders all of them in their order, with empty lines round those that need several lines.
///
/// A file that is no Procfile at all can give thousands; beyond the first 50 of each severity they are counted.
pub fn render_all(diagnostics: &[Diagnostic], colour: bool) -> String {
    let mut text = String::new();
    let mut seen: BTreeMap<Severity, usize> = BTreeMap::new();
    let mut after_a_long_one = false;
    for diagnostic in diagnostics {
        let count = seen.entry(diagnostic.severity).or_default();
        *count += 1;
        if *count > SHOWN {
            continue;
        }
        let lines = render(diagnostic, colour);
        let is_long = lines.lines().nth(1).is_some();
        if !text.is_empty() && (is_long || after_a_long_one) {
            text.push('\n');
        }
        after_a_long_one = is_long;
        text.push_str(&lines);
    }
    for (severity, count) in seen.into_iter().filter(|(_, count)| *count > SHOWN) {
        let more = render(&left_out(severity, count - SHOWN), colour);
        text.push_str(&more);
    }
    text
}

/// The remark that stands for what is only counted.
fn left_out(severity: Severity, count: usize) -> Diagnostic {
    let plural = if count == 1 { "" } else { "s" };
    let message = format!("{count} more {}{plural} like these", severity.word());
    Diagnostic::new(Severity::Note, "left-out", message)
}

/// The message and its snippets, without the final newline.
fn report(diagnostic: &Diagnostic, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Note => Level::NOTE,
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let mut group = Group::with_title(level.primary_title(one_line(&diagnostic.message)));
    for excerpt in excerpt::excerpts(diagnostic) {
        group = group.element(snippet(excerpt));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

fn snippet(excerpt: Excerpt<'_>) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let annotations = excerpt.marks.into_iter().map(|Mark { range, text, is_primary }| {
        let kind = if is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(range);
        if text.is_empty() { annotation } else { annotation.label(one_line(text)) }
    });
    Snippet::source(excerpt.text)
        .path(one_line(excerpt.path))
        .line_start(usize::try_from(excerpt.first_line).unwrap_or(usize::MAX))
        .annotations(annotations)
}

/// Makes a text safe to show on one line: names of files and processes come from outside.
fn one_line(text: &str) -> String {
    visible(&text.replace(['\n', '\r', '\t'], " ")).into_owned()
}

fn painted(word: &str, style: impl Display + Copy, colour: bool) -> String {
    if colour { format!("{style}{word}{style:#}") } else { word.to_owned() }
}
