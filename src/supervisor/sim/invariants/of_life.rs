//! What holds for every effect of the rules that a plain Procfile does not have.

use super::{Verdict, ensure};
use crate::exit::Exit;
use crate::project::lifecycle::{Nature, OnLimit, Probe, Watch};
use crate::supervisor::sim::witness::{Seen, Witness};
use crate::supervisor::{Effect, Excess, Note, Part};
use crate::time::Time;
use std::time::Duration;

/// How late an event of the world can be.
const LATENESS: Duration = Duration::from_millis(5);

/// Nobody starts before its needs are met. One that is started again by its hook has them looked at again.
pub(super) fn needs_are_met(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Spawn { instance, part: Part::Main | Part::Before, .. } = effect else { return Ok(()) };
    ensure(witness.needs_met(instance, now), || format!("{instance} starts too early"))
}

/// Nobody is stopped with the stack before those who need it are gone.
pub(super) fn dependents_go_first(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Signal { run, signal, .. } = effect else { return Ok(()) };
    let Some(seen) = witness.runs.get(run) else { return Ok(()) };
    let with_the_stack = witness.ending.is_some() && witness.hurried.is_none() && seen.is_main();
    let by_itself = seen.asked.is_some() || seen.exit.is_some();
    if !with_the_stack || by_itself || witness.passes_on(*signal, &seen.instance) {
        return Ok(());
    }
    ensure(!witness.is_held(&seen.instance, now), || format!("{} goes too early", seen.instance))
}

/// What the clock starts is due.
pub(super) fn schedules_are_due(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Spawn { instance, part: Part::Main | Part::Before, .. } = effect else { return Ok(()) };
    let (Some(period), None) = (witness.period(instance), witness.newest(instance)) else { return Ok(()) };
    let wall = &witness.wall;
    let (Some(first), false, false) = (wall.first, wall.has_jumped, witness.wanted.contains(instance)) else {
        return Ok(());
    };
    let is_cron = first / period < wall.last / period;
    let is_due = is_cron || wall.last - first >= period;
    ensure(is_due, || format!("{instance} starts at {now}, its period is {period} ms"))
}

/// Hooks run when they should.
pub(super) fn hooks_have_causes(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Spawn { instance, part, .. } = effect else { return Ok(()) };
    let newest = witness.newest(instance);
    let hooks = &witness.specs[instance].life.hooks;
    let right = match part {
        Part::Main => {
            hooks.before.is_none() || newest.is_some_and(|seen| seen.part == Part::Before && seen.success)
        }
        Part::Before => hooks.before.is_some(),
        Part::Ready => newest.is_some_and(|seen| seen.leader_lives() && Witness::is_ready(seen, now)),
        Part::Crash => newest.is_some_and(|seen| seen.exit.is_some() && !seen.success),
    };
    ensure(right, || format!("{effect:?} after {newest:?}"))
}

