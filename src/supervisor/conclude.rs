//! What an end means for the others, and the end of everything.

use std::time::Duration;

use super::instance::Instance;
use super::shutdown::Cause;
use super::{Effect, Note, Outcome, Phase, Supervisor, Want};
use crate::exit::Exit;
use crate::project::{ExitOn, InstanceId};
use crate::time::Time;

/// The end that decides how it all ended (compat section 10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FirstEnd {
    pub(super) instance: InstanceId,
    pub(super) exit: Exit,
    /// How long it had run.
    pub(super) after: Duration,
}

impl Supervisor {
    /// Sees what the end of an instance that stays down means for the stack.
    ///
    /// Where any end is the end of all, the first one decides, also if it is a success; elsewhere the first
    /// failure does, because successes are what is hoped for.
    pub(super) fn draw_conclusions(&mut self, index: usize, now: Time) {
        let instance = &self.instances[index];
        if instance.process.can_die {
            return;
        }
        let Some((run, end)) = instance.run.as_ref().and_then(|run| Some((run, run.end?))) else { return };
        let (counts, ends_all) = match self.exit_on {
            ExitOn::Any => (true, true),
            ExitOn::Failure => (!end.exit.is_success(), !end.exit.is_success()),
            ExitOn::All | ExitOn::Never => (!end.exit.is_success(), false),
        };
        let id = instance.id.clone();
        if counts && self.first_end.is_none() {
            let after = end.at.since(run.since);
            self.first_end = Some(FirstEnd { instance: id.clone(), exit: end.exit, after });
        }
        if ends_all {
            self.begin_shutdown(now, Cause::Ended(id));
        }
    }

    /// Sees whether all is over.
    pub(super) fn conclude(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.guard_lost {
            self.conclude_without_guard(now, effects);
            return;
        }
        if !self.instances.iter().all(Instance::at_rest) {
            return;
        }
        if self.shutdown.is_some() {
            self.finish(effects);
            return;
        }
        // One that was stopped on request may be wanted again: it keeps the stack.
        if !self.instances.iter().all(ended_by_itself) {
            return;
        }
        match self.exit_on {
            ExitOn::Any | ExitOn::Failure | ExitOn::All => self.finish(effects),
            ExitOn::Never if self.idle_said => {}
            ExitOn::Never => {
                self.idle_said = true;
                effects.push(Effect::Note(Note::NothingRuns));
            }
        }
    }

    /// Whoever ran is gone with the guard; what is known about ends is still said.
    fn conclude_without_guard(&mut self, now: Time, effects: &mut Vec<Effect>) {
        for instance in &mut self.instances {
            instance.tell(now, effects);
            if let Some(run) = &mut instance.run {
                run.tell_end(&instance.id, effects);
            }
        }
        effects.push(Effect::Note(Note::GuardLost));
        self.finish(effects);
    }

    fn finish(&mut self, effects: &mut Vec<Effect>) {
        let failure = self.first_end.clone().filter(|first| !first.exit.is_success());
        if let Some(FirstEnd { instance, exit, after }) = failure.clone() {
            effects.push(Effect::Note(Note::FirstCause { instance, exit, after }));
        }
        effects.push(Effect::Finish(self.outcome(failure)));
        self.finished = true;
    }

    fn outcome(&self, failure: Option<FirstEnd>) -> Outcome {
        let somebody_is_left = self.instances.iter().any(Instance::is_given_up);
        if self.guard_lost || somebody_is_left {
            return Outcome::Broken;
        }
        if let Some(FirstEnd { instance, exit, .. }) = failure {
            return Outcome::Failed { instance, exit };
        }
        match self.output_gone {
            // Whoever read it has seen enough, as `| head` has.
            None | Some(libc::EPIPE) => Outcome::Done,
            Some(_) => Outcome::Broken,
        }
    }
}

/// Returns whether an instance that should run has ended, or is given up.
fn ended_by_itself(instance: &Instance) -> bool {
    let ended = match instance.phase {
        Phase::Exited { .. } => true,
        Phase::Pending
        | Phase::Waiting
        | Phase::Starting { .. }
        | Phase::Running { .. }
        | Phase::Stopping { .. }
        | Phase::Backoff { .. } => instance.is_given_up(),
    };
    ended && instance.want == Want::Up
}
