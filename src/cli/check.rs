//! `forge check`: is everything right?

use std::borrow::Cow;
use std::sync::Arc;

use clap::ArgMatches;
use serde::Serialize;

use super::args::CheckArgs;
use super::read::{self, Audience, Need};
use super::{exit, report, wishes};
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::logs::Mask;
use crate::project::dotenv::{self, Assignment};
use crate::project::secrets::SecretRules;
use crate::project::{Colour, Project, load};

/// Checks the Procfile, the env files and the options file.
pub(crate) fn check(args: &CheckArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    let read = read::inputs(wishes::of_files(&args.files), Need::Procfile);
    let colour = wishes::colour(&args.colour, matches).or(read.value.settings.colour).unwrap_or(Colour::Auto);
    let loaded = load::load(&read.value);
    let mask = Mask::new(loaded.value.secrets.found.clone());
    let mut diagnostics = [read.diagnostics, loaded.diagnostics].concat();
    let rules = &loaded.value.secrets.rules;
    diagnostics.extend(read.value.env_files.iter().filter_map(|source| readable_secrets(source, rules)));
    // Notes are about a start, and nothing is started here.
    diagnostics.retain(|diagnostic| diagnostic.severity > Severity::Note);
    diagnostics.extend(load::advice(&read.value, &loaded.value));
    let bearable = if args.strict { Severity::Note } else { Severity::Warning };
    let valid = report::worst(&diagnostics).is_none_or(|worst| worst <= bearable);
    if args.json {
        report::answer(&json(&loaded.value, &mask, &diagnostics))?;
    } else {
        let _ = report::show(&diagnostics, &mask, colour);
        if valid {
            let names: Vec<&str> =
                loaded.value.processes.iter().map(|process| process.name.as_str()).collect();
            // foreman's words, for scripts (compat section 12).
            report::answer(&format!("valid procfile detected ({})\n", names.join(", ")))?;
        }
    }
    Ok(if valid { exit::DONE } else { exit::MISTAKE })
}

/// Complains of an env file that holds secrets and that others can read.
///
/// Only here: it is no news at every start, and a start is not the moment to think about it.
fn readable_secrets(source: &Arc<Source>, rules: &SecretRules) -> Option<Diagnostic> {
    let audience = match read::open_to_others(source)? {
        Audience::Everybody => "everybody on this machine",
        Audience::Group => "the group it belongs to",
    };
    let assignments = dotenv::parse(source).value;
    let is_secret = |assignment: &&Assignment| !rules.parts(&assignment.name, &assignment.value).is_empty();
    let first = assignments.iter().find(is_secret)?;
    let name = &source.name;
    let warning = Diagnostic::warning(
        "readable-secrets",
        format!("`{name}` holds secrets and can be read by {audience}"),
    );
    Some(warning.at(first.span.clone(), "looks like one").hint(format!("`chmod 600 {}`", quoted(name))))
}

/// A word as a shell wants it.
fn quoted(word: &str) -> String {
    if word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./+@%:,".contains(&byte)) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    project: &'a str,
    processes: Vec<Process<'a>>,
    diagnostics: Vec<Complaint<'a>>,
}

#[derive(Serialize)]
struct Process<'a> {
    name: &'a str,
    command: String,
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct Complaint<'a> {
    severity: &'static str,
    code: &'static str,
    message: Cow<'a, str>,
    file: Option<&'a str>,
    line: Option<u32>,
}

/// The report for programs, version 1; bytes that are not UTF-8 are replaced.
fn json(project: &Project, mask: &Mask, diagnostics: &[Diagnostic]) -> String {
    let processes = project.processes.iter().map(|process| Process {
        name: process.name.as_str(),
        command: String::from_utf8_lossy(&mask.bytes(&process.command)).into_owned(),
        file: &process.place.file,
        line: process.place.line,
    });
    let diagnostics = diagnostics.iter().map(|diagnostic| {
        let place = diagnostic.primary.as_ref().map(|label| &label.span);
        Complaint {
            severity: diagnostic.severity.word(),
            code: diagnostic.code,
            message: mask.text(&diagnostic.message),
            file: place.map(|span| span.source.name.as_str()),
            line: place.map(crate::diagnostic::Span::line),
        }
    });
    let report = Report {
        version: 1,
        project: &project.name,
        processes: processes.collect(),
        diagnostics: diagnostics.collect(),
    };
    serde_json::to_string(&report).expect("strings and numbers are always JSON") + "\n"
}

#[cfg(test)]
mod tests;
