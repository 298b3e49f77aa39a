//! What a process may use at most, and for how long it may run.
//!
//! Nothing is measured where there is no limit. Age and runtime are times that are known from the start.

use std::sync::Arc;
use std::time::Duration;

use super::chance::Chance;
use super::instance::Instance;
use super::why::Reason;
use super::{Effect, Excess, Note, Usage};
use crate::project::lifecycle::{Lifecycle, Limits, Nature, OnLimit};
use crate::time::Time;

/// How often memory and processor time are measured.
const INTERVAL: Duration = Duration::from_secs(5);
/// Processor time is judged over this time at least: a short burst is nobody's fault.
const CPU_WINDOW: Duration = Duration::from_secs(10);
/// Silence is not looked at more often than this.
const SHORTEST: Duration = Duration::from_millis(50);
/// Up to this part of an age is taken away at random.
const AGE_JITTER: u32 = 10;

/// What one run uses, and when to look.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter {
    /// When it is to be measured next.
    next: Option<Time>,
    /// When it has run for long enough.
    pub(super) old_at: Option<Time>,
    /// When it should have come to its end.
    overrun_at: Option<Time>,
    /// What was measured last.
    pub(super) usage: Option<Usage>,
    /// Where the processor time is counted from.
    cpu_from: Option<(Time, Duration)>,
    cpu_percent: Option<u32>,
    /// Whether a limit that has no other consequence was spoken of.
    warned: bool,
}

/// Returns how long one run of a process may take.
fn runtime(life: &Lifecycle) -> Option<Duration> {
    match &life.nature {
        Nature::Service => None,
        Nature::Task { timeout } => *timeout,
        Nature::Scheduled(schedule) => schedule.timeout,
    }
}

impl Meter {
    /// Begins with a run that was launched at `since`.
    pub(super) fn begin(life: &Lifecycle, since: Time, chance: &mut Chance) -> Meter {
        let Limits { memory, cpu, silence, age, dump_signal: _, on_limit: _ } = life.limits;
        let measured = memory.is_some() || cpu.is_some() || silence.is_some();
        let first = match silence {
            Some(silence) if memory.is_none() && cpu.is_none() => silence,
            Some(silence) => silence.min(INTERVAL),
            None => INTERVAL,
        };
        let runtime = runtime(life);
        let old = age.map(|age| age.saturating_sub(chance.part_of(age / AGE_JITTER)));
        Meter {
            next: measured.then(|| since + first.max(SHORTEST)),
            old_at: old.map(|old| since + old),
            overrun_at: runtime.map(|runtime| since + runtime),
            ..Meter::default()
        }
    }

    /// Goes on by other limits.
    pub(super) fn change(&mut self, life: &Lifecycle, (since, now): (Time, Time), chance: &mut Chance) {
        let Meter { usage, cpu_from, .. } = *self;
        let fresh = Meter::begin(life, since, chance);
        *self = Meter { next: fresh.next.map(|next| next.max(now)), usage, cpu_from, ..fresh };
    }

    fn learn(&mut self, now: Time, limits: &Limits, usage: Usage) {
        self.usage = Some(usage);
        if let Some(cpu) = usage.cpu {
            match self.cpu_from {
                Some((from, before)) if now.since(from) >= CPU_WINDOW => {
                    let percent = cpu.saturating_sub(before).as_millis() * 100 / now.since(from).as_millis();
                    self.cpu_percent = Some(u32::try_from(percent).unwrap_or(u32::MAX));
                    self.cpu_from = Some((now, cpu));
                }
                Some(_) => {}
                None => self.cpu_from = Some((now, cpu)),
            }
        }
        let others = limits.memory.is_some() || limits.cpu.is_some();
        let silence = limits.silence.map(|limit| limit.saturating_sub(usage.silent.unwrap_or_default()));
        let wait = match silence {
            Some(left) if others => left.min(INTERVAL),
            Some(left) => left,
            None => INTERVAL,
        };
        self.next = Some(now + wait.max(SHORTEST));
    }

    /// Returns the first limit that is exceeded.
    fn excess(&self, limits: &Limits, since: Time, now: Time) -> Option<Excess> {
        let usage = self.usage.unwrap_or_default();
        let memory = limits.memory.zip(usage.memory).filter(|(limit, used)| used > limit);
        if let Some((limit, used)) = memory {
            return Some(Excess::Memory { used, limit });
        }
        if let Some((limit, used)) = limits.cpu.zip(self.cpu_percent).filter(|(limit, used)| used > limit) {
            return Some(Excess::Cpu { used, limit });
        }
        let silence = limits.silence.zip(usage.silent).filter(|(limit, silent)| silent >= limit);
        if let Some((limit, silent)) = silence {
            return Some(Excess::Silence { silent, limit });
        }
        let limit = limits.age.filter(|_| self.old_at.is_some_and(|at| at <= now))?;
        Some(Excess::Age { age: now.since(since), limit })
    }
}

impl Instance {
    /// Notes what was measured.
    pub(super) fn learn_usage(&mut self, now: Time, usage: Usage) {
        let process = Arc::clone(&self.process);
        if let Some(run) = self.undisturbed().filter(|run| run.meter.next.is_some()) {
            run.meter.learn(now, &process.life.limits, usage);
        }
    }

    /// Has it measured, and sees to its end if it uses too much or has run for too long.
    pub(super) fn tend_limits(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let process = Arc::clone(&self.process);
        let instance = self.id.clone();
        let Some(run) = self.undisturbed() else { return };
        let meter = &mut run.meter;
        if let Some(limit) = runtime(&process.life).filter(|_| meter.overrun_at.is_some_and(|at| at <= now)) {
            run.reason = Some(Reason::Overrun);
            let excess = Excess::Runtime { limit };
            effects.push(Effect::Note(Note::LimitExceeded { instance, excess, follows: OnLimit::Stop }));
            return;
        }
        let limits = &process.life.limits;
        if let Some(excess) = meter.excess(limits, run.since, now).filter(|_| !meter.warned) {
            run.reason = match (limits.on_limit, excess) {
                (OnLimit::Warn, _) => None,
                (OnLimit::Restart, Excess::Age { .. }) => Some(Reason::Old),
                (OnLimit::Restart, _) => Some(Reason::Limit),
                (OnLimit::Stop, _) => Some(Reason::LimitForGood),
            };
            meter.warned = true;
            meter.old_at = None;
            effects.push(Effect::Note(Note::LimitExceeded { instance, excess, follows: limits.on_limit }));
        }
        // An answer that never comes is asked for again.
        if run.reason.is_none() && meter.next.is_some_and(|next| next <= now) {
            meter.next = Some(now + INTERVAL);
            effects.push(Effect::Measure { run: run.id });
        }
    }

    /// Returns when [`Instance::tend_limits`] has something to do.
    pub(super) fn limits_due(&self) -> Option<Time> {
        let meter = &self.run.as_ref()?.meter;
        [meter.next, meter.old_at, meter.overrun_at].into_iter().flatten().min()
    }
}
