//! `forge scale` and `forge reload`: the running stack becomes another one.

use std::time::Duration;

use super::args::{ReloadArgs, ScaleArgs, WhereArgs};
use super::{exit, remote, report};
use crate::control::protocol::{Counts, Renewal, Renewed};
use crate::supervisor::goal::Fate;
use crate::ui::{facts, messages, terminal};

/// `forge scale`.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn scale(args: &ScaleArgs) -> anyhow::Result<u8> {
    let names: Vec<String> =
        args.counts.iter().map(|word| word.split('=').next().unwrap_or(word).to_owned()).collect();
    let body = Counts { counts: args.counts.clone(), timeout_ms: args.timeout.map(milliseconds) };
    let shown = Shown { dry_run: false, json: args.json };
    ask(&args.place, ("scale", &names), &body, shown)
}

/// `forge reload`.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn reload(args: &ReloadArgs) -> anyhow::Result<u8> {
    let body = Renewal {
        names: args.names.clone(),
        dry_run: args.dry_run,
        timeout_ms: args.timeout.map(milliseconds),
    };
    ask(&args.place, ("reload", &args.names), &body, Shown { dry_run: args.dry_run, json: args.json })
}

/// How the answer is shown.
#[derive(Debug, Clone, Copy)]
struct Shown {
    dry_run: bool,
    json: bool,
}

fn ask(
    place: &WhereArgs,
    (command, names): (&'static str, &[String]),
    body: &impl serde::Serialize,
    shown: Shown,
) -> anyhow::Result<u8> {
    let ask = async || {
        let client = remote::find(place, command, names).await?;
        Ok(client.post::<Renewed>(&format!("/v1/{command}"), body).await?)
    };
    remote::talk(ask, |renewed| tell(&renewed, shown))
}

fn tell(renewed: &Renewed, Shown { dry_run, json }: Shown) -> anyhow::Result<u8> {
    if json {
        report::answer(&(serde_json::to_string(renewed)? + "\n"))?;
        return Ok(code(renewed));
    }
    for told in &renewed.diagnostics {
        terminal::err(&told.text);
    }
    let is_refused = renewed.diagnostics.iter().any(|told| told.severity == "error");
    if is_refused {
        return Ok(code(renewed));
    }
    if dry_run {
        report::answer(&messages::difference(&renewed.difference, true))?;
        return Ok(code(renewed));
    }
    report::answer(&messages::difference(&renewed.difference, false))?;
    // What came of it, where that is more than what was to come.
    let failed = renewed.instances.iter().filter(|one| {
        !matches!(
            one.fate,
            Fate::Ready | Fate::Gone | Fate::Stopped { .. } | Fate::NotRunning | Fate::NotWanted
        )
    });
    report::answer(&failed.map(facts::line).collect::<String>())?;
    Ok(code(renewed))
}

/// Whoever ran out of time is told so; everything else that went wrong is 1.
fn code(renewed: &Renewed) -> u8 {
    let is_late = renewed.instances.iter().any(|one| matches!(one.fate, Fate::TimedOut { .. }));
    match (renewed.ok, is_late) {
        (true, _) => exit::DONE,
        (false, true) => exit::TIME_UP,
        (false, false) => exit::MISTAKE,
    }
}

fn milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
