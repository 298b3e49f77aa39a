//! One simulated process: what it does by itself, and how it takes signals.

use std::time::Duration;

use crate::exit::{Exit, Step};
use crate::supervisor::{ChildEvent, Complaint, Reach, RunId};

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
        Child { behaviour, leader: Leader::Unborn, gone: false, output_closed: false }
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
    pub(super) fn live_through(&mut self, what: &ChildEvent) -> Option<Vec<Later>> {
        match what {
            ChildEvent::Spawned { .. } if self.leader == Leader::Unborn => {
                self.leader = Leader::Alive;
                let end = self.behaviour.ends;
                Some(end.map(|(wait, exit)| (wait, ChildEvent::Exited(exit))).into_iter().collect())
            }
            ChildEvent::SpawnFailed { .. } => Some(vec![]),
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
            | ChildEvent::OutputClosed { .. } => None,
        }
    }

    /// Returns what a signal will do to it.
    pub(super) fn react(&self, signal: i32, reach: Reach) -> Vec<Later> {
        let by_signal = Exit::Signal { number: signal, core_dumped: false };
        match reach {
            Reach::Tree => match self.behaviour.survives_kill {
                None => vec![],
                Some(wait) => vec![(wait, ChildEvent::Exited(by_signal)), (wait, ChildEvent::Gone)],
            },
            Reach::Leader if signal == libc::SIGUSR1 || signal == libc::SIGUSR2 => vec![],
            Reach::Leader if self.behaviour.ignores.contains(&signal) => vec![],
            Reach::Leader => {
                let (wait, exit) = self.behaviour.when_asked.unwrap_or((AT_ONCE, by_signal));
                vec![(wait, ChildEvent::Exited(exit))]
            }
        }
    }
}

fn after(left: Left, what: ChildEvent) -> Option<Later> {
    match left {
        Left::Nothing => Some((Duration::ZERO, what)),
        Left::For(wait) => Some((wait, what)),
        Left::UntilKilled => None,
    }
}
