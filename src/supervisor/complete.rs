//! The moment at which all of a start is over: everybody who is waited for is ready, and all tasks are done.
//!
//! Nobody waits for those who can die, for what the clock starts, and for whoever was stopped on request. One that has
//! failed for good before that moment ends the stack, whatever the failure of one means later: what was waited for cannot
//! come any more. After that moment a limit of time means nothing.

use super::needs::Needs;
use super::shutdown::Cause;
use super::{Effect, Note, Phase, Supervisor, Want};
use crate::project::InstanceId;
use crate::project::lifecycle::Nature;
use crate::time::Time;

/// Whether somebody waits for that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Completion {
    /// Nobody does.
    NotAsked,
    /// It is still to come.
    Awaited,
    /// It was there.
    Reached,
}

/// How it stands with one instance.
enum Standing {
    /// It is as far as it is to come.
    There,
    /// It is on its way.
    OnItsWay,
    /// It will never come that far, because of this one.
    Never { because: InstanceId },
}

impl Supervisor {
    /// Says that all is ready, if that is so now, or ends the stack if it can never be. Returns whether somebody has to move.
    pub(super) fn see_completion(&mut self, now: Time, effects: &mut Vec<Effect>) -> bool {
        let is_open = self.completion == Completion::Awaited && self.shutdown.is_none() && !self.guard_lost;
        // Nobody is wanted yet before the beginning.
        if !is_open || self.instances.iter().all(|instance| instance.phase == Phase::Pending) {
            return false;
        }
        let mut all_are_there = true;
        for index in 0..self.instances.len() {
            if !self.is_awaited(index) {
                continue;
            }
            match self.standing(index) {
                Standing::There => {}
                Standing::OnItsWay => all_are_there = false,
                Standing::Never { because } => {
                    self.begin_shutdown(now, Cause::Ended(because));
                    return true;
                }
            }
        }
        if all_are_there {
            self.completion = Completion::Reached;
            effects.push(Effect::Note(Note::AllReady { after: now.since(Time::ZERO) }));
        }
        false
    }

    /// Returns whether its getting ready is what somebody waits for.
    pub(super) fn is_awaited(&self, index: usize) -> bool {
        let instance = &self.instances[index];
        let is_of_the_clock = matches!(instance.process.life.nature, Nature::Scheduled(_));
        instance.is_main() && !instance.process.can_die && !is_of_the_clock && instance.want != Want::Down
    }

    fn standing(&self, index: usize) -> Standing {
        let instance = &self.instances[index];
        if instance.has_failed_for_good() || instance.is_given_up() {
            return Standing::Never { because: instance.id.clone() };
        }
        if instance.phase == Phase::Waiting
            && let Needs::Hopeless { because } = self.needs_of(index)
        {
            return Standing::Never { because: self.instances[because].id.clone() };
        }
        // Whoever has ended well and stays down has had its last word, too.
        let is_over = instance.has_succeeded() && instance.may_start();
        let is_ready = !self.is_pending(index) && !instance.has_succeeded();
        if is_over || is_ready { Standing::There } else { Standing::OnItsWay }
    }
}
