//! Which lines of a running stack somebody wants to hear.

use std::collections::BTreeMap;

use super::filter::Question;
use super::when::Moment;
use crate::project::{InstanceId, Names};
use crate::time::WallTime;

/// Which lines, of all that were said lately and are said.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Whose.
    pub whose: Whom,
    /// What must be in them.
    pub question: Question,
    /// Not those that came earlier.
    pub since: Option<Moment>,
    /// Not those that came later.
    pub until: Option<Moment>,
    /// Only this run of each instance; one that is negative counts from the newest, which is -1.
    pub run: Option<i64>,
    /// The newest run of each, when it was asked.
    pub newest: BTreeMap<InstanceId, u32>,
}

/// Whose lines.
#[derive(Debug, Clone, Default)]
pub enum Whom {
    /// Those of everybody, and forge's remarks.
    #[default]
    Everybody,
    /// Those of some, and forge's remarks about them.
    Some {
        /// Who they are.
        names: Names,
        /// Whether remarks about nobody are wanted, too.
        system: bool,
    },
}

impl Wanted {
    /// Returns whether the lines of a run are wanted: of an instance the first, the second, ….
    pub fn is_run(&self, instance: &InstanceId, number: u32) -> bool {
        let Some(run) = self.run else { return true };
        let newest = || i64::from(self.newest.get(instance).copied().unwrap_or(0));
        let run = if run < 0 { newest() + 1 + run } else { run };
        run == i64::from(number)
    }

    /// Returns whether an instance is meant, whatever its run, or nobody: remarks about the whole stack.
    pub fn is_about(&self, instance: Option<&InstanceId>) -> bool {
        match (&self.whose, instance) {
            (Whom::Everybody, _) => true,
            (Whom::Some { names, .. }, Some(instance)) => names.contain(instance),
            (Whom::Some { system, .. }, None) => *system,
        }
    }

    /// Returns whether forge's remarks are wanted at all; they are part of no run.
    pub fn has_remarks(&self) -> bool {
        self.run.is_none()
    }

    /// Returns whether what came at a time is wanted.
    pub fn is_in_time(&self, at: WallTime) -> bool {
        let at = Moment::of(at);
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at <= until)
    }
}
