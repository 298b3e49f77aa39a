//! What a value may look like, and whether it does. Nothing here knows a key by its name.

use super::super::suggest;
use super::complaints::{bad_name, bad_value, rivals, unknown_key, wrong_kind};
use super::value::{Content, Entry, Table, Value};
use super::words;
use crate::diagnostic::{Diagnostic, Span};
use crate::restart;

/// One key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it says, in a sentence.
    pub(crate) help: &'static str,
    /// What its value may be.
    pub(crate) shape: Shape,
    /// Whether it excludes the other rivals of its table.
    pub(crate) rival: bool,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Bool,
    /// This truth and no other.
    Only(bool),
    /// From, to.
    Integer(i64, i64),
    /// From, to; whole or not.
    Number(f64, f64),
    Port,
    Text,
    Path,
    Command,
    /// A time, which may be nothing.
    Duration,
    /// A time that passes.
    Period,
    /// In bytes, and how many at least.
    Size(u64),
    Signal,
    Regex,
    Glob,
    Cron,
    TimeOfDay,
    Address,
    Http,
    Need,
    Label,
    /// One of the restart policies.
    Policy,
    /// One of these words.
    Word(&'static [&'static str]),
    List(&'static Shape),
    /// A list, or the only thing that would be in it.
    OneOrMore(&'static Shape),
    /// Any names, each with such a value.
    Map(&'static Shape),
    /// Names of variables with their values.
    Variables,
    /// A table with these keys.
    Table(&'static [&'static [Key]]),
    /// Names of processes, each with a table with these keys.
    Named(&'static [&'static [Key]]),
    /// One of several.
    Either(&'static [Shape]),
}

impl Shape {
    /// Returns what a person would write.
    pub(super) fn expected(&self) -> String {
        let some = |text: &str| text.to_owned();
        match self {
            Shape::Bool => some("true or false"),
            Shape::Only(truth) => truth.to_string(),
            Shape::Integer(least, most) => format!("a whole number from {least} to {most}"),
            Shape::Number(least, most) => format!("a number from {least:.1} to {most:.1}"),
            Shape::Port => some("a port from 1 to 65535"),
            Shape::Text => some("a text"),
            Shape::Path => some("a path"),
            Shape::Command => some("a command"),
            Shape::Duration | Shape::Period => some("a time such as \"5s\""),
            Shape::Size(_) => some("a size such as \"512M\""),
            Shape::Signal => some("a signal such as \"TERM\""),
            Shape::Regex => some("a regular expression"),
            Shape::Glob => some("a path or a glob"),
            Shape::Cron => some("a cron expression such as \"0 3 * * *\""),
            Shape::TimeOfDay => some("a time of day such as \"03:00\""),
            Shape::Address => some("an address such as \"127.0.0.1:5432\""),
            Shape::Http => some("a path such as \"/up\""),
            Shape::Need => some("a process such as \"db\" or \"db:started\""),
            Shape::Label => some("a label"),
            Shape::Policy => alternatives(restart::KINDS.iter().map(|kind| format!("\"{}\"", kind.name))),
            Shape::Word(words) => alternatives(words.iter().map(|word| format!("\"{word}\""))),
            Shape::List(item) => format!("a list, each {}", item.expected()),
            Shape::OneOrMore(item) => format!("{}, or a list of such", item.expected()),
            Shape::Map(_) | Shape::Table(_) | Shape::Named(_) => some("a table"),
            Shape::Variables => some("a table of variables, { NAME = \"value\" }"),
            Shape::Either(shapes) => alternatives(shapes.iter().map(Shape::expected)),
        }
    }

    /// Returns whether a value is at least of the right kind, so that it can be said what is wrong inside it.
    pub(super) fn suits(&self, content: &Content) -> bool {
        match self {
            Shape::Bool | Shape::Only(_) => matches!(content, Content::Bool(_)),
            Shape::Integer(..) | Shape::Port => matches!(content, Content::Integer(_)),
            Shape::Number(..) => matches!(content, Content::Integer(_) | Content::Float(_)),
            Shape::List(_) => matches!(content, Content::List(_)),
            Shape::OneOrMore(item) => matches!(content, Content::List(_)) || item.suits(content),
            Shape::Map(_) | Shape::Variables | Shape::Table(_) | Shape::Named(_) => {
                matches!(content, Content::Table(_))
            }
            Shape::Either(shapes) => shapes.iter().any(|shape| shape.suits(content)),
            Shape::Text
            | Shape::Path
            | Shape::Command
            | Shape::Duration
            | Shape::Period
            | Shape::Size(_)
            | Shape::Signal
            | Shape::Regex
            | Shape::Glob
            | Shape::Cron
            | Shape::TimeOfDay
            | Shape::Address
            | Shape::Http
            | Shape::Need
            | Shape::Label
            | Shape::Policy
            | Shape::Word(_) => matches!(content, Content::Text(_)),
        }
    }
}

/// `a`, `b` or `c`.
fn alternatives(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        // Where one of them is a choice itself.
        Some((last, [only])) if only.contains(',') => format!("{only}, or {last}"),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Returns what is right of a value, nothing if nothing is; `path` is what messages call it.
pub(super) fn judge(
    value: Value,
    shape: &Shape,
    path: &str,
    complaints: &mut Vec<Diagnostic>,
) -> Option<Value> {
    if !shape.suits(&value.content) {
        complaints.push(wrong_kind(&value, shape, path));
        return None;
    }
    let Value { span, content } = value;
    let content = match (shape, content) {
        (Shape::Either(shapes), content) => {
            let suiting = shapes.iter().find(|shape| shape.suits(&content));
            return judge(Value { span, content }, suiting.unwrap_or(shape), path, complaints);
        }
        (Shape::OneOrMore(item), content) if !matches!(content, Content::List(_)) => {
            return judge(Value { span, content }, item, path, complaints);
        }
        (Shape::List(item) | Shape::OneOrMore(item), Content::List(values)) => {
            let right = values.into_iter().filter_map(|value| judge(value, item, path, complaints));
            Content::List(right.collect())
        }
        (Shape::Table(groups), Content::Table(table)) => {
            Content::Table(judge_table(table, groups, path, complaints))
        }
        (Shape::Named(groups), Content::Table(table)) => {
            Content::Table(judge_named(table, groups, path, complaints))
        }
        (Shape::Map(item), Content::Table(table)) => {
            let right = table.entries.into_iter().filter_map(|entry| {
                let path = format!("{path}.{}", entry.name);
                Some(Entry { value: judge(entry.value, item, &path, complaints)?, ..entry })
            });
            Content::Table(Table { entries: right.collect() })
        }
        (Shape::Variables, Content::Table(table)) => {
            let right = table.entries.into_iter().filter_map(|entry| judge_variable(entry, path, complaints));
            Content::Table(Table { entries: right.collect() })
        }
        (shape, content) => {
            let value = Value { span, content };
            if let Err(expected) = understand(&value.content, shape) {
                complaints.push(bad_value(&value, path, &expected));
                return None;
            }
            return Some(value);
        }
    };
    Some(Value { span, content })
}

/// Judges what is written in one piece. The error says what was expected.
fn understand(content: &Content, shape: &Shape) -> Result<(), String> {
    let text = match content {
        Content::Text(text) => text.as_str(),
        Content::Bool(truth) => {
            let wanted = if let Shape::Only(only) = shape { *only } else { *truth };
            return if wanted == *truth {
                Ok(())
            } else {
                Err(format!("only {wanted} means something here"))
            };
        }
        Content::Integer(number) => return in_range(*number, shape),
        Content::Float(number) => {
            let fits = matches!(shape, Shape::Number(least, most) if (*least..=*most).contains(number));
            return if fits { Ok(()) } else { Err(format!("expected {}", shape.expected())) };
        }
        Content::Unusable | Content::List(_) | Content::Table(_) => return Ok(()),
    };
    if text.contains('\0') {
        return Err("no program can be given a NUL".to_owned());
    }
    match shape {
        Shape::Duration => words::duration(text).map(drop),
        Shape::Period => match words::duration(text) {
            Ok(time) if time.is_zero() => Err("expected more than no time at all".to_owned()),
            other => other.map(drop),
        },
        Shape::Size(least) => match super::super::parse_size(text) {
            Ok(bytes) if bytes < *least => Err("expected more than nothing".to_owned()),
            other => other.map(drop),
        },
        Shape::Signal => words::signal(text).map(drop),
        Shape::Glob => words::glob(text),
        Shape::Cron => words::cron(text),
        Shape::TimeOfDay => words::time_of_day(text).map(drop),
        Shape::Address => words::address(text).map(drop),
        Shape::Http => words::http(text).map(drop),
        Shape::Need => words::need(text).map(drop),
        Shape::Regex => regex_lite::Regex::new(text).map(drop).map_err(|error| {
            let why = error.to_string();
            format!(
                "no regular expression: {}",
                why.lines().last().unwrap_or_default().trim_start_matches("error: ")
            )
        }),
        Shape::Path | Shape::Command | Shape::Text if text.trim().is_empty() => {
            Err(format!("expected {}", shape.expected()))
        }
        Shape::Label if !words::is_word(text) => Err("expected letters, digits, `-` and `_`".to_owned()),
        Shape::Word(words) => one_of(text, words),
        Shape::Policy => one_of(text, &restart::KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>()),
        Shape::Path
        | Shape::Command
        | Shape::Text
        | Shape::Label
        // These are no texts.
        | Shape::Bool
        | Shape::Only(_)
        | Shape::Integer(..)
        | Shape::Number(..)
        | Shape::Port
        | Shape::List(_)
        | Shape::OneOrMore(_)
        | Shape::Map(_)
        | Shape::Variables
        | Shape::Table(_)
        | Shape::Named(_)
        | Shape::Either(_) => Ok(()),
    }
}

fn in_range(number: Option<i64>, shape: &Shape) -> Result<(), String> {
    #[expect(clippy::cast_precision_loss, reason = "the limits are small")]
    let fits = number.is_some_and(|number| {
        if let Shape::Integer(least, most) = shape {
            (*least..=*most).contains(&number)
        } else if let Shape::Number(least, most) = shape {
            (*least..=*most).contains(&(number as f64))
        } else {
            (1..=65_535).contains(&number)
        }
    });
    if fits { Ok(()) } else { Err(format!("expected {}", shape.expected())) }
}

fn one_of(text: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&text) {
        return Ok(());
    }
    Err(match suggest::nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("expected {}", alternatives(words.iter().map(|word| format!("\"{word}\"")))),
    })
}

