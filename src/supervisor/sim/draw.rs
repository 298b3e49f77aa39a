//! What the random worlds are made of.

use std::time::Duration;

use super::child::{AT_ONCE, Behaviour, Left, Start};
use super::story::process;
use crate::exit::{Exit, Step};
use crate::project::lifecycle::{
    Lifecycle, Limits, Liveness, Milestone, Missed, Nature, Need, OnLimit, Overlap, Probe, Readiness,
    RestartRule, Schedule, StopReach, Watch, When,
};
use crate::project::{InstanceId, ProcessName, ProcessSpec, Project, StopLadder};
use crate::restart::{ALWAYS, Backoff, NEVER, ON_FAILURE};
use crate::supervisor::{Certainty, ChildEvent, Complaint, Event, RunId, Want};

/// Randomness from a seed: splitmix64, which needs no more than these lines.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % limit as u64).expect("small")
    }

    pub(super) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(super) fn ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.roll() % (to - from + 1))
    }

    pub(super) fn copies(&mut self) -> u32 {
        self.pick(&[1, 1, 1, 2, 3])
    }

    pub(super) fn process(&mut self, name: &str, position: usize) -> ProcessSpec {
        let graces = [0, 50, 700, 1_000, 3_000, 5_000, 9_000];
        let ladders: [&[i32]; 5] =
            [&[libc::SIGTERM], &[libc::SIGTERM], &[libc::SIGTERM, libc::SIGINT], &[libc::SIGQUIT], &[]];
        let signals = self.pick(&ladders).to_vec();
        let grace = Duration::from_millis(self.pick(&graces));
        let stop = StopLadder { signals, grace };
        ProcessSpec { stop, can_die: self.one_in(5), ..process(name, position) }
    }

    pub(super) fn exit(&mut self) -> Exit {
        let by_signal = Exit::Signal { number: libc::SIGSEGV, core_dumped: true };
        self.pick(&[Exit::Code(0), Exit::Code(0), Exit::Code(1), Exit::Code(143), by_signal])
    }

    pub(super) fn left(&mut self) -> Left {
        match self.below(8) {
            0 => Left::For(self.ms(1, 400)),
            1 => Left::For(self.ms(1, 8_000)),
            2 => Left::UntilKilled,
            _ => Left::Nothing,
        }
    }

    pub(super) fn behaviour(&mut self) -> Behaviour {
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
            ready: (!self.one_in(6)).then(|| self.ms(0, 2_500)),
            works_for: self.one_in(3).then(|| self.ms(0, 6_000)),
            beats: self.one_in(2).then(|| self.ms(50, 1_500)),
            is_seen: !self.one_in(10),
            memory: self.one_in(3).then(|| (self.ms(0, 9_000), 2_000)),
            cpu: self.pick(&[0, 10, 90]),
            talks_for: self.one_in(3).then(|| self.ms(0, 6_000)),
        }
    }

    /// Something from outside; with some luck nonsense.
    pub(super) fn event(&mut self, project: &Project) -> Event {
        let ends = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT];
        let others = [libc::SIGUSR1, libc::SIGUSR2, libc::SIGTSTP, libc::SIGCONT, libc::SIGWINCH];
        let from_terminal = self.one_in(2);
        match self.below(17) {
            0..4 => Event::Signal { signal: self.pick(&ends), from_terminal },
            4..7 => Event::Signal { signal: self.pick(&others), from_terminal },
            7 => Event::OutputGone { errno: self.pick(&[libc::EPIPE, libc::ENOSPC]) },
            8 if self.one_in(3) => Event::GuardLost,
            8 => Event::Continued,
            9 if self.one_in(2) => Event::ClockSet,
            9 => Event::DeadlineReached,
            10..14 => {
                let nobody = InstanceId { process: ProcessName::new("nobody"), index: 1 };
                let somebody = project.instances[self.below(project.instances.len())].id.clone();
                let instance = if self.one_in(9) { nobody } else { somebody };
                Event::Wanted { instance, want: self.pick(&[Want::Up, Want::Down, Want::Bounce]) }
            }
            14 if self.one_in(3) => {
                let instance = project.instances[self.below(project.instances.len())].id.clone();
                Event::SignalWanted { instance, signal: self.pick(&[libc::SIGUSR1, libc::SIGUSR2]) }
            }
            14 => {
                let process = project.instances[self.below(project.instances.len())].id.process.clone();
                Event::FilesChanged { process, path: "lib/a.rb".to_owned() }
            }
            _ => Event::Child { run: RunId(self.roll() % 12), what: self.news() },
        }
    }

    pub(super) fn news(&mut self) -> ChildEvent {
        match self.below(7) {
            5 => ChildEvent::OutOfMemory(self.pick(&[Certainty::Sure, Certainty::Probable])),
            6 => ChildEvent::ReadyLine,
            0 => ChildEvent::Spawned { pid: 999 },
            1 => ChildEvent::SpawnFailed { step: Step::Look, errno: libc::EACCES },
            2 => ChildEvent::Exited(self.exit()),
            3 => ChildEvent::Gone,
            _ => ChildEvent::OutputClosed { complaint: None },
        }
    }

    /// Everything that a plain Procfile does not say. Needs point to `before` alone, so that there is no circle.
    pub(super) fn life(&mut self, before: &[&str]) -> Lifecycle {
        let needs = before.iter().filter(|_| self.one_in(2)).map(|name| ProcessName::new(name));
        let needs: Vec<_> = needs.collect();
        let milestones = [Milestone::Started, Milestone::Ready, Milestone::Ready, Milestone::Done];
        let mut life = Lifecycle {
            nature: self.nature(),
            after: needs.into_iter().map(|on| Need { on, reached: self.pick(&milestones) }).collect(),
            ready: self.one_in(2).then(|| self.readiness()),
            live: self.one_in(4).then(|| self.liveness()),
            restart: self.restart(),
            limits: self.limits(),
            stop_reach: if before.len() % 2 == 1 { StopReach::Tree } else { StopReach::Leader },
            ..Lifecycle::default()
        };
        let codes: [&[i32]; 3] = [&[0], &[0, 1], &[1]];
        life.success_codes = if self.one_in(4) { self.pick(&codes).to_vec() } else { vec![0] };
        if self.one_in(3) {
            let debounce = self.ms(50, 400);
            life.watch = Some(Watch { paths: vec!["**".into()], ignore: Vec::new(), debounce });
        }
        let hook = || Some(b"true".to_vec());
        life.hooks.before = hook().filter(|_| self.one_in(6));
        life.hooks.ready = hook().filter(|_| self.one_in(6));
        life.hooks.crash = hook().filter(|_| self.one_in(6));
        life
    }

    fn nature(&mut self) -> Nature {
        let timeout = self.one_in(3).then(|| self.ms(100, 4_000));
        match self.below(8) {
            0 | 1 => Nature::Task { timeout },
            2 => {
                let every = When::Every(self.ms(300, 6_000));
                let when = if self.one_in(2) { every } else { When::Cron((1 + self.below(6)).to_string()) };
                let overlap = self.pick(&[Overlap::Skip, Overlap::Queue, Overlap::Kill]);
                let missed = self.pick(&[Missed::Once, Missed::Skip]);
                Nature::Scheduled(Schedule { when, timezone: None, overlap, missed, timeout })
            }
            _ => Nature::Service,
        }
    }

    fn readiness(&mut self) -> Readiness {
        let probe = match self.below(5) {
            0 => Probe::Log("ready".to_owned()),
            1 => Probe::Notify,
            2 => Probe::Delay(self.ms(0, 1_500)),
            3 => Probe::Command(b"true".to_vec()),
            _ => Probe::Listening,
        };
        let longest = self.pick(&[100, 1_000, 5_000]);
        Readiness { probe, interval: self.ms(20, 400), timeout: self.ms(50, longest) }
    }

    fn liveness(&mut self) -> Liveness {
        let probe = if self.one_in(2) { Probe::Notify } else { Probe::Listening };
        let failures = self.pick(&[1, 2, 3]);
        Liveness { probe, every: self.ms(100, 1_500), timeout: self.ms(50, 800), failures }
    }

    fn restart(&mut self) -> RestartRule {
        let kind = self.pick(&[&NEVER, &NEVER, &ON_FAILURE, &ALWAYS]);
        let backoff = Backoff {
            first: self.ms(0, 700),
            max: self.ms(700, 2_000),
            factor_percent: self.pick(&[100, 150, 300]),
            jitter_percent: self.pick(&[0, 20, 50]),
            reset_after: self.ms(300, 15_000),
        };
        RestartRule { kind, backoff, max_restarts: self.pick(&[None, Some(0), Some(1), Some(3)]) }
    }

    fn limits(&mut self) -> Limits {
        Limits {
            memory: self.one_in(6).then_some(1_000),
            cpu: self.one_in(6).then_some(50),
            silence: self.one_in(6).then(|| self.ms(200, 4_000)),
            age: self.one_in(6).then(|| self.ms(300, 6_000)),
            dump_signal: self.one_in(3).then_some(libc::SIGTTIN),
            on_limit: self.pick(&[OnLimit::Restart, OnLimit::Stop, OnLimit::Warn]),
        }
    }
}
