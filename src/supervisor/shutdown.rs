//! The end of the whole stack: its cause, what is said on the way, and what a further signal means.
//!
//! The first signal that asks to end gives every process its grace. A second one takes the grace away (compat
//! D20). A third changes nothing: after SIGKILL the end is a matter of moments, and bounded. Where the end of a
//! process has begun the shutdown, the first signal takes nothing from anybody either: it may have been sent
//! before that end was seen.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::complete::Completion;
use super::instance::Instance;
use super::{Effect, Note, Part, Pending, Phase, Supervisor, Waiting, Want};
use crate::project::InstanceId;
use crate::time::Time;

/// A signal that comes so soon after the first is the same wish, whichever signal it is. A shell or a script
/// runner in front of forge passes on the Ctrl-C that the terminal has sent to forge already, a shell whose
/// terminal hangs up sends a HUP of its own, and some send TERM after INT. No hand is that fast; a key that is
/// held down repeats later. It counts from the first signal, so that a flood of them is not deaf.
const ECHO: Duration = Duration::from_millis(50);

/// When the first word about those who are still there comes, after the stop began.
const FIRST_REPORT: Duration = Duration::from_secs(1);

/// How long after one such word the next one comes.
const NEXT_REPORT: Duration = Duration::from_secs(5);

/// SIGKILLs that are closer together than this are one wave and are announced once.
const WAVE: Duration = Duration::from_secs(1);

/// Why the stack ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// forge got this signal.
    Signal(i32),
    /// This instance ended by itself.
    Ended(InstanceId),
    /// Nobody takes forge's output any more.
    OutputGone,
    /// It has taken longer than it may.
    TimeUp,
}

/// The stack is ending.
#[derive(Debug, Clone)]
pub(super) struct Shutdown {
    pub(super) cause: Cause,
    pub(super) since: Time,
    /// When the first signal came that asks to end.
    pub(super) first_signal: Option<Time>,
    /// A limit of time of which nothing has been said yet, and what was still waited for.
    unsaid_limit: Option<(Duration, Vec<Pending>)>,
    /// A signal of which nothing has been said yet.
    unsaid: Option<i32>,
    /// The signal that all processes get, as long as nothing has been said of it.
    unsaid_to_all: Option<i32>,
    /// When a second signal took the grace from everybody.
    hurried: Option<Time>,
    /// When SIGKILL was last announced.
    kill_announced: Option<Time>,
    /// When the next word about those who are still there is due.
    pub(super) report_at: Time,
}

impl Shutdown {
    /// Returns whether nobody has any grace left.
    pub(super) fn is_hurried(&self) -> bool {
        self.hurried.is_some()
    }

    /// Returns when one is killed in whose way nobody is since `free_since`; `None` as long as somebody is.
    pub(super) fn kills_at(&self, free_since: Option<Time>, grace: Duration) -> Option<Time> {
        free_since.map(|since| since + grace).into_iter().chain(self.hurried).min()
    }

    fn announce_to_all(&mut self, effects: &mut Vec<Effect>) {
        if let Some(signal) = self.unsaid_to_all.take() {
            effects.push(Effect::Note(Note::SendingToAll { signal }));
        }
    }

    /// Says that SIGKILL is sent, once for a wave of them.
    pub(super) fn announce_kill(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.kill_announced.is_some_and(|last| now.since(last) < WAVE) {
            return;
        }
        self.kill_announced = Some(now);
        // Whoever has a grace was asked first, and so it is said first.
        self.announce_to_all(effects);
        effects.push(Effect::Note(Note::SendingToAll { signal: libc::SIGKILL }));
    }
}

/// Returns whether a signal to forge asks it to end.
pub(super) fn asks_to_end(signal: i32) -> bool {
    matches!(signal, libc::SIGTERM | libc::SIGINT | libc::SIGHUP | libc::SIGQUIT)
}

impl Supervisor {
    /// Notes a signal that asks to end.
    pub(super) fn learn_request_to_end(&mut self, now: Time, signal: i32) {
        if self.shutdown.is_none() {
            self.begin_shutdown(now, Cause::Signal(signal));
        }
        let Some(shutdown) = &mut self.shutdown else { return };
        match shutdown.first_signal {
            None => {
                shutdown.first_signal = Some(now);
                shutdown.unsaid = Some(signal);
            }
            Some(first) if now.since(first) < ECHO => {}
            Some(_) => {
                shutdown.hurried.get_or_insert(now);
                self.touch_all();
            }
        }
    }

    /// Notes that forge's output cannot be written. The first reason stays, unless it was only that the reader
    /// has gone away.
    pub(super) fn learn_output_gone(&mut self, now: Time, errno: i32) {
        if self.output_gone.is_none_or(|known| known == libc::EPIPE) {
            self.output_gone = Some(errno);
        }
        self.begin_shutdown(now, Cause::OutputGone);
    }

