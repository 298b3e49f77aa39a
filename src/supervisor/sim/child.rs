//! One simulated process: what it does by itself, and how it takes signals.

use std::time::Duration;

use crate::exit::{Exit, Step};
use crate::supervisor::{Check, ChildEvent, Complaint, Notice, ProbeFailure, Reach, RunId, Usage};
use crate::time::Time;

/// The time that what happens at once takes.
pub(super) const AT_ONCE: Duration = Duration::from_millis(1);

/// What a process will do.
#[derive(Debug, Clone)]
pub(super) struct Behaviour {
    pub(super) start: Start,
    /// It ends by itself so long after its start.
    pub(super) ends: Option<(Duration, Exit)>,
    /// Signals that its leader does not mind.
    pub(super) ignores: Vec<i32>,
    /// How long it takes to end when it is asked, and how it ends; `None`: at once, by the signal.
    pub(super) when_asked: Option<(Duration, Exit)>,
    /// Whom its leader leaves behind.
    pub(super) leaves: Left,
    /// How long after the leader's end the end of its output comes.
    pub(super) output: Left,
    pub(super) complaint: Option<Complaint>,
    /// How long it lives after SIGKILL; `None`: for ever.
    pub(super) survives_kill: Option<Duration>,
    /// How long after its start it is ready, whoever looks, and says so.
    pub(super) ready: Option<Duration>,
    /// How long after its start it stops working; looks fail then, and it does not speak any more.
    pub(super) works_for: Option<Duration>,
    /// How often it says that it still works.
    pub(super) beats: Option<Duration>,
    /// Whether looks and measurements are answered at all.
    pub(super) is_seen: bool,
    /// From when on it uses this much memory, in bytes.
    pub(super) memory: Option<(Duration, u64)>,
    /// Processor time it uses, in percent of a core.
    pub(super) cpu: u32,
    /// When it prints its last line.
    pub(super) talks_for: Option<Duration>,
}

/// How a launch is answered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    After(Duration),
    Fails { after: Duration, errno: i32 },
    Unanswered,
}

/// How long something stays.
#[derive(Debug, Clone, Copy)]
pub(super) enum Left {
    Nothing,
    For(Duration),
    UntilKilled,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour {
            start: Start::After(AT_ONCE),
            ends: None,
            ignores: Vec::new(),
            when_asked: None,
            leaves: Left::Nothing,
            output: Left::Nothing,
            complaint: None,
            survives_kill: Some(AT_ONCE),
            ready: Some(Duration::ZERO),
            works_for: None,
            beats: None,
            is_seen: true,
            memory: None,
            cpu: 0,
            talks_for: None,
        }
    }
}

/// A process in the simulated world.
#[derive(Debug)]
pub(super) struct Child {
    behaviour: Behaviour,
    leader: Leader,
    gone: bool,
    output_closed: bool,
    /// When it was born.
    since: Time,
}

#[derive(Debug, PartialEq, Eq)]
enum Leader {
    Unborn,
    Alive,
    Dead,
}

/// Something that happens to it, and how long from now.
pub(super) type Later = (Duration, ChildEvent);

impl Child {
    pub(super) fn new(behaviour: Behaviour) -> Child {
        Child { behaviour, leader: Leader::Unborn, gone: false, output_closed: false, since: Time::ZERO }
    }

    /// Returns how its launch is answered, if it is.
    pub(super) fn answer(&self, run: RunId) -> Option<Later> {
        let pid = 100 + i32::try_from(run.0).unwrap_or(i32::MAX - 100);
        match self.behaviour.start {
            Start::After(wait) => Some((wait, ChildEvent::Spawned { pid })),
            Start::Fails { after, errno } => {
                Some((after, ChildEvent::SpawnFailed { step: Step::Look, errno }))
            }
            Start::Unanswered => None,
        }
    }

