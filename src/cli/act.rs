//! The commands that change the running stack: each asks, waits for the fact, and tells it.

use std::time::Duration;

use super::args::ActArgs;
use super::{exit, remote, report};
use crate::control::protocol::{Acted, Targets};
use crate::supervisor::goal::Fate;
use crate::ui::facts;

/// `forge restart`.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn restart(args: &ActArgs) -> anyhow::Result<u8> {
    act(args, "restart")
}

fn act(args: &ActArgs, command: &'static str) -> anyhow::Result<u8> {
    let body = Targets { names: args.names.clone(), timeout_ms: args.timeout.map(milliseconds) };
    let ask = async || {
        let client = remote::find(&args.place, command, &args.names).await?;
        Ok(client.post::<Acted>(&format!("/v1/{command}"), &body).await?)
    };
    remote::talk(ask, |acted| tell(&acted, args.json))
}

/// Tells what became of everybody; returns the exit code that says whether it is what was wanted.
fn tell(acted: &Acted, json: bool) -> anyhow::Result<u8> {
    if json {
        report::answer(&(serde_json::to_string(acted)? + "\n"))?;
    } else {
        report::answer(&acted.instances.iter().map(facts::line).collect::<String>())?;
    }
    Ok(code(acted))
}

/// Whoever ran out of time is told so; everything else that went wrong is 1.
fn code(acted: &Acted) -> u8 {
    let is_late = acted.instances.iter().any(|one| matches!(one.fate, Fate::TimedOut { .. }));
    match (acted.ok, is_late) {
        (true, _) => exit::DONE,
        (false, true) => exit::TIME_UP,
        (false, false) => exit::MISTAKE,
    }
}

fn milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
