//! What is kept of a run for `forge why`, when nobody is left who could be asked.

use std::path::PathBuf;

use crate::project::InstanceId;
use crate::supervisor::{Explanation, InstanceState, Snapshot};
use crate::sys::{clock, keepsake};

/// The directory in that of the project.
pub const DIRECTORY: &str = ".forge";
/// The file in it.
pub const FILE: &str = "last-run.json";
pub use crate::control::protocol::{RECORD_VERSION as VERSION, Record};

/// Keeps the record of one run.
#[derive(Debug)]
pub(super) struct Keeper {
    directory: PathBuf,
    began: i64,
}

impl Keeper {
    pub(super) fn new(root: &std::path::Path) -> Keeper {
        Keeper { directory: root.join(DIRECTORY), began: clock::wall().seconds }
    }

    /// Keeps it, if there is something to tell, or an older one that would tell something false, and returns it. Where
    /// it cannot be kept nothing is said: a stack does not fail for want of a note about it.
    pub(super) fn keep(
        &self,
        stack: Snapshot,
        is_over: bool,
        last_lines: impl Fn(&InstanceId) -> Vec<String>,
    ) -> Record {
        let is_worth_it = stack.instances.iter().any(has_a_story) || self.directory.join(FILE).is_file();
        let lines = stack.instances.iter().map(|one| (one.id.to_string(), last_lines(&one.id)));
        let record = Record {
            version: VERSION,
            began: self.began,
            kept: clock::wall().seconds,
            is_over,
            last_lines: lines.filter(|(_, lines)| !lines.is_empty()).collect(),
            stack,
        };
        if is_worth_it && let Ok(bytes) = serde_json::to_vec(&record) {
            let _ = keepsake::keep(&self.directory, FILE, &bytes);
        }
        record
    }
}

/// Whether there is more to tell than that it ran and was stopped.
pub(super) fn has_a_story(one: &InstanceState) -> bool {
    let is_kept_down = matches!(one.because, Explanation::KeptDown { .. } | Explanation::WaitsFor { .. });
    is_kept_down || one.runs.iter().any(|run| run.failed() || run.ignored_for.is_some())
}
