//! What holds whenever an event has been handled.

use std::time::Duration;

use super::{KILL_PATIENCE, OUTPUT_PATIENCE, SLACK, Verdict, ensure};
use super::{of_life, of_reload};
use crate::project::ExitOn;
use crate::supervisor::sim::faults::Mind;
use crate::supervisor::sim::witness::{Seen, Witness};
use crate::supervisor::{Explanation, Part, Phase, Want};
use crate::time::Time;

type OfRest = fn(&Witness, Time, &Mind) -> Verdict;

/// Holds after every event.
pub(in crate::supervisor::sim) static OF_REST: &[(&str, OfRest)] = &[
    ("a deadline lies ahead", deadline_is_ahead),
    ("mind and world agree who lives", agreement),
    ("a stack that ends asks everybody to end", everybody_is_asked),
    ("every grace ends", every_grace_ends),
    ("a stack that ends is over in time", shutdown_is_bounded),
    ("what is over is finished", over_is_finished),
    ("what is known is said in time", words_in_time),
    ("everybody is started", everybody_is_started),
    ("whoever is to run again does", restarts_come),
    ("the rules are kept", of_life::rules_are_kept),
    ("who is unwanted is asked to end", of_reload::unwanted_are_asked),
    ("who was removed is forgotten", of_reload::removed_are_forgotten),
    ("who is to read again gets its signal", of_reload::signals_arrive),
    ("a user's signal reaches every leader", user_signals_arrive),
    ("whatever does not run is explained", all_is_explained),
];

fn deadline_is_ahead(witness: &Witness, now: Time, mind: &Mind) -> Verdict {
    let due = mind.deadline();
    ensure(witness.finished.is_none() || due.is_none(), || "after the finish".to_owned())?;
    ensure(due.is_none_or(|due| now < due), || format!("{due:?} is not after {now}"))
}

fn agreement(witness: &Witness, _: Time, mind: &Mind) -> Verdict {
    if witness.guard_lost {
        return Ok(());
    }
    for state in mind.supervisor.snapshot(Time::ZERO).instances {
        let seen = witness.newest(&state.id);
        let agree = match (&state.phase, seen) {
            (Phase::Pending | Phase::Waiting | Phase::Backoff { .. }, seen) => {
                seen.is_none_or(|seen| !seen.is_live())
            }
            (Phase::Starting { .. }, Some(seen)) => seen.pid.is_none() && seen.is_live(),
            (Phase::Running { .. }, Some(seen)) => seen.leader_lives() && seen.asked.is_none(),
            (Phase::Stopping { exit, .. }, Some(seen)) => {
                seen.is_live() && *exit == seen.exit.map(|(exit, _)| exit)
            }
            (Phase::Exited { exit, .. }, Some(seen)) => {
                !seen.is_live() && Some(*exit) == seen.exit.map(|(exit, _)| exit)
            }
            (
                Phase::Starting { .. }
                | Phase::Running { .. }
                | Phase::Stopping { .. }
                | Phase::Exited { .. },
                None,
            ) => false,
        };
        ensure(agree, || format!("{state:?} but {seen:?}"))?;
    }
    Ok(())
}

fn everybody_is_asked(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    if witness.ending.is_none() || witness.guard_lost {
        return Ok(());
    }
    for seen in witness.runs.values().filter(|seen| seen.is_live() && seen.pid.is_some()) {
        let asked = seen.asked.is_some() || seen.exit.is_some();
        let waits = witness.is_held(&seen.instance, now) && seen.is_main() || seen.part == Part::Crash;
        let told = seen.killed.is_some() || ((asked || waits) && witness.hurried.is_none());
        ensure(told, || {
            format!("{seen:?} goes on, hurried {:?}, {:?}", witness.hurried, witness.named_alive)
        })?;
    }
    Ok(())
}

fn every_grace_ends(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    if witness.guard_lost {
        return Ok(());
    }
    for seen in witness.runs.values().filter(|seen| seen.is_live() && seen.killed.is_none()) {
        // A hook beside it is nobody's need.
        let with_the_stack = witness.ending.filter(|_| !seen.is_main() && seen.pid.is_some());
        let began = witness.stop_began(seen).or(with_the_stack);
        let over = began.is_some_and(|began| began + seen.spec.stop.grace + SLACK < now);
        ensure(!over, || format!("{} is not killed", seen.instance))?;
    }
    Ok(())
}

fn shutdown_is_bounded(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    let (Some(began), None) = (witness.ending, &witness.finished) else { return Ok(()) };
    let graces = witness.graces();
    let in_order = witness.has_order();
    // One after the other at worst, each with the patience for what resists.
    let grace = if in_order {
        graces.map(|grace| grace + 2 * KILL_PATIENCE).sum()
    } else {
        graces.max().unwrap_or_default()
    };
    let killed = witness.hurried.map_or(began + grace, |hurried| hurried.min(began + grace));
    // Twice: for the answer to a launch, and then for the end of what it has launched.
    let bound = killed + 2 * KILL_PATIENCE + 2 * OUTPUT_PATIENCE + SLACK;
    ensure(now <= bound, || format!("it began at {began}"))
}

