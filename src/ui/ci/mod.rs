//! What `forge ci` tells of a run: on the stream of the place it runs in, in a summary, and in the form of `JUnit`.

mod chain;
mod github;
mod gitlab;
mod held;
mod junit;
mod rows;
mod summary;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::diagnostic::visible;
use crate::exit::{Exit, Spent};
use crate::project::lifecycle::Milestone;
use crate::project::{InstanceId, Project};
use crate::supervisor::{Cause, InstanceState, Snapshot};
use crate::ui::messages::{duration, ended};

pub use held::{Held, HeldSink, HoldsBack};
pub use junit::{Occasion, xml};
pub use rows::{Row, Standing};
pub use summary::markdown;

/// Of how many culprits the last lines are shown.
const SHOWN: usize = 3;

/// Where the output is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a log of GitHub Actions.
    GitHub,
    /// In a log of GitLab CI.
    GitLab,
    /// By people, or in a log that shows lines as they are.
    Plain,
}

impl Place {
    /// Returns whether the lines of processes are kept for groups; elsewhere they are shown at once.
    pub fn holds_lines(self) -> bool {
        self != Place::Plain
    }
}

/// A run of `forge ci` that is over.
#[derive(Debug)]
pub struct Story<'a> {
    /// What ran.
    pub project: &'a Project,
    /// What became of it.
    pub stack: &'a Snapshot,
    /// What each instance printed last.
    pub last_lines: &'a BTreeMap<String, Vec<String>>,
    /// What each instance had used.
    pub spent: &'a BTreeMap<InstanceId, Spent>,
    /// The command all of it was for.
    pub command: &'a InstanceId,
    /// The exit code of forge.
    pub code: u8,
}

impl Story<'_> {
    /// Returns whether the command has ended by itself, and how.
    pub fn end_of_command(&self) -> Option<Exit> {
        let state = self.stack.instances.iter().find(|one| one.id == *self.command)?;
        let run = state.runs.last()?;
        run.exit.filter(|_| run.because.is_none())
    }

    /// Returns why the run failed, in one line; `None` if all is well.
    pub fn complaint(&self) -> Option<String> {
        if self.code == 0 {
            return None;
        }
        if let Some(exit) = self.end_of_command() {
            return Some(format!("{} {}", self.command, ended(exit)));
        }
        Some(match &self.stack.stopping {
            Some(Cause::Ended(instance)) => self.first_cause(instance),
            Some(Cause::TimeUp) => self.time_is_up(),
            Some(Cause::Signal(signal)) => {
                format!("cancelled by {}", crate::exit::signal_name(*signal))
            }
            Some(Cause::OutputGone) => "nobody reads the output any more".to_owned(),
            None => "forge itself could not do its work".to_owned(),
        })
    }

    /// Whose fault the end is, if it is that of processes besides the command.
    pub fn culprits(&self) -> Vec<&InstanceId> {
        match &self.stack.stopping {
            Some(Cause::Ended(instance)) if instance != self.command => vec![instance],
            Some(Cause::TimeUp) if !self.command_has_begun() => self.late(),
            Some(_) | None => Vec::new(),
        }
    }

    /// Returns for whom the command was still waiting.
    fn late(&self) -> Vec<&InstanceId> {
        let command = self.project.instances.iter().find(|one| one.id == *self.command);
        let needs = command.map_or(&[][..], |command| command.process.life.after.as_slice());
        let is_late = |one: &&InstanceState| {
            let Some(need) = needs.iter().find(|need| need.on == one.id.process) else { return false };
            one.runs.last().is_none_or(|run| match need.reached {
                Milestone::Started => false,
                Milestone::Ready => run.ready.is_none(),
                Milestone::Done => run.success != Some(true),
            })
        };
        self.stack.instances.iter().filter(is_late).map(|one| &one.id).collect()
    }

    fn time_is_up(&self) -> String {
        if self.command_has_begun() {
            return format!("time is up while {} ran", self.command);
        }
        let late: Vec<String> = self.culprits().into_iter().map(InstanceId::to_string).collect();
        match late.as_slice() {
            [] => "time is up before everything was ready".to_owned(),
            [one] => format!("time is up before {one} was ready"),
            late => format!("time is up before {} were ready", late.join(", ")),
        }
    }

    fn command_has_begun(&self) -> bool {
        self.stack.instances.iter().any(|one| one.id == *self.command && !one.runs.is_empty())
    }

    fn first_cause(&self, instance: &InstanceId) -> String {
        let run = self.stack.instances.iter().find(|one| one.id == *instance).and_then(|one| one.runs.last());
        let Some((run, exit)) = run.and_then(|run| Some((run, run.exit?))) else {
            return format!("{instance} has ended");
        };
        let after = run.ended.map_or(Duration::ZERO, |end| end.since(run.since));
        let when = if self.command_has_begun() {
            format!("while {} ran", self.command)
        } else {
            "before everything was ready".to_owned()
        };
        format!("{instance} {} after {}, {when}", ended(exit), duration(after))
    }

    fn last_lines_of(&self, instance: &InstanceId) -> &[String] {
        self.last_lines.get(&instance.to_string()).map_or(&[], Vec::as_slice)
    }
}

/// Returns what is said at the end, on the standard error. `token` is a word that nobody can guess.
pub fn last_words(story: &Story<'_>, place: Place, held: &Held, token: &str) -> String {
    let mut text = String::new();
    match place {
        Place::GitHub => github::groups(story, held, token, &mut text),
        Place::GitLab => gitlab::sections(story, held, &mut text),
        Place::Plain => {}
    }
    if let Some(line) = chain::line(story) {
        text.extend([format!("forge ci: {line}\n")]);
    }
    if let Some(complaint) = story.complaint() {
        match place {
            Place::GitHub => text += &github::annotation(story, &complaint),
            Place::GitLab | Place::Plain => text.extend([format!("forge ci: {complaint}\n")]),
        }
        let culprits = if place == Place::Plain { story.culprits() } else { Vec::new() };
        for culprit in culprits.into_iter().take(SHOWN) {
            let lines = story.last_lines_of(culprit);
            if !lines.is_empty() {
                text.extend([format!("forge ci: the last lines of {culprit}:\n")]);
                text.extend(lines.iter().map(|line| format!("  | {}\n", visible(line))));
            }
        }
    }
    text
}