/// What is said of readiness, limits, restarts and so on is true.
pub(super) fn words_are_true(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Note(note) = effect else { return Ok(()) };
    let right = match note {
        Note::Ready { instance, .. } => {
            newest(witness, instance)?.pid.is_some()
                && !newest(witness, instance)?.said_ready
                && Witness::is_ready(newest(witness, instance)?, now)
        }
        Note::NotReady { instance, .. } => {
            let seen = newest(witness, instance)?;
            let rule = seen.readiness.as_ref().ok_or("it has no rule")?;
            undisturbed(seen) && seen.ready.is_none() && seen.since + rule.timeout <= now
        }
        Note::NotLive { instance, failures, .. } => {
            let seen = newest(witness, instance)?;
            let rule = seen.spec.life.live.as_ref().ok_or("it has no rule")?;
            let ready = Witness::is_ready(seen, now);
            let last = seen.shown.or(seen.ready).unwrap_or(seen.since);
            let each = rule.every.saturating_sub(LATENESS);
            undisturbed(seen) && ready && *failures == rule.failures && last + each * *failures <= now
        }
        Note::LimitExceeded { instance, excess, follows } => {
            exceeds(witness, now, instance, *excess, *follows)?
        }
        Note::Restarting { instance, after } => {
            let seen = newest(witness, instance)?;
            let policy = witness.policies.get(instance).map(|policy| (policy.after, policy.after));
            let (least, most) = seen.again.or(policy).ok_or("it stays down")?;
            seen.said_end && least <= *after && *after <= most
        }
        Note::GaveUp { instance, .. } => {
            let seen = newest(witness, instance)?;
            seen.said_end && (seen.gave_up || witness.policies.contains_key(instance))
        }
        Note::KeptDown { instances, because } => {
            let failed = newest(witness, because)?;
            let in_vain = instances.iter().all(|id| {
                witness.waits_in_vain(id) || witness.ending.is_some() || witness.wanted.contains(because)
            });
            !instances.is_empty() && failed.is_final && !failed.success && in_vain
        }
        Note::HookFailed { instance, part, exit } => {
            let mut hooks = witness.runs.values().filter(|seen| seen.instance == *instance);
            *part != Part::Main
                && hooks.any(|seen| seen.part == *part && seen.exit.map(|(exit, _)| exit) == Some(*exit))
                && *exit != Exit::Code(0)
        }
        Note::OutOfMemory { instance, certainty } => {
            let told = |seen: &Seen| seen.instance == *instance && seen.out_of_memory == Some(*certainty);
            witness.runs.values().any(told)
        }
        Note::FilesChanged { instance, .. } => {
            let watch = witness.specs[instance].life.watch.as_ref().ok_or("it does not watch")?;
            let changed = witness.changed.get(instance).ok_or("nothing has changed")?;
            quiet_at(*changed, watch) <= now && witness.ending.is_none()
        }
        Note::StillBusy { instance, follows } => {
            let Nature::Scheduled(schedule) = &witness.specs[instance].life.nature else {
                return Err("it has no schedule".into());
            };
            schedule.overlap == *follows && witness.newest(instance).is_some()
        }
        Note::WasMissed { instance, late, follows } => {
            let Nature::Scheduled(schedule) = &witness.specs[instance].life.nature else {
                return Err("it has no schedule".into());
            };
            schedule.missed == *follows && *late > Duration::from_secs(60) && witness.wall.has_jumped
        }
        Note::Rereads { instance, signal } => newest(witness, instance)?.to_reread == Some(*signal),
        Note::Reloaded(_)
        | Note::Started { .. }
        | Note::Ended { .. }
        | Note::CouldNotStart { .. }
        | Note::AddressInUse { .. }
        | Note::ShutdownBySignal { .. }
        | Note::TimeUp { .. }
        | Note::AllReady { .. }
        | Note::SendingToAll { .. }
        | Note::Forwarding { .. }
        | Note::StillThere { .. }
        | Note::StillAlive { .. }
        | Note::NothingRuns
        | Note::FirstCause { .. }
        | Note::GuardLost
        | Note::OutputUnread { .. }
        | Note::LogsIncomplete { .. }
        | Note::LinesLost
        | Note::Asked { .. }
        | Note::WatchingByLooking { .. }
        | Note::NoTerminals { .. } => true,
    };
    ensure(right, || format!("{note:?}"))
}

fn newest<'a>(witness: &'a Witness, id: &crate::project::InstanceId) -> Result<&'a Seen, String> {
    witness.newest(id).ok_or_else(|| "of nobody".to_owned())
}

fn undisturbed(seen: &Seen) -> bool {
    seen.part == Part::Main && seen.leader_lives() && seen.asked.is_none() && seen.ruled.is_none()
}

fn exceeds(
    witness: &Witness,
    now: Time,
    instance: &crate::project::InstanceId,
    excess: Excess,
    follows: OnLimit,
) -> Result<bool, String> {
    let seen = newest(witness, instance)?;
    let life = &seen.spec.life;
    let limits = &life.limits;
    let usage = seen.usage.unwrap_or_default();
    let age = now.since(seen.since);
    let right = match excess {
        Excess::Memory { used, limit } => {
            usage.memory == Some(used) && used > limit && limits.memory == Some(limit)
        }
        Excess::Cpu { used, limit } => used > limit && limits.cpu == Some(limit),
        Excess::Silence { silent, limit } => {
            usage.silent == Some(silent) && silent >= limit && limits.silence == Some(limit)
        }
        Excess::Age { limit, .. } => limits.age == Some(limit) && limit * 9 / 10 <= age,
        Excess::Runtime { limit } => {
            let wanted = match &life.nature {
                Nature::Service => None,
                Nature::Task { timeout } => *timeout,
                Nature::Scheduled(schedule) => schedule.timeout,
            };
            wanted == Some(limit) && limit <= age
        }
    };
    let expected = if matches!(excess, Excess::Runtime { .. }) { OnLimit::Stop } else { limits.on_limit };
    Ok(right
        && undisturbed(seen)
        && follows == expected
        && (!seen.warned || matches!(excess, Excess::Runtime { .. })))
}

