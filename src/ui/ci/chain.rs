//! What the start-up waited for: the chain of those who each waited for the one before.

use std::time::Duration;

use super::Story;
use crate::project::InstanceId;
use crate::project::lifecycle::Milestone;
use crate::supervisor::{Chapter, InstanceState};
use crate::time::Time;
use crate::ui::messages::duration;

/// One link: who, and how long after its own start it was as far as others waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link<'a> {
    pub(super) who: &'a InstanceId,
    pub(super) took: Duration,
}

/// Returns when everything was ready, and the chain that led there, its beginning first; `None` if that never was.
pub(super) fn chain<'a>(story: &Story<'a>) -> Option<(Duration, Vec<Link<'a>>)> {
    let command = story.stack.instances.iter().find(|one| one.id == *story.command)?;
    let began = command.runs.first()?.since;
    let mut links = Vec::new();
    let mut at = command;
    // No circle of needs has ever been started, and yet: each is in it once at most.
    while links.len() < story.stack.instances.len()
        && let Some((one, run, moment)) = last_need(story, at)
    {
        links.push(Link { who: &one.id, took: moment.since(run.since) });
        at = one;
    }
    links.reverse();
    Some((began.since(Time::ZERO), links))
}

/// Finds whom it waited for until the last.
fn last_need<'a>(story: &Story<'a>, one: &InstanceState) -> Option<(&'a InstanceState, &'a Chapter, Time)> {
    let spec = story.project.instances.iter().find(|spec| spec.id == one.id)?;
    let moments = spec.process.life.after.iter().flat_map(|need| {
        let providers = story.stack.instances.iter().filter(|other| other.id.process == need.on);
        providers.filter_map(|other| {
            let run = other.runs.last()?;
            let moment = match need.reached {
                Milestone::Started => run.since,
                Milestone::Ready => run.ready?,
                Milestone::Done => run.ended?,
            };
            Some((other, run, moment))
        })
    });
    moments.max_by_key(|(_, _, moment)| *moment)
}

/// Returns it as one line.
pub(super) fn line(story: &Story<'_>) -> Option<String> {
    let (total, links) = chain(story)?;
    let links: Vec<String> =
        links.iter().map(|link| format!("{} {}", link.who, seconds(link.took))).collect();
    let way = if links.is_empty() { String::new() } else { format!(" ({})", links.join(", then ")) };
    Some(format!("everything was ready after {}{way}", seconds(total)))
}

/// A start-up is a matter of hundredths of seconds.
fn seconds(length: Duration) -> String {
    if length.as_secs() < 10 { format!("{:.2} s", length.as_secs_f64()) } else { duration(length) }
}
