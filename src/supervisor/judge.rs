//! What follows from an end that nobody asked for: for the instance itself, for its hooks, and for those who need it.

use std::time::Duration;

use super::run::{Run, Sequel};
use super::why::Reason;
use super::{Effect, Note, Part, Phase, Supervisor};
use crate::restart::{Case, Rule, Verdict};
use crate::time::Time;

impl Supervisor {
    /// Judges the end of one that has ended by itself or by a rule, and draws the conclusions for the others at once,
    /// while what it left behind may still be ending.
    pub(super) fn judge(&mut self, index: usize, now: Time, effects: &mut Vec<Effect>) {
        let Some(sequel) = self.verdict(index, now, effects) else { return };
        let instance = &mut self.instances[index];
        let Some(Run { end: Some(end), part, .. }) = &mut instance.run else { return };
        end.sequel = sequel;
        let (is_failure, part) = (!end.success, *part);
        if let (Some(clock), Sequel::Again { .. }) = (&mut instance.clock, sequel) {
            // A second try is not the business of the clock.
            clock.fires = true;
        }
        if is_failure && matches!(part, Part::Main | Part::Before) {
            let crash = instance.hooks.crash;
            self.start_hook(crash, now, effects);
        }
        if sequel != Sequel::Stays {
            return;
        }
        let instance = &mut self.instances[index];
        if let (Some(clock), Part::Before) = (&mut instance.clock, part) {
            // Else it would be tried again at once, and again.
            clock.fires = false;
        }
        if let Phase::Exited { judged, .. } = &mut instance.phase {
            *judged = true;
        }
        if is_failure {
            self.tell_whom_it_keeps_down(index, effects);
        }
        self.draw_conclusions(index, now);
    }

    /// Asks the policy.
    fn verdict(&mut self, index: usize, now: Time, effects: &mut Vec<Effect>) -> Option<Sequel> {
        let chance = self.chance.roll();
        let instance = &mut self.instances[index];
        let run = instance.run.as_mut()?;
        let end = run.end?;
        match (run.part, end.success) {
            (Part::Before, true) => {
                instance.prepared = true;
                return Some(Sequel::Again { after: Duration::ZERO });
            }
            (Part::Ready | Part::Crash, _) => return Some(Sequel::Stays),
            (Part::Main, _) | (Part::Before, false) => {}
        }
        if run.reason == Some(Reason::Old) {
            return Some(Sequel::Again { after: Duration::ZERO });
        }
        let life = &instance.process.life;
        let rule = Rule { backoff: life.restart.backoff, max_restarts: life.restart.max_restarts };
        let (exit, success, history) = (end.exit, end.success, &instance.history);
        let case = Case { exit, success, now, history, rule, chance };
        let policy = run.reason.and_then(Reason::policy).unwrap_or(instance.policy);
        let id = instance.id.clone();
        Some(match policy.decide(&case) {
            Verdict::Restart { after } => {
                instance.history.note_restart(now, rule);
                run.say_after_its_end(Note::Restarting { instance: id, after }, effects);
                Sequel::Again { after }
            }
            Verdict::Stay => Sequel::Stays,
            Verdict::GiveUp { restarts, within } => {
                let note = Note::GaveUp { instance: id, restarts, within };
                run.gave_up = true;
                run.say_after_its_end(note, effects);
                Sequel::Stays
            }
        })
    }

    /// Starts a hook beside an instance, unless the last one still runs.
    pub(super) fn start_hook(&mut self, hook: Option<usize>, now: Time, effects: &mut Vec<Effect>) {
        let Some(hook) = hook else { return };
        let is_over = match self.instances[hook].phase {
            Phase::Pending | Phase::Exited { .. } => self.instances[hook].may_start(),
            Phase::Waiting
            | Phase::Starting { .. }
            | Phase::Running { .. }
            | Phase::Stopping { .. }
            | Phase::Backoff { .. } => false,
        };
        if is_over && self.shutdown.is_none() {
            self.instances[hook].want = super::Want::Up;
            self.launch(hook, now, effects);
        }
    }

    pub(super) fn tell_whom_it_keeps_down(&mut self, failed: usize, effects: &mut Vec<Effect>) {
        let kept_down = self.kept_down_by(failed);
        if kept_down.is_empty() {
            return;
        }
        let instances = kept_down.into_iter().map(|index| self.instances[index].id.clone()).collect();
        let because = self.instances[failed].id.clone();
        if let Some(run) = &mut self.instances[failed].run {
            run.say_after_its_end(Note::KeptDown { instances, because }, effects);
        }
    }
}