/// What is due to be said or done about those who run is done in time.
pub(super) fn rules_are_kept(
    witness: &Witness,
    now: Time,
    _: &crate::supervisor::sim::faults::Mind,
) -> Verdict {
    if witness.ending.is_some() || witness.guard_lost || witness.finished.is_some() {
        return Ok(());
    }
    let late = |at: Time| at + LATENESS < now;
    for seen in witness.runs.values().filter(|seen| undisturbed(seen) && !seen.unwanted && !seen.bounced) {
        let life = &seen.spec.life;
        if let Some(rule) = &seen.readiness {
            let is_ready = Witness::is_ready(seen, now);
            ensure(is_ready || !late(seen.since + rule.timeout), || {
                format!("{} is not ready", seen.instance)
            })?;
            let delay = matches!(rule.probe, Probe::Delay(_));
            ensure(!is_ready || seen.said_ready || delay, || format!("{} is ready", seen.instance))?;
        }
        let timeout = match &life.nature {
            Nature::Service => None,
            Nature::Task { timeout } => *timeout,
            Nature::Scheduled(schedule) => schedule.timeout,
        };
        let over = timeout.is_some_and(|timeout| late(seen.since + timeout));
        ensure(!over, || format!("{} takes too long", seen.instance))?;
        let old = life.limits.age.is_some_and(|age| late(seen.since + age));
        ensure(!old || seen.warned, || format!("{} is too old", seen.instance))?;
        let used = seen.usage.and_then(|usage| usage.memory).unwrap_or_default();
        let fat = life.limits.memory.is_some_and(|limit| used > limit);
        ensure(!fat || seen.warned, || format!("{} is too fat", seen.instance))?;
        let working = life.live.as_ref().filter(|_| Witness::is_ready(seen, now));
        if let Some(rule) = working {
            let last = seen.shown.or(seen.ready).unwrap_or(seen.since + life_delay(seen));
            // Each failure takes as long as the pause, or as its own time-out, whatever is longer.
            let each = rule.every.max(rule.timeout + Duration::from_secs(1)) + LATENESS;
            ensure(!late(last + each * (rule.failures + 1)), || format!("{} does not work", seen.instance))?;
        }
    }
    for id in &witness.members {
        let Some(period) = witness.period(id).filter(|_| witness.newest(id).is_none()) else { continue };
        let Some(first) = witness.wall.first.filter(|_| witness.begun && !witness.wall.has_jumped) else {
            continue;
        };
        let is_free = witness.met_since.get(id).is_some_and(|since| late(*since));
        let is_left_alone = witness.wanted.contains(id) || !is_free;
        let first = witness.clock_from.get(id).copied().unwrap_or(first);
        let came = witness.wall.last <= first + period + 5;
        ensure(came || is_left_alone, || format!("{id} was due"))?;
    }
    for (id, changed) in &witness.changed {
        // What the clock starts has new files at its next run.
        let watch = witness.specs[id].life.watch.as_ref().filter(|_| witness.period(id).is_none());
        let Some(watch) = watch else { continue };
        let runs = witness
            .newest(id)
            .is_some_and(|seen| undisturbed(seen) && !seen.unwanted && seen.since < changed.0);
        ensure(!runs || now <= quiet_at(*changed, watch) + LATENESS, || format!("{id} runs on old files"))?;
    }
    Ok(())
}

/// When it is waited no longer for quiet after the first and the last change.
fn quiet_at((first, last): (Time, Time), watch: &Watch) -> Time {
    (last + watch.debounce).min(first + (watch.debounce * 10).max(Duration::from_secs(2)))
}

fn life_delay(seen: &Seen) -> Duration {
    match seen.readiness.as_ref().map(|ready| &ready.probe) {
        Some(Probe::Delay(delay)) => *delay,
        _ => Duration::ZERO,
    }
}
