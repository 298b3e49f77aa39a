//! Which processes are started, and how many of each: `forge start web=2,worker`, `-m all=1,web=2`, `-x css`.
//!
//! foreman's rules (compat section 5), except that what foreman counts as zero in silence is an error here
//! (D12), and that `release` is started only where it is named (D6).

use super::names::{self, Choice, Known, items, words};
use super::settings::Settings;
use crate::diagnostic::{Checked, Diagnostic, Severity, Span};

/// More copies of one process than this are taken for a slip of the finger.
const MOST_COPIES: u32 = 10_000;

/// The entry that platforms run once before a deployment; it is no part of a running stack.
pub(super) const RELEASE: &str = "release";

/// What is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Formation {
    /// The instances of each process, counted from 1, in order.
    pub(crate) instances: Vec<Vec<u32>>,
    /// Whether the command line leaves this process out by its name.
    pub(crate) refused: Vec<bool>,
}

/// Finds the instances of each process, in the order of `known`. `default` are the names that a start without any means.
pub(crate) fn resolve(
    known: &[Known<'_>],
    settings: &Settings,
    default: Option<&[Span]>,
) -> Checked<Formation> {
    let mut reading = Reading { known, wishes: vec![None; known.len()], all: None, diagnostics: Vec::new() };
    let asked = reading.read(settings, default);
    let (refused, except) = reading.read_except(settings);
    let Reading { wishes, all, mut diagnostics, .. } = reading;
    let mut instances = Vec::with_capacity(known.len());
    for (at, process) in known.iter().enumerate() {
        let everything = match (asked, all) {
            (false, _) | (true, Some(All::Usual)) => process.usual,
            (true, Some(All::Count(count))) => count,
            (true, None) => 0,
        };
        let everything = if process.enabled { everything } else { 0 };
        let mut meant = match &wishes[at] {
            Some(wish) => wish.clone(),
            None if process.name == RELEASE && everything > 0 && settings.release != Some(true) => {
                if !refused[at] {
                    diagnostics.push(release_is_left_out());
                }
                Vec::new()
            }
            None => (1..=everything).collect(),
        };
        meant.retain(|index| !refused[at] && !except[at].contains(index));
        instances.push(meant);
    }
    let complained = diagnostics.iter().any(|d| d.severity == Severity::Error);
    if !complained && !known.is_empty() && instances.iter().all(Vec::is_empty) {
        diagnostics.push(nothing_to_start(known, settings));
    }
    let refused = (0..known.len()).map(|at| refused[at] || wishes[at].as_ref().is_some_and(Vec::is_empty));
    Checked { value: Formation { instances, refused: refused.collect() }, diagnostics }
}

/// What `all` asks for.
#[derive(Clone, Copy)]
enum All {
    /// Of each so many as usual.
    Usual,
    /// Of each so many.
    Count(u32),
}

/// What a name without a count means.
#[derive(Clone, Copy)]
enum Bare {
    /// As many instances as usual: `forge start web`.
    Usual,
    /// A mistake: `-m web`.
    Refused,
}

struct Reading<'a> {
    known: &'a [Known<'a>],
    /// What was asked for of each process.
    wishes: Vec<Option<Vec<u32>>>,
    all: Option<All>,
    diagnostics: Vec<Diagnostic>,
}

