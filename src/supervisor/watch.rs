//! Files that have changed: whoever watches them is started again as soon as it is quiet.

use std::time::Duration;

use super::instance::Instance;
use super::{Effect, Note, Phase, Supervisor, Want};
use crate::project::ProcessName;
use crate::project::lifecycle::Nature;
use crate::time::Time;

/// Where files change all the time, it is not waited for quiet for longer than so many times as long as it should be quiet.
const LONGEST_WAIT: u32 = 10;
/// But for this long.
const SHORTEST_WAIT: Duration = Duration::from_secs(2);

/// Changes since it was quiet.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) first: Time,
    pub(super) last: Time,
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
            if instance.id.process == *process && !instance.leaving && instance.restarts_on_change() {
                let (first, more) =
                    instance.changed.as_ref().map_or((now, 0), |changed| (changed.first, changed.more + 1));
                instance.changed = Some(Changed { first, last: now, path: path.to_owned(), more });
                self.touched.insert(index);
            }
        }
    }
}

impl Instance {
    /// What the clock starts reads the new files the next time anyhow.
    fn restarts_on_change(&self) -> bool {
        let by_the_clock = matches!(self.process.life.nature, Nature::Scheduled(_));
        self.is_main() && self.written().life.watch.is_some() && !by_the_clock && self.want == Want::Up
    }

    /// Wants it to run again when it is quiet.
    pub(super) fn tend_changes(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.changes_due().is_none_or(|due| now < due) {
            return;
        }
        let Some(Changed { path, more, .. }) = self.changed.take() else { return };
        if self.want != Want::Up || !self.restarts_on_change() {
            return;
        }
        if let Some(signal) = self.process.life.reload_signal.filter(|_| self.can_reread()) {
            self.rereads = Some(signal);
            let (instance, signal) = (self.id.clone(), Some(signal));
            effects.push(Effect::Note(Note::FilesChanged { instance, path, more, signal }));
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
                let (instance, signal) = (self.id.clone(), None);
                effects.push(Effect::Note(Note::FilesChanged { instance, path, more, signal }));
            }
        }
    }

    /// Returns when [`Instance::tend_changes`] has something to do.
    pub(super) fn changes_due(&self) -> Option<Time> {
        let watch = self.written().life.watch.as_ref()?;
        let Changed { first, last, .. } = self.changed.as_ref()?;
        let longest = (watch.debounce * LONGEST_WAIT).max(SHORTEST_WAIT);
        Some((*last + watch.debounce).min(*first + longest))
    }
}
