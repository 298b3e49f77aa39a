//! What holds when the project becomes another one.

use super::{OUTPUT_PATIENCE, SLACK, Verdict, ensure};
use crate::supervisor::Effect;
use crate::supervisor::sim::faults::Mind;
use crate::supervisor::sim::witness::{Seen, Witness};
use crate::time::Time;

/// Nobody starts who is no part of the project.
pub(super) fn members_start(witness: &Witness, _: Time, effect: &Effect) -> Verdict {
    let Effect::Spawn { instance, .. } = effect else { return Ok(()) };
    ensure(witness.members.contains(instance), || format!("{instance} was removed"))
}

/// Where several are to end, those who need others go first.
pub(super) fn restarts_are_in_order(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Signal { run, signal, .. } = effect else { return Ok(()) };
    let Some(seen) = witness.runs.get(run) else { return Ok(()) };
    let by_wish = witness.ending.is_none() && seen.is_main() && seen.unwanted;
    let goes_on = seen.asked.is_some() || seen.exit.is_some() || witness.forwarded == Some(*signal);
    if !by_wish || goes_on {
        return Ok(());
    }
    let leaner = first_leaner(witness, seen, now);
    ensure(leaner.is_none(), || format!("{} is ended before {leaner:?}", seen.instance))
}

/// Somebody who needs it and is to end, too.
fn first_leaner<'a>(witness: &'a Witness, seen: &Seen, now: Time) -> Option<&'a Seen> {
    let leaners = witness.specs.keys().filter(|leaner| witness.leans(leaner, &seen.instance));
    let mut newest = leaners.filter_map(|leaner| witness.newest(leaner));
    newest.find(|leaner| {
        leaner.unwanted
            && leaner.pid.is_some()
            && leaner.is_live()
            && !leaner.lost
            && !witness.is_hopeless(leaner, now)
    })
}

/// Whoever is unwanted is asked to end, unless others go first.
pub(super) fn unwanted_are_asked(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    if witness.ending.is_some() || witness.guard_lost || witness.finished.is_some() {
        return Ok(());
    }
    let alive = witness.runs.values().filter(|seen| seen.is_live() && seen.pid.is_some());
    for seen in alive {
        let is_removed = !witness.members.contains(&seen.instance);
        if !(is_removed || seen.unwanted && seen.is_main()) {
            continue;
        }
        let asked = seen.asked.is_some() || seen.exit.is_some() || seen.killed.is_some();
        let lately = Time(now.0.saturating_sub(SLACK));
        ensure(asked || first_leaner(witness, seen, lately).is_some(), || format!("{seen:?} goes on"))?;
    }
    Ok(())
}

/// Nothing is known any more of whoever was removed and is over.
pub(super) fn removed_are_forgotten(witness: &Witness, now: Time, mind: &Mind) -> Verdict {
    if witness.guard_lost || witness.finished.is_some() {
        return Ok(());
    }
    for state in mind.supervisor.snapshot(Time::ZERO).instances {
        if witness.members.contains(&state.id) {
            continue;
        }
        let is_here = |seen: &Seen| {
            let long_gone = seen.gone.is_some_and(|gone| gone + OUTPUT_PATIENCE + SLACK < now);
            seen.instance == state.id && seen.is_main() && !long_gone
        };
        ensure(witness.runs.values().any(is_here), || format!("{} is remembered", state.id))?;
    }
    let all = mind.supervisor.snapshot(Time::ZERO).instances;
    let missing = witness.members.iter().find(|id| !all.iter().any(|state| state.id == **id));
    ensure(missing.is_none(), || format!("{missing:?} is not there"))
}

/// Whoever is to read again what it reads has got its signal.
pub(super) fn signals_arrive(witness: &Witness, _: Time, _: &Mind) -> Verdict {
    let waits = witness.runs.values().find(|seen| seen.to_reread.is_some());
    ensure(waits.is_none(), || format!("{waits:?} did not get its signal"))
}
