//! The Procfile: `name: command`, a line a process.
//!
//! The grammar is Foreman's (compat section 1), with its departures D1 to D5, D23 and D24: what Foreman drops in
//! silence is either run or named, with its line.

mod meant;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::ProcessName;
use super::environment::hidden_setting;
use super::text::{self, Line, is_blank};
use crate::diagnostic::{Checked, Diagnostic, Source, Span};

/// One process as the Procfile has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name: letters, digits, `-` and `_`.
    pub name: ProcessName,
    /// Where the name stands, in bytes of the source.
    pub name_span: Range<usize>,
    /// Its command without blanks at either end, continued lines joined; any bytes but NUL and newline.
    pub command: Vec<u8>,
    /// Where the command stands, in bytes of the source; with continued lines, up to the end of the last.
    pub command_span: Range<usize>,
    /// The line of its name, counted from 1.
    pub line: u32,
}

/// Reads a Procfile. Every name is in the result once, in the order of the file.
pub fn parse(source: &Arc<Source>) -> Checked<Vec<Entry>> {
    if let Some(refusal) = text::refuse_utf16(source) {
        return Checked { value: Vec::new(), diagnostics: vec![refusal] };
    }
    let lines = text::lines(&source.text);
    let mut reading = Reading {
        source,
        lines: &lines,
        entries: Vec::new(),
        places: BTreeMap::new(),
        diagnostics: Vec::new(),
    };
    let mut at = 0;
    while at < lines.len() {
        at = reading.line(at);
    }
    let mut checked = Checked { value: reading.entries, diagnostics: reading.diagnostics };
    if checked.value.is_empty() && !checked.has_errors() {
        checked.diagnostics.push(no_processes());
    }
    checked
}

/// What Foreman says about a Procfile without a process.
pub fn no_processes() -> Diagnostic {
    Diagnostic::foreman("no-processes", "no processes defined")
}

/// The beginning of an entry: `name:`, as places in the source.
struct Head {
    /// Empty where the entry stands at the start of its line, as it should.
    indent: Range<usize>,
    name: Range<usize>,
    /// Blanks before the colon; there should be none.
    gap: Range<usize>,
    colon: usize,
}

struct Reading<'a> {
    source: &'a Arc<Source>,
    lines: &'a [Line],
    entries: Vec<Entry>,
    /// Where in `entries` a name is.
    places: BTreeMap<ProcessName, usize>,
    diagnostics: Vec<Diagnostic>,
}

