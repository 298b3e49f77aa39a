//! What is done for an instance besides its steps: looking whether it is ready and works, measuring, watching files and
//! the clock. Where nothing of it is configured, nothing here has a time at which it is due.

use super::instance::Instance;
use super::live::Pulse;
use super::{Effect, Part, Phase, Supervisor, Want};
use crate::time::Time;

impl Supervisor {
    /// Does for an instance what is due by now.
    pub(super) fn tend(&mut self, index: usize, now: Time, effects: &mut Vec<Effect>) {
        let instance = &mut self.instances[index];
        if !instance.is_main() {
            return;
        }
        if self.shutdown.is_none() {
            instance.tend_changes(now, effects);
            instance.tend_clock(now, self.wall, &*self.given.calendar, effects);
        }
        instance.tend_readiness(now, effects);
        if instance.welcome(now) {
            let hook = instance.hooks.ready;
            self.touch_neighbours(index);
            self.start_hook(hook, now, effects);
        }
        let instance = &mut self.instances[index];
        instance.tend_rereading(effects);
        instance.tend_pulse(now, effects);
        instance.tend_limits(now, effects);
    }
}

impl Instance {
    /// Begins what follows once it is ready; returns whether it has become so.
    fn welcome(&mut self, now: Time) -> bool {
        let process = std::sync::Arc::clone(&self.process);
        let Some(run) = self.undisturbed().filter(|run| run.ready.is_some() && !run.welcomed) else {
            return false;
        };
        run.welcomed = true;
        run.pulse = process.life.live.as_ref().map(|rule| Pulse::begin(rule, now));
        true
    }

    /// Returns when [`Supervisor::tend`] has something to do even if no news comes.
    pub(super) fn tend_due(&self, stack_ends: bool) -> Option<Time> {
        if !self.is_main() || stack_ends {
            return None;
        }
        let of_the_run = [self.readiness_due(), self.pulse_due(), self.limits_due()];
        let of_the_run = of_the_run.into_iter().flatten().filter(|_| self.is_undisturbed());
        of_the_run.chain(self.changes_due()).chain(self.clock_due()).min()
    }

    fn is_undisturbed(&self) -> bool {
        let is_running = self.want == Want::Up && matches!(self.phase, Phase::Running { .. });
        is_running && self.run.as_ref().is_some_and(|run| run.part == Part::Main && run.reason.is_none())
    }
}
