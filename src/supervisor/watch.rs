//! Files that have changed: whoever watches them is started again as soon as it is quiet.

use super::instance::Instance;
use super::{Effect, Note, Phase, Supervisor, Want};
use crate::project::ProcessName;
use crate::project::lifecycle::Nature;
use crate::time::Time;

/// Changes since it was quiet.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    last: Time,
    path: String,
    /// How many there were besides the last one.
    more: usize,
}

impl Supervisor {
    /// Notes that a file has changed.
    pub(super) fn learn_change(&mut self, now: Time, process: &ProcessName, path: &str) {
        if self.shutdown.is_some() {
            return;
        }
        for (index, instance) in self.instances.iter_mut().enumerate() {
            if instance.id.process == *process && instance.restarts_on_change() {
                let more = instance.changed.as_ref().map_or(0, |changed| changed.more + 1);
                instance.changed = Some(Changed { last: now, path: path.to_owned(), more });
                self.touched.insert(index);
            }
        }
    }
}

impl Instance {
    /// What the clock starts reads the new files the next time anyhow.
    fn restarts_on_change(&self) -> bool {
        let by_the_clock = matches!(self.process.life.nature, Nature::Scheduled(_));
        self.is_main() && self.process.life.watch.is_some() && !by_the_clock && self.want == Want::Up
    }

    /// Wants it to run again when it is quiet.
    pub(super) fn tend_changes(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.changes_due().is_none_or(|due| now < due) {
            return;
        }
        let Some(Changed { last: _, path, more }) = self.changed.take() else { return };
        if self.want != Want::Up || !self.restarts_on_change() {
            return;
        }
        match self.phase {
            // It will read them when it starts.
            Phase::Pending | Phase::Waiting => {}
            Phase::Starting { .. }
            | Phase::Running { .. }
            | Phase::Stopping { .. }
            | Phase::Backoff { .. }
            | Phase::Exited { .. } => {
                self.now_wants(Want::Bounce);
                if let Some(run) = &mut self.run {
                    run.because.get_or_insert(super::Because::FilesChanged);
                }
                effects.push(Effect::Note(Note::FilesChanged { instance: self.id.clone(), path, more }));
            }
        }
    }

    /// Returns when [`Instance::tend_changes`] has something to do.
    pub(super) fn changes_due(&self) -> Option<Time> {
        let watch = self.process.life.watch.as_ref()?;
        Some(self.changed.as_ref()?.last + watch.debounce)
    }
}
