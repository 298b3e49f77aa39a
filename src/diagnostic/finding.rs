//! A diagnostic as data for scripts: what `forge check --json` writes.

use serde::Serialize;

use super::Diagnostic;

/// One diagnostic as a JSON object. Its fields are part of forge's interface and only ever grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding<'a> {
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// A stable name in kebab-case.
    pub code: &'static str,
    /// The sentence a person would read.
    pub message: &'a str,
    /// The file as messages call it; `null` when no place in a text is meant.
    pub file: Option<&'a str>,
    /// The line, counted from 1.
    pub line: Option<u32>,
}

impl<'a> From<&'a Diagnostic> for Finding<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Finding<'a> {
        let span = diagnostic.primary.as_ref().map(|label| &label.span);
        Finding {
            severity: diagnostic.severity.word(),
            code: diagnostic.code,
            message: &diagnostic.message,
            file: span.map(|span| span.source.name.as_str()),
            line: span.map(super::Span::line),
        }
    }
}
