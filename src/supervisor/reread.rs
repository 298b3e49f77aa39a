//! A process that can read again what it reads, its code or its settings, gets a signal for it and goes on running.

use super::instance::Instance;
use super::{Effect, Note, Part, Phase, Reach, Want};

impl Instance {
    /// Returns whether a signal will do. A process that is not ready yet may not listen to it, and would die of it.
    pub(super) fn can_reread(&self) -> bool {
        let runs = self.want == Want::Up && matches!(self.phase, Phase::Running { .. });
        let run = self.run.as_ref().filter(|_| runs);
        run.is_some_and(|run| run.part == Part::Main && run.ready.is_some() && run.reason.is_none())
    }

    /// Sends the signal, or starts it again where a signal will not do.
    pub(super) fn tend_rereading(&mut self, effects: &mut Vec<Effect>) {
        let Some(signal) = self.rereads.take() else { return };
        if self.can_reread() {
            let Some(run) = &self.run else { return };
            effects.push(Effect::Note(Note::Rereads { instance: self.id.clone(), signal }));
            effects.push(Effect::Signal { run: run.id, signal, reach: Reach::Leader });
        } else if self.want == Want::Up {
            self.starts_anew();
        }
    }

    /// Wants a new run, also of one that has ended, unless it waits for its start anyhow.
    pub(super) fn starts_anew(&mut self) {
        match self.phase {
            Phase::Pending | Phase::Waiting => {}
            Phase::Starting { .. }
            | Phase::Running { .. }
            | Phase::Stopping { .. }
            | Phase::Backoff { .. }
            | Phase::Exited { .. } => self.now_wants(Want::Bounce),
        }
    }
}
