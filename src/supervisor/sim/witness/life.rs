//! The books about what a plain Procfile does not say: needs, readiness, policies, rules.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Seen, Witness};
use crate::exit::Exit;
use crate::project::lifecycle::{Milestone, Nature, Probe, When};
use crate::project::{InstanceId, ProcessSpec, Project};
use crate::supervisor::sim::invariants::{KILL_PATIENCE, OUTPUT_PATIENCE};
use crate::supervisor::{Check, ChildEvent, Part};
use crate::time::Time;

/// What a rule does with a run that it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::supervisor::sim) enum Ruled {
    /// It counts as a failure.
    Failure,
    /// It is started again, as far as the budget goes.
    Restart,
    /// It is replaced by a fresh one.
    Fresh,
}

/// What was seen of the wall clock.
#[derive(Debug, Default)]
pub(in crate::supervisor::sim) struct Wall {
    /// What it showed first, and what it shows.
    pub(in crate::supervisor::sim) first: Option<i64>,
    pub(in crate::supervisor::sim) last: i64,
    /// Whether it ever jumped.
    pub(in crate::supervisor::sim) has_jumped: bool,
}

/// Returns who needs whom, instance by instance.
pub(super) fn needs(project: &Project) -> BTreeMap<InstanceId, Vec<(InstanceId, Milestone)>> {
    let of = |spec: &ProcessSpec| {
        let needs = spec.life.after.iter();
        let on = needs.flat_map(|need| {
            let all = project.instances.iter().filter(|other| other.id.process == need.on);
            all.map(|other| (other.id.clone(), need.reached))
        });
        on.collect()
    };
    project.instances.iter().map(|spec| (spec.id.clone(), of(&spec.process))).collect()
}

/// Returns whom each needs, also through others.
pub(super) fn through_others(
    needs: &BTreeMap<InstanceId, Vec<(InstanceId, Milestone)>>,
) -> BTreeMap<InstanceId, BTreeSet<InstanceId>> {
    let mut leans: BTreeMap<InstanceId, BTreeSet<InstanceId>> = needs
        .iter()
        .map(|(id, needs)| (id.clone(), needs.iter().map(|(on, _)| on.clone()).collect()))
        .collect();
    // As often as a chain can be long.
    for _ in 0..leans.len() {
        let before = leans.clone();
        for on in leans.values_mut() {
            let further: Vec<_> = on.iter().flat_map(|on| before[on].iter().cloned()).collect();
            on.extend(further);
        }
    }
    leans
}

pub(super) fn succeeds(spec: &ProcessSpec, seen: &Seen, exit: Exit) -> bool {
    let right = match exit {
        Exit::Code(code) if seen.part == Part::Main => spec.life.success_codes.contains(&code),
        Exit::Code(code) => code == 0,
        Exit::Signal { .. } | Exit::NeverStarted { .. } => false,
    };
    right && matches!(seen.ruled, None | Some(Ruled::Fresh))
}

/// Notes what shows that a run is ready, or works.
pub(super) fn hear_of_readiness(seen: &mut Seen, now: Time, what: &ChildEvent) {
    if !seen.leader_lives()
        || seen.asked.is_some()
        || seen.ruled.is_some()
        || seen.unwanted
        || seen.part != Part::Main
    {
        return;
    }
    let way = seen.readiness.as_ref().map(|ready| &ready.probe);
    let is_ready = match (way, what) {
        (Some(Probe::Log(_)), ChildEvent::ReadyLine) => true,
        (Some(Probe::Notify), ChildEvent::Notified(notice)) => notice.ready,
        (Some(_), ChildEvent::Probed { check: Check::Ready, result }) => result.is_ok(),
        _ => false,
    };
    if is_ready {
        seen.ready.get_or_insert(now);
    }
    let works = match (seen.spec.life.live.as_ref().map(|live| &live.probe), what) {
        (Some(Probe::Notify), ChildEvent::Notified(notice)) => notice.watchdog,
        (Some(_), ChildEvent::Probed { check: Check::Live, result }) => result.is_ok(),
        _ => false,
    };
    if works {
        seen.shown = Some(now);
    }
}

/// Asks the policy; returns whether there is to be another run.
pub(super) fn judge(spec: &ProcessSpec, seen: &mut Seen, again: &mut Vec<Time>, now: Time) -> bool {
    let rule = &spec.life.restart;
    if seen.part == Part::Before && seen.success || seen.ruled == Some(Ruled::Fresh) {
        seen.again = Some((Duration::ZERO, Duration::ZERO));
        return true;
    }
    let wants = match rule.kind.name {
        _ if seen.ruled == Some(Ruled::Restart) => true,
        "always" => true,
        "on-failure" => !seen.success,
        _ => false,
    };
    if !wants {
        return false;
    }
    let backoff = rule.backoff;
    if now.since(seen.since) >= backoff.reset_after {
        again.clear();
    }
    let recent = again.iter().filter(|at| now.since(**at) < backoff.reset_after).count();
    if rule.max_restarts.is_some_and(|most| u32::try_from(recent).expect("few") >= most) {
        seen.gave_up = true;
        return false;
    }
    let mut base = backoff.first.as_secs_f64();
    for _ in &*again {
        base = (base * f64::from(backoff.factor_percent) / 100.0).min(backoff.max.as_secs_f64());
    }
    let jitter = f64::from(backoff.jitter_percent) / 100.0;
    let least = Duration::from_secs_f64(base * (1.0 - jitter) * 0.999).max(Duration::from_millis(100));
    let most = Duration::from_secs_f64(base * (1.0 + jitter) * 1.001).max(Duration::from_millis(100));
    again.push(now);
    seen.again = Some((least, most));
    true
}

