//! When a process is ready, and what happens if it does not become so.
//!
//! The first looks follow each other fast, because somebody waits for the answer; the pause between them grows with
//! the time that has passed, so that what is slow is not disturbed, and what was found late was late anyway. Once it is
//! ready nobody looks any more.

use std::sync::Arc;
use std::time::Duration;

use super::instance::Instance;
use super::why::Reason;
use super::{Check, Effect, Note, ProbeFailure, RunId};
use crate::project::lifecycle::{Probe, Readiness};
use crate::time::Time;

/// The first pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The same where each look is a process of its own.
const FIRST_PAUSE_OF_COMMANDS: Duration = Duration::from_millis(25);
/// A pause is this part of the time since the start.
const PAUSE_SHARE: u32 = 32;
/// How long one look may take.
const ONE_LOOK: Duration = Duration::from_secs(2);

/// When an instance counts as ready.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) probe: Arc<Probe>,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
}

/// How the readiness of one run is looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Looking {
    /// When the next look is due; `None` while one is under way, or if the process speaks for itself.
    next: Option<Time>,
    /// What the last look showed.
    failure: Option<ProbeFailure>,
}

impl Looking {
    /// Returns what the last look showed.
    pub(super) fn failure(&self) -> Option<ProbeFailure> {
        self.failure
    }
}

impl Rule {
    /// Returns the rule of a process: its own, or that of those who are given a port and waited for.
    pub(super) fn of(readiness: Option<&Readiness>, has_port: bool, is_awaited: bool) -> Option<Rule> {
        match readiness {
            Some(Readiness { probe, interval, timeout }) => {
                Some(Rule { probe: Arc::new(probe.clone()), interval: *interval, timeout: *timeout })
            }
            None if has_port && is_awaited => Some(Rule {
                probe: Arc::new(Probe::Listening),
                interval: Readiness::INTERVAL,
                timeout: Readiness::TIMEOUT,
            }),
            None => None,
        }
    }

    fn is_looked_for(&self) -> bool {
        match *self.probe {
            Probe::Listening
            | Probe::Http(_)
            | Probe::Tcp { .. }
            | Probe::Unix(_)
            | Probe::Command(_)
            | Probe::File(_) => true,
            Probe::Log(_) | Probe::Notify | Probe::Delay(_) => false,
        }
    }

    fn pause(&self, since_start: Duration) -> Duration {
        let first = match *self.probe {
            Probe::Command(_) => FIRST_PAUSE_OF_COMMANDS,
            Probe::Listening
            | Probe::Http(_)
            | Probe::Tcp { .. }
            | Probe::Unix(_)
            | Probe::Log(_)
            | Probe::File(_)
            | Probe::Notify
            | Probe::Delay(_) => FIRST_PAUSE,
        };
        (since_start / PAUSE_SHARE).min(self.interval).max(first)
    }
}

impl Instance {
    /// Begins to look for the readiness of a run that has just started.
    pub(super) fn begin_to_look(&mut self, now: Time) {
        let Some(run) = &mut self.run else { return };
        match &run.readiness {
            None => run.ready = Some(now),
            Some(rule) => {
                let next = rule.is_looked_for().then(|| now + rule.pause(Duration::ZERO));
                run.looking = Some(Looking { next, failure: None });
            }
        }
    }

    /// Notes what a look showed.
    pub(super) fn learn_look(&mut self, now: Time, result: Result<(), ProbeFailure>) {
        let Some(run) = self.undisturbed() else { return };
        let Some(rule) = run.readiness.clone() else { return };
        let since_start = now.since(run.since);
        let Some(looking) = run.looking.as_mut().filter(|looking| looking.next.is_none()) else { return };
        match result {
            Ok(()) => run.ready = Some(now),
            Err(failure) => {
                looking.failure = Some(failure);
                looking.next = Some(now + rule.pause(since_start));
            }
        }
    }

    /// Notes that it has shown by itself that it is ready, if that is how it is to show it.
    pub(super) fn learn_word(&mut self, now: Time, is_way: fn(&Probe) -> bool) {
        let Some(run) = self.undisturbed() else { return };
        if run.readiness.as_ref().is_some_and(|rule| is_way(&rule.probe)) {
            run.ready.get_or_insert(now);
        }
    }

    /// Notes that it is ready where that is only a matter of time.
    pub(super) fn notice_delay(&mut self, now: Time) {
        let Some(run) = self.undisturbed() else { return };
        let is_over = run.readiness.as_ref().is_some_and(|rule| match *rule.probe {
            Probe::Delay(delay) => run.since + delay <= now,
            Probe::Listening
            | Probe::Http(_)
            | Probe::Tcp { .. }
            | Probe::Unix(_)
            | Probe::Command(_)
            | Probe::Log(_)
            | Probe::File(_)
            | Probe::Notify => false,
        });
        if is_over {
            run.ready.get_or_insert(now);
        }
    }

    /// Looks, or says that it is ready, or that it is not and will not be.
    pub(super) fn tend_readiness(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.notice_delay(now);
        let id = self.id.clone();
        let Some(run) = self.undisturbed() else { return };
        let Some(rule) = run.readiness.clone() else { return };
        let Some(looking) = &mut run.looking else { return };
        if let Some(ready) = run.ready {
            let after = ready.since(run.since);
            run.looking = None;
            effects.push(Effect::Note(Note::Ready { instance: id, after }));
            return;
        }
        let over = run.since + rule.timeout;
        if over <= now {
            let (probe, waited, failure) = (rule.probe, now.since(run.since), looking.failure);
            run.reason = Some(Reason::NotReady);
            run.looking = None;
            let last_lines = Vec::new();
            let note = Note::NotReady { instance: id, probe, waited, failure, last_lines };
            effects.push(Effect::Note(note));
        } else if looking.next.is_some_and(|next| next <= now) {
            looking.next = None;
            effects.push(look(run.id, Check::Ready, &rule.probe, ONE_LOOK.min(over - now)));
        }
    }

    /// Returns when [`Instance::tend_readiness`] has something to do.
    pub(super) fn readiness_due(&self) -> Option<Time> {
        let run = self.run.as_ref()?;
        let rule = run.readiness.as_ref()?;
        let looking = run.looking.as_ref()?;
        let over = run.since + rule.timeout;
        let delay = match *rule.probe {
            Probe::Delay(delay) => Some(run.since + delay),
            Probe::Listening
            | Probe::Http(_)
            | Probe::Tcp { .. }
            | Probe::Unix(_)
            | Probe::Command(_)
            | Probe::Log(_)
            | Probe::File(_)
            | Probe::Notify => None,
        };
        Some(over).into_iter().chain(looking.next).chain(delay).min()
    }
}

/// Makes one look.
pub(super) fn look(run: RunId, check: Check, probe: &Arc<Probe>, timeout: Duration) -> Effect {
    Effect::Probe { run, check, probe: Arc::clone(probe), timeout }
}
