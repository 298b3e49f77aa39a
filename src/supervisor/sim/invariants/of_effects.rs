//! What holds for every effect: it is looked at before it counts.

use std::time::Duration;

use super::{KILL_PATIENCE, OUTPUT_PATIENCE, Verdict, ensure};
use super::{of_life, of_reload};
use crate::exit::Exit;
use crate::project::ExitOn;
use crate::project::lifecycle::StopReach;
use crate::supervisor::sim::witness::{Seen, Witness};
use crate::supervisor::{Effect, Note, Outcome, Part, Reach};
use crate::time::Time;

type OfEffect = fn(&Witness, Time, &Effect) -> Verdict;

/// Holds for every effect.
pub(in crate::supervisor::sim) static OF_EFFECTS: &[(&str, OfEffect)] = &[
    ("an instance has one live run at most", one_live_run),
    ("a restart waits as long as its policy says", restarts_wait),
    ("nothing starts while the stack ends", no_start_while_ending),
    ("the dead are not signalled", the_dead_rest),
    ("a stop has a cause", stops_have_causes),
    ("nobody is killed before the grace is over", grace_is_given),
    ("leaders climb their ladder rung by rung", ladders_are_climbed),
    ("words come once, in order, after the fact", words_in_order),
    ("who is still there is said rarely", reports_are_rare),
    ("nobody runs when it is said that nobody does", idle_is_idle),
    ("the first end decides the outcome", outcome_is_right),
    ("it ends for a reason, and leaves nobody unnamed", finish_is_right),
    ("nobody starts before its needs are met", of_life::needs_are_met),
    ("nobody is stopped before those who need it", of_life::dependents_go_first),
    ("what the clock starts is due", of_life::schedules_are_due),
    ("hooks run when they should", of_life::hooks_have_causes),
    ("what is said of the rules is true", of_life::words_are_true),
    ("only those who are wanted start", of_reload::members_start),
    ("nobody is ended before those who need it and end, too", of_reload::restarts_are_in_order),
    ("nothing follows the finish", finish_is_last),
];

fn one_live_run(witness: &Witness, _: Time, effect: &Effect) -> Verdict {
    let Effect::Spawn { run, instance, part } = effect else { return Ok(()) };
    ensure(!witness.runs.contains_key(run), || format!("run {run} is used twice"))?;
    let is_main = matches!(part, Part::Main | Part::Before);
    let same = |seen: &&Seen| if is_main { seen.is_main() } else { seen.part == *part };
    let others = witness.runs.values().filter(|seen| seen.instance == *instance).filter(same);
    ensure(!others.clone().any(Seen::is_live), || format!("{instance} has a live run"))?;
    let mut commands = others.clone().filter(|seen| seen.part == Part::Main);
    ensure(commands.all(|seen| seen.said_end), || format!("{instance} has not had its last word"))
}

fn restarts_wait(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Spawn { instance, part: Part::Main | Part::Before, .. } = effect else { return Ok(()) };
    let Some(last) = witness.newest(instance) else { return Ok(()) };
    let by_the_clock = witness.period(instance).is_some() && last.again.is_none();
    let asked = last.asked.is_some() && last.ruled.is_none();
    let asked_for = asked || last.bounced || last.is_final || by_the_clock;
    let policy = witness.policies.get(instance).map(|policy| policy.after);
    let wait = last.again.map(|(least, _)| least).or(policy).filter(|_| !asked_for);
    let Some(wait) = wait else {
        return ensure(asked_for, || format!("{instance} starts again, nobody knows why"));
    };
    let due = last.gone.map(|gone| gone + wait);
    ensure(due.is_some_and(|due| due <= now), || format!("{instance} starts again too soon"))
}

fn no_start_while_ending(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Spawn { part, .. } = effect else { return Ok(()) };
    // The hook of a failure that ends the stack.
    let last_word = *part == Part::Crash && witness.ending == Some(now);
    ensure(witness.ending.is_none() || last_word, || format!("{effect:?}"))
}

fn the_dead_rest(witness: &Witness, _: Time, effect: &Effect) -> Verdict {
    let Effect::Signal { run, signal, reach } = effect else { return Ok(()) };
    let seen = witness.runs.get(run).ok_or("a run of nobody")?;
    let lives = match reach {
        Reach::Leader | Reach::Everyone => seen.leader_lives(),
        Reach::Tree => seen.pid.is_some() && seen.is_live(),
    };
    ensure(lives && !witness.guard_lost, || format!("run {run} of {} gets {signal}", seen.instance))
}

