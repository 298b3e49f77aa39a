//! What an end means for the others, and the end of everything.

use std::time::Duration;

use super::instance::Instance;
use super::needs::Needs;
use super::shutdown::Cause;
use super::{Effect, Note, Outcome, Phase, Supervisor, Want};
use crate::exit::Exit;
use crate::project::lifecycle::Nature;
use crate::project::{ExitOn, InstanceId};
use crate::time::Time;

/// The end that decides how it all ended (compat section 10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FirstEnd {
    pub(super) instance: InstanceId,
    pub(super) exit: Exit,
    /// Whether that was a success for it.
    pub(super) success: bool,
    /// How long it had run.
    pub(super) after: Duration,
}

impl Supervisor {
    /// Sees what the end of an instance that stays down means for the stack.
    ///
    /// Where any end is the end of all, the first one decides, also if it is a success; elsewhere the first
    /// failure does, because successes are what is hoped for.
    ///
    /// The end of a task is what is hoped for, unless it fails; that of a hook, or of what the clock starts, means nothing.
    ///
    /// The failure of one that can die ends nothing, but it counts if somebody who cannot die never runs because of it.
    pub(super) fn draw_conclusions(&mut self, index: usize, now: Time) {
        let instance = &self.instances[index];
        if !instance.is_main() {
            return;
        }
        let Some((run, end)) = instance.run.as_ref().and_then(|run| Some((run, run.end?))) else { return };
        let success = end.success;
        let (mut counts, mut ends_all) = match (self.exit_on, &instance.process.life.nature) {
            (_, Nature::Scheduled(_)) => (false, false),
            (ExitOn::Any, Nature::Service) => (true, true),
            (ExitOn::Any, Nature::Task { .. }) | (ExitOn::Failure, _) => (!success, !success),
            (ExitOn::All | ExitOn::Never, _) => (!success, false),
        };
        if instance.process.can_die {
            // Whoever cannot die and will never run for want of it has not done what it was there for.
            let may_count = !success && !matches!(instance.process.life.nature, Nature::Scheduled(_));
            let keeps_down = self.kept_down_by(index).into_iter().any(|it| self.never_runs(it));
            (counts, ends_all) = (may_count && keeps_down, false);
        }
        let id = instance.id.clone();
        let is_decisive = self.exit_code_from.as_ref() == Some(&id.process);
        let after = end.at.since(run.since);
        let this = FirstEnd { instance: id.clone(), exit: end.exit, success, after };
        if is_decisive {
            self.decisive_end.get_or_insert_with(|| this.clone());
        }
        if counts {
            self.ends.push(this);
        }
        if ends_all || is_decisive {
            self.begin_shutdown(now, Cause::Ended(id));
        }
    }

    fn never_runs(&self, index: usize) -> bool {
        let instance = &self.instances[index];
        instance.run.is_none() && !instance.process.can_die
    }

    /// Sees whether all is over.
    pub(super) fn conclude(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.guard_lost {
            self.conclude_without_guard(now, effects);
            return;
        }
        let all = |is_so: &dyn Fn(&Instance) -> bool| {
            let mut instances = self.instances.iter().enumerate();
            instances.all(|(index, instance)| is_so(instance) || self.waits_in_vain(index))
        };
        if !all(&Instance::at_rest) {
            return;
        }
        if self.shutdown.is_some() {
            self.finish(effects);
            return;
        }
        // One that was stopped on request may be wanted again: it keeps the stack.
        let mut mains =
            self.instances.iter().enumerate().filter(|(_, instance)| instance.is_main()).peekable();
        let is_over =
            |(index, instance): (usize, &Instance)| self.waits_in_vain(index) || ended_by_itself(instance);
        // So does one in which nobody is left: somebody has made it so, and can make it other.
        if mains.peek().is_none() || !mains.all(is_over) {
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

    /// Returns whether it will never start because somebody it needs has failed.
    fn waits_in_vain(&self, index: usize) -> bool {
        let instance = &self.instances[index];
        let waits = instance.phase == Phase::Waiting && instance.may_start() && self.shutdown.is_none();
        waits && matches!(self.needs_of(index), Needs::Hopeless { .. })
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
        let decisive = self.decisive_end.as_ref().or(self.ends.first());
        let failure = decisive.filter(|end| !end.success).cloned();
        if let Some(FirstEnd { instance, exit, success: _, after }) = failure.clone() {
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
            // One that was ended because it had failed may still say that all is well.
            let exit = if exit == Exit::Code(0) { Exit::Code(1) } else { exit };
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
