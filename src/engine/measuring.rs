//! What a run uses: memory, processor time, and for how long it has said nothing.

use super::perform::Hands;
use crate::guard::RUN_MARK;
use crate::supervisor::{ChildEvent, Event, RunId, Usage};
use crate::sys::kin::Kin;
use crate::sys::measure;

impl Hands {
    /// Measures at once: some files of `/proc` for each process of the run.
    pub(super) fn measure(&mut self, run: RunId) {
        let usage = self.usage(run).unwrap_or_default();
        self.happened.push_back(Event::Child { run, what: ChildEvent::Measured(usage) });
    }

    fn usage(&self, run: RunId) -> Option<Usage> {
        let held = self.runs.get(&run)?;
        let limits = &held.spec.process.life.limits;
        let everybody = self.kin(run)?.everybody();
        let measured = measure::usage(&everybody, limits.memory.unwrap_or(u64::MAX));
        // Nobody could be looked at: that is no news of a run that uses nothing.
        let is_known = measured.processes > 0;
        Some(Usage {
            memory: is_known.then_some(measured.memory_bytes),
            cpu: is_known.then_some(measured.cpu),
            silent: self.hub.silence(&held.streams),
        })
    }

    /// Returns how one recognises the processes of a run.
    pub(super) fn kin(&self, run: RunId) -> Option<Kin> {
        let leader = self.runs.get(&run)?.leader?;
        Some(Kin { leader, keeper: self.link.keeper(), mark: (RUN_MARK, self.link.mark_of(run.0)) })
    }
}