fn stops_have_causes(witness: &Witness, _: Time, effect: &Effect) -> Verdict {
    let Effect::Signal { run, signal, .. } = effect else { return Ok(()) };
    let Some(seen) = witness.runs.get(run) else { return Ok(()) };
    let killed_as_left_behind = *signal == libc::SIGKILL && seen.exit.is_some();
    let ruled = seen.ruled.is_some() || seen.to_reread == Some(*signal);
    let caused =
        witness.ending.is_some() || seen.unwanted || seen.asked.is_some() || killed_as_left_behind || ruled;
    ensure(caused || witness.passes_on(*signal, &seen.instance), || {
        format!("{} gets {signal}", seen.instance)
    })
}

fn grace_is_given(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Signal { run, reach: Reach::Tree, .. } = effect else { return Ok(()) };
    let Some(seen) = witness.runs.get(run) else { return Ok(()) };
    // One that was being launched all the time has had its grace before it had a process.
    let began = witness.stop_began(seen).or(witness.free_since(seen));
    let grace = seen.spec.stop.grace;
    let nothing_to_ask = seen.spec.stop.signals.is_empty();
    let over = grace.is_zero() || nothing_to_ask || began.is_some_and(|began| began + grace <= now);
    ensure(over || witness.hurried.is_some(), || format!("{} is killed", seen.instance))
}

fn ladders_are_climbed(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Signal { run, signal, reach: reach @ (Reach::Leader | Reach::Everyone) } = effect else {
        return Ok(());
    };
    let Some(seen) = witness.runs.get(run) else { return Ok(()) };
    if witness.passes_on(*signal, &seen.instance) || seen.to_reread == Some(*signal) {
        return Ok(());
    }
    let dump = seen.spec.life.limits.dump_signal;
    if dump == Some(*signal) {
        let first = seen.ruled.is_some() && seen.asked.is_none() && seen.dumped.is_none();
        return ensure(first, || format!("{} is asked what it does", seen.instance));
    }
    let ladder = &seen.spec.stop;
    let to_all = seen.spec.life.stop_reach == StopReach::Tree;
    ensure(to_all == (*reach == Reach::Everyone), || format!("{signal} goes to {reach:?}"))?;
    let rung = seen.rungs.len();
    let known = ladder.signals.get(rung) == Some(signal) && seen.killed.is_none();
    ensure(known, || format!("{} gets {signal} as number {rung}", seen.instance))?;
    let parts = u32::try_from(ladder.signals.len()).expect("few");
    let wait = ladder.grace * u32::try_from(rung).expect("few") / parts;
    ensure(seen.asked.is_none() || witness.stop_began(seen).is_some_and(|began| began + wait <= now), || {
        format!("{} too soon", seen.instance)
    })
}

fn words_in_order(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Note(note) = effect else { return Ok(()) };
    match note {
        Note::Started { instance, pid } => {
            let seen = witness.newest(instance).ok_or("of nobody")?;
            ensure(seen.pid == Some(*pid) && !seen.said_start && !seen.said_end, || format!("{note:?}"))
        }
        Note::Ended { instance, exit, output_held } => {
            let seen = witness.newest(instance).ok_or("of nobody")?;
            let in_order = seen.said_start && !seen.said_end;
            let (known, at) = seen.exit.ok_or("it has not ended")?;
            let patient = seen.closed || witness.guard_lost || at + OUTPUT_PATIENCE <= now;
            let true_words = known == *exit && *output_held != seen.closed;
            ensure(in_order && patient && true_words, || format!("{note:?}"))
        }
        Note::CouldNotStart { instance, .. } => {
            let seen = witness.newest(instance).ok_or("of nobody")?;
            ensure(seen.failed && !seen.said_end, || format!("{note:?}"))
        }
        Note::AddressInUse { instance, .. } => {
            let seen = witness.newest(instance).ok_or("of nobody")?;
            let (exit, _) = seen.exit.ok_or("it has not ended")?;
            let told = seen.said_end && seen.complaint.is_some() && exit != Exit::Code(0);
            ensure(told, || format!("{note:?}"))
        }
        Note::Reloaded(_)
        | Note::Rereads { .. }
        | Note::Ready { .. }
        | Note::NotReady { .. }
        | Note::NotLive { .. }
        | Note::LimitExceeded { .. }
        | Note::Restarting { .. }
        | Note::GaveUp { .. }
        | Note::KeptDown { .. }
        | Note::HookFailed { .. }
        | Note::OutOfMemory { .. }
        | Note::FilesChanged { .. }
        | Note::StillBusy { .. }
        | Note::WasMissed { .. }
        | Note::ShutdownBySignal { .. }
        | Note::TimeUp { .. }
        | Note::AllReady { .. }
        | Note::SendingToAll { .. }
        | Note::Forwarding { .. }
        | Note::StillThere { .. }
        | Note::StillAlive { .. }
        | Note::NothingRuns
        | Note::FirstCause { .. }
        | Note::GuardLost => Ok(()),
        Note::NoTerminals { .. } => Err("the mind knows nothing of terminals".into()),
        Note::WatchingByLooking { .. } => Err("the mind knows nothing of the kernel's queues".into()),
        Note::OutputUnread { .. } => Err("the mind knows nothing of pollers".into()),
        Note::LogsIncomplete { .. } => Err("the mind knows nothing of files".into()),
        Note::Asked { .. } => Err("the mind does not know who asks".into()),
        Note::LinesLost => Err("the mind knows nothing of lines".into()),
    }
}

