//! Worlds in which somebody waits until all of it is ready: that moment is told once, when it has come, and nobody waits in vain.

use super::super::Turn;
use super::{MAX_TURNS, Script};
use crate::project::lifecycle::Nature;
use crate::project::{Project, Wait};
use crate::supervisor::{Effect, Event, Explanation, InstanceState, Note, Snapshot, Want};
use crate::time::Time;

/// How one instance stands, as far as it can be seen from outside.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Ready,
    /// Ended well; perhaps its last words are still to come.
    Done,
    Failed,
    OnItsWay,
}

fn awaited<'a>(project: &Project, stack: &'a Snapshot) -> Vec<&'a InstanceState> {
    let is_awaited = |one: &&InstanceState| {
        // One that a reload has taken out is on its way to its end.
        let Some(spec) = project.instances.iter().find(|spec| spec.id == one.id) else { return false };
        let is_of_the_clock = matches!(spec.process.life.nature, Nature::Scheduled(_));
        !spec.process.can_die && !is_of_the_clock && one.want != Want::Down
    };
    stack.instances.iter().filter(is_awaited).collect()
}

fn seen(one: &InstanceState, project: &Project) -> Seen {
    let spec = project.instances.iter().find(|spec| spec.id == one.id).expect("a known one");
    let is_service = spec.process.life.nature == Nature::Service;
    let ended_well = one.runs.last().is_some_and(|run| run.success == Some(true));
    match one.because {
        Explanation::Ended { .. } | Explanation::GaveUp { .. } if ended_well => Seen::Done,
        Explanation::Ended { .. } | Explanation::GaveUp { .. } | Explanation::KeptDown { .. } => Seen::Failed,
        _ if one.ready && is_service => Seen::Ready,
        Explanation::Runs { .. }
        | Explanation::Starts { .. }
        | Explanation::NotWanted
        | Explanation::AwaitsLastWords
        | Explanation::WaitsFor { .. }
        | Explanation::Scheduled { .. }
        | Explanation::Prepares { .. }
        | Explanation::NotReadyYet { .. }
        | Explanation::EndsAfter { .. }
        | Explanation::Dumps { .. }
        | Explanation::Ends { .. }
        | Explanation::LeftSomebody { .. }
        | Explanation::StillAlive
        | Explanation::StartsAgain { .. } => Seen::OnItsWay,
    }
}

/// Judges one turn; `reached` is whether that moment was before it.
fn judge(turn: &Turn, stack: &Snapshot, project: &Project, reached: &mut bool) -> Result<(), String> {
    let is_told = |effect: &&Effect| matches!(effect, Effect::Note(Note::AllReady { .. }));
    let told = turn.effects.iter().filter(is_told).count();
    let standings: Vec<_> = awaited(project, stack).into_iter().map(|one| seen(one, project)).collect();
    if told > 1 || (told == 1 && *reached) {
        return Err("it is told twice".to_owned());
    }
    if told == 1 && standings.iter().any(|one| !matches!(one, Seen::Ready | Seen::Done)) {
        return Err(format!("it is told too early: {standings:?}"));
    }
    *reached |= told == 1;
    let is_ending = stack.stopping.is_some() || turn.effects.iter().any(|it| matches!(it, Effect::Finish(_)));
    if *reached || is_ending {
        return Ok(());
    }
    if !standings.is_empty() && standings.iter().all(|one| *one == Seen::Ready) {
        return Err("all are ready, and nobody tells".to_owned());
    }
    if standings.contains(&Seen::Failed) {
        return Err("one has failed for good, and the others are waited for".to_owned());
    }
    Ok(())
}

#[test]
fn that_moment_is_told_once_and_nobody_waits_in_vain() {
    let (mut told, mut failed) = (0, 0);
    for seed in 0..500 {
        let mut script = Script::draw(seed);
        script.project.wait = Some(Wait { limit: None });
        let mut mind = script.mind(None);
        let (mut now, mut reached, mut is_lost, mut begun) = (Time::ZERO, false, false, false);
        for _ in 0..MAX_TURNS {
            let Some(turn) = script.world.turn(&mut mind, now) else { break };
            now = turn.now;
            is_lost |= turn.event == Event::GuardLost;
            begun |= turn.event == Event::Begin;
            let stack = mind.supervisor.snapshot(now);
            if !is_lost && begun {
                let judged = judge(&turn, &stack, &script.world.project, &mut reached);
                judged.unwrap_or_else(|what| {
                    panic!("world {seed} at {now}: {what}\n{:?} {:?}\n{stack:?}", turn.event, turn.effects)
                });
            }
        }
        told += u32::from(reached);
        failed += u32::from(!reached);
    }
    assert!(told > 50 && failed > 50, "worlds of both kinds: {told}, {failed}");
}
