//! What the last line of the terminal knows, and what a key changes in it: data in, data out.

use std::collections::BTreeSet;

use super::keys::Key;
use crate::project::InstanceId;
use crate::supervisor::{Explanation, InstanceState, Snapshot};

/// Everything the bar shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// All processes, in the order of the Procfile.
    pub processes: Vec<Row>,
    /// Whether the whole stack is coming to its end.
    pub is_stopping: bool,
    /// What the keys mean now.
    pub mode: Mode,
    /// Who waits for typed input; the first is offered the keyboard.
    pub waiting: Vec<InstanceId>,
    /// What is shown of the stream.
    pub sight: Sight,
    /// The answer to the last key, until the next one.
    pub answer: Option<String>,
    /// Whether there are keys at all: not where the input is no terminal.
    pub has_keys: bool,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which one.
    pub id: InstanceId,
    /// How it is.
    pub state: State,
}

/// How a process is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It has failed and stays down, or not even SIGKILL ends it.
    Failed,
    /// It has failed and is started again soon.
    Backoff,
    /// It is on its way down.
    Stopping,
    /// It is to start when somebody else is ready.
    Waiting,
    /// It is being started, or is not ready yet.
    Starting,
    /// It runs, and nobody has said how to see that it is ready.
    Running,
    /// It is ready.
    Ready,
    /// It has ended with success.
    Done,
    /// Nobody wants it to run.
    Stopped,
    /// The clock starts it.
    Scheduled,
}

/// What of the stream is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// Whose lines are not shown.
    pub muted: BTreeSet<InstanceId>,
    /// Whose lines alone are shown.
    pub only: Option<InstanceId>,
    /// Only lines with this in them are shown.
    pub filter: Option<String>,
}

/// What the keys mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mode {
    /// Each key is a command.
    #[default]
    Commands,
    /// Somebody is being chosen.
    Choice {
        /// For what.
        verb: Verb,
        /// What was typed: a number, or letters of a name.
        typed: String,
        /// How often Tab was pressed.
        skipped: usize,
    },
    /// A filter is being typed.
    Filter {
        /// As far as it is there.
        typed: String,
    },
    /// A process has the keyboard, and nothing of it is for forge but the key that takes it back.
    Keyboard {
        /// Which one.
        of: InstanceId,
    },
}

/// What can be done to somebody who is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Restart it, or start it.
    Restart,
    /// Stop it.
    Stop,
    /// Give it the keyboard.
    Attach,
    /// Show its lines alone.
    Focus,
    /// Do not show its lines, or show them again.
    Mute,
}

/// What a key has decided, for the world to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Restart it, or start it.
    Restart(InstanceId),
    /// Stop it.
    Stop(InstanceId),
    /// Give it the keyboard.
    Attach(InstanceId),
    /// Show the stream as the model says from now on.
    See,
    /// Show what was last said before a failure.
    LastError,
    /// Show the table of processes.
    Ps,
    /// Show what the keys mean.
    Help,
    /// Stop everything, as the first Ctrl-C.
    Quit,
}

impl State {
    /// Says in one word how a process is; `has_sign` if it has a way to show that it is ready.
    pub fn of(state: &InstanceState, has_sign: bool) -> State {
        match &state.because {
            Explanation::Runs { .. } if has_sign => State::Ready,
            Explanation::Runs { .. } => State::Running,
            Explanation::Starts { .. } | Explanation::Prepares { .. } | Explanation::NotReadyYet { .. } => {
                State::Starting
            }
            Explanation::NotWanted => State::Stopped,
            Explanation::AwaitsLastWords | Explanation::WaitsFor { .. } => State::Waiting,
            Explanation::KeptDown { .. } | Explanation::StillAlive | Explanation::GaveUp { .. } => {
                State::Failed
            }
            Explanation::Scheduled { .. } => State::Scheduled,
            Explanation::EndsAfter { .. }
            | Explanation::Dumps { .. }
            | Explanation::Ends { .. }
            | Explanation::LeftSomebody { .. } => State::Stopping,
            Explanation::StartsAgain { .. } => State::Backoff,
            Explanation::Ended { exit } if exit.is_success() => State::Done,
            Explanation::Ended { .. } => State::Failed,
        }
    }
}

impl Model {
    /// Takes in how the stack is now; `has_sign` says who has a way to show that it is ready.
    pub fn learn(&mut self, stack: &Snapshot, has_sign: impl Fn(&InstanceId) -> bool) {
        let row = |state: &InstanceState| Row {
            id: state.id.clone(),
            state: State::of(state, has_sign(&state.id)),
        };
        self.processes = stack.instances.iter().map(row).collect();
        self.is_stopping = stack.stopping.is_some();
        let is_there = |id: &InstanceId| stack.instances.iter().any(|state| state.id == *id);
        self.waiting.retain(is_there);
    }

    /// Hears that somebody waits for typed input, or does no longer.
    pub fn waits(&mut self, id: &InstanceId, does: bool) {
        self.waiting.retain(|other| other != id);
        if does {
            self.waiting.push(id.clone());
        }
    }

