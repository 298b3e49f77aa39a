//! What is wanted and what is so, to one step. It decides, it never waits.
//!
//! [`step`] is a table; every cell of it is written. [`due`] names the times at which a cell changes by itself.

use std::time::Duration;

use super::instance::Instance;
use super::limits::Meter;
use super::needs::Needs;
use super::run::{Run, Sequel};
use super::shutdown::Shutdown;
use super::why::{Because, Reason};
use super::{Effect, Part, Phase, Reach, RunId, Supervisor, Want};
use crate::project::lifecycle::StopReach;
use crate::time::Time;

/// How long after SIGKILL the end is waited for: only a process that sleeps in the kernel, or that belongs to
/// somebody else, takes longer.
pub(super) const KILL_PATIENCE: Duration = Duration::from_secs(2);

/// How long a process has to say what it is doing before it is asked to end.
pub(super) const DUMP_PAUSE: Duration = Duration::from_secs(1);

/// What is so around an instance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) shutdown: Option<&'a Shutdown>,
    pub(super) needs: Needs,
    /// Somebody who needs it is still there and is to go first.
    pub(super) is_held: bool,
}

/// One move of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing to do now.
    Stay,
    /// It is to start as soon as it may.
    Await,
    /// Nothing is owed to it any more.
    Rest,
    /// It starts.
    Launch,
    /// It is to say what it is doing.
    Dump,
    /// Its leader gets this signal of the ladder.
    Ask { rung: usize },
    /// All of it gets SIGKILL.
    Kill,
    /// Nobody waits for its end any more.
    GiveUp,
    /// It has ended by itself: what follows?
    Judge,
    /// It is to start again at this time.
    BackOff { until: Time },
}

/// Returns the next step of `instance`.
#[expect(clippy::match_same_arms, reason = "a table: every cell stands where it is looked for")]
pub(super) fn step(instance: &Instance, around: Around<'_>, now: Time) -> Step {
    let Around { shutdown, needs, is_held } = around;
    let is_due = due(instance, shutdown).is_some_and(|due| due <= now);
    let in_a_hurry = shutdown.is_some_and(Shutdown::is_hurried);
    match (instance.want, &instance.phase) {
        (Want::Up | Want::Bounce, Phase::Pending) => Step::Await,
        (Want::Down, Phase::Pending) => Step::Stay,

        (Want::Up, Phase::Waiting) if needs == Needs::Met && instance.may_start() && !instance.is_early() => {
            Step::Launch
        }
        (Want::Up, Phase::Waiting) => Step::Stay,
        (Want::Down, Phase::Waiting) => Step::Rest,
        (Want::Bounce, Phase::Waiting) => Step::Await,

        // It cannot be stopped before it has a process; a launch that is never answered must not hold up the end.
        (Want::Up | Want::Bounce, Phase::Starting { .. }) => Step::Stay,
        (Want::Down, Phase::Starting { .. }) if is_due => Step::GiveUp,
        (Want::Down, Phase::Starting { .. }) => Step::Stay,

        (Want::Up, Phase::Running { .. }) => match reason(instance) {
            Some(reason) if is_due || dump_signal(instance, reason).is_none() => {
                first_rung(instance, shutdown, now)
            }
            Some(_) if instance.run.as_ref().is_some_and(|run| run.dumped.is_none()) => Step::Dump,
            Some(_) | None => Step::Stay,
        },
        (Want::Down | Want::Bounce, Phase::Running { .. }) if is_held && !in_a_hurry => Step::Stay,
        // What a failure has called lives on in its grace.
        (Want::Down, Phase::Running { .. }) if instance.part == Part::Crash && shutdown.is_some() => {
            if is_due { Step::Kill } else { Step::Stay }
        }
        (Want::Down | Want::Bounce, Phase::Running { .. }) => first_rung(instance, shutdown, now),

        (Want::Up, Phase::Stopping { exit: Some(_), .. }) if is_unjudged(instance) => Step::Judge,
        (Want::Up | Want::Down | Want::Bounce, Phase::Stopping { rung, until, exit, .. }) => match until {
            None if is_due => Step::GiveUp,
            None => Step::Stay,
            Some(_) if in_a_hurry => Step::Kill,
            Some(_) if !is_due => Step::Stay,
            Some(_) if exit.is_none() && rung + 1 < instance.process.stop.signals.len() => {
                Step::Ask { rung: rung + 1 }
            }
            Some(_) => Step::Kill,
        },

        (Want::Up, Phase::Backoff { .. }) if is_due => Step::Await,
        (Want::Up, Phase::Backoff { .. }) => Step::Stay,
        (Want::Down, Phase::Backoff { .. }) => Step::Rest,
        (Want::Bounce, Phase::Backoff { .. }) => Step::Await,

        (Want::Up, Phase::Exited { at, judged: false, .. }) => match sequel(instance) {
            Some(Sequel::Again { after }) => Step::BackOff { until: *at + after },
            Some(Sequel::Unjudged) => Step::Judge,
            Some(Sequel::Asked | Sequel::Stays) | None => Step::Stay,
        },
        // The clock will want it again.
        (Want::Up, Phase::Exited { judged: true, .. }) if instance.clock.is_some() => Step::Await,
        (Want::Up, Phase::Exited { judged: true, .. }) | (Want::Down, Phase::Exited { .. }) => Step::Stay,
        (Want::Bounce, Phase::Exited { .. }) => Step::Await,
    }
}

