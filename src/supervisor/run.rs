//! One run: what was heard of it, and what was said about it.
//!
//! The words follow from what is known, in one order, each once: started, ended, and what it complained of.

use std::time::Duration;

use super::{Complaint, Effect, Note, RunId};
use crate::exit::Exit;
use crate::project::InstanceId;
use crate::time::Time;

/// How long the last words of a process that has ended are waited for while somebody holds its output open.
pub(super) const OUTPUT_PATIENCE: Duration = Duration::from_millis(200);

/// A process that fails later than this after its start had its address.
const EARLY: Duration = Duration::from_secs(10);

/// One launch, from the request to the last word.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) id: RunId,
    /// When it was launched.
    pub(super) since: Time,
    /// Its leader, once there is one.
    pub(super) pid: Option<i32>,
    /// How and when the leader ended.
    pub(super) end: Option<End>,
    /// When nobody of it was left.
    pub(super) gone: Option<Time>,
    pub(super) output: Output,
    /// When it got the first signal that asks to end, or its leader ended.
    pub(super) stop_began: Option<Time>,
    /// When SIGKILL was sent to all of it.
    pub(super) killed: Option<Time>,
    /// Whether forge has stopped waiting for it.
    pub(super) given_up: bool,
    said: Said,
}

/// The end of a leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) exit: Exit,
    pub(super) at: Time,
    pub(super) sequel: Sequel,
}

/// What follows from an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sequel {
    /// Nothing: it was asked for.
    Asked,
    /// It came by itself, and nobody has thought about it yet.
    Unjudged,
    /// It stays down.
    Stays,
    /// It is launched again after this wait.
    Again { after: Duration },
}

/// The state of its output, as far as the mind cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Open,
    Closed {
        complaint: Option<Complaint>,
    },
    /// Open, but nobody of the run is left to write: a stranger holds it, and is not waited for.
    Held,
}

/// The last thing said about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Nothing,
    Started,
    Ended,
    Complaint,
}

impl Run {
    /// Makes a run that is launched at `now`.
    pub(super) fn new(id: RunId, now: Time) -> Run {
        Run {
            id,
            since: now,
            pid: None,
            end: None,
            gone: None,
            output: Output::Open,
            stop_began: None,
            killed: None,
            given_up: false,
            said: Said::Nothing,
        }
    }

    /// Says what there is to say by `now`.
    pub(super) fn tell(&mut self, id: &InstanceId, now: Time, effects: &mut Vec<Effect>) {
        if self.said == Said::Nothing {
            self.tell_start(id, effects);
        }
        let last_words_came = self.output != Output::Open || self.words_due().is_some_and(|due| due <= now);
        if last_words_came {
            self.tell_end(id, effects);
        }
        if self.output == Output::Open && self.gone.is_some_and(|gone| gone + OUTPUT_PATIENCE <= now) {
            self.output = Output::Held;
        }
        self.tell_complaint(id, effects);
    }

    fn tell_start(&mut self, id: &InstanceId, effects: &mut Vec<Effect>) {
        if let Some(pid) = self.pid {
            effects.push(Effect::Note(Note::Started { instance: id.clone(), pid }));
            self.said = Said::Started;
        } else if let Some(End { exit: Exit::NeverStarted { step, errno }, .. }) = self.end {
            let instance = id.clone();
            effects.push(Effect::Note(Note::CouldNotStart { instance, step, errno, detail: None }));
            self.said = Said::Complaint;
        }
    }

    /// Says that it has ended if that is known and was not said, whatever its output does.
    pub(super) fn tell_end(&mut self, id: &InstanceId, effects: &mut Vec<Effect>) {
        let Some(end) = self.end.filter(|_| self.said == Said::Started) else { return };
        let output_held = !matches!(self.output, Output::Closed { .. });
        effects.push(Effect::Note(Note::Ended { instance: id.clone(), exit: end.exit, output_held }));
        self.said = Said::Ended;
    }

    fn tell_complaint(&mut self, id: &InstanceId, effects: &mut Vec<Effect>) {
        let (Said::Ended, Output::Closed { complaint: Some(complaint) }) = (self.said, self.output) else {
            return;
        };
        match complaint {
            Complaint::AddressInUse if self.failed_early() => {
                effects.push(Effect::Note(Note::AddressInUse { instance: id.clone(), holder: None }));
            }
            Complaint::AddressInUse => {}
        }
        self.said = Said::Complaint;
    }

    /// Whether it failed soon after its start, and not because it was asked to end: the code of one that was
    /// asked counts only if it cannot stand for a signal (two servers that find their ports taken at the same
    /// moment both tell, though the end of the first asks the second to end).
    fn failed_early(&self) -> bool {
        let Some(End { exit, at, sequel }) = self.end else { return false };
        let by_itself = sequel != Sequel::Asked || matches!(exit, Exit::Code(1..=127));
        by_itself && !exit.is_success() && at.since(self.since) <= EARLY
    }

    /// Returns when [`Run::tell`] has something to say, or something to give up, even if no news comes.
    pub(super) fn words_due(&self) -> Option<Time> {
        if self.output != Output::Open {
            return None;
        }
        let end = self.end?;
        let waited_from = if self.said < Said::Ended { Some(end.at) } else { self.gone };
        waited_from.map(|from| from + OUTPUT_PATIENCE)
    }

    /// Returns whether nothing more will be said about it unless there is news.
    pub(super) fn has_said_all(&self) -> bool {
        let end_is_said = self.end.is_none() || self.said >= Said::Ended;
        end_is_said && (self.gone.is_none() || self.output != Output::Open)
    }
}
