//! Random worlds: projects, processes, wishes, signals, troubles and nonsense, all from one seed.
//!
//! `FORGE_WORLDS=100000 cargo test worlds` plays more of them, `FORGE_WORLDS=2848..2849` a certain one. A world that breaks an invariant is named by its
//! seed and shown event by event.

mod awaited;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::draw::{Dice, Lives, NAMES};
use super::faults::{Fault, Mind};
use super::invariants::{OF_EFFECTS, OF_REST};
use super::witness::Witness;
use super::{Next, Turn, World, at_wall, given, project};
use crate::project::{ExitOn, InstanceId, ProcessName, Project};
use crate::restart::{Case, Policy, Verdict};
use crate::supervisor::{Event, Part, Supervisor};
use crate::time::Time;

/// When every world is asked to end, if it has not ended before.
const LAST_CALL: Duration = Duration::from_secs(20);

/// More turns than any honest world has.
const MAX_TURNS: usize = 20_000;

/// Who is started again, and how.
pub(super) type Policies = BTreeMap<InstanceId, &'static Again>;

/// Starts again what has ended, a few times.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) after: Duration,
    /// How many restarts there are.
    pub(super) limit: u32,
}

static AGAIN: [Again; 3] = [
    Again { after: Duration::ZERO, limit: 2 },
    Again { after: Duration::from_millis(100), limit: 3 },
    Again { after: Duration::from_secs(2), limit: 1 },
];

impl Policy for Again {
    fn decide(&self, case: &Case<'_>) -> Verdict {
        let restarts = case.history.restarts;
        if restarts < self.limit {
            Verdict::Restart { after: self.after }
        } else {
            Verdict::GiveUp { restarts, within: Duration::MAX }
        }
    }
}

/// How a world broke.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) invariant: &'static str,
    detail: String,
    course: String,
}

#[test]
fn every_world_keeps_the_invariants() {
    #[expect(clippy::disallowed_methods, reason = "a knob of this test alone")]
    let wanted = std::env::var("FORGE_WORLDS").unwrap_or_else(|_| "2000".to_owned());
    let (first, end) = wanted.split_once("..").unwrap_or(("0", &wanted));
    let seed = |text: &str| text.parse::<u64>().expect("FORGE_WORLDS is a number, or two with `..` between");
    // The first world for each invariant that is broken.
    let mut broken = BTreeMap::new();
    for seed in seed(first)..seed(end) {
        if let Err(found) = play(seed, None) {
            broken.entry(found.invariant).or_insert((seed, found));
        }
    }
    let mut told = String::new();
    for (seed, Broken { invariant, detail, course }) in broken.values() {
        let _ = writeln!(told, "world {seed}: {invariant}: {detail}\n{course}");
    }
    assert!(told.is_empty(), "{told}");
}

#[test]
fn the_same_events_give_the_same_effects() {
    for seed in 0..200 {
        let mut script = Script::draw(seed);
        let mut first = script.mind(None);
        let mut again = first.clone();
        let mut now = Time::ZERO;
        for _ in 0..MAX_TURNS {
            let Some(turn) = script.world.turn(&mut first, now) else { break };
            now = turn.now;
            let mut effects = Vec::new();
            again.handle(at_wall(now, script.world.jumped), turn.event.clone(), &mut effects);
            assert_eq!(turn.effects, effects, "world {seed} at {now}: {:?}", turn.event);
            assert_eq!(first.deadline(), again.deadline(), "world {seed} at {now}: {:?}", turn.event);
        }
    }
}

/// Plays the world of a seed, with a sane mind or with one that has a fault.
pub(super) fn play(seed: u64, fault: Option<Fault>) -> Result<(), Broken> {
    let mut script = Script::draw(seed);
    let mut mind = script.mind(fault);
    let mut witness = Witness::new(&script.project, &script.policies);
    let mut course = String::new();
    let mut now = Time::ZERO;
    for _ in 0..MAX_TURNS {
        let Some(turn) = script.world.turn(&mut mind, now) else { break };
        now = turn.now;
        let _ = writeln!(course, "{now:>8}  {:?}\n            {:?}", turn.event, turn.effects);
        if let Err((invariant, detail)) = judge(&mut witness, &turn, &mind) {
            return Err(Broken { invariant, detail, course });
        }
    }
    if witness.finished.is_some() {
        return Ok(());
    }
    Err(Broken { invariant: "every world ends", detail: format!("it hangs or spins at {now}"), course })
}

