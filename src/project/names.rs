//! Which processes a word means: `web` (all of it), `web.2` (one), `'worker*'` (a glob), `@label`, `all`.
//!
//! Every flag, command and file that takes names reads them here, so that they mean the same everywhere.

mod running;

use std::ops::Range;
use std::sync::Arc;

use super::{InstanceId, ProcessName, suggest};
use crate::diagnostic::{Diagnostic, Span};

pub use running::Nobody;

/// A process that can be named.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its labels.
    pub labels: &'a [Arc<str>],
    /// How many instances it has: where nobody says another number, or, once that is known, in fact.
    pub usual: u32,
    /// Whether it is started without being named.
    pub enabled: bool,
}

impl<'a> Known<'a> {
    /// A process of which nothing is known but its name.
    pub fn plain(name: &'a str) -> Known<'a> {
        Known { name, labels: &[], usual: 1, enabled: true }
    }
}

/// What a word means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Every process.
    All,
    /// These, by their places, each wholly; never empty.
    Processes(Vec<usize>),
    /// This process, by its name.
    Process(usize),
    /// One instance of a process, counted from 1.
    Instance(usize, u32),
    /// Instances of several processes, `'*.2'`; never empty.
    Instances(Vec<(usize, u32)>),
}

impl Choice {
    /// Returns the places of the processes that are meant, wholly or in part, of `count` that there are.
    pub fn processes(&self, count: usize) -> Vec<usize> {
        match self {
            Choice::All => (0..count).collect(),
            Choice::Processes(places) => places.clone(),
            Choice::Process(place) | Choice::Instance(place, _) => vec![*place],
            Choice::Instances(instances) => {
                let mut places: Vec<usize> = instances.iter().map(|(place, _)| *place).collect();
                places.dedup();
                places
            }
        }
    }
}

