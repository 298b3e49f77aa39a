//! One row a process: what the summary, the groups and `JUnit` tell of it.

use std::time::Duration;

use super::Story;
use crate::exit::Spent;
use crate::project::InstanceId;
use crate::supervisor::{Because, Cause, InstanceState};
use crate::ui::messages::{duration, ended};

/// What became of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It did what it was for.
    Good,
    /// It failed.
    Failed,
    /// It was never started.
    NeverRan,
}

/// What is told of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// Who.
    pub id: &'a InstanceId,
    /// What became of it.
    pub standing: Standing,
    /// How long after its start it was ready.
    pub ready: Option<Duration>,
    /// How long it ran the last time.
    pub lasted: Duration,
    /// What it had used; `None` if it never ran.
    pub spent: Option<Spent>,
    /// How it ended, in words.
    pub end: String,
}

/// Returns a row for each instance, in Procfile order; the command comes last.
pub(super) fn rows<'a>(story: &Story<'a>) -> Vec<Row<'a>> {
    story.stack.instances.iter().map(|one| row(story, one)).collect()
}

fn row<'a>(story: &Story<'a>, one: &'a InstanceState) -> Row<'a> {
    let spent = story.spent.get(&one.id).copied();
    let Some(run) = one.runs.last() else {
        let end = "never started".to_owned();
        let (standing, lasted) = (Standing::NeverRan, Duration::ZERO);
        return Row { id: &one.id, standing, ready: None, lasted, spent, end };
    };
    let lasted = run.ended.unwrap_or(story.stack.at).since(run.since);
    let is_cause = story.culprits().contains(&&one.id);
    let mut end = match (run.exit, &run.because) {
        (None, _) => "did not end".to_owned(),
        (Some(exit), None) => ended(exit),
        (Some(_), Some(Because::Stack(Cause::TimeUp))) if one.id == *story.command => {
            "ended, because its time was up".to_owned()
        }
        (Some(exit), Some(Because::Stack(_))) if exit.is_success() => "stopped".to_owned(),
        (Some(exit), Some(Because::Stack(_))) => format!("stopped, {}", ended(exit)),
        (Some(exit), Some(Because::Rule(crate::supervisor::Reason::NotReady))) => {
            format!("not ready in time, {}", ended(exit))
        }
        (Some(exit), Some(_)) => format!("ended by forge, {}", ended(exit)),
    };
    if run.out_of_memory.is_some() {
        end += ", out of memory";
    }
    if let Some(ignored_for) = run.ignored_for {
        end.extend([format!(", ignored that for {}", duration(ignored_for))]);
    }
    if one.restarts > 0 {
        let times = if one.restarts == 1 { "once".to_owned() } else { format!("{} times", one.restarts) };
        end.extend([", restarted ", &times]);
    }
    let command_was_cut = one.id == *story.command && run.because.is_some();
    let standing =
        if run.failed() || is_cause || command_was_cut { Standing::Failed } else { Standing::Good };
    Row { id: &one.id, standing, ready: run.ready.map(|ready| ready.since(run.since)), lasted, spent, end }
}

/// Returns processor time as people say it.
pub(super) fn cpu(spent: Spent) -> String {
    format!("{:.2} s", Duration::from_micros(spent.cpu_micros).as_secs_f64())
}

/// Returns memory as people say it.
pub(super) fn memory(spent: Spent) -> String {
    const MIB: u64 = 1 << 20;
    format!("{}.{} MiB", spent.peak_bytes / MIB, spent.peak_bytes % MIB * 10 / MIB)
}
