//! Whether a process that was ready still works.
//!
//! It is looked at again and again, or speaks for itself; some failures in a row and it is ended and started again.

use std::sync::Arc;
use std::time::Duration;

use super::instance::Instance;
use super::ready::look;
use super::why::Reason;
use super::{Check, Effect, Note, ProbeFailure};
use crate::project::lifecycle::{Liveness, Probe};
use crate::time::Time;

/// How much later than it should an answer is taken for a failure.
const SLACK: Duration = Duration::from_secs(1);

/// What is known of whether a run works.
#[derive(Debug, Clone)]
pub(super) struct Pulse {
    probe: Arc<Probe>,
    /// When the next look is due, or the answer to the last one, or its next word.
    next: Time,
    /// When the look began whose answer is awaited.
    asked: Option<Time>,
    /// Failures in a row.
    failures: u32,
    failure: Option<ProbeFailure>,
}

impl Pulse {
    /// Begins with a process that has just become ready.
    pub(super) fn begin(rule: &Liveness, now: Time) -> Pulse {
        let probe = Arc::new(rule.probe.clone());
        Pulse { probe, next: now + rule.every, asked: None, failures: 0, failure: None }
    }

    fn speaks_for_itself(&self) -> bool {
        *self.probe == Probe::Notify
    }

    fn learn(&mut self, now: Time, rule: &Liveness, result: Result<(), ProbeFailure>) {
        // From look to look, so that slow answers do not make them rare.
        let began = self.asked.take().unwrap_or(now);
        self.next = (began + rule.every).max(now);
        match result {
            Ok(()) => (self.failures, self.failure) = (0, None),
            Err(failure) => (self.failures, self.failure) = (self.failures + 1, Some(failure)),
        }
    }
}

impl Instance {
    /// Notes what a look showed.
    pub(super) fn learn_pulse(&mut self, now: Time, result: Result<(), ProbeFailure>) {
        let process = Arc::clone(&self.process);
        let Some(rule) = &process.life.live else { return };
        let Some(pulse) = self.undisturbed().and_then(|run| run.pulse.as_mut()) else { return };
        if pulse.asked.is_some() {
            pulse.learn(now, rule, result);
        }
    }

    /// Notes that it has said by itself that it works.
    pub(super) fn learn_beat(&mut self, now: Time) {
        let process = Arc::clone(&self.process);
        let Some(rule) = &process.life.live else { return };
        let Some(pulse) = self.undisturbed().and_then(|run| run.pulse.as_mut()) else { return };
        if pulse.speaks_for_itself() {
            (pulse.failures, pulse.next) = (0, now + rule.every);
        }
    }

    /// Looks whether it works, and sees to its end if it does not.
    pub(super) fn tend_pulse(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let process = Arc::clone(&self.process);
        let Some(rule) = &process.life.live else { return };
        let id = self.id.clone();
        let Some(run) = self.undisturbed() else { return };
        let Some(pulse) = &mut run.pulse else { return };
        if pulse.next <= now {
            if pulse.speaks_for_itself() {
                pulse.learn(now, rule, Err(ProbeFailure::TimedOut));
                pulse.next = now + rule.every;
                pulse.failure = None;
            } else if pulse.asked.is_some() {
                pulse.learn(now, rule, Err(ProbeFailure::TimedOut));
            }
        }
        if pulse.failures >= rule.failures.max(1) {
            let (failures, failure) = (pulse.failures, pulse.failure);
            run.pulse = None;
            run.reason = Some(Reason::NotLive);
            effects.push(Effect::Note(Note::NotLive { instance: id, failures, failure }));
        } else if pulse.next <= now {
            pulse.asked = Some(now);
            pulse.next = now + rule.timeout + SLACK;
            effects.push(look(run.id, Check::Live, &pulse.probe, rule.timeout));
        }
    }

    /// Returns when [`Instance::tend_pulse`] has something to do.
    pub(super) fn pulse_due(&self) -> Option<Time> {
        Some(self.run.as_ref()?.pulse.as_ref()?.next)
    }
}
