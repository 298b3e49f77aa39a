//! What a command has brought about, one line an instance; and why an instance runs or does not, in words.

use std::time::Duration;

use super::messages::{duration, ended};
use crate::control::protocol::Became;
use crate::project::lifecycle::Milestone;
use crate::supervisor::goal::Fate;
use crate::supervisor::{Cause, Explanation};
use crate::time::Time;

/// Tells what became of one instance.
pub fn line(one: &Became) -> String {
    let after = duration(Duration::from_millis(one.after_ms));
    let pid = one.pid.map(|pid| format!(" with pid {pid}")).unwrap_or_default();
    let words = match &one.fate {
        Fate::Ready => format!("runs{pid}, after {after}"),
        Fate::Ended { exit, .. } => format!("{}, after {after}", ended(*exit)),
        Fate::Stopped { exit: Some(exit) } => format!("stopped: {}, after {after}", ended(*exit)),
        Fate::Stopped { exit: None } => "stopped; it had not been started".to_owned(),
        Fate::NotRunning => "was not running".to_owned(),
        Fate::Failed { exit, again: true } => {
            format!("failed: {}, after {after}; it is started again", ended(*exit))
        }
        Fate::Failed { exit, again: false } => format!("failed: {}, after {after}", ended(*exit)),
        Fate::KeptDown { because } => format!("stays down: it needs {because}, which has failed"),
        Fate::NotWanted => "is stopped, and nobody wants it to run".to_owned(),
        Fate::Stuck => "does not end, even by SIGKILL".to_owned(),
        Fate::StackEnds { because } => format!("the stack ends: {}", cause(because)),
        Fate::Gone => "is not there any more".to_owned(),
        Fate::TimedOut { because } => {
            format!("not within {after}: it {}", why(because, None).unwrap_or_else(|| "runs".to_owned()))
        }
    };
    format!("{} {words}\n", one.name)
}

/// Says why a stack ends.
pub fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Signal(signal) => format!("{} received", crate::exit::signal_name(*signal)),
        Cause::Ended(instance) => format!("{instance} has ended"),
        Cause::TimeUp => "its time is up".to_owned(),
        Cause::OutputGone => "nobody reads its output".to_owned(),
    }
}

/// Says why an instance is not simply running, as what it does: `waits for db.1 to be ready`. `now` is on the clock of the explanation.
pub fn why(because: &Explanation, now: Option<Time>) -> Option<String> {
    let in_a_while =
        |time: Time| now.map(|now| format!(" in {}", duration(time.since(now)))).unwrap_or_default();
    Some(match because {
        Explanation::Runs { .. } => return None,
        Explanation::Starts { .. } => "is being started".to_owned(),
        Explanation::NotWanted => "is stopped".to_owned(),
        Explanation::AwaitsLastWords => "waits for the last words of its last run".to_owned(),
        Explanation::WaitsFor { on, reached, .. } => {
            let until = match reached {
                Milestone::Started => "to start",
                Milestone::Ready => "to be ready",
                Milestone::Done => "to be done",
            };
            format!("waits for {on} {until}")
        }
        Explanation::KeptDown { because, .. } => format!("stays down: needs {because}, which has failed"),
        Explanation::Scheduled { due: Some(_) } => "waits for its time".to_owned(),
        Explanation::Scheduled { due: None } => "is not due any more".to_owned(),
        Explanation::Prepares { .. } => "runs its hook `before`".to_owned(),
        Explanation::NotReadyYet { .. } => "is not ready yet".to_owned(),
        Explanation::EndsAfter { dependent } => format!("ends after {dependent}"),
        Explanation::Dumps { .. } => "was asked what it is doing before it is ended".to_owned(),
        Explanation::Ends { until: Some(until) } => {
            format!("was asked to end; SIGKILL{}", in_a_while(*until))
        }
        Explanation::Ends { until: None } => "was killed and is ending".to_owned(),
        Explanation::LeftSomebody { exit } => format!("{}; what it left behind is ending", ended(*exit)),
        Explanation::StillAlive => "does not end, even by SIGKILL".to_owned(),
        Explanation::StartsAgain { at } => format!("is started again{}", in_a_while(*at)),
        Explanation::Ended { exit } => ended(*exit),
        Explanation::GaveUp { exit } => format!("{}; failed too often and stays down", ended(*exit)),
    })
}