impl Reading<'_> {
    /// Reads what was asked for by name; says whether anything was, so that not everything is meant.
    fn read(&mut self, settings: &Settings, default: Option<&[Span]>) -> bool {
        match (&settings.names, &settings.formation, default) {
            (Some(names), _, _) => self.read_names(names),
            (None, Some(formation), _) => {
                let items = items(formation);
                if items.is_empty() {
                    self.diagnostics.push(
                        Diagnostic::error("bad-formation", "the formation is empty")
                            .at(formation.clone(), "")
                            .hint("write how many of each process to start, for example `web=1,worker=2`"),
                    );
                }
                for item in items {
                    self.read_wish(&item, Bare::Refused);
                }
            }
            (None, None, Some(names)) => self.read_names(names),
            (None, None, None) => return false,
        }
        true
    }

    fn read_names(&mut self, names: &[Span]) {
        for name in names {
            for item in items(name) {
                self.read_wish(&item, Bare::Usual);
            }
        }
    }

    /// Reads what is left out: whole processes, and single instances.
    fn read_except(&mut self, settings: &Settings) -> (Vec<bool>, Vec<Vec<u32>>) {
        let mut refused = vec![false; self.known.len()];
        let mut except = vec![Vec::new(); self.known.len()];
        for item in settings.except.iter().flat_map(items) {
            match names::choose(self.known, &words(&item), &item) {
                Ok(Choice::Instance(at, index)) => except[at].push(index),
                Ok(Choice::Instances(instances)) => {
                    for (at, index) in instances {
                        except[at].push(index);
                    }
                }
                Ok(choice) => {
                    for at in choice.processes(self.known.len()) {
                        refused[at] = true;
                    }
                }
                Err(complaint) => self.diagnostics.push(*complaint),
            }
        }
        (refused, except)
    }

    fn read_wish(&mut self, item: &Span, bare: Bare) {
        let text = words(item);
        let (name, count) = match text.split_once('=') {
            Some((name, count)) => (name, Some(count)),
            None => (text.as_str(), None),
        };
        if name.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("bad-formation", "a process name is missing in the formation")
                    .at(item.clone(), "")
                    .hint("write `NAME=N`, for example `web=2`"),
            );
            return;
        }
        let choice = match names::choose(self.known, name, item) {
            Ok(choice) => choice,
            Err(complaint) => return self.diagnostics.push(*complaint),
        };
        let count = match (count, bare) {
            (None, Bare::Usual) => None,
            (None, Bare::Refused) => {
                self.diagnostics.push(
                    Diagnostic::error("bad-formation", format!("`{name}` has no count in the formation"))
                        .at(item.clone(), "")
                        .hint(format!("write `{name}=1`, or name it without `-m`: `forge start {name}`")),
                );
                return;
            }
            (Some(count), _) => match count.parse().ok().filter(|number| *number <= MOST_COPIES) {
                Some(number) => Some(number),
                None => return self.diagnostics.push(bad_count(name, count, item)),
            },
        };
        self.note(&choice, count, name, item);
    }

    fn add(&mut self, at: usize, index: u32) {
        let wish = self.wishes[at].get_or_insert_default();
        if let Err(place) = wish.binary_search(&index) {
            wish.insert(place, index);
        }
    }

    fn note(&mut self, choice: &Choice, count: Option<u32>, name: &str, item: &Span) {
        match (choice, count) {
            (Choice::All, count) => self.all = Some(count.map_or(All::Usual, All::Count)),
            (Choice::Instance(..), Some(_)) => self.diagnostics.push(
                Diagnostic::error("bad-formation", format!("`{name}` is one instance, and has no count"))
                    .at(item.clone(), "")
                    .hint(format!("name it alone: `{name}`")),
            ),
            (Choice::Instances(_), Some(_)) => self.diagnostics.push(
                Diagnostic::error(
                    "bad-formation",
                    format!("`{name}` means single instances, and has no count"),
                )
                .at(item.clone(), "")
                .hint(format!("name them alone: `{name}`")),
            ),
            (Choice::Instance(at, index), None) => self.add(*at, *index),
            (Choice::Instances(instances), None) => {
                for (at, index) in instances {
                    self.add(*at, *index);
                }
            }
            (Choice::Process(_) | Choice::Processes(_), count) => {
                for at in choice.processes(self.known.len()) {
                    // Who is named is wanted, also where its usual number is none.
                    let count = count.unwrap_or(self.known[at].usual.max(1));
                    self.wishes[at] = Some((1..=count).collect());
                }
            }
        }
    }
}

fn bad_count(name: &str, count: &str, item: &Span) -> Diagnostic {
    Diagnostic::error("bad-formation", format!("`{count}` is not a count in the formation"))
        .at(item.clone(), format!("expected a number from 0 to {MOST_COPIES}"))
        .hint(format!("write `{name}=N`, for example `{name}=2`"))
}

fn release_is_left_out() -> Diagnostic {
    let message = "release is not started unless it is named, as in `forge run release`";
    Diagnostic { severity: Severity::Note, ..Diagnostic::warning("release-not-started", message) }
}

fn nothing_to_start(known: &[Known<'_>], settings: &Settings) -> Diagnostic {
    let diagnostic = Diagnostic::error("nothing-to-start", "there is nothing to start");
    let diagnostic = match settings.formation.as_ref().filter(|_| settings.names.is_none()) {
        Some(formation) => diagnostic.at(formation.clone(), "every count is 0"),
        None => diagnostic,
    };
    if settings.names.is_none() && settings.formation.is_none() && settings.except.is_none() {
        return diagnostic.hint(format!("name what is to be started: {}", names::list(known)));
    }
    diagnostic.hint(format!("the Procfile has {}", names::list(known)))
}

#[cfg(test)]
mod tests;
