//! What a reload does, in words.

use std::fmt::Write as _;

use super::list;
use crate::exit::signal_name;
use crate::project::InstanceId;
use crate::project::difference::{Aspect, Change, Difference, Follows, Setting};
use crate::supervisor::{Occasion, Reload};

/// How many are named before the rest is counted.
const NAMED: usize = 6;

/// The remark in the stream, in one line.
pub(super) fn reloaded(reload: &Reload) -> String {
    let Difference { added, removed, changed, next_start } = &reload.difference;
    let that = |wanted: Follows| {
        let those = changed.iter().filter(move |change| change.follows == wanted);
        those.map(|change| &change.instance).collect::<Vec<_>>()
    };
    let quiet = [that(Follows::Nothing), that(Follows::NextStart)].concat();
    let parts = [
        part(&added.iter().collect::<Vec<_>>(), "starts", "start"),
        part(&removed.iter().collect::<Vec<_>>(), "stops", "stop"),
        part(&that(Follows::Restart), "restarts", "restart"),
        part(&quiet, "takes over new settings", "take over new settings"),
        later(next_start),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let occasion = match reload.occasion {
        Occasion::Reload => "reloaded",
        Occasion::Scale => "scaled",
    };
    if parts.is_empty() && changed.is_empty() {
        return format!("{occasion}: nothing has changed");
    }
    if parts.is_empty() { occasion.to_owned() } else { format!("{occasion}: {}", parts.join("; ")) }
}

/// The remark of one that gets a signal instead of being started again.
pub(super) fn rereads(signal: i32) -> String {
    format!("sending {} so that it reloads", signal_name(signal))
}

fn part(instances: &[&InstanceId], one: &str, several: &str) -> Option<String> {
    let verb = match instances {
        [] => return None,
        [_] => one,
        [..] => several,
    };
    let mut names: Vec<String> = instances.iter().take(NAMED).map(ToString::to_string).collect();
    if instances.len() > NAMED {
        names.push(format!("{} more", instances.len() - NAMED));
    }
    Some(format!("{} {verb}", list(names.into_iter())))
}

/// All of it, a line for each instance, as `forge reload` shows it; `would` where nothing is done.
pub(super) fn difference(difference: &Difference, would: bool) -> String {
    let Difference { added, removed, changed, next_start } = difference;
    let mut lines: Vec<(String, String)> = Vec::new();
    let verb = |does: &str, do_: &str| if would { format!("would {do_}") } else { does.to_owned() };
    lines.extend(added.iter().map(|id| (id.to_string(), verb("starts", "start"))));
    lines.extend(removed.iter().map(|id| (id.to_string(), verb("stops", "stop"))));
    for Change { instance, what, follows } in changed {
        let what = match what.as_slice() {
            [] => String::new(),
            what => format!(": {}", list(what.iter().map(aspect))),
        };
        let follows = match follows {
            Follows::Restart => verb("restarts", "restart"),
            Follows::Signal(signal) => {
                let signal = signal_name(*signal);
                verb(&format!("gets {signal}"), &format!("get {signal}"))
            }
            Follows::NextStart => "takes it over at its next start".to_owned(),
            Follows::Nothing => verb("takes it over as it runs", "take it over as it runs"),
        };
        lines.push((instance.to_string(), format!("{follows}{what}")));
    }
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, what) in lines {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{name:width$}  {what}");
    }
    if let Some(later) = later(next_start) {
        text.push_str(&later);
        text.push('\n');
    }
    if text.is_empty() { "nothing has changed\n".to_owned() } else { text }
}

fn later(settings: &[Setting]) -> Option<String> {
    let name = |setting: &Setting| match setting {
        Setting::Output => "how the stream is shown".to_owned(),
        Setting::Logs => "the log files".to_owned(),
        Setting::Isolate => "`isolate`".to_owned(),
    };
    let names = list(settings.iter().map(name));
    (!names.is_empty()).then(|| format!("{names} will be other at the next `forge start`"))
}

fn aspect(aspect: &Aspect) -> String {
    match aspect {
        Aspect::Command => "command".to_owned(),
        Aspect::Directory => "directory".to_owned(),
        Aspect::Environment { names } => {
            let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
            let more = match names.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("environment ({}{more})", shown.join(", "))
        }
        Aspect::Port => "port".to_owned(),
        Aspect::Tty => "tty".to_owned(),
        Aspect::Nice => "nice".to_owned(),
        Aspect::Kind => "kind".to_owned(),
        Aspect::Schedule => "schedule".to_owned(),
        Aspect::After => "after".to_owned(),
        Aspect::Ready => "ready".to_owned(),
        Aspect::Live => "live".to_owned(),
        Aspect::Restart => "restart policy".to_owned(),
        Aspect::SuccessCodes => "success codes".to_owned(),
        Aspect::CanDie => "can_die".to_owned(),
        Aspect::Limits => "limits".to_owned(),
        Aspect::Watch => "watch".to_owned(),
        Aspect::ReloadSignal => "reload signal".to_owned(),
        Aspect::Hooks => "hooks".to_owned(),
        Aspect::Stop => "stop".to_owned(),
        Aspect::Labels => "labels".to_owned(),
    }
}
