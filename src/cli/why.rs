//! `forge why`: why the stack that runs here is as it is; where none runs, why the last one ended as it did, from what it has left in
//! `.forge/`.

use std::time::Duration;

use anyhow::Context;
use clap::ArgMatches;

use super::args::WhyArgs;
use super::read::{self, ProjectPlace};
use super::remote;
use super::report::{self, Verdict};
use super::{exit, wishes};
use crate::control::client::Client;
use crate::diagnostic::Diagnostic;
use crate::engine::record::{self, Record};
use crate::logs::Mask;
use crate::project::Colour;
use crate::ui::why::{self, End};

/// Tells it.
///
/// # Errors
/// What was kept cannot be understood, or the answer cannot be written.
pub(crate) fn why(args: &WhyArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    let read = read::place(wishes::of_why(args, matches));
    let (place, settings) = read.value;
    let colour = settings.colour.unwrap_or(Colour::Auto);
    if report::show(&read.diagnostics, &Mask::default(), colour) == Verdict::Stop {
        return Ok(exit::MISTAKE);
    }
    let (record, bytes, end) = if let Some(record) = running(&place) {
        let bytes = serde_json::to_vec(&record).context("could not write it as JSON")?;
        (record, bytes, End::Runs)
    } else if let Some((record, bytes)) = kept(&place)? {
        let end = if record.is_over { End::Over } else { End::CutShort };
        (record, bytes, end)
    } else {
        let nothing = Diagnostic::error("nothing-kept", "nothing is known of an earlier run here")
            .hint("`forge start` keeps a record of a run in which something has failed");
        let _ = report::show(&[nothing], &Mask::default(), colour);
        return Ok(exit::MISTAKE);
    };
    if let Some(name) = &args.name
        && !record.stack.instances.iter().any(|one| why::is_meant(&one.id, name))
    {
        let instances = record.stack.instances.iter().map(|one| one.id.to_string());
        let nobody = Diagnostic::error("unknown-process", format!("`{name}` was not in that run"))
            .hint(format!("it had {}", instances.collect::<Vec<_>>().join(", ")));
        let _ = report::show(&[nobody], &Mask::default(), colour);
        return Ok(exit::MISTAKE);
    }
    if args.json {
        report::answer(&(String::from_utf8_lossy(&bytes).into_owned() + "\n"))?;
    } else {
        let ago = read::since(record.kept);
        let lasted = Duration::from_secs(u64::try_from(record.kept - record.began).unwrap_or(0));
        let story = why::Story { stack: &record.stack, last_lines: &record.last_lines, lasted, ago, end };
        report::answer(&why::text(&story, args.name.as_deref()))?;
    }
    Ok(exit::DONE)
}

/// Asks the stack that runs here, if one does. Of several the oldest is told of; `forge ps --socket` knows the others.
fn running(place: &ProjectPlace) -> Option<Record> {
    let address = remote::sockets(place).into_iter().next()?;
    let client = Client::new(address, "forge why");
    remote::ask(async || Ok(client.get::<Record>("/v1/why").await?)).ok()
}

/// Reads what the last run has left.
fn kept(place: &ProjectPlace) -> anyhow::Result<Option<(Record, Vec<u8>)>> {
    let path = place.root.join(record::DIRECTORY).join(record::FILE);
    let Some(bytes) = read::kept(&path).with_context(|| format!("could not read `{}`", path.display()))?
    else {
        return Ok(None);
    };
    let record: Record = serde_json::from_slice(&bytes)
        .ok()
        .filter(|record: &Record| record.version == record::VERSION)
        .with_context(|| format!("`{}` is of another version of forge", path.display()))?;
    Ok(Some((record, bytes)))
}