    /// Notes that all of it was to be over by now; what was still waited for is known only before everybody is stopped.
    pub(super) fn learn_time_up(&mut self, now: Time, limit: Duration) {
        if self.shutdown.is_some() || self.completion == Completion::Reached {
            return;
        }
        let pending = self.pending();
        if pending.is_empty() {
            // What the time was for has come to its end.
            return;
        }
        self.begin_shutdown(now, Cause::TimeUp);
        if let Some(shutdown) = &mut self.shutdown {
            shutdown.unsaid_limit = Some((limit, pending));
        }
    }

    /// Returns whether the stack is coming to its end.
    pub fn is_stopping(&self) -> bool {
        self.shutdown.is_some() || self.finished
    }

    /// Wants everybody down, if that is not so already.
    pub(super) fn begin_shutdown(&mut self, now: Time, cause: Cause) {
        if self.shutdown.is_some() {
            return;
        }
        self.shutdown = Some(Shutdown {
            cause,
            since: now,
            first_signal: None,
            unsaid_limit: None,
            unsaid: None,
            unsaid_to_all: self.instances.iter().find_map(first_signal),
            hurried: None,
            kill_announced: None,
            report_at: now + FIRST_REPORT,
        });
        for instance in &mut self.instances {
            instance.now_wants(Want::Down);
        }
        for index in 0..self.instances.len() {
            let is_free = !self.is_held(index);
            self.instances[index].free_since = is_free.then_some(now);
        }
        self.touch_all();
    }

    /// Says why the stack ends and what is sent to it.
    ///
    /// Where the end of a process is the cause, that comes first, as long as nothing else has happened: its
    /// last words may still be on their way, and "sending SIGTERM" would be a riddle before them.
    pub(super) fn announce(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(shutdown) = &mut self.shutdown else { return };
        if let Cause::Ended(id) = &shutdown.cause
            && shutdown.unsaid_to_all.is_some()
            && let Some(cause) = self.instances.iter_mut().find(|instance| instance.id == *id)
        {
            cause.tell(now, effects);
            if cause.words_due().is_some_and(|due| now < due) && now == shutdown.since {
                return;
            }
        }
        if let Some((limit, pending)) = shutdown.unsaid_limit.take() {
            effects.push(Effect::Note(Note::TimeUp { limit, pending }));
        }
        if let Some(signal) = shutdown.unsaid.take() {
            effects.push(Effect::Note(Note::ShutdownBySignal { signal }));
        }
        shutdown.announce_to_all(effects);
    }

    /// Returns when it is to be said who is still there.
    pub(super) fn report_due(&self) -> Option<Time> {
        let shutdown = self.shutdown.as_ref()?;
        let anybody = self.instances.iter().any(has_grace_left);
        anybody.then_some(shutdown.report_at)
    }

    /// Says who is still there, rarely.
    pub(super) fn report(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(shutdown) = self.shutdown.as_mut().filter(|it| it.report_at <= now && !self.guard_lost)
        else {
            return;
        };
        shutdown.report_at = now + NEXT_REPORT;
        // Those who got SIGKILL are as good as gone; they are named only beside somebody who has grace left.
        if self.instances.iter().any(has_grace_left) {
            let there =
                self.instances.iter().filter(|instance| instance.is_main() && !instance.is_given_up());
            let waiting = there.filter_map(|instance| instance.waiting(now)).collect();
            effects.push(Effect::Note(Note::StillThere { waiting }));
        }
    }
}

/// Hooks are not spoken of.
fn has_grace_left(instance: &Instance) -> bool {
    instance.is_main() && matches!(instance.phase, Phase::Stopping { until: Some(_), .. })
}

/// Returns the signal that an instance gets first when the stack ends; `None` where nobody is there to get one,
/// or SIGKILL is the first.
fn first_signal(instance: &Instance) -> Option<i32> {
    match instance.phase {
        // Nobody asks it.
        Phase::Starting { .. } | Phase::Running { .. } if instance.part == Part::Crash => None,
        Phase::Starting { .. } | Phase::Running { .. } => {
            let ladder = &instance.process.stop;
            ladder.signals.first().copied().filter(|_| !ladder.grace.is_zero())
        }
        Phase::Pending
        | Phase::Waiting
        | Phase::Stopping { .. }
        | Phase::Backoff { .. }
        | Phase::Exited { .. } => None,
    }
}

impl Instance {
    /// Returns what there is to say about it while it is waited for.
    fn waiting(&self, now: Time) -> Option<Waiting> {
        let Phase::Stopping { pid, rung, until, exit, .. } = self.phase else { return None };
        let run = self.run.as_ref()?;
        let ladder = &self.process.stop;
        let signal = match (until, exit) {
            (None, _) => libc::SIGKILL,
            // The guard has sent it to what the leader left behind.
            (Some(_), Some(_)) => libc::SIGTERM,
            (Some(_), None) => ladder.signals.get(rung).copied().unwrap_or(libc::SIGTERM),
        };
        let left = match until {
            None => Duration::ZERO,
            Some(_) => (run.stop_began? + ladder.grace).since(now),
        };
        let leader_gone = exit.is_some();
        Some(Waiting { instance: self.id.clone(), pid, leader_gone, signal, ignores: false, left })
    }
}
