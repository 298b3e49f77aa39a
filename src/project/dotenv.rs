//! Env files: `NAME=value`, with quotes, comments and values of several lines.
//!
//! The results are Foreman's for every file that works there, and else what the other readers agree on (compat
//! section 2, departures D5 and D7 to D10). Nothing is expanded here; see `interpolate`.
//!
//! No message of this module holds a value or points at one: env files hold passwords. Labels stand at names only,
//! and the source is made a secret one first, so that a snippet masks the rest of its line.

mod quoted;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::text::{self, Line};
use crate::diagnostic::{Checked, Diagnostic, Source, Span};
use quoted::{Quote, Quoted};

/// How the value of an assignment was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// `A=b`.
    None,
    /// `A='b'`: every byte means itself.
    Single,
    /// `A="b"`: `\n`, `\"` and the like mean something.
    Double,
}

/// One `NAME=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Letters, digits, `_`, `.` and `-`.
    pub name: Vec<u8>,
    /// The value without quotes and escapes; any bytes but NUL.
    pub value: Vec<u8>,
    /// How the value was written.
    pub quoted: Quoting,
    /// Where in `value` a `$` stands that was written as `\$` and so begins no reference.
    pub literal_dollars: Vec<usize>,
    /// The line of the name, counted from 1.
    pub line: u32,
    /// Where the name stands, in a secret source.
    pub span: Span,
}

/// Reads an env file: each name once, with its last value, at the place of its first (Foreman's hash).
pub fn parse(source: &Arc<Source>) -> Checked<Vec<Assignment>> {
    let Checked { value, diagnostics } = parse_all(source);
    Checked { value: last_wins(value), diagnostics }
}

/// Reads an env file: every assignment, in the order of the file. This is what references are expanded in.
pub fn parse_all(source: &Arc<Source>) -> Checked<Vec<Assignment>> {
    let source = &source.kept_secret();
    if let Some(refusal) = text::refuse_utf16(source) {
        return Checked { value: Vec::new(), diagnostics: vec![refusal] };
    }
    let lines = text::lines(&source.text);
    let mut reading = Reading {
        source,
        lines: &lines,
        assignments: Vec::new(),
        diagnostics: Vec::new(),
        is_behind_an_open_quote: false,
    };
    let mut at = 0;
    while at < lines.len() {
        at = reading.line(at);
    }
    Checked { value: reading.assignments, diagnostics: reading.diagnostics }
}

/// Keeps of several assignments of one name the last, at the place of the first.
pub fn last_wins(assignments: Vec<Assignment>) -> Vec<Assignment> {
    let mut places: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let mut kept: Vec<Assignment> = Vec::new();
    for assignment in assignments {
        if let Some(place) = places.get(&assignment.name) {
            kept[*place] = assignment;
        } else {
            places.insert(assignment.name.clone(), kept.len());
            kept.push(assignment);
        }
    }
    kept
}

struct Reading<'a> {
    source: &'a Arc<Source>,
    lines: &'a [Line],
    assignments: Vec<Assignment>,
    diagnostics: Vec<Diagnostic>,
    /// Whether a quote above was never closed: what follows may be part of a secret, so that not even the first
    /// word of an ignored line is shown any more.
    is_behind_an_open_quote: bool,
}

impl Reading<'_> {
    /// Reads the line with this index, and those that its value goes on in; returns the index of the next one.
    fn line(&mut self, at: usize) -> usize {
        let text = &self.source.text;
        let line = &self.lines[at];
        let start = skip_blanks(text, line.range.start, line.range.end);
        let bytes = &text[start..line.range.end];
        if bytes.is_empty() || bytes.starts_with(b"#") || is_export_alone(bytes) {
            return at + 1;
        }
        let Some((name, value)) = name_and_value(text, start, line.range.end) else {
            self.diagnostics.push(self.ignored(line, start));
            return at + 1;
        };
        let span = Span::new(self.source, name);
        let (value, quoted, literal_dollars, next) = match Quote::at(text, value, line.range.end) {
            Some(quote) => self.quoted(at, value, quote, &span),
            None => (unquoted(text, value, line.range.end), Quoting::None, Vec::new(), at + 1),
        };
        if memchr::memchr(0, &value).is_some() {
            self.diagnostics.push(nul_byte(&span));
            return next;
        }
        let name = text[span.range.clone()].to_vec();
        let line = line.number;
        self.assignments.push(Assignment { name, value, quoted, literal_dollars, line, span });
        next
    }

    fn quoted(
        &mut self,
        at: usize,
        value: usize,
        quote: Quote,
        span: &Span,
    ) -> (Vec<u8>, Quoting, Vec<usize>, usize) {
        let text = &self.source.text;
        let end = self.lines[at].range.end;
        match quoted::find(text, value, end, quote) {
            Quoted::Closed { content, behind, has_inner_quote } => {
                if has_inner_quote {
                    self.diagnostics.push(inner_quote(span));
                }
                let (bytes, literal_dollars) = quoted::content(&text[content], quote);
                let next = self.lines.partition_point(|line| line.range.end < behind).max(at) + 1;
                (bytes, quote.quoting(), literal_dollars, next)
            }
            Quoted::Open => {
                self.diagnostics.push(unclosed_quote(span, quote));
                self.is_behind_an_open_quote = true;
                (text[value..trim_end(text, value, end)].to_vec(), Quoting::None, Vec::new(), at + 1)
            }
        }
    }

    /// The complaint about a line that is neither an assignment nor a comment.
    fn ignored(&self, line: &Line, start: usize) -> Diagnostic {
        let bytes = &self.source.text[start..line.range.end];
        let ignored = Diagnostic::warning("ignored-env-line", "this line is not `NAME=value` and is ignored");
        let nothing = Span::new(self.source, start..start);
        if self.is_behind_an_open_quote {
            return ignored.at(nothing, "").hint("it may belong to the quote above that is not closed");
        }
        if bytes.starts_with(b";") || bytes.starts_with(b"//") {
            return ignored.at(nothing, "").hint("a comment begins with `#`");
        }
        let Some(length) = name_with_other_operator(bytes) else {
            return ignored
                .at(nothing, "")
                .hint("variables are written `NAME=value`, comments begin with `#`");
        };
        let name = String::from_utf8_lossy(&bytes[..length]);
        let hint = format!("write `{name}=…`");
        ignored.at(Span::new(self.source, start..start + length), "").hint(hint)
    }
}