    /// Returns those who can be chosen for a verb and fit what was typed, each with its number.
    pub fn choices(&self, typed: &str) -> Vec<(usize, &Row)> {
        let all = self.processes.iter().enumerate().map(|(place, row)| (place + 1, row));
        if typed.is_empty() {
            return all.collect();
        }
        if typed.bytes().all(|byte| byte.is_ascii_digit()) {
            let (exact, longer): (Vec<_>, Vec<_>) = all
                .filter(|(number, _)| number.to_string().starts_with(typed))
                .partition(|(number, _)| number.to_string() == typed);
            return [exact, longer].concat();
        }
        let typed = typed.to_lowercase();
        let (begins, within): (Vec<_>, Vec<_>) = all
            .map(|choice| (choice, choice.1.id.to_string().to_lowercase()))
            .filter(|(_, name)| name.contains(&typed))
            .partition(|(_, name)| name.starts_with(&typed));
        begins.into_iter().chain(within).map(|(choice, _)| choice).collect()
    }

    /// Returns who would be taken by Enter.
    pub fn chosen(&self) -> Option<&InstanceId> {
        let Mode::Choice { typed, skipped, .. } = &self.mode else { return None };
        let choices = self.choices(typed);
        let place = skipped.checked_rem(choices.len())?;
        choices.get(place).map(|(_, row)| &row.id)
    }

    /// Takes a key; returns what follows from it.
    pub fn press(&mut self, key: Key) -> Option<Deed> {
        self.answer = None;
        match &mut self.mode {
            Mode::Commands => self.command(key),
            Mode::Choice { typed, skipped, .. } => {
                match key {
                    Key::Escape => self.mode = Mode::Commands,
                    Key::Enter => return self.choose(),
                    Key::Tab => *skipped += 1,
                    Key::Erase if typed.pop().is_none() => self.mode = Mode::Commands,
                    Key::EraseAll => typed.clear(),
                    Key::Letter(letter) => {
                        typed.push(letter);
                        *skipped = 0;
                    }
                    Key::Erase => *skipped = 0,
                    Key::Other => {}
                }
                None
            }
            Mode::Filter { typed } => {
                match key {
                    Key::Escape => return self.see_through(None),
                    Key::Enter => {
                        self.mode = Mode::Commands;
                        return None;
                    }
                    Key::Erase if typed.pop().is_none() => return self.see_through(None),
                    Key::EraseAll => typed.clear(),
                    Key::Letter(letter) => typed.push(letter),
                    Key::Erase => {}
                    Key::Tab | Key::Other => return None,
                }
                self.sight.filter = Some(typed.clone()).filter(|typed| !typed.is_empty());
                Some(Deed::See)
            }
            Mode::Keyboard { .. } => None,
        }
    }

    fn command(&mut self, key: Key) -> Option<Deed> {
        match key {
            Key::Letter('r') => self.ask(Verb::Restart),
            Key::Letter('s') => self.ask(Verb::Stop),
            Key::Letter('a') => self.ask(Verb::Attach),
            Key::Letter('f') if self.sight.only.is_some() => {
                self.sight.only = None;
                Some(Deed::See)
            }
            Key::Letter('f') => self.ask(Verb::Focus),
            Key::Letter('m') => self.ask(Verb::Mute),
            Key::Letter('/') => {
                self.mode = Mode::Filter { typed: self.sight.filter.clone().unwrap_or_default() };
                None
            }
            Key::Letter('e') => Some(Deed::LastError),
            Key::Letter('p') => Some(Deed::Ps),
            Key::Letter('q') => Some(Deed::Quit),
            Key::Letter('?' | 'h') => Some(Deed::Help),
            Key::Enter => self.waiting.first().cloned().map(Deed::Attach),
            Key::Escape if self.sight != Sight::default() => {
                self.sight = Sight::default();
                Some(Deed::See)
            }
            Key::Letter(_) | Key::Escape | Key::Tab | Key::Erase | Key::EraseAll | Key::Other => None,
        }
    }

    fn ask(&mut self, verb: Verb) -> Option<Deed> {
        if !self.processes.is_empty() {
            self.mode = Mode::Choice { verb, typed: String::new(), skipped: 0 };
        }
        None
    }

    fn choose(&mut self) -> Option<Deed> {
        let Mode::Choice { verb, .. } = self.mode else { return None };
        let id = self.chosen()?.clone();
        self.mode = Mode::Commands;
        Some(match verb {
            Verb::Restart => Deed::Restart(id),
            Verb::Stop => Deed::Stop(id),
            Verb::Attach => Deed::Attach(id),
            Verb::Focus => {
                self.sight.muted.remove(&id);
                self.sight.only = Some(id);
                Deed::See
            }
            Verb::Mute => {
                if !self.sight.muted.remove(&id) {
                    self.sight.muted.insert(id);
                }
                Deed::See
            }
        })
    }

    /// Ends the typing of a filter.
    fn see_through(&mut self, filter: Option<String>) -> Option<Deed> {
        self.mode = Mode::Commands;
        let is_new = self.sight.filter != filter;
        self.sight.filter = filter;
        is_new.then_some(Deed::See)
    }
}

#[cfg(test)]
pub(crate) mod tests;
