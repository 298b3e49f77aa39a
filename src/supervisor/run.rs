//! One run: what was heard of it, and what was said about it.
//!
//! The words follow from what is known, in one order, each once: started, ended, and what it complained of.

use std::time::Duration;

use super::limits::Meter;
use super::live::Pulse;
use super::ready::{Looking, Rule};
use super::why::{Because, Reason};
use super::{Certainty, Complaint, Effect, Note, Part, RunId, Want};
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
    /// What it runs: the command, the hook before it, or, in an instance of its own, a hook beside it.
    pub(super) part: Part,
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
    /// When it became ready.
    pub(super) ready: Option<Time>,
    /// Whether what follows from its readiness has been done.
    pub(super) welcomed: bool,
    /// When it counts as ready; `None`: when it has started.
    pub(super) readiness: Option<Rule>,
    /// How its readiness is looked for.
    pub(super) looking: Option<Looking>,
    /// How it is looked whether it still works.
    pub(super) pulse: Option<Pulse>,
    /// What it uses, as far as that is of interest.
    pub(super) meter: Meter,
    /// The rule by which it is to end.
    pub(super) reason: Option<Reason>,
    /// Whether its policy would have started it again, had it not done so often enough.
    pub(super) gave_up: bool,
    /// Why it was asked to end.
    pub(super) because: Option<Because>,
    /// When it got the signal that makes it say what it is doing.
    pub(super) dumped: Option<Time>,
    /// What it is doing, in its own words.
    pub(super) status: Option<String>,
    /// Whether the kernel ended a process of it for want of memory.
    pub(super) out_of_memory: Option<Certainty>,
    /// What is to be said after its end was said.
    afterwards: Vec<Note>,
    said: Said,
}

/// The end of a leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) exit: Exit,
    pub(super) at: Time,
    pub(super) success: bool,
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
    pub(super) fn new(id: RunId, part: Part, now: Time) -> Run {
        Run {
            id,
            part,
            since: now,
            pid: None,
            end: None,
            gone: None,
            output: Output::Open,
            stop_began: None,
            killed: None,
            given_up: false,
            ready: None,
            welcomed: false,
            readiness: None,
            looking: None,
            pulse: None,
            meter: Meter::default(),
            reason: None,
            gave_up: false,
            because: None,
            dumped: None,
            status: None,
            out_of_memory: None,
            afterwards: Vec::new(),
            said: Said::Nothing,
        }
    }

    /// Says something as soon as its end was said.
    pub(super) fn say_after_its_end(&mut self, note: Note, effects: &mut Vec<Effect>) {
        if self.said >= Said::Ended {
            effects.push(Effect::Note(note));
        } else {
            self.afterwards.push(note);
        }
    }

    /// Takes back what was to be said after its end and is no longer true once this is wanted.
    pub(super) fn take_back(&mut self, want: Want) {
        self.afterwards.retain(|note| match want {
            Want::Up => true,
            Want::Down => !matches!(note, Note::Restarting { .. }),
            // It comes back at once, also if it had been given up.
            Want::Bounce => false,
        });
    }

    /// Takes back whom it keeps down, if that was still to be said; returns whether it was.
    pub(super) fn take_back_whom_it_keeps_down(&mut self) -> bool {
        let before = self.afterwards.len();
        self.afterwards.retain(|note| !matches!(note, Note::KeptDown { .. }));
        self.afterwards.len() < before
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
        self.tell_the_rest(effects);
    }

    fn tell_the_rest(&mut self, effects: &mut Vec<Effect>) {
        if self.said >= Said::Ended {
            effects.extend(self.afterwards.drain(..).map(Effect::Note));
        }
    }

    fn tell_start(&mut self, id: &InstanceId, effects: &mut Vec<Effect>) {
        if let Some(pid) = self.pid {
            // Hooks come and go; they are named when they fail.
            if self.part == Part::Main {
                effects.push(Effect::Note(Note::Started { instance: id.clone(), pid }));
            }
            self.said = Said::Started;
        } else if let Some(End { exit: Exit::NeverStarted { step, errno }, .. }) = self.end {
            let instance = id.clone();
            effects.push(Effect::Note(if self.part == Part::Main {
                Note::CouldNotStart { instance, step, errno, detail: None }
            } else {
                Note::HookFailed { instance, part: self.part, exit: Exit::NeverStarted { step, errno } }
            }));
            self.said = Said::Complaint;
        }
    }

    /// Says that it has ended if that is known and was not said, whatever its output does.
    pub(super) fn tell_end(&mut self, id: &InstanceId, effects: &mut Vec<Effect>) {
        let Some(end) = self.end.filter(|_| self.said == Said::Started) else { return };
        self.said = Said::Ended;
        let (instance, exit) = (id.clone(), end.exit);
        if self.part == Part::Main {
            let output_held = !matches!(self.output, Output::Closed { .. });
            effects.push(Effect::Note(Note::Ended { instance, exit, output_held }));
        } else if !end.success && end.sequel != Sequel::Asked {
            effects.push(Effect::Note(Note::HookFailed { instance, part: self.part, exit }));
        }
        if let Some(certainty) = self.out_of_memory {
            effects.push(Effect::Note(Note::OutOfMemory { instance: id.clone(), certainty }));
        }
    }

    fn tell_complaint(&mut self, id: &InstanceId, effects: &mut Vec<Effect>) {
        let (Said::Ended, Output::Closed { complaint: Some(complaint) }) = (self.said, self.output) else {
            return;
        };
        match complaint {
            Complaint::AddressInUse if self.part == Part::Main && self.failed_early() => {
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
        let Some(End { exit, at, success: _, sequel }) = self.end else { return false };
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
        let end_is_said = self.end.is_none() || (self.said >= Said::Ended && self.afterwards.is_empty());
        end_is_said && (self.gone.is_none() || self.output != Output::Open)
    }
}