/// Finds `NAME=`, with `export` before it and blanks anywhere; returns the place of the name and where the value
/// may begin.
fn name_and_value(text: &[u8], start: usize, end: usize) -> Option<(std::ops::Range<usize>, usize)> {
    let assignment = |start: usize| {
        let name = start + text[start..end].iter().take_while(|byte| is_name_byte(**byte)).count();
        let equals = skip_blanks(text, name, end);
        (name > start && equals < end && text[equals] == b'=').then_some((start..name, equals + 1))
    };
    // `export` itself may be a name: `export=1`.
    assignment(start).or_else(|| {
        let rest = text[start..end].strip_prefix(b"export")?;
        let name = skip_blanks(text, end - rest.len(), end);
        (name > end - rest.len()).then(|| assignment(name))?
    })
}

/// The value of `A=b`: comments and blanks around it are no part of it (D7, D8).
fn unquoted(text: &[u8], equals_end: usize, end: usize) -> Vec<u8> {
    let start = skip_blanks(text, equals_end, end);
    let value = &text[start..end];
    // A value may begin with `#`, as colours do, unless a blank stands before it.
    if start > equals_end && value.starts_with(b"#") {
        return Vec::new();
    }
    let comment = memchr::memchr_iter(b'#', value).find(|at| *at > 0 && is_blank(value[at - 1]));
    let end = comment.map_or(end, |comment| start + comment);
    text[start..trim_end(text, start, end)].to_vec()
}

/// `export A B`, which in a shell exports what was set before, sets nothing.
fn is_export_alone(bytes: &[u8]) -> bool {
    let Some(names) = bytes.strip_prefix(b"export") else { return false };
    names.iter().all(|byte| is_blank(*byte) || is_name_byte(*byte))
        && names.first().is_none_or(|byte| is_blank(*byte))
}

/// The length of a conventional name that is followed by some other way to assign: `A: b`, `A += b`, `A[0]=b`.
///
/// Only names in capitals count. Anything else could be a piece of a secret.
fn name_with_other_operator(bytes: &[u8]) -> Option<usize> {
    let length = bytes.iter().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'_').count();
    let rest = bytes[length..].trim_ascii_start();
    let is_operator =
        [b"+=".as_slice(), b"?=", b":=", b": ", b"["].iter().any(|other| rest.starts_with(other));
    ((2..=40).contains(&length) && is_operator).then_some(length)
}

/// The blanks of an env file. A no-break space, a vertical tab or a form feed belongs to the value.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

fn skip_blanks(text: &[u8], start: usize, end: usize) -> usize {
    start + text[start..end].iter().take_while(|byte| is_blank(**byte)).count()
}

fn trim_end(text: &[u8], start: usize, end: usize) -> usize {
    end - text[start..end].iter().rev().take_while(|byte| is_blank(**byte)).count()
}

fn named(span: &Span) -> String {
    String::from_utf8_lossy(&span.source.text[span.range.clone()]).into_owned()
}

fn nul_byte(span: &Span) -> Diagnostic {
    Diagnostic::error("nul-byte", format!("a NUL byte stands in the value of `{}`", named(span)))
        .at(span.clone(), "")
        .hint("no variable can hold one; a file with NUL bytes is often UTF-16 or no text at all")
}

fn inner_quote(span: &Span) -> Diagnostic {
    let message =
        format!("the value of `{}` has its own quote inside; only the outer two are removed", named(span));
    Diagnostic::warning("inner-quote", message)
        .at(span.clone(), "")
        .hint("use the other kind of quote around it, or write `\\\"` inside double quotes")
}

fn unclosed_quote(span: &Span, quote: Quote) -> Diagnostic {
    let message = format!("the quote that opens the value of `{}` is never closed", named(span));
    Diagnostic::warning("unclosed-quote", message)
        .at(span.clone(), "the quote becomes part of the value")
        .hint(format!(
            "close it with `{}`, or put the whole value into the other kind of quote",
            quote.character()
        ))
}
