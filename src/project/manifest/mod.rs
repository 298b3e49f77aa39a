//! `forge.toml`: what may be said of a project beside its Procfile.
//!
//! A file is read into a tree in which everything knows its place (`value`), judged by one table (`keys`, `shape`), laid
//! over the weaker ones (`layers`), and only then made into nouns (`sections`, `process`). Whatever is wrong has been
//! complained about and taken out of the tree before, so that the later steps meet nothing they do not know.

mod complaints;
mod hidden;
pub(crate) mod keys;
mod layers;
mod probe;
mod process;
mod schema;
mod sections;
mod shape;
mod value;
pub(crate) mod words;

#[cfg(test)]
pub(super) mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;

use super::text;
use crate::diagnostic::{Checked, Diagnostic, Source, Span};
use value::Table;

pub use hidden::hidden;
pub(crate) use keys::colour_number;
pub(crate) use process::{Definition, Instances, Section, overlay};
pub use schema::schema;
pub use sections::{EnvFiles, Logs, PortMode, Ports, Secrets};
use value::Value;

/// One file, judged for itself.
#[derive(Debug, Clone, Default)]
pub struct Document {
    table: Table,
    /// Whether names may be missing that were written.
    broken: bool,
}

/// A file that another one names.
#[derive(Debug, Clone)]
pub struct Named {
    /// The path as it is written.
    pub path: PathBuf,
    /// Where it is written.
    pub span: Span,
    /// Whether it may be missing.
    pub optional: bool,
}

/// Everything that the files of a project say together.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    table: Table,
    /// Whether names may be missing that were written.
    broken: bool,
}

/// Reads a file. What is wrong in it is not in the result.
pub fn parse(source: &Arc<Source>) -> Checked<Document> {
    if let Some(refusal) = text::refuse_utf16(source) {
        return Checked {
            value: Document { broken: true, ..Document::default() },
            diagnostics: vec![refusal],
        };
    }
    let text = match std::str::from_utf8(&source.text) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let refusal = Diagnostic::error("not-utf-8", format!("`{}` is not UTF-8 text", source.name))
                .at(Span::new(source, at..at + 1), "not a letter in UTF-8")
                .hint("save it as UTF-8");
            return Checked {
                value: Document { broken: true, ..Document::default() },
                diagnostics: vec![refusal],
            };
        }
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut diagnostics: Vec<Diagnostic> = errors.iter().map(|error| unreadable(source, error)).collect();
    // What the parser has made of a broken line is its guess; complaints about it would be riddles.
    let broken: Vec<u32> = diagnostics.iter().filter_map(|d| Some(d.primary.as_ref()?.span.line())).collect();
    let span = Span::new(source, 0..0);
    let root = Value { span, content: value::Content::Table(value::tree(source, table.get_ref())) };
    let mut found = Vec::new();
    let judged = shape::judge(root, &keys::ROOT, "", &mut found);
    diagnostics.extend(found.into_iter().filter(|complaint| {
        complaint.primary.as_ref().is_none_or(|label| !broken.contains(&label.span.line()))
    }));
    diagnostics.sort_by_key(|complaint| complaint.primary.as_ref().map(|label| label.span.range.start));
    let table = match judged.map(|value| value.content) {
        Some(value::Content::Table(table)) => table,
        _ => Table::default(),
    };
    // A value that is wrong is missing; but only these take names away, and make other names look wrong.
    let broken = diagnostics.iter().any(|d| matches!(d.code, "bad-toml" | "bad-name" | "duplicate-key"));
    Checked { value: Document { table, broken }, diagnostics }
}

/// A mistake in the language itself, in the words of its parser.
fn unreadable(source: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    let length = source.text.len();
    let range = error.span().unwrap_or(0..0);
    let (start, end) = (range.start.min(length), range.end.min(length));
    // A line end cannot be pointed at: what stands before it can.
    let start =
        if matches!(source.text.get(start), Some(b'\n') | None) { start.saturating_sub(1) } else { start };
    let span = Span::new(source, start..end.max(start));
    let message = error.message().lines().next().unwrap_or_default().trim_end_matches('.');
    if message.contains("duplicate key") {
        let name = String::from_utf8_lossy(span.text()).into_owned();
        return Diagnostic::error("duplicate-key", format!("`{name}` is written twice"))
            .at(span, "and again here")
            .hint("a table and a key may stand in a file once");
    }
    Diagnostic::error("bad-toml", format!("this is not TOML: {message}")).at(span, "")
}

impl Document {
    /// Returns the files that it includes, in their order; the paths are relative to its own.
    pub fn includes(&self) -> Vec<Named> {
        let values = self.table.several("include").unwrap_or_default();
        values.iter().filter_map(Named::of).collect()
    }
}

impl Named {
    /// A path that must lead to a file.
    fn of(value: &Value) -> Option<Named> {
        Some(Named { path: PathBuf::from(value.text()?), span: value.span.clone(), optional: false })
    }

    /// A path that may end in `?`, and then may lead nowhere.
    fn or_missing(value: &Value) -> Option<Named> {
        let text = value.text()?;
        let (path, optional) = match text.strip_suffix('?') {
            Some(path) => (path, true),
            None => (text, false),
        };
        Some(Named { path: PathBuf::from(path), span: value.span.clone(), optional })
    }
}

impl Manifest {
    /// Lays the files over each other, weakest first: those of `forge.toml` with all it includes, the profile, those of
    /// `forge.local.toml`.
    pub fn of(shared: Vec<Document>, local: Vec<Document>, profile: Option<&Span>) -> Checked<Manifest> {
        layers::lay(shared, local, profile)
    }

    /// Returns whether it says anything at all.
    pub fn is_empty(&self) -> bool {
        self.table.entries.is_empty()
    }

    /// Returns whether something of what was written could not be understood.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }
}

/// Says that a file is included by itself.
pub fn include_cycle(chain: &[&Path], span: &Span) -> Diagnostic {
    let chain: Vec<String> = chain.iter().map(|path| path.display().to_string()).collect();
    Diagnostic::error("include-cycle", format!("a file includes itself: {}", chain.join(" -> ")))
        .at(span.clone(), "included here once more")
        .hint("leave one of these includes out")
}
