//! Whose lines are wanted.

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::store::names::SYSTEM;

/// Names as they were typed: `web`, `web.2`, `worker*`.
#[derive(Debug, Clone)]
pub(super) struct Choice(Vec<String>);

impl Choice {
    /// Reads words, each of which may be several names with commas.
    pub(super) fn new(words: &[String]) -> Choice {
        let names = words.iter().flat_map(|word| word.split(','));
        Choice(names.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Returns whether an instance is wanted, or `system`.
    pub(super) fn has(&self, instance: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| fits(name, instance))
    }

    /// Returns whether all are wanted.
    pub(super) fn is_everybody(&self) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| name == "all")
    }

    /// Returns those that are wanted.
    pub(super) fn of(&self, names: &[String]) -> Vec<String> {
        names.iter().filter(|name| self.has(name)).cloned().collect()
    }

    /// Complains of each name that nobody has.
    pub(super) fn unknown(&self, names: &[String]) -> Vec<Diagnostic> {
        let nobody =
            |name: &&String| !fits(name, SYSTEM) && !names.iter().any(|instance| fits(name, instance));
        self.0.iter().filter(nobody).map(|name| complaint(name, names)).collect()
    }
}

fn complaint(name: &str, names: &[String]) -> Diagnostic {
    let source = Source::new("the command line", format!("forge logs {name}"));
    let span = Span::new(&source, source.text.len() - name.len()..source.text.len());
    let diagnostic =
        Diagnostic::error("unknown-process", format!("there are no logs of `{name}`")).at(span, "");
    if names.is_empty() {
        return diagnostic.hint("there are none at all yet");
    }
    diagnostic.hint(format!("there are logs of {}", names.join(", ")))
}

fn fits(name: &str, instance: &str) -> bool {
    let process = instance.rsplit_once('.').map_or(instance, |(process, _)| process);
    name == "all"
        || name == instance
        || name == process
        || glob(name.as_bytes(), instance.as_bytes())
        || glob(name.as_bytes(), process.as_bytes())
}

/// `*` stands for anything, `?` for one letter.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(letter) if *letter == b'?' || *letter == text[read] => {
                at += 1;
                read += 1;
            }
            _ => match &mut star {
                Some((before, taken)) => {
                    *taken += 1;
                    (at, read) = (*before + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests;
