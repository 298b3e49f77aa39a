//! The commands that change the running stack: each asks, waits for the fact, and tells it.

use std::time::Duration;

use serde::Serialize;

use super::args::{ActArgs, Awaiting, DownArgs, SignalArgs, StartArgs, WaitArgs, WhereArgs};
use super::remote::{self, Trouble};
use super::{exit, report};
use crate::control::client::Client;
use crate::control::protocol::{About, Acted, Awaited, Ending, Signalled, Targets, Until};
use crate::supervisor::goal::Fate;
use crate::sys::pidfd::{self, Handle};
use crate::ui::facts;

/// How long a forge that does not listen any more may take to be gone.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// `forge restart`.
///
/// # Errors
/// As for each of these: the answer cannot be written.
pub(crate) fn restart(args: &ActArgs) -> anyhow::Result<u8> {
    act(args, "restart")
}

/// `forge stop`.
pub(crate) fn stop(args: &ActArgs) -> anyhow::Result<u8> {
    act(args, "stop")
}

/// `forge up`, if a stack runs; without one, it is another word for `start`.
pub(crate) fn up(args: &StartArgs) -> anyhow::Result<Option<u8>> {
    let place = WhereArgs { root: args.files.root.clone(), ..WhereArgs::default() };
    if args.names.is_empty() || !remote::is_there(&place) {
        return Ok(None);
    }
    let act = ActArgs { names: args.names.clone(), timeout: None, json: args.json, place };
    self::act(&act, "up").map(Some)
}

/// `forge signal`.
pub(crate) fn signal(args: &SignalArgs) -> anyhow::Result<u8> {
    let body = Signalled { names: args.names.clone(), signal: args.signal.clone() };
    ask((&args.place, &args.names, args.json), "signal", &body, code)
}

/// `forge wait`. For the end of a single instance its exit code is the answer.
pub(crate) fn wait(args: &WaitArgs) -> anyhow::Result<u8> {
    let ActArgs { names, timeout, json, place } = &args.act;
    let until = match args.until {
        Awaiting::Ready => Until::Ready,
        Awaiting::Exit => Until::Exit,
    };
    let body = Awaited { names: names.clone(), timeout_ms: timeout.map(milliseconds), until };
    ask((place, names, *json), "wait", &body, move |acted| match until {
        Until::Ready => code(acted),
        Until::Exit => code_of_ends(acted),
    })
}

/// `forge down`.
pub(crate) fn down(args: &DownArgs) -> anyhow::Result<u8> {
    let body = Ending { timeout_ms: args.timeout.map(milliseconds) };
    let end = async || {
        let client = remote::find(&args.place, "down", &[]).await?;
        let about: About = client.get("/v1").await?;
        // Taken before the end, when the number can still be nobody else's.
        let forge = i32::try_from(about.pid).ok().and_then(|pid| Handle::open(pid).ok());
        let acted: Acted = client.post("/v1/down", &body).await?;
        if acted.ok {
            // forge itself writes its last words meanwhile; who starts the next one wants it gone.
            remote::gone(&client).await;
            // It does not listen any more, and has a moment to live.
            if let Some(forge) = &forge {
                pidfd::wait_for_one([forge], LAST_MOMENT);
            }
        }
        Ok(acted)
    };
    remote::talk(end, |acted| tell(&acted, args.json, code))
}

fn act(args: &ActArgs, command: &'static str) -> anyhow::Result<u8> {
    let body = Targets { names: args.names.clone(), timeout_ms: args.timeout.map(milliseconds) };
    ask((&args.place, &args.names, args.json), command, &body, code)
}

/// Asks the stack, and tells what it says.
fn ask(
    (place, names, json): (&WhereArgs, &[String], bool),
    command: &'static str,
    body: &impl Serialize,
    code: impl FnOnce(&Acted) -> u8,
) -> anyhow::Result<u8> {
    let ask = async || {
        let client: Client = remote::find(place, command, names).await?;
        let acted: Acted = client.post(&format!("/v1/{command}"), body).await.map_err(Trouble::from)?;
        Ok(acted)
    };
    remote::talk(ask, |acted| tell(&acted, json, code))
}

/// Tells what became of everybody; returns the exit code that says whether it is what was wanted.
fn tell(acted: &Acted, json: bool, code: impl FnOnce(&Acted) -> u8) -> anyhow::Result<u8> {
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

/// The exit code of the first that did not end with 0.
fn code_of_ends(acted: &Acted) -> u8 {
    let codes = acted.instances.iter().filter_map(|one| {
        let Fate::Ended { exit, .. } = one.fate else { return None };
        Some(exit.shell_code())
    });
    match code(acted) {
        exit::MISTAKE => codes.into_iter().find(|code| *code != 0).unwrap_or(exit::MISTAKE),
        code => code,
    }
}

fn milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
