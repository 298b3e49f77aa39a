//! What is wrong with something the user wrote, as data: collected, counted, then shown all at once.
//!
//! Parsing never fails: it returns [`Checked`], the best value it could make together with every complaint.

mod finding;
mod render;
mod visible;

use std::ops::Range;
use std::sync::Arc;

pub use finding::Finding;
pub use render::{render, render_all};
pub use visible::{visible, visible_bytes};

/// A text that the user wrote: a file, an option on the command line, a variable.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// What messages call it: a path as the user gave it, or `--formation`.
    pub name: String,
    /// Its bytes, exactly as they were read.
    pub text: Vec<u8>,
    /// Whether it may hold passwords, as env files do: of a secret source a snippet shows the words that a label
    /// points at, never anything behind a `=`, and a mark in place of the rest.
    pub secret: bool,
    /// The parts that no snippet shows, in bytes, sorted and apart.
    pub hidden: Vec<Range<usize>>,
}

impl Source {
    /// Makes a source that diagnostics can share.
    pub fn new(name: impl Into<String>, text: impl Into<Vec<u8>>) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into(), secret: false, hidden: Vec::new() })
    }

    /// Makes a source whose text never appears in a message.
    pub fn secret(name: impl Into<String>, text: impl Into<Vec<u8>>) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into(), secret: true, hidden: Vec::new() })
    }

    /// Makes a source of which some parts never appear in a message.
    pub fn partly_hidden(
        name: impl Into<String>,
        text: impl Into<Vec<u8>>,
        hidden: Vec<Range<usize>>,
    ) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into(), secret: false, hidden })
    }

    /// Returns the same text as a secret source.
    pub fn kept_secret(self: &Arc<Source>) -> Arc<Source> {
        if self.secret {
            return Arc::clone(self);
        }
        Source::secret(self.name.clone(), self.text.clone())
    }

    /// Returns the line, counted from 1, in which the byte at `offset` stands.
    pub fn line_of(&self, offset: usize) -> u32 {
        let before = &self.text[..offset.min(self.text.len())];
        u32::try_from(memchr::memchr_iter(b'\n', before).count() + 1).unwrap_or(u32::MAX)
    }
}

/// A place in a [`Source`], in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text it points into.
    pub source: Arc<Source>,
    /// The bytes it means.
    pub range: Range<usize>,
}

impl Span {
    /// Points at `range` of `source`.
    pub fn new(source: &Arc<Source>, range: Range<usize>) -> Span {
        Span { source: Arc::clone(source), range }
    }

    /// Returns the bytes it means.
    pub fn text(&self) -> &[u8] {
        self.source.text.get(self.range.clone()).unwrap_or_default()
    }

    /// Returns the line, counted from 1, in which the place begins.
    pub fn line(&self) -> u32 {
        self.source.line_of(self.range.start)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; never a reason to stop.
    Note,
    /// Probably not what was meant; `--strict` makes it an error.
    Warning,
    /// Nothing is started.
    Error,
}

impl Severity {
    /// Returns the word for it in messages and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A second place that explains the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there.
    pub text: String,
}

/// One complaint about something the user wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name in kebab-case, for scripts: `duplicate-process`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// The place that is wrong, and what is wrong just there (may be empty).
    pub primary: Option<Label>,
    /// Further places.
    pub labels: Vec<Label>,
    /// Ways out.
    pub hints: Vec<String>,
    /// Whether `message` is one of foreman's own sentences, shown in foreman's form (`ERROR: …`) because
    /// scripts look for it (compat section 12).
    pub in_foremans_words: bool,
}

impl Diagnostic {
    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity,
            code,
            message: message.into(),
            primary: None,
            labels: Vec::new(),
            hints: Vec::new(),
            in_foremans_words: false,
        }
    }

    /// Starts an error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// Starts a warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// Starts an error in foreman's own words.
    pub fn foreman(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { in_foremans_words: true, ..Diagnostic::new(Severity::Error, code, message) }
    }

    /// Says where, and what is wrong there.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.primary = Some(Label { span, text: text.into() });
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Diagnostic {
        self.hints.push(text.into());
        self
    }
}

/// A value, and everything that was wrong on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked<T> {
    /// The best that could be made of the input.
    pub value: T,
    /// All complaints, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Checked<T> {
    /// Returns whether anything is so wrong that nothing may be started.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}
