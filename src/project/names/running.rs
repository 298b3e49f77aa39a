//! Names that are said to a stack that runs.

use super::{Known, Names};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::project::{InstanceId, Project};

/// Nobody is meant, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nobody {
    /// What is wrong, with the names that there are.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

impl From<Diagnostic> for Nobody {
    fn from(diagnostic: Diagnostic) -> Nobody {
        Nobody { hint: diagnostic.hints.into_iter().next(), message: diagnostic.message }
    }
}

impl Project {
    /// Returns its instances that are meant by some words, in Procfile order.
    ///
    /// # Errors
    /// A word means nobody, or nobody who is started; or there is no word.
    pub fn instances_named(&self, words: &[String]) -> Result<Vec<InstanceId>, Nobody> {
        let known: Vec<Known<'_>> = self
            .processes
            .iter()
            .map(|process| {
                let instances = self.instances.iter().filter(|one| one.id.process == process.name).count();
                let usual = u32::try_from(instances).unwrap_or(u32::MAX);
                Known { name: process.name.as_str(), labels: &process.labels, usual, enabled: true }
            })
            .collect();
        let names = known.iter().filter(|known| known.usual > 0).map(|known| known.name);
        let there_are = names.collect::<Vec<_>>().join(", ");
        if words.is_empty() {
            let hint = Some(format!("name some of {there_are}, or `all`"));
            return Err(Nobody { message: "no process is named".to_owned(), hint });
        }
        let mut meant = Names::default();
        for word in words {
            let mut complaints = Vec::new();
            let text = Source::new("the request", word.as_bytes());
            let mut names = Names::default();
            names.read(&known, &Span::new(&text, 0..word.len()), &mut complaints);
            if let Some(complaint) = complaints.into_iter().next() {
                return Err(complaint.into());
            }
            if !self.instances.iter().any(|one| names.contain(&one.id)) {
                let hint = Some(format!("those that are started are {there_are}"));
                return Err(Nobody { message: format!("`{word}` is not started"), hint });
            }
            meant.0.extend(names.0);
        }
        Ok(self.instances.iter().map(|one| one.id.clone()).filter(|id| meant.contain(id)).collect())
    }
}
