//! Random worlds: projects, processes, wishes, signals, troubles and nonsense, all from one seed.
//!
//! `FORGE_WORLDS=100000 cargo test worlds` plays more of them. A world that breaks an invariant is named by its
//! seed and shown event by event.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::child::{AT_ONCE, Behaviour, Left, Start};
use super::faults::{Fault, Mind};
use super::invariants::{OF_EFFECTS, OF_REST};
use super::story::process;
use super::witness::Witness;
use super::{Next, Turn, World, at_wall, given, project};
use crate::exit::{Exit, Step};
use crate::project::{ExitOn, InstanceId, ProcessName, ProcessSpec, Project, StopLadder};
use crate::restart::{Case, Policy, Verdict};
use crate::supervisor::{ChildEvent, Complaint, Event, RunId, Supervisor, Want};
use crate::time::Time;

/// When every world is asked to end, if it has not ended before.
const LAST_CALL: Duration = Duration::from_secs(20);

/// More turns than any honest world has.
const MAX_TURNS: usize = 5_000;

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
    let wanted = std::env::var("FORGE_WORLDS").ok().and_then(|count| count.parse().ok());
    for seed in 0..wanted.unwrap_or(2_000) {
        if let Err(broken) = play(seed, None) {
            panic!("world {seed}: {}: {}\n{}", broken.invariant, broken.detail, broken.course);
        }
    }
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
        let names = ["web", "worker", "clock", "db"];
        let count = 1 + dice.below(4);
        let processes = (0..count).map(|position| (dice.process(names[position], position), dice.copies()));
        let project = project(processes.collect(), exit_on);
        let mut policies = Policies::new();
        let mut cast = BTreeMap::new();
        for spec in &project.instances {
            cast.insert(spec.id.clone(), (0..3).map(|_| dice.behaviour()).collect());
            if dice.one_in(5) {
                policies.insert(spec.id.clone(), &AGAIN[dice.below(AGAIN.len())]);
            }
        }
        let mut world = World::new(cast);
        world.lateness = dice.ms(0, 2);
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

/// Randomness from a seed: splitmix64, which needs no more than these lines.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % limit as u64).expect("small")
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.roll() % (to - from + 1))
    }

    fn copies(&mut self) -> u32 {
        self.pick(&[1, 1, 1, 2, 3])
    }

    fn process(&mut self, name: &str, position: usize) -> ProcessSpec {
        let graces = [0, 50, 700, 1_000, 3_000, 5_000, 9_000];
        let ladders: [&[i32]; 5] =
            [&[libc::SIGTERM], &[libc::SIGTERM], &[libc::SIGTERM, libc::SIGINT], &[libc::SIGQUIT], &[]];
        let signals = self.pick(&ladders).to_vec();
        let grace = Duration::from_millis(self.pick(&graces));
        let stop = StopLadder { signals, grace };
        ProcessSpec { stop, can_die: self.one_in(5), ..process(name, position) }
    }

    fn exit(&mut self) -> Exit {
        let by_signal = Exit::Signal { number: libc::SIGSEGV, core_dumped: true };
        self.pick(&[Exit::Code(0), Exit::Code(0), Exit::Code(1), Exit::Code(143), by_signal])
    }

    fn left(&mut self) -> Left {
        match self.below(8) {
            0 => Left::For(self.ms(1, 400)),
            1 => Left::For(self.ms(1, 8_000)),
            2 => Left::UntilKilled,
            _ => Left::Nothing,
        }
    }

    fn behaviour(&mut self) -> Behaviour {
        let start = match self.below(30) {
            0 | 1 => Start::Fails { after: self.ms(0, 300), errno: libc::ENOENT },
            2 => Start::Unanswered,
            3..10 => Start::After(self.ms(0, 300)),
            _ => Start::After(AT_ONCE),
        };
        let longest = self.pick(&[50, 3_000, 12_000]);
        let ignored = [libc::SIGTERM, libc::SIGINT, libc::SIGQUIT];
        let patience = self.pick(&[1, 20, 2_000, 8_000]);
        let when_asked = (self.ms(0, patience), self.exit());
        Behaviour {
            start,
            ends: (!self.one_in(3)).then(|| (self.ms(0, longest), self.exit())),
            ignores: ignored.into_iter().filter(|_| self.one_in(4)).collect(),
            when_asked: self.one_in(2).then_some(when_asked),
            leaves: self.left(),
            output: self.left(),
            complaint: self.one_in(4).then_some(Complaint::AddressInUse),
            survives_kill: (!self.one_in(25)).then(|| self.ms(0, 50)),
            ..Behaviour::default()
        }
    }

    /// Something from outside; with some luck nonsense.
    fn event(&mut self, project: &Project) -> Event {
        let ends = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT];
        let others = [libc::SIGUSR1, libc::SIGUSR2, libc::SIGTSTP, libc::SIGCONT, libc::SIGWINCH];
        let from_terminal = self.one_in(2);
        match self.below(16) {
            0..4 => Event::Signal { signal: self.pick(&ends), from_terminal },
            4..7 => Event::Signal { signal: self.pick(&others), from_terminal },
            7 => Event::OutputGone { errno: self.pick(&[libc::EPIPE, libc::ENOSPC]) },
            8 if self.one_in(3) => Event::GuardLost,
            8 => Event::Continued,
            9 => Event::DeadlineReached,
            10..14 => {
                let nobody = InstanceId { process: ProcessName::new("nobody"), index: 1 };
                let somebody = project.instances[self.below(project.instances.len())].id.clone();
                let instance = if self.one_in(9) { nobody } else { somebody };
                Event::Wanted { instance, want: self.pick(&[Want::Up, Want::Down, Want::Bounce]) }
            }
            _ => Event::Child { run: RunId(self.roll() % 12), what: self.news() },
        }
    }

    fn news(&mut self) -> ChildEvent {
        match self.below(5) {
            0 => ChildEvent::Spawned { pid: 999 },
            1 => ChildEvent::SpawnFailed { step: Step::Look, errno: libc::EACCES },
            2 => ChildEvent::Exited(self.exit()),
            3 => ChildEvent::Gone,
            _ => ChildEvent::OutputClosed { complaint: None },
        }
    }
}