fn judge(witness: &mut Witness, turn: &Turn, mind: &Mind) -> Result<(), (&'static str, String)> {
    let now = turn.now;
    if witness.finished.is_none() {
        witness.see_the_wall(turn.wall, now);
        witness.hear(now, &turn.event);
    }
    for effect in &turn.effects {
        for (name, holds) in OF_EFFECTS {
            holds(witness, now, effect).map_err(|detail| (*name, detail))?;
        }
        witness.see(now, effect);
    }
    for (name, holds) in OF_REST {
        holds(witness, now, mind).map_err(|detail| (*name, detail))?;
    }
    Ok(())
}

/// One world before it is played.
struct Script {
    project: Project,
    policies: Policies,
    world: World,
}

impl Script {
    fn draw(seed: u64) -> Script {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let exit_on = dice.pick(&[ExitOn::Any, ExitOn::Any, ExitOn::Failure, ExitOn::All, ExitOn::Never]);
        let count = 1 + dice.below(4);
        // Half of the worlds are plain Procfiles.
        let lives = dice.pick(&[Lives::Plain, Lives::Plain, Lives::Forwards, Lives::Backwards]);
        let has_life = lives != Lives::Plain;
        let processes = (0..count).map(|position| {
            let mut process = dice.process(NAMES[position], position);
            if has_life {
                process.life = dice.life(lives.others(position));
            }
            (process, dice.copies())
        });
        let project = project(processes.collect(), exit_on);
        let mut policies = Policies::new();
        let mut cast = BTreeMap::new();
        for spec in &project.instances {
            if !has_life && dice.one_in(5) {
                policies.insert(spec.id.clone(), &AGAIN[dice.below(AGAIN.len())]);
            }
        }
        // Also of those who are not there yet.
        let everybody = NAMES
            .iter()
            .flat_map(|name| (1..=4).map(|index| InstanceId { process: ProcessName::new(name), index }));
        let everybody: Vec<InstanceId> = everybody.collect();
        for id in &everybody {
            cast.insert(id.clone(), (0..3).map(|_| dice.behaviour()).collect());
        }
        let mut world = World::new(&project, cast);
        world.lateness = dice.ms(0, 2);
        for id in &everybody {
            for part in [Part::Before, Part::Ready, Part::Crash] {
                if has_life && dice.one_in(2) {
                    world.hooks.insert((id.clone(), part), dice.behaviour());
                }
            }
        }
        if dice.one_in(2) {
            for _ in 0..=dice.below(4) {
                let next = Next::Reload(dice.rewrite(lives));
                world.put(Time::ZERO + dice.ms(0, 9_000), next);
            }
        }
        if has_life && dice.one_in(4) {
            let by = dice.pick(&[-3_600_000, -2_000, 2_000, 30_000, 600_000]);
            world.put(Time::ZERO + dice.ms(0, 9_000), Next::Jump(by));
        }
        if has_life && dice.one_in(4) {
            // Somebody writes all the time.
            let (process, pause) = (ProcessName::new(dice.pick(&NAMES)), dice.ms(20, 150));
            for nth in 0..50 {
                let change = Event::FilesChanged { process: process.clone(), path: "log/x".to_owned() };
                world.put(Time::ZERO + pause * (10 + nth), Next::Event(change));
            }
        }
        for _ in 0..dice.below(6) {
            let at = Time::ZERO + dice.ms(0, 9_000);
            let event = dice.event(&project);
            if matches!(event, Event::Signal { .. }) && dice.one_in(3) {
                world.put(at + dice.ms(0, 120), Next::Event(event.clone()));
            }
            world.put(at, Next::Event(event));
        }
        let last_call = Event::Signal { signal: libc::SIGTERM, from_terminal: false };
        world.put(Time::ZERO + LAST_CALL, Next::Event(last_call));
        Script { project, policies, world }
    }

    fn mind(&self, fault: Option<Fault>) -> Mind {
        let mut project = self.project.clone();
        if let Some(fault) = fault {
            fault.misread(&mut project);
        }
        let mut supervisor = Supervisor::new(&project, given());
        for instance in &mut supervisor.instances {
            if let Some(policy) = self.policies.get(&instance.id) {
                instance.policy = *policy;
            }
        }
        Mind { supervisor, fault }
    }
}