fn over_is_finished(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    if witness.finished.is_some() || !witness.begun {
        return Ok(());
    }
    let over = if witness.ending.is_some() {
        !witness.runs.values().any(Seen::is_live)
    } else {
        let is_over = |seen: &Seen| seen.is_final && !seen.is_live() && !seen.bounced && !seen.unwanted;
        witness.exit_on != ExitOn::Never
            && !witness.runs.values().any(Seen::is_live)
            && !witness.members.is_empty()
            && witness
                .members
                .iter()
                .all(|id| witness.newest(id).is_some_and(is_over) && witness.period(id).is_none())
    };
    let last = witness.runs.values().filter_map(|seen| seen.gone).max().max(witness.ending);
    let long_ago = last.is_none_or(|last| last + OUTPUT_PATIENCE + SLACK < now);
    ensure(!(over && long_ago), || "all is over".to_owned())
}

fn words_in_time(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    for seen in witness.runs.values().filter(|seen| seen.part == Part::Main) {
        ensure(seen.pid.is_none() || seen.said_start, || format!("{}: the start", seen.instance))?;
        let Some((_, at)) = seen.exit else { continue };
        let due = seen.closed || at + OUTPUT_PATIENCE + SLACK < now;
        ensure(!due || seen.said_end, || format!("{}: the end", seen.instance))?;
    }
    Ok(())
}

fn everybody_is_started(witness: &Witness, now: Time, mind: &Mind) -> Verdict {
    if !witness.begun || witness.ending.is_some() || witness.guard_lost {
        return Ok(());
    }
    let instances = mind.supervisor.snapshot(Time::ZERO).instances;
    for id in &witness.members {
        let down = instances.iter().any(|state| state.id == *id && state.want == Want::Down);
        let patience = if witness.needs[id].is_empty() { Duration::ZERO } else { OUTPUT_PATIENCE + SLACK };
        let met = witness.met_since.get(id).is_some_and(|since| *since + patience <= now);
        let started = witness.newest(id).is_some() || witness.period(id).is_some();
        ensure(down || started || !met, || format!("{id} was forgotten"))?;
    }
    Ok(())
}

fn restarts_come(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    if witness.ending.is_some() || witness.guard_lost || witness.finished.is_some() {
        return Ok(());
    }
    for id in &witness.members {
        let Some(seen) = witness.newest(id) else { continue };
        let by_policy =
            seen.again.map(|(_, most)| most).or(witness.policies.get(id).map(|policy| policy.after));
        let asked = seen.asked.is_some() && seen.ruled.is_none() || seen.unwanted;
        let met = witness.met_since.get(id).is_some_and(|since| *since + OUTPUT_PATIENCE + SLACK <= now);
        if !met || (seen.bounced && witness.period(id).is_some()) {
            continue;
        }
        let wait = if seen.bounced { Some(Duration::ZERO) } else { by_policy.filter(|_| !asked) };
        let (Some(gone), Some(wait)) = (seen.gone, wait.filter(|_| !seen.is_final || seen.bounced)) else {
            continue;
        };
        let latest = gone + OUTPUT_PATIENCE.max(wait) + SLACK;
        ensure(now <= latest, || format!("{id} stays down"))?;
    }
    Ok(())
}

fn user_signals_arrive(witness: &Witness, _: Time, _: &Mind) -> Verdict {
    let Some(signal) = witness.forwarded else { return Ok(()) };
    let is_meant = |seen: &&Seen| witness.passes_on(signal, &seen.instance) && seen.is_main();
    for seen in
        witness.runs.values().filter(is_meant).filter(|seen| seen.leader_lives() && seen.asked.is_none())
    {
        let came = seen.signalled_by_user == Some(signal) || seen.killed.is_some();
        ensure(came, || format!("{} did not get {signal}", seen.instance))?;
    }
    Ok(())
}

fn all_is_explained(witness: &Witness, _: Time, mind: &Mind) -> Verdict {
    if witness.guard_lost || witness.finished.is_some() {
        return Ok(());
    }
    for state in mind.supervisor.snapshot(Time::ZERO).instances {
        let because = mind.supervisor.explain(&state.id).ok_or("unknown")?;
        let runs = witness.newest(&state.id).is_some_and(|seen| seen.leader_lives() && seen.asked.is_none());
        let right = match because {
            Explanation::Runs { .. } | Explanation::NotReadyYet { .. } | Explanation::Dumps { .. } => {
                runs && state.want == Want::Up
            }
            Explanation::Prepares { .. } => true,
            Explanation::EndsAfter { .. } => state.want != Want::Up,
            Explanation::NotWanted => !runs && (state.want == Want::Down || !witness.begun),
            Explanation::WaitsFor { .. } => !runs && !witness.needs_met(&state.id, Time::ZERO),
            Explanation::KeptDown { .. } => !runs && witness.waits_in_vain(&state.id),
            Explanation::Scheduled { .. }
            | Explanation::GaveUp { .. }
            | Explanation::Starts { .. }
            | Explanation::AwaitsLastWords
            | Explanation::Ends { .. }
            | Explanation::LeftSomebody { .. }
            | Explanation::StillAlive
            | Explanation::StartsAgain { .. }
            | Explanation::Ended { .. } => !runs,
        };
        ensure(right, || format!("{state:?}: {because:?}"))?;
    }
    Ok(())
}