impl Reading<'_> {
    /// Reads the line with this index, and those that continue it; returns the index of the next one.
    fn line(&mut self, at: usize) -> usize {
        let line = &self.lines[at];
        let bytes = &self.source.text[line.range.clone()];
        if bytes.iter().all(|byte| is_blank(*byte)) || bytes.trim_ascii_start().starts_with(b"#") {
            return at + 1;
        }
        if let Some(position) = memchr::memchr(0, bytes) {
            self.diagnostics.push(text::nul_byte(self.source, line.range.start + position));
            return at + 1;
        }
        let Some(head) = head(&self.source.text, line) else {
            self.diagnostics.push(meant::ignored(self.source, line));
            return at + 1;
        };
        self.complain_about_blanks(&head);
        let (command, command_span, next) = self.command(at, head.colon + 1);
        self.entry(line.number, head.name, command, command_span);
        next
    }

    /// Departures D1 and D24: Foreman would drop the process without a word.
    fn complain_about_blanks(&mut self, head: &Head) {
        let name = self.name(&head.name);
        if !head.indent.is_empty() {
            let message =
                format!("the entry `{name}` is indented; foreman ignores it, forge and Heroku run it");
            self.diagnostics.push(
                Diagnostic::warning("indented-entry", message)
                    .at(self.span(head.name.clone()), "")
                    .hint(format!("begin the line with `{name}:`, or with `#` if it is not to run")),
            );
        }
        if !head.gap.is_empty() {
            let message = format!("a blank stands before the colon of `{name}`; foreman ignores such a line");
            self.diagnostics.push(
                Diagnostic::warning("blank-before-colon", message)
                    .at(self.span(head.gap.clone()), "")
                    .hint(format!("write `{name}:`")),
            );
        }
    }

    /// Collects the command that begins behind the colon, and the index of the line behind it (D2, D23).
    fn command(&mut self, at: usize, start: usize) -> (Vec<u8>, Range<usize>, usize) {
        let text = &self.source.text;
        let mut command = Vec::new();
        let mut next = at;
        let mut from = start;
        let mut complained = false;
        let end = loop {
            let line = &self.lines[next];
            let range = trimmed(text, from..line.range.end);
            next += 1;
            if !is_continued(&text[from..line.range.end]) {
                join(&mut command, &text[range.clone()]);
                break range.end;
            }
            let backslash = line.range.end - 1;
            let goes_on = self.lines.get(next).is_some_and(|following| !is_entry(text, following));
            if !complained {
                self.diagnostics.push(self.continuation(backslash, goes_on));
                complained = true;
            }
            if !goes_on {
                join(&mut command, &text[range.clone()]);
                break range.end;
            }
            let piece = trimmed(text, from..backslash);
            join(&mut command, &text[piece]);
            from = self.lines[next].range.start;
        };
        let first = trimmed(text, start..self.lines[at].range.end);
        (command, first.start..end.max(first.start), next)
    }

    fn continuation(&self, backslash: usize, goes_on: bool) -> Diagnostic {
        let span = self.span(backslash..backslash + 1);
        if goes_on {
            Diagnostic::warning("line-continuation", "a `\\` at the end of a line joins lines only in forge")
                .at(span, "foreman and Heroku drop what follows")
                .hint("write the command on one line, or put it into a script")
        } else {
            Diagnostic::warning("line-continuation", "a `\\` at the end of the line, with nothing to join")
                .at(span, "the command gets it as it is")
                .hint("remove it")
        }
    }

    /// Adds an entry, if it can be one (D3, D4).
    fn entry(&mut self, line: u32, name_span: Range<usize>, command: Vec<u8>, command_span: Range<usize>) {
        let name = self.name(&name_span);
        if command.is_empty() {
            self.diagnostics.push(self.no_command(line, &name_span));
            return;
        }
        if memchr::memchr(0, &command).is_some() {
            let offset = memchr::memchr(0, &self.source.text[command_span.clone()]).unwrap_or(0);
            self.diagnostics.push(text::nul_byte(self.source, command_span.start + offset));
            return;
        }
        if let Some(first) = self.places.get(&name).map(|place| &self.entries[*place]) {
            let other = meant::other_name(&name, &command, |candidate| self.has_head(candidate));
            self.diagnostics.push(
                Diagnostic::error("duplicate-process", format!("two processes are called `{name}`"))
                    .at(self.span(name_span), "and again here")
                    .also(self.span(first.name_span.clone()), "first here")
                    .hint(format!("give one of them another name, for example `{other}`")),
            );
            return;
        }
        if name.as_str() == "all" {
            let message = "a process called `all` cannot be chosen alone: `all` means every process";
            self.diagnostics.push(
                Diagnostic::warning("name-all", message)
                    .at(self.span(name_span.clone()), "")
                    .hint("give it another name"),
            );
        }
        if let Some(setting) = hidden_setting(&name) {
            let message =
                format!("the others are not told the port of `{name}`: `{setting}` is a setting of forge");
            self.diagnostics.push(
                Diagnostic::warning("name-of-setting", message)
                    .at(self.span(name_span.clone()), "")
                    .hint("give it another name"),
            );
        }
        self.places.insert(name.clone(), self.entries.len());
        self.entries.push(Entry { name, name_span, command, command_span, line });
    }

    fn no_command(&self, line: u32, name_span: &Range<usize>) -> Diagnostic {
        let name = self.name(name_span);
        let missing = Diagnostic::error("no-command", format!("`{name}` has no command"))
            .at(self.span(name_span.clone()), "");
        // As in YAML, the command may have been meant to follow on the next, indented line.
        let below = self.lines.iter().find(|below| below.number == line + 1);
        let below = below.map(|below| &self.source.text[below.range.clone()]).unwrap_or_default();
        let is_indented = below.first().is_some_and(|byte| is_blank(*byte));
        if is_indented && !below.trim_ascii().is_empty() {
            missing.hint("a command stands on the line of its name")
        } else {
            missing.hint(format!("write it behind the colon, or begin the line with `#`: `#{name}:`"))
        }
    }

    /// Whether some line of the file, also a later one, begins an entry of this name.
    fn has_head(&self, name: &str) -> bool {
        let text = &self.source.text;
        let is_it = |head: Head| text[head.name] == *name.as_bytes();
        self.lines.iter().any(|line| head(text, line).is_some_and(is_it))
    }

    fn name(&self, range: &Range<usize>) -> ProcessName {
        ProcessName::new(&String::from_utf8_lossy(&self.source.text[range.clone()]))
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }
}

/// Finds `name:` at the beginning of a line, blanks before and behind the name allowed.
fn head(text: &[u8], line: &Line) -> Option<Head> {
    let bytes = &text[line.range.clone()];
    let indent = bytes.iter().take_while(|byte| is_blank(**byte)).count();
    let name = bytes[indent..].iter().take_while(|byte| is_name_byte(**byte)).count();
    let gap = bytes[indent + name..].iter().take_while(|byte| is_blank(**byte)).count();
    if name == 0 || bytes.get(indent + name + gap) != Some(&b':') {
        return None;
    }
    let start = line.range.start + indent;
    Some(Head {
        indent: line.range.start..start,
        name: start..start + name,
        gap: start + name..start + name + gap,
        colon: start + name + gap,
    })
}

/// Whether a line is an entry and so cannot continue the one before (D23). An indented one is not meant as one
/// there, even if it looks like it: `--bind` and `host:port` are what continued lines are made of.
fn is_entry(text: &[u8], line: &Line) -> bool {
    head(text, line).is_some_and(|head| head.indent.is_empty())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Whether a line ends in a backslash that no other one takes away.
fn is_continued(line: &[u8]) -> bool {
    line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Leaves out the blanks at both ends of a range.
fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let bytes = &text[range.clone()];
    let front = bytes.iter().take_while(|byte| is_blank(**byte)).count();
    let back = bytes[front..].iter().rev().take_while(|byte| is_blank(**byte)).count();
    range.start + front..range.end - back
}

/// Adds a piece of a continued command, one blank between two pieces.
fn join(command: &mut Vec<u8>, piece: &[u8]) {
    if !command.is_empty() && !piece.is_empty() {
        command.push(b' ');
    }
    command.extend_from_slice(piece);
}
