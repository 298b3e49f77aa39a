//! What is wanted and what is so, to one step. It decides, it never waits.
//!
//! [`step`] is a table; every cell of it is written. [`due`] names the times at which a cell changes by itself.

use std::time::Duration;

use super::instance::Instance;
use super::run::{End, Run, Sequel};
use super::shutdown::Shutdown;
use super::{Effect, Part, Phase, Reach, RunId, Supervisor, Want};
use crate::restart::Verdict;
use crate::time::Time;

/// How long after SIGKILL the end is waited for: only a process that sleeps in the kernel, or that belongs to
/// somebody else, takes longer.
pub(super) const KILL_PATIENCE: Duration = Duration::from_secs(2);

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
pub(super) fn step(instance: &Instance, shutdown: Option<&Shutdown>, now: Time) -> Step {
    let is_due = due(instance, shutdown).is_some_and(|due| due <= now);
    match (instance.want, &instance.phase) {
        (Want::Up | Want::Bounce, Phase::Pending) => Step::Await,
        (Want::Down, Phase::Pending) => Step::Stay,

        (Want::Up, Phase::Waiting) if instance.may_start() => Step::Launch,
        (Want::Up, Phase::Waiting) => Step::Stay,
        (Want::Down, Phase::Waiting) => Step::Rest,
        (Want::Bounce, Phase::Waiting) => Step::Await,

        // It cannot be stopped before it has a process; a launch that is never answered must not hold up the end.
        (Want::Up | Want::Bounce, Phase::Starting { .. }) => Step::Stay,
        (Want::Down, Phase::Starting { .. }) if is_due => Step::GiveUp,
        (Want::Down, Phase::Starting { .. }) => Step::Stay,

        (Want::Up, Phase::Running { .. }) => Step::Stay,
        (Want::Down | Want::Bounce, Phase::Running { .. }) => first_rung(instance, shutdown, now),

        (Want::Up, Phase::Stopping { exit: Some(_), .. }) if is_unjudged(instance) => Step::Judge,
        (Want::Up | Want::Down | Want::Bounce, Phase::Stopping { rung, until, exit, .. }) => {
            let in_a_hurry = shutdown.is_some_and(Shutdown::is_hurried);
            match until {
                None if is_due => Step::GiveUp,
                None => Step::Stay,
                Some(_) if in_a_hurry => Step::Kill,
                Some(_) if !is_due => Step::Stay,
                Some(_) if exit.is_none() && rung + 1 < instance.process.stop.signals.len() => {
                    Step::Ask { rung: rung + 1 }
                }
                Some(_) => Step::Kill,
            }
        }

        (Want::Up, Phase::Backoff { .. }) if is_due => Step::Await,
        (Want::Up, Phase::Backoff { .. }) => Step::Stay,
        (Want::Down, Phase::Backoff { .. }) => Step::Rest,
        (Want::Bounce, Phase::Backoff { .. }) => Step::Await,

        (Want::Up, Phase::Exited { at, judged: false, .. }) => match sequel(instance) {
            Some(Sequel::Again { after }) => Step::BackOff { until: *at + after },
            Some(Sequel::Unjudged) => Step::Judge,
            Some(Sequel::Asked | Sequel::Stays) | None => Step::Stay,
        },
        (Want::Up, Phase::Exited { judged: true, .. }) | (Want::Down, Phase::Exited { .. }) => Step::Stay,
        (Want::Bounce, Phase::Exited { .. }) => Step::Await,
    }
}

/// Returns when the next step is due even if no news comes.
pub(super) fn due(instance: &Instance, shutdown: Option<&Shutdown>) -> Option<Time> {
    if instance.is_given_up() {
        return None;
    }
    match instance.phase {
        Phase::Pending | Phase::Waiting | Phase::Running { .. } | Phase::Exited { .. } => None,
        Phase::Starting { .. } => Some(shutdown?.kills_at(instance.process.stop.grace) + KILL_PATIENCE),
        Phase::Stopping { until: Some(until), .. } | Phase::Backoff { until } => Some(until),
        Phase::Stopping { until: None, .. } => Some(instance.run.as_ref()?.killed? + KILL_PATIENCE),
    }
}

fn first_rung(instance: &Instance, shutdown: Option<&Shutdown>, now: Time) -> Step {
    let ladder = &instance.process.stop;
    let grace_is_over = shutdown.is_some_and(|shutdown| shutdown.kills_at(ladder.grace) <= now);
    if grace_is_over || ladder.grace.is_zero() || ladder.signals.is_empty() {
        Step::Kill
    } else {
        Step::Ask { rung: 0 }
    }
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
                instance.phase = Phase::Waiting;
            }
            Step::Rest => instance.phase = Phase::Pending,
            Step::Launch => self.launch(index, now, effects),
            Step::Ask { rung } => {
                // One that was being launched when the stack began to end gets what is left of the grace.
                let since = self.shutdown.as_ref().map_or(now, |shutdown| shutdown.since);
                instance.ask_to_end(rung, since, effects);
            }
            Step::Kill => {
                if let Some(shutdown) = &mut self.shutdown {
                    shutdown.announce_kill(now, effects);
                }
                instance.kill(now, effects);
            }
            Step::GiveUp => {
                if let Some(run) = &mut instance.run {
                    run.given_up = true;
                }
            }
            Step::Judge => self.judge(index, now),
            Step::BackOff { until } => instance.phase = Phase::Backoff { until },
        }
    }

    fn launch(&mut self, index: usize, now: Time, effects: &mut Vec<Effect>) {
        self.launches += 1;
        self.idle_said = false;
        let run = RunId(self.launches);
        let instance = &mut self.instances[index];
        if let Some(old) = instance.run.replace(Run::new(run, now)) {
            self.runs.remove(&old.id);
            instance.history.restarts += 1;
        }
        self.runs.insert(run, index);
        instance.history.started = now;
        instance.phase = Phase::Starting { run, since: now };
        effects.push(Effect::Spawn { run, instance: instance.id.clone(), part: Part::Main });
    }

    /// Asks the policy of one that has ended by itself, and draws the conclusions for the others at once, while
    /// what it left behind may still be ending.
    fn judge(&mut self, index: usize, now: Time) {
        let instance = &mut self.instances[index];
        let Some(Run { end: Some(end), .. }) = &mut instance.run else { return };
        end.sequel = match instance.policy.decide(end.exit, &instance.history, now) {
            Verdict::Restart { after } => Sequel::Again { after },
            Verdict::Stay | Verdict::GiveUp { .. } => Sequel::Stays,
        };
        let End { sequel, .. } = *end;
        if sequel != Sequel::Stays {
            return;
        }
        if let Phase::Exited { judged, .. } = &mut instance.phase {
            *judged = true;
        }
        self.draw_conclusions(index, now);
    }
}

impl Instance {
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
        effects.push(Effect::Signal { run: run.id, signal, reach: Reach::Leader });
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