impl Witness {
    /// Looks at the wall clock.
    pub(in crate::supervisor::sim) fn see_the_wall(&mut self, wall: i64, now: Time) {
        let first = *self.wall.first.get_or_insert(wall);
        self.wall.last = wall;
        let passed = i64::try_from(now.0.as_millis()).expect("short");
        self.wall.has_jumped |= wall != first + passed;
    }

    /// Notes in whose way nobody is any more.
    pub(super) fn look_around(&mut self, now: Time) {
        for id in self.specs.keys().cloned().collect::<Vec<_>>() {
            if self.ending.is_some() && !self.is_held(&id, now) {
                self.freed.entry(id.clone()).or_insert(now);
            }
            if self.needs_met(&id, now) {
                self.met_since.entry(id).or_insert(now);
            } else {
                self.met_since.remove(&id);
            }
        }
    }

    /// Whether somebody who needs it is still there.
    pub(in crate::supervisor::sim) fn is_held(&self, id: &InstanceId, now: Time) -> bool {
        let mut leaners = self.specs.keys().filter(|leaner| self.leans(leaner, id));
        leaners.any(|dependent| {
            let newest = self.newest(dependent).filter(|seen| seen.is_live());
            newest.is_some_and(|seen| !seen.lost && !self.is_hopeless(seen, now))
        })
    }

    /// Whether nobody waits for its end any more.
    pub(in crate::supervisor::sim) fn is_hopeless(&self, seen: &Seen, now: Time) -> bool {
        let killed = seen.killed.is_some_and(|at| at + KILL_PATIENCE <= now);
        let freed = self.freed.get(&seen.instance);
        let unanswered = freed.is_some_and(|at| *at + seen.spec.stop.grace + KILL_PATIENCE <= now);
        killed || (seen.pid.is_none() && unanswered)
    }

    pub(in crate::supervisor::sim) fn needs_met(&self, id: &InstanceId, now: Time) -> bool {
        let needs = self.needs.get(id);
        needs.is_some_and(|needs| needs.iter().all(|(on, milestone)| self.has_reached(on, *milestone, now)))
    }

    /// Whether it is ready by `now`.
    pub(in crate::supervisor::sim) fn is_ready(seen: &Seen, now: Time) -> bool {
        let delay = match seen.readiness.as_ref().map(|ready| &ready.probe) {
            Some(Probe::Delay(delay)) => Some(*delay),
            _ => None,
        };
        seen.ready.is_some() || delay.is_some_and(|delay| seen.pid.is_some() && seen.since + delay <= now)
    }

    fn has_reached(&self, id: &InstanceId, milestone: Milestone, now: Time) -> bool {
        let Some(seen) = self.newest(id).filter(|seen| seen.part == Part::Main) else { return false };
        if seen.is_final && seen.success && !seen.bounced {
            let is_quiet = |gone: Time| seen.closed || gone + OUTPUT_PATIENCE <= now;
            return seen.gone.is_some_and(is_quiet) && seen.said_end;
        }
        let runs = seen.leader_lives() && seen.asked.is_none() && seen.ruled.is_none() && !seen.unwanted;
        match milestone {
            Milestone::Started => runs,
            Milestone::Ready => runs && Witness::is_ready(seen, now),
            Milestone::Done => false,
        }
    }

    /// Whether somebody it needs has failed, or waits in vain.
    pub(in crate::supervisor::sim) fn waits_in_vain(&self, id: &InstanceId) -> bool {
        self.needs.get(id).into_iter().flatten().any(|(on, milestone)| {
            let newest = self.newest(on);
            if self.has_reached(on, *milestone, Time(Duration::MAX)) {
                return false;
            }
            let failed = newest.is_some_and(|seen| seen.is_final && !seen.success && !seen.bounced);
            let lost = newest.is_some_and(|seen| seen.is_live() && seen.lost);
            let is_down = newest.is_none_or(|seen| !seen.is_live());
            failed || lost || (is_down && self.waits_in_vain(on))
        })
    }

    /// How long the clock lets pass from start to start at least; `None` if it has no say.
    pub(in crate::supervisor::sim) fn period(&self, id: &InstanceId) -> Option<i64> {
        match &self.specs[id].life.nature {
            Nature::Scheduled(schedule) => match &schedule.when {
                When::Every(every) => i64::try_from(every.as_millis()).ok(),
                When::Cron(seconds) => seconds.parse::<i64>().ok().map(|seconds| seconds * 1000),
                When::DailyAt { .. } => Some(86_400_000),
            },
            Nature::Service | Nature::Task { .. } => None,
        }
    }
}
