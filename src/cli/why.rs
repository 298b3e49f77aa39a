//! `forge why`: why the last run ended as it did, from what it has left in `.forge/`.

use anyhow::Context;
use clap::ArgMatches;

use super::args::WhyArgs;
use super::read;
use super::report::{self, Verdict};
use super::{exit, wishes};
use crate::diagnostic::Diagnostic;
use crate::engine::record::{self, Record};
use crate::logs::Mask;
use crate::project::Colour;
use crate::time::Time;
use crate::ui::why;

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
    let path = place.root.join(record::DIRECTORY).join(record::FILE);
    let Some(bytes) = read::kept(&path).with_context(|| format!("could not read `{}`", path.display()))?
    else {
        let nothing = Diagnostic::error("nothing-kept", "nothing is known of an earlier run here")
            .hint("`forge start` keeps a record of a run in which something has failed");
        let _ = report::show(&[nothing], &Mask::default(), colour);
        return Ok(exit::MISTAKE);
    };
    let record: Record = serde_json::from_slice(&bytes)
        .ok()
        .filter(|record: &Record| record.version == record::VERSION)
        .with_context(|| format!("`{}` is of another version of forge", path.display()))?;
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
        let lasted = record.stack.at.since(Time::ZERO);
        let story = why::Story {
            stack: &record.stack,
            last_lines: &record.last_lines,
            lasted,
            ago,
            is_over: record.is_over,
        };
        report::answer(&why::text(&story, args.name.as_deref()))?;
    }
    Ok(exit::DONE)
}
