//! Whose lines are wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::project::names::{Known, Names};
use crate::project::{InstanceId, ProcessName};
use crate::store::names::SYSTEM;

/// The labels of processes, by their names.
pub(super) type Labels = BTreeMap<String, Vec<Arc<str>>>;

/// Names as they were typed: `web`, `web.2`, `worker*`. Whom they mean is found anew for each list of those that are
/// there, as `-f` shows processes that come later, too.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    words: Vec<String>,
    labels: Labels,
}

impl Choice {
    /// Reads words, each of which may be several names with commas.
    pub(super) fn new(words: &[String], labels: Labels) -> Choice {
        let names = words.iter().flat_map(|word| word.split(','));
        let words = names.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Choice { words, labels }
    }

    /// Returns whether an instance is wanted, or `system`.
    pub(super) fn has(&self, instance: &str) -> bool {
        !self.of(&[instance.to_owned()]).is_empty()
    }

    /// Returns whether all are wanted.
    pub(super) fn is_everybody(&self) -> bool {
        self.words.is_empty() || self.words.iter().any(|name| name == "all")
    }

    /// Returns those that are wanted.
    pub(super) fn of(&self, names: &[String]) -> Vec<String> {
        if self.is_everybody() {
            return names.to_vec();
        }
        let wanted = self.meant(self.words.iter().map(String::as_str), names);
        names.iter().filter(|name| wanted.contain(&id(name))).cloned().collect()
    }

    /// Complains of each name that nobody has.
    pub(super) fn unknown(&self, names: &[String]) -> Vec<Diagnostic> {
        let with_system: Vec<String> = names.iter().cloned().chain([SYSTEM.to_owned()]).collect();
        let nobody = |word: &&String| {
            let meant = self.meant([word.as_str()], &with_system);
            **word != "all" && !with_system.iter().any(|name| meant.contain(&id(name)))
        };
        self.words.iter().filter(nobody).map(|word| complaint(word, names)).collect()
    }

    /// Whom words mean among instances. One that means nobody may mean somebody later.
    fn meant<'a>(&self, words: impl IntoIterator<Item = &'a str>, names: &[String]) -> Names {
        let ids: Vec<InstanceId> = names.iter().map(|name| id(name)).collect();
        let mut known: Vec<Known<'_>> = Vec::new();
        for InstanceId { process, index } in &ids {
            if let Some(known) = known.iter_mut().find(|known| known.name == process.as_str()) {
                known.usual = known.usual.max(*index);
            } else {
                let labels = self.labels.get(process.as_str()).map_or(&[][..], Vec::as_slice);
                known.push(Known { usual: *index, labels, ..Known::plain(process.as_str()) });
            }
        }
        let mut meant = Names::default();
        for word in words {
            let source = Source::new("the command line", word);
            meant.read(&known, &Span::new(&source, 0..word.len()), &mut Vec::new());
        }
        meant
    }
}

/// What an instance is called in its files, taken apart; `system` is one of a kind.
fn id(name: &str) -> InstanceId {
    let whole = || InstanceId { process: ProcessName::new(name), index: 1 };
    let Some((process, index)) = name.rsplit_once('.') else { return whole() };
    index.parse().map_or_else(|_| whole(), |index| InstanceId { process: ProcessName::new(process), index })
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

#[cfg(test)]
mod tests;
