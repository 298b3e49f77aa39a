//! Which processes are started, and how many of each: `forge start web=2,worker`, `-m all=1,web=2`, `-x css`.
//!
//! foreman's rules (compat section 5), except that what foreman counts as zero in silence is an error here
//! (D12), and that `release` is started only where it is named (D6).

use std::collections::BTreeMap;
use std::ops::Range;

use super::settings::Settings;
use super::{names, suggest};
use crate::diagnostic::{Checked, Diagnostic, Severity, Span};

/// More copies of one process than this are taken for a slip of the finger.
const MOST_COPIES: u32 = 10_000;

/// The entry that platforms run once before a deployment; it is no part of a running stack.
const RELEASE: &str = "release";

/// Counts the instances of each process, in the order of `processes`.
pub(crate) fn resolve(processes: &[&str], settings: &Settings) -> Checked<Vec<u32>> {
    let mut diagnostics = Vec::new();
    let asked = read_wishes(processes, settings, &mut diagnostics);
    let everything = match (&asked, asked.as_ref().and_then(|wishes| wishes.get("all"))) {
        (None, _) => 1,
        (Some(_), all) => all.copied().unwrap_or(0),
    };
    let except = match &settings.except {
        Some(list) => known_names(processes, list, &mut diagnostics),
        None => Vec::new(),
    };
    let mut counts = Vec::with_capacity(processes.len());
    for name in processes {
        let named = asked.as_ref().and_then(|wishes| wishes.get(*name)).copied();
        let count = match named {
            _ if except.contains(name) => 0,
            Some(count) => count,
            None if *name == RELEASE && everything > 0 => {
                diagnostics.push(release_is_left_out());
                0
            }
            None => everything,
        };
        counts.push(count);
    }
    let complained = diagnostics.iter().any(|d| d.severity == Severity::Error);
    if !complained && !processes.is_empty() && counts.iter().all(|count| *count == 0) {
        diagnostics.push(nothing_to_start(processes, settings));
    }
    Checked { value: counts, diagnostics }
}

/// Reads a list of names of processes with commas, `worker*` among them; unknown ones become errors and are left out.
pub(crate) fn known_names<'a>(
    processes: &[&'a str],
    list: &Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<&'a str> {
    let mut meant = Vec::new();
    for item in items(list) {
        let text = words(&item);
        match processes.iter().find(|name| **name == text) {
            Some(name) => meant.push(*name),
            None if text == "all" => meant.extend(processes),
            None if names::is_glob(&text) => {
                let fitting: Vec<&str> =
                    processes.iter().copied().filter(|name| names::matches(&text, name)).collect();
                if fitting.is_empty() {
                    diagnostics.push(names::no_match(processes, &text, item));
                }
                meant.extend(fitting);
            }
            None => diagnostics.push(unknown(processes, &text, item)),
        }
    }
    meant
}

/// What was asked for by name; `None` if nothing was, so that everything is meant.
fn read_wishes(
    processes: &[&str],
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<BTreeMap<String, u32>> {
    let mut wishes = BTreeMap::new();
    match (&settings.names, &settings.formation) {
        (Some(names), _) => {
            for name in names {
                for item in items(name) {
                    read_wish(processes, &item, Bare::One, &mut wishes, diagnostics);
                }
            }
        }
        (None, Some(formation)) => {
            let items = items(formation);
            if items.is_empty() {
                diagnostics.push(
                    Diagnostic::error("bad-formation", "the formation is empty")
                        .at(formation.clone(), "")
                        .hint("write how many of each process to start, for example `web=1,worker=2`"),
                );
            }
            for item in items {
                read_wish(processes, &item, Bare::Refused, &mut wishes, diagnostics);
            }
        }
        (None, None) => return None,
    }
    Some(wishes)
}

/// What a name without a count means.
#[derive(Clone, Copy)]
enum Bare {
    /// One instance: `forge start web`.
    One,
    /// A mistake: `-m web`.
    Refused,
}

fn read_wish(
    processes: &[&str],
    item: &Span,
    bare: Bare,
    wishes: &mut BTreeMap<String, u32>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let text = words(item);
    let (name, count) = match (text.split_once('='), bare) {
        (Some((name, count)), _) => (name, Some(count)),
        (None, _) => (text.as_str(), None),
    };
    if name.is_empty() {
        diagnostics.push(
            Diagnostic::error("bad-formation", "a process name is missing in the formation")
                .at(item.clone(), "")
                .hint("write `NAME=N`, for example `web=2`"),
        );
        return;
    }
    if name != "all" && !processes.contains(&name) {
        diagnostics.push(unknown(processes, name, item.clone()));
        return;
    }
    let number = match (count, bare) {
        (None, Bare::One) => Some(1),
        (None, Bare::Refused) => {
            diagnostics.push(
                Diagnostic::error("bad-formation", format!("`{name}` has no count in the formation"))
                    .at(item.clone(), "")
                    .hint(format!("write `{name}=1`, or name it without `-m`: `forge start {name}`")),
            );
            return;
        }
        (Some(count), _) => count.parse().ok().filter(|number| *number <= MOST_COPIES),
    };
    match number {
        Some(number) => {
            wishes.insert(name.to_owned(), number);
        }
        None => diagnostics.push(
            Diagnostic::error(
                "bad-formation",
                format!("`{}` is not a count in the formation", count.unwrap_or_default()),
            )
            .at(item.clone(), format!("expected a number from 0 to {MOST_COPIES}"))
            .hint(format!("write `{name}=N`, for example `{name}=2`")),
        ),
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

pub(super) fn unknown(processes: &[&str], name: &str, item: Span) -> Diagnostic {
    let list = processes.join(", ");
    let diagnostic = Diagnostic::error("unknown-process", format!("unknown process `{name}` ({list})"))
        .at(item, "not in the Procfile");
    match suggest::nearest(name, processes.iter().copied()) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

fn release_is_left_out() -> Diagnostic {
    let message = "release is not started unless it is named, as in `forge run release`";
    Diagnostic { severity: Severity::Note, ..Diagnostic::warning("release-not-started", message) }
}

fn nothing_to_start(processes: &[&str], settings: &Settings) -> Diagnostic {
    let diagnostic = Diagnostic::error("nothing-to-start", "there is nothing to start");
    let diagnostic = match settings.formation.as_ref().filter(|_| settings.names.is_none()) {
        Some(formation) => diagnostic.at(formation.clone(), "every count is 0"),
        None => diagnostic,
    };
    diagnostic.hint(format!("the Procfile has {}", processes.join(", ")))
}

#[cfg(test)]
mod tests;
