//! The words of `forge why`: each instance, what became of it, and what that follows from.

use std::collections::BTreeMap;
use std::time::Duration;

use super::facts;
use super::messages::{duration, ended, out_of_memory};
use crate::diagnostic::visible;
use crate::exit::signal_name;
use crate::project::InstanceId;
use crate::project::lifecycle::Milestone;
use crate::supervisor::{Because, Cause, Chapter, Explanation, InstanceState, Reason, Snapshot};

/// What is to be told.
pub struct Story<'a> {
    /// What was so at the end, and why.
    pub stack: &'a Snapshot,
    /// What each instance printed last.
    pub last_lines: &'a BTreeMap<String, Vec<String>>,
    /// How long the run lasted.
    pub lasted: Duration,
    /// How long ago that was.
    pub ago: Duration,
    /// How far it has come.
    pub end: End,
}

/// How far the run has come that is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// forge itself came to its end.
    Over,
    /// forge was killed.
    CutShort,
    /// It runs, and was asked.
    Runs,
}

/// Returns whether a name, `web` or `web.1`, means an instance.
pub fn is_meant(id: &InstanceId, name: &str) -> bool {
    id.process.as_str() == name || id.to_string() == name
}

/// Tells it, of all instances or of those that are meant; the first cause first.
pub fn text(story: &Story<'_>, name: Option<&str>) -> String {
    let (ago, lasted) = (ago(story.ago), duration(story.lasted));
    let mut text = match story.end {
        End::Over => format!("the last run ended {ago}, after {lasted}\n"),
        End::CutShort => {
            format!("the last run ended {ago}, after {lasted}; forge itself did not come to its end\n")
        }
        End::Runs => format!("the stack runs, for {lasted}\n"),
    };
    if let Some(cause) = story.stack.stopping.as_ref().map(why_the_stack_ended) {
        text.push_str(&cause);
    }
    let first = story.stack.first_end.as_ref();
    let (causes, others): (Vec<_>, Vec<_>) =
        story.stack.instances.iter().partition(|one| Some(&one.id) == first);
    for one in causes.into_iter().chain(others) {
        if name.is_none_or(|name| is_meant(&one.id, name)) {
            text.push_str(&about(one, story, Some(&one.id) == first));
        }
    }
    text
}

fn ago(length: Duration) -> String {
    if length < Duration::from_secs(1) { "just now".to_owned() } else { format!("{} ago", duration(length)) }
}

fn why_the_stack_ended(cause: &Cause) -> String {
    match cause {
        Cause::Signal(signal) => format!("it was ended by {}\n", signal_name(*signal)),
        Cause::Ended(instance) => format!("it ended because {instance} had ended\n"),
        Cause::TimeUp => "it ended because its time was up\n".to_owned(),
        Cause::OutputGone => "it ended because nobody read its output any more\n".to_owned(),
    }
}

fn about(one: &InstanceState, story: &Story<'_>, is_first: bool) -> String {
    let first = if is_first { " (first)" } else { "" };
    let mut text = format!("\n{}{first}\n", one.id);
    let mut line = |words: String| text.extend(["  ", &words, "\n"]);
    for run in &one.runs {
        line(about_run(run, story));
    }
    if story.end == End::Runs {
        if let Some(words) = facts::why(&one.because, Some(story.stack.at)) {
            line(words);
        }
    } else if let Some(words) = about_now(&one.because, story.stack) {
        line(words);
    } else if one.runs.is_empty() {
        line("was never started".to_owned());
    }
    if one.restarts > 0 {
        line(format!("was restarted {} times", one.restarts));
    }
    let is_worth_it = is_first || one.runs.last().is_some_and(Chapter::failed);
    let lines = story.last_lines.get(&one.id.to_string()).filter(|_| is_worth_it);
    for last in lines.into_iter().flatten() {
        line(format!("| {}", visible(last)));
    }
    text
}

fn about_run(run: &Chapter, story: &Story<'_>) -> String {
    let (Some(exit), Some(end)) = (run.exit, run.ended) else {
        return match (story.end, run.pid) {
            (End::Over | End::CutShort, _) => "was still running".to_owned(),
            (End::Runs, pid) => {
                let pid = pid.map(|pid| format!(" with pid {pid}")).unwrap_or_default();
                format!("runs{pid}, for {}", duration(story.stack.at.since(run.since)))
            }
        };
    };
    let mut words = format!("{} after {}", ended(exit), duration(end.since(run.since)));
    if let Some(because) = &run.because {
        words.extend([", ", asked(because)]);
    }
    if let Some(ignored_for) = run.ignored_for {
        words.extend(["; it ignored that for ", &duration(ignored_for), " and was killed"]);
    }
    if let Some(certainty) = run.out_of_memory {
        words.extend(["; ", out_of_memory(certainty)]);
    }
    if let Some(status) = &run.status {
        words.extend(["; its last status: ", &visible(status)]);
    }
    words
}

fn asked(because: &Because) -> &'static str {
    match because {
        Because::Stack(_) => "because the stack ended",
        Because::Wanted => "because somebody wanted it",
        Because::FilesChanged => "because files had changed",
        Because::Clock => "because it was due again",
        Because::Rule(Reason::NotReady) => "because it was not ready in time",
        Because::Rule(Reason::NotLive) => "because it showed no sign of life",
        Because::Rule(Reason::Limit | Reason::LimitForGood) => "because it used more than it may",
        Because::Rule(Reason::Old) => "because it had run for long enough",
        Because::Rule(Reason::Overrun) => "because it took longer than it may",
    }
}

/// What it was waiting for; `None` where its runs have said it all.
fn about_now(because: &Explanation, stack: &Snapshot) -> Option<String> {
    match because {
        Explanation::WaitsFor { on, reached, since } => {
            let until = match reached {
                Milestone::Started => "to start",
                Milestone::Ready => "to be ready",
                Milestone::Done => "to be done",
            };
            Some(format!("waited for {on} {until}, for {}", duration(stack.at.since(*since))))
        }
        Explanation::KeptDown { because, .. } => {
            Some(format!("stayed down: needs {because}, which had failed"))
        }
        Explanation::GaveUp { .. } => Some("failed too often and stayed down".to_owned()),
        Explanation::StillAlive => Some("could not be ended, even by SIGKILL".to_owned()),
        Explanation::StartsAgain { .. } => Some("was about to be started again".to_owned()),
        Explanation::NotWanted
        | Explanation::Runs { .. }
        | Explanation::Starts { .. }
        | Explanation::AwaitsLastWords
        | Explanation::Scheduled { .. }
        | Explanation::Prepares { .. }
        | Explanation::NotReadyYet { .. }
        | Explanation::EndsAfter { .. }
        | Explanation::Dumps { .. }
        | Explanation::Ends { .. }
        | Explanation::LeftSomebody { .. }
        | Explanation::Ended { .. } => None,
    }
}