/// Returns what `word`, written at `place`, means among `known`.
pub fn choose(known: &[Known<'_>], word: &str, place: &Span) -> Result<Choice, Box<Diagnostic>> {
    if let Some(at) = named(known, word) {
        return Ok(Choice::Process(at));
    }
    if word == "all" {
        return Ok(Choice::All);
    }
    if let Some(label) = word.strip_prefix('@') {
        return some(known, |process| process.labels.iter().any(|known| **known == *label))
            .ok_or_else(|| Box::new(unknown_label(known, label, place)));
    }
    if word.contains(['*', '?', '[', '{']) {
        let whole = || some(known, |process| fits(word, process.name));
        return whole().or_else(|| fitting_instances(known, word)).ok_or_else(|| {
            let message = format!("no process matches `{word}` ({})", list(known));
            Box::new(Diagnostic::error("unknown-process", message).at(place.clone(), "not in the Procfile"))
        });
    }
    if let Some((name, index)) = word.rsplit_once('.')
        && let Some(at) = named(known, name)
        && let Ok(index @ 1..) = index.parse::<u32>()
    {
        return Ok(Choice::Instance(at, index));
    }
    Err(Box::new(unknown(known, word, place.clone())))
}

/// Reads a list of names with commas, where each stands for a whole process; what is wrong is left out.
pub(crate) fn whole(known: &[Known<'_>], list: &Span, diagnostics: &mut Vec<Diagnostic>) -> Vec<usize> {
    let mut places = Vec::new();
    for item in items(list) {
        let word = words(&item);
        match choose(known, &word, &item) {
            Ok(Choice::Instance(at, _)) => diagnostics.push(only_whole(known[at].name, &word, item)),
            Ok(Choice::Instances(some)) => diagnostics.push(only_whole(known[some[0].0].name, &word, item)),
            Ok(choice) => places.extend(choice.processes(known.len())),
            Err(complaint) => diagnostics.push(*complaint),
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// Some of the instances, by name. It also knows of those that come later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<Name>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    All,
    Process(ProcessName),
    Instance(InstanceId),
    /// Held against the names of instances.
    Glob(String),
}

impl Names {
    /// Means all instances of these processes.
    pub fn of(processes: &[&str]) -> Names {
        Names(processes.iter().map(|name| Name::Process(ProcessName::new(name))).collect())
    }

    /// Returns whether this instance is meant.
    pub fn contain(&self, instance: &InstanceId) -> bool {
        self.0.iter().any(|name| match name {
            Name::All => true,
            Name::Process(process) => instance.process == *process,
            Name::Instance(id) => instance == id,
            Name::Glob(glob) => fits(glob, &instance.to_string()),
        })
    }

    /// Returns whether nobody is meant.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what a list of names with commas means among `known`, whose numbers of instances are those that run; a name
    /// that means none of them becomes an error and is left out.
    pub fn read(&mut self, known: &[Known<'_>], list: &Span, diagnostics: &mut Vec<Diagnostic>) {
        for item in items(list) {
            let word = words(&item);
            match choose(known, &word, &item) {
                Ok(Choice::All) => self.0.push(Name::All),
                // One that is not started at all may be named, as its process may.
                Ok(Choice::Instance(at, index)) if (1..index).contains(&known[at].usual) => {
                    diagnostics.push(no_such_instance(&known[at], &word, item));
                }
                Ok(Choice::Instance(at, index)) => {
                    self.0.push(Name::Instance(InstanceId {
                        process: ProcessName::new(known[at].name),
                        index,
                    }));
                }
                Ok(Choice::Instances(_)) => self.0.push(Name::Glob(word)),
                Ok(choice @ (Choice::Process(_) | Choice::Processes(_))) => {
                    let places = choice.processes(known.len()).into_iter();
                    self.0.extend(places.map(|at| Name::Process(ProcessName::new(known[at].name))));
                }
                Err(complaint) => {
                    let process = word.rsplit_once('.').and_then(|(name, _)| named(known, name));
                    diagnostics.push(match process {
                        Some(at) => no_such_instance(&known[at], &word, item),
                        None => *complaint,
                    });
                }
            }
        }
    }
}

/// The pieces between commas, without the blanks around them. A comma at the end is forgiven, as in foreman.
pub(super) fn items(list: &Span) -> Vec<Span> {
    let text = list.text();
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for comma in memchr::memchr_iter(b',', text).chain([text.len()]) {
        pieces.push(start..comma);
        start = comma + 1;
    }
    let mut items: Vec<Span> = pieces
        .into_iter()
        .map(|piece| {
            let bytes = &text[piece.clone()];
            let left = bytes.len() - bytes.trim_ascii_start().len();
            let length = bytes.trim_ascii().len();
            let from = list.range.start + piece.start + if length == 0 { 0 } else { left };
            Span::new(&list.source, from..from + length)
        })
        .collect();
    while items.last().is_some_and(|item| item.range.is_empty()) {
        items.pop();
    }
    items
}

/// The text of an item as foreman reads it: without any blanks.
pub(super) fn words(item: &Span) -> String {
    String::from_utf8_lossy(item.text()).chars().filter(|c| !c.is_whitespace()).collect()
}

fn named(known: &[Known<'_>], name: &str) -> Option<usize> {
    known.iter().position(|process| process.name == name)
}

fn some(known: &[Known<'_>], is_meant: impl Fn(&Known<'_>) -> bool) -> Option<Choice> {
    let places: Vec<usize> = (0..known.len()).filter(|at| is_meant(&known[*at])).collect();
    (!places.is_empty()).then_some(Choice::Processes(places))
}

/// Returns whether a whole name is what a glob describes: `*` stands for any text, `?` for any one character, `[ab]` for
/// one of these, `{a,b}` for one of these texts.
fn fits(glob: &str, name: &str) -> bool {
    fast_glob::glob_match(glob, name)
}

/// The instances that a glob describes which fits no whole process.
fn fitting_instances(known: &[Known<'_>], glob: &str) -> Option<Choice> {
    let all =
        known.iter().enumerate().flat_map(|(at, process)| (1..=process.usual).map(move |index| (at, index)));
    let fitting: Vec<(usize, u32)> =
        all.filter(|(at, index)| fits(glob, &format!("{}.{index}", known[*at].name))).collect();
    (!fitting.is_empty()).then_some(Choice::Instances(fitting))
}

/// The names that there are, for a message.
pub(super) fn list(known: &[Known<'_>]) -> String {
    known.iter().map(|process| process.name).collect::<Vec<_>>().join(", ")
}

/// Says that there is no process of a name, and which there are.
pub(crate) fn unknown(known: &[Known<'_>], name: &str, item: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("unknown-process", format!("unknown process `{name}` ({})", list(known)))
            .at(item, "not in the Procfile");
    match suggest::nearest(name, known.iter().map(|process| process.name)) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

fn unknown_label(known: &[Known<'_>], label: &str, place: &Span) -> Diagnostic {
    let mut labels: Vec<&str> =
        known.iter().flat_map(|process| process.labels).map(|label| &**label).collect();
    labels.sort_unstable();
    labels.dedup();
    let diagnostic = Diagnostic::error("unknown-label", format!("no process has the label `{label}`"))
        .at(place.clone(), "");
    match suggest::nearest(label, labels.iter().copied()) {
        Some(near) => diagnostic.hint(format!("did you mean `@{near}`?")),
        None if labels.is_empty() => {
            diagnostic.hint("write one into forge.toml: `labels = [\"…\"]` below `[process.NAME]`")
        }
        None => diagnostic.hint(format!("the labels are @{}", labels.join(", @"))),
    }
}

fn no_such_instance(process: &Known<'_>, word: &str, item: Span) -> Diagnostic {
    let Known { name, usual, .. } = process;
    let there_are = match usual {
        0 => format!("`{name}` is not started"),
        1 => format!("there is one `{name}`, `{name}.1`"),
        _ => format!("of `{name}` there are `{name}.1` to `{name}.{usual}`"),
    };
    Diagnostic::error("unknown-process", format!("unknown process `{word}`"))
        .at(item, there_are)
        .hint(format!("`{name}` means all of them"))
}

fn only_whole(name: &str, word: &str, item: Span) -> Diagnostic {
    Diagnostic::error("whole-process", format!("`{word}` is one instance, and this is about a whole process"))
        .at(item, "")
        .hint(format!("name `{name}`"))
}

#[cfg(test)]
mod tests;