fn reports_are_rare(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Note(Note::StillThere { waiting }) = effect else { return Ok(()) };
    let began = witness.ending.ok_or("the stack does not end")?;
    let early = began + Duration::from_secs(1) > now;
    let soon = witness.last_report.is_some_and(|last| last + Duration::from_secs(5) > now);
    ensure(!early && !soon && !waiting.is_empty(), || format!("{waiting:?}"))?;
    let gone = waiting.iter().find(|one| !witness.newest(&one.instance).is_some_and(Seen::is_live));
    ensure(gone.is_none(), || format!("{gone:?} is not there"))
}

fn idle_is_idle(witness: &Witness, _: Time, effect: &Effect) -> Verdict {
    let Effect::Note(Note::NothingRuns) = effect else { return Ok(()) };
    let live = witness.runs.values().any(|seen| seen.is_live() && seen.killed.is_none());
    let here = witness.exit_on == ExitOn::Never && witness.ending.is_none() && !witness.idle_said;
    ensure(here && !live, || "it is not idle, or was told already".to_owned())
}

fn outcome_is_right(witness: &Witness, _: Time, effect: &Effect) -> Verdict {
    let Effect::Finish(outcome) = effect else { return Ok(()) };
    let expected = witness.outcomes();
    ensure(expected.contains(outcome), || format!("{outcome:?} instead of {expected:?}"))?;
    let failed = matches!(outcome, Outcome::Failed { .. });
    ensure(!failed || witness.first_cause_said, || "nobody said what failed".to_owned())
}

fn finish_is_right(witness: &Witness, now: Time, effect: &Effect) -> Verdict {
    let Effect::Finish(_) = effect else { return Ok(()) };
    if witness.guard_lost {
        return Ok(());
    }
    for seen in witness.runs.values().filter(|seen| seen.is_live()) {
        let id = &seen.instance;
        let hopeless = seen.killed.is_some_and(|at| at + KILL_PATIENCE <= now) || seen.pid.is_none();
        ensure(hopeless && witness.named_alive.contains(id), || format!("{id} is left"))?;
    }
    let mut commands = witness.runs.values().filter(|seen| seen.part == Part::Main);
    let unsaid = commands.find(|seen| seen.exit.is_some() && !seen.said_end);
    ensure(unsaid.is_none(), || format!("nobody said how {unsaid:?} ended"))?;
    let given_up = |id| witness.named_alive.contains(id);
    let is_final = |id| {
        witness.newest(id).is_some_and(|seen| seen.is_final) || given_up(id) || witness.waits_in_vain(id)
    };
    let final_ends = witness.members.iter().all(is_final);
    let all_over = final_ends && !witness.members.is_empty() && witness.exit_on != ExitOn::Never;
    ensure(witness.ending.is_some() || all_over, || "nobody wanted it to end".to_owned())
}

fn finish_is_last(witness: &Witness, _: Time, effect: &Effect) -> Verdict {
    ensure(witness.finished.is_none(), || format!("{effect:?}"))
}