fn judge_table(
    table: Table,
    groups: &'static [&'static [Key]],
    path: &str,
    complaints: &mut Vec<Diagnostic>,
) -> Table {
    let keys = || groups.iter().copied().flatten();
    let mut right: Vec<Entry> = Vec::new();
    let mut chosen: Option<(Span, String)> = None;
    for entry in table.entries {
        let Some(key) = keys().find(|key| key.name == entry.name) else {
            complaints.push(unknown_key(&entry, keys().map(|key| key.name), path));
            continue;
        };
        let path = if path.is_empty() { entry.name.clone() } else { format!("{path}.{}", entry.name) };
        if key.rival {
            if let Some((first, name)) = &chosen {
                complaints.push(rivals(&entry, first, name));
                continue;
            }
            chosen = Some((entry.key.clone(), entry.name.clone()));
        }
        // That something was said there is known even if it is wrong, so that nobody complains that it is missing.
        let span = entry.value.span.clone();
        let is_missed = key.rival || matches!(key.shape, Shape::Command);
        let unusable = is_missed.then_some(Value { span, content: Content::Unusable });
        if let Some(value) = judge(entry.value, &key.shape, &path, complaints).or(unusable) {
            right.push(Entry { value, ..entry });
        }
    }
    Table { entries: right }
}

