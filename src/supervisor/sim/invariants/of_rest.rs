//! What holds whenever an event has been handled.

use std::time::Duration;

use super::{KILL_PATIENCE, OUTPUT_PATIENCE, SLACK, Verdict, ensure};
use crate::project::ExitOn;
use crate::supervisor::sim::faults::Mind;
use crate::supervisor::sim::witness::{Seen, Witness};
use crate::supervisor::{Explanation, Phase, Want};
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

fn everybody_is_asked(witness: &Witness, _: Time, _: &Mind) -> Verdict {
    if witness.ending.is_none() || witness.guard_lost {
        return Ok(());
    }
    for seen in witness.runs.values().filter(|seen| seen.is_live() && seen.pid.is_some()) {
        let asked = seen.asked.is_some() || seen.exit.is_some();
        let told = seen.killed.is_some() || (asked && witness.hurried.is_none());
        ensure(told, || format!("{} goes on", seen.instance))?;
    }
    Ok(())
}

fn every_grace_ends(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    if witness.guard_lost {
        return Ok(());
    }
    for seen in witness.runs.values().filter(|seen| seen.is_live() && seen.killed.is_none()) {
        let began = witness.stop_began(seen);
        let over = began.is_some_and(|began| began + witness.grace(seen) + SLACK < now);
        ensure(!over, || format!("{} is not killed", seen.instance))?;
    }
    Ok(())
}

fn shutdown_is_bounded(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    let (Some(began), None) = (witness.ending, &witness.finished) else { return Ok(()) };
    let grace = witness.specs.values().map(|spec| spec.stop.grace).max().unwrap_or_default();
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
            && witness.specs.keys().all(|id| witness.newest(id).is_some_and(is_over))
    };
    let last = witness.runs.values().filter_map(|seen| seen.gone).max().max(witness.ending);
    let long_ago = last.is_none_or(|last| last + OUTPUT_PATIENCE + SLACK < now);
    ensure(!(over && long_ago), || "all is over".to_owned())
}

fn words_in_time(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    for seen in witness.runs.values() {
        ensure(seen.pid.is_none() || seen.said_start, || format!("{}: the start", seen.instance))?;
        let Some((_, at)) = seen.exit else { continue };
        let due = seen.closed || at + OUTPUT_PATIENCE + SLACK < now;
        ensure(!due || seen.said_end, || format!("{}: the end", seen.instance))?;
    }
    Ok(())
}

fn everybody_is_started(witness: &Witness, _: Time, mind: &Mind) -> Verdict {
    if !witness.begun || witness.ending.is_some() || witness.guard_lost {
        return Ok(());
    }
    let instances = mind.supervisor.snapshot(Time::ZERO).instances;
    for id in witness.specs.keys() {
        let down = instances.iter().any(|state| state.id == *id && state.want == Want::Down);
        ensure(down || witness.newest(id).is_some(), || format!("{id} was forgotten"))?;
    }
    Ok(())
}

fn restarts_come(witness: &Witness, now: Time, _: &Mind) -> Verdict {
    if witness.ending.is_some() || witness.guard_lost || witness.finished.is_some() {
        return Ok(());
    }
    for id in witness.specs.keys() {
        let Some(seen) = witness.newest(id) else { continue };
        let by_policy = witness.policies.get(id).map(|policy| policy.after);
        let asked = seen.asked.is_some() || seen.unwanted;
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
    for seen in witness.runs.values().filter(|seen| seen.leader_lives() && seen.asked.is_none()) {
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
            Explanation::Prepares { .. } => state.want == Want::Up,
            Explanation::EndsAfter { .. } => state.want == Want::Down,
            Explanation::NotWanted => !runs && (state.want == Want::Down || !witness.begun),
            Explanation::WaitsFor { .. }
            | Explanation::KeptDown { .. }
            | Explanation::Scheduled { .. }
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