/// Returns when the next step is due even if no news comes.
#[expect(clippy::match_same_arms, reason = "a table: every cell stands where it is looked for")]
pub(super) fn due(instance: &Instance, shutdown: Option<&Shutdown>) -> Option<Time> {
    if instance.is_given_up() {
        return None;
    }
    match instance.phase {
        Phase::Pending | Phase::Waiting | Phase::Exited { .. } => None,
        Phase::Starting { .. } => Some(kills_at(instance, shutdown?)? + KILL_PATIENCE),
        Phase::Running { .. } if instance.part == Part::Crash && instance.want == Want::Down => {
            kills_at(instance, shutdown?)
        }
        Phase::Running { .. } if instance.want == Want::Up => {
            Some(instance.run.as_ref()?.dumped? + DUMP_PAUSE)
        }
        Phase::Running { .. } => None,
        Phase::Stopping { until: Some(until), .. } | Phase::Backoff { until } => Some(until),
        Phase::Stopping { until: None, .. } => Some(instance.run.as_ref()?.killed? + KILL_PATIENCE),
    }
}

/// Returns when an instance is killed whose end the stack wants; `None` as long as others go first.
pub(super) fn kills_at(instance: &Instance, shutdown: &Shutdown) -> Option<Time> {
    shutdown.kills_at(instance.free_since, instance.process.stop.grace)
}

fn first_rung(instance: &Instance, shutdown: Option<&Shutdown>, now: Time) -> Step {
    let ladder = &instance.process.stop;
    let grace_is_over = shutdown.and_then(|it| kills_at(instance, it)).is_some_and(|at| at <= now);
    if grace_is_over || ladder.grace.is_zero() || ladder.signals.is_empty() {
        Step::Kill
    } else {
        Step::Ask { rung: 0 }
    }
}

fn reason(instance: &Instance) -> Option<Reason> {
    instance.run.as_ref()?.reason
}

fn dump_signal(instance: &Instance, reason: Reason) -> Option<i32> {
    instance.process.life.limits.dump_signal.filter(|_| reason.wants_evidence())
}

fn sequel(instance: &Instance) -> Option<Sequel> {
    Some(instance.run.as_ref()?.end?.sequel)
}

fn is_unjudged(instance: &Instance) -> bool {
    sequel(instance) == Some(Sequel::Unjudged)
}

impl Supervisor {
    /// Makes a step of one instance so.
    pub(super) fn take(&mut self, index: usize, step: Step, now: Time, effects: &mut Vec<Effect>) {
        let instance = &mut self.instances[index];
        match step {
            Step::Stay => {}
            Step::Await => {
                instance.want = Want::Up;
                instance.waits_since = now;
                instance.phase = Phase::Waiting;
            }
            Step::Rest => instance.phase = Phase::Pending,
            Step::Launch => self.launch(index, now, effects),
            Step::Ask { rung } => {
                // One that was being launched when the stack began to end gets what is left of the grace.
                let since = instance.free_since.filter(|_| self.shutdown.is_some()).unwrap_or(now);
                instance.note_why(self.shutdown.as_ref());
                instance.ask_to_end(rung, since, effects);
            }
            Step::Dump => instance.dump(now, effects),
            Step::Kill => {
                if let Some(shutdown) = &mut self.shutdown {
                    shutdown.announce_kill(now, effects);
                }
                instance.note_why(self.shutdown.as_ref());
                instance.kill(now, effects);
            }
            Step::GiveUp => {
                if let Some(run) = &mut instance.run {
                    run.given_up = true;
                }
            }
            Step::Judge => self.judge(index, now, effects),
            Step::BackOff { until } => instance.phase = Phase::Backoff { until },
        }
    }