fn judge_named(
    table: Table,
    groups: &'static [&'static [Key]],
    path: &str,
    complaints: &mut Vec<Diagnostic>,
) -> Table {
    let mut right = Vec::new();
    for entry in table.entries {
        if !words::is_process_name(&entry.name) {
            complaints.push(bad_name(&entry));
            continue;
        }
        let path = format!("{path}.{}", entry.name);
        if let Some(value) = judge(entry.value, &Shape::Table(groups), &path, complaints) {
            right.push(Entry { value, ..entry });
        }
    }
    Table { entries: right }
}

fn judge_variable(entry: Entry, path: &str, complaints: &mut Vec<Diagnostic>) -> Option<Entry> {
    if entry.name.is_empty() || entry.name.contains(['=', '\0']) {
        let message = format!("`{}` cannot be the name of a variable", entry.name);
        complaints.push(
            Diagnostic::error("bad-variable", message)
                .at(entry.key, "expected a name without `=`")
                .hint("write `env = { NAME = \"value\" }`"),
        );
        return None;
    }
    let path = format!("{path}.{}", entry.name);
    let fits = match &entry.value.content {
        Content::Text(text) => !text.contains('\0'),
        Content::Bool(_) | Content::Integer(Some(_)) | Content::Float(_) => true,
        Content::Integer(None) | Content::Unusable | Content::List(_) | Content::Table(_) => false,
    };
    if fits {
        return Some(entry);
    }
    complaints.push(match &entry.value.content {
        Content::Text(_) => bad_value(&entry.value, &path, "no program can be given a NUL"),
        Content::Bool(_)
        | Content::Integer(_)
        | Content::Float(_)
        | Content::Unusable
        | Content::List(_)
        | Content::Table(_) => wrong_kind(&entry.value, &Shape::Text, &path),
    });
    None
}