    /// Lives through something, if that is still possible, and returns what follows.
    pub(super) fn live_through(&mut self, at: Time, what: &ChildEvent) -> Option<Vec<Later>> {
        match what {
            ChildEvent::Spawned { .. } if self.leader == Leader::Unborn => {
                self.leader = Leader::Alive;
                self.since = at;
                let Behaviour { ends, ready, beats, .. } = self.behaviour;
                let end = ends.map(|(wait, exit)| (wait, ChildEvent::Exited(exit)));
                // In each of the ways in which a process can say it; the mind heeds the right one.
                let line = ready.map(|wait| (wait, ChildEvent::ReadyLine));
                let word = ready.map(|wait| (wait, ChildEvent::Notified(said(true))));
                let beat = beats.map(|wait| (wait, ChildEvent::Notified(said(false))));
                Some([end, line, word, beat].into_iter().flatten().collect())
            }
            ChildEvent::Notified(Notice { watchdog: true, .. }) if self.leader == Leader::Alive => {
                let works = self.behaviour.works_for.is_none_or(|works| at < self.since + works);
                let beat = self.behaviour.beats.map(|wait| (wait, ChildEvent::Notified(said(false))));
                works.then(|| beat.into_iter().collect())
            }
            ChildEvent::ReadyLine | ChildEvent::Notified(_) if self.leader == Leader::Alive => Some(vec![]),
            ChildEvent::Probed { .. } | ChildEvent::Measured(_) if self.leader == Leader::Alive => {
                Some(vec![])
            }
            ChildEvent::SpawnFailed { .. } | ChildEvent::OutOfMemory(_) => Some(vec![]),
            ChildEvent::Exited(_) if self.leader == Leader::Alive => {
                self.leader = Leader::Dead;
                let closed = ChildEvent::OutputClosed { complaint: self.behaviour.complaint };
                Some(
                    [after(self.behaviour.output, closed), after(self.behaviour.leaves, ChildEvent::Gone)]
                        .into_iter()
                        .flatten()
                        .collect(),
                )
            }
            ChildEvent::Gone if !self.gone => {
                self.gone = true;
                Some(vec![])
            }
            ChildEvent::OutputClosed { .. } if !self.output_closed => {
                self.output_closed = true;
                Some(vec![])
            }
            ChildEvent::Spawned { .. }
            | ChildEvent::Exited(_)
            | ChildEvent::Gone
            | ChildEvent::OutputClosed { .. }
            | ChildEvent::ReadyLine
            | ChildEvent::Notified(_)
            | ChildEvent::Probed { .. }
            | ChildEvent::Measured(_) => None,
        }
    }

    /// Returns what a look shows; `None` if nobody ever answers.
    pub(super) fn look(&self, now: Time, check: Check) -> Option<Later> {
        let Behaviour { ready, works_for, is_seen, .. } = self.behaviour;
        let lives = self.leader == Leader::Alive && is_seen;
        let is_ready = ready.is_some_and(|wait| self.since + wait <= now);
        let works = works_for.is_none_or(|works| now < self.since + works);
        let shows = match check {
            Check::Ready => is_ready,
            Check::Live => works,
        };
        let result = if shows { Ok(()) } else { Err(ProbeFailure::NothingListens) };
        lives.then_some((AT_ONCE, ChildEvent::Probed { check, result }))
    }

    /// Returns what it uses; `None` if nobody ever answers.
    pub(super) fn measure(&self, now: Time) -> Option<Later> {
        let Behaviour { memory, cpu, talks_for, is_seen, .. } = self.behaviour;
        let lives = self.leader == Leader::Alive && is_seen;
        let used = memory.map(|(from, used)| if self.since + from <= now { used } else { 0 });
        let silent = talks_for.map_or(Duration::ZERO, |until| now.since(self.since + until));
        let usage = Usage {
            memory: Some(used.unwrap_or(0)),
            cpu: Some(now.since(self.since) * cpu / 100),
            silent: Some(silent),
        };
        lives.then_some((AT_ONCE, ChildEvent::Measured(usage)))
    }

    /// Returns what a signal will do to it.
    pub(super) fn react(&self, signal: i32, reach: Reach) -> Vec<Later> {
        let by_signal = Exit::Signal { number: signal, core_dumped: false };
        match reach {
            Reach::Tree => match self.behaviour.survives_kill {
                None => vec![],
                Some(wait) => vec![(wait, ChildEvent::Exited(by_signal)), (wait, ChildEvent::Gone)],
            },
            Reach::Leader | Reach::Everyone
                if [libc::SIGUSR1, libc::SIGUSR2, libc::SIGTTIN, libc::SIGWINCH].contains(&signal) =>
            {
                vec![]
            }
            Reach::Leader | Reach::Everyone if self.behaviour.ignores.contains(&signal) => vec![],
            Reach::Leader | Reach::Everyone => {
                let (wait, exit) = self.behaviour.when_asked.unwrap_or((AT_ONCE, by_signal));
                vec![(wait, ChildEvent::Exited(exit))]
            }
        }
    }
}

fn said(ready: bool) -> Notice {
    Notice { ready, watchdog: !ready, ..Notice::default() }
}

fn after(left: Left, what: ChildEvent) -> Option<Later> {
    match left {
        Left::Nothing => Some((Duration::ZERO, what)),
        Left::For(wait) => Some((wait, what)),
        Left::UntilKilled => None,
    }
}