    /// Starts its command, or the hook before it if that has not succeeded yet.
    pub(super) fn launch(&mut self, index: usize, now: Time, effects: &mut Vec<Effect>) {
        self.launches += 1;
        self.idle_said = false;
        let run = RunId(self.launches);
        let instance = &mut self.instances[index];
        let hook = instance.is_main() && !instance.prepared && instance.process.life.hooks.before.is_some();
        let part = if hook { Part::Before } else { instance.part };
        let mut next = Run::new(run, part, now);
        if part == Part::Main {
            next.meter = Meter::begin(&instance.process.life, now, &mut self.chance);
            next.readiness.clone_from(&instance.readiness);
        }
        instance.history.started = now;
        if instance.is_main() {
            // Somebody has seen to it: what counts is how it ends now.
            let id = instance.id.clone();
            self.ends.retain(|end| end.instance != id);
        }
        let instance = &mut self.instances[index];
        if let Some(old) = instance.run.replace(next) {
            self.runs.remove(&old.id);
            if old.part != Part::Before {
                instance.history.restarts += 1;
            }
            instance.remember(&old);
        }
        if let Some(clock) = &mut instance.clock {
            clock.fires &= part == Part::Before;
        }
        instance.prepared = false;
        (instance.changed, instance.rereads, instance.forgiven) = (None, None, false);
        instance.phase = Phase::Starting { run, since: now };
        self.runs.insert(run, index);
        effects.push(Effect::Spawn { run, instance: instance.id.clone(), part });
    }
}

impl Instance {
    /// Notes why it is asked to end, if it is asked and does not end what it has begun by itself.
    fn note_why(&mut self, shutdown: Option<&Shutdown>) {
        let Some(run) = self.run.as_mut().filter(|run| run.end.is_none()) else { return };
        let because = match (shutdown, run.reason) {
            (Some(shutdown), _) => Because::Stack(shutdown.cause.clone()),
            (None, Some(reason)) => Because::Rule(reason),
            (None, None) => Because::Wanted,
        };
        run.because.get_or_insert(because);
    }

    /// Has it say what it is doing.
    fn dump(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(signal) = self.process.life.limits.dump_signal else { return };
        let Some(run) = &mut self.run else { return };
        run.dumped = Some(now);
        effects.push(Effect::Signal { run: run.id, signal, reach: Reach::Leader });
    }

    fn ask_to_end(&mut self, rung: usize, since: Time, effects: &mut Vec<Effect>) {
        let ladder = &self.process.stop;
        let (Some(run), Some(&signal)) = (&mut self.run, ladder.signals.get(rung)) else { return };
        let Some(pid) = run.pid else { return };
        let began = *run.stop_began.get_or_insert(since);
        let rungs = u32::try_from(ladder.signals.len()).unwrap_or(u32::MAX);
        let climbed = u32::try_from(rung + 1).unwrap_or(u32::MAX);
        // From the beginning, so that the shares add up to the grace exactly.
        let share = ladder.grace.saturating_mul(climbed) / rungs;
        self.phase = Phase::Stopping { run: run.id, pid, rung, until: Some(began + share), exit: None };
        let reach = match self.process.life.stop_reach {
            StopReach::Leader => Reach::Leader,
            StopReach::Tree => Reach::Everyone,
        };
        effects.push(Effect::Signal { run: run.id, signal, reach });
    }

    fn kill(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(run) = &mut self.run else { return };
        let Some(pid) = run.pid else { return };
        run.stop_began.get_or_insert(now);
        run.killed = Some(now);
        let rung = self.process.stop.signals.len();
        let exit = run.end.map(|end| end.exit);
        self.phase = Phase::Stopping { run: run.id, pid, rung, until: None, exit };
        effects.push(Effect::Signal { run: run.id, signal: libc::SIGKILL, reach: Reach::Tree });
    }
}
