//! `forge env`: the variables that processes get, and where each comes from.
//!
//! What was merely inherited is many and known, so it is counted and not listed, unless `--all` is given.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use clap::ArgMatches;
use serde::Serialize;

use super::args::EnvArgs;
use super::read::{self, Need};
use super::report::Verdict;
use super::{exit, preflight, report, wishes};
use crate::diagnostic::{Diagnostic, Severity, Source, Span, visible};
use crate::logs::Mask;
use crate::project::names::{self, Choice, Known};
use crate::project::secrets::SecretRules;
use crate::project::{Colour, InstanceId, InstanceSpec, Origin, Project, Variable, load};
use crate::ui::terminal;

/// Shows the environment of one instance, or what all have in common.
pub(crate) fn env(args: &EnvArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    let need = if args.name.is_some() { Need::Procfile } else { Need::IfThere };
    let read = read::inputs(wishes::of_env(args, matches), need);
    let loaded = load::load(&read.value);
    let mut diagnostics = [read.diagnostics, loaded.diagnostics].concat();
    // Notes are about a start, and nothing is started here.
    diagnostics.retain(|diagnostic| diagnostic.severity > Severity::Note);
    let mut project = loaded.value;
    // Nobody is told a port that is not there; what is asked for is what a start would get.
    diagnostics
        .extend(preflight::give_ports(&mut project).into_iter().filter(|one| one.severity > Severity::Note));
    let instance = match args.name.as_deref().map(|name| instance_called(&project, name)) {
        Some(Ok(instance)) => Some(instance),
        // With half a Procfile every name looks wrong.
        Some(Err(complaint)) if report::worst(&diagnostics) != Some(Severity::Error) => {
            diagnostics.push(*complaint);
            None
        }
        Some(Err(_)) | None => None,
    };
    let colour = read.value.settings.colour.unwrap_or(Colour::Auto);
    let mask = Mask::new(project.secrets.found.clone());
    if report::show(&diagnostics, &mask, colour) == Verdict::Stop {
        return Ok(exit::MISTAKE);
    }

    let variables = match &instance {
        Some(instance) => project.environment_of(instance),
        None => common(&project),
    };
    let inherited = variables.iter().filter(|variable| variable.origin == Origin::Inherited).count();
    let reveal = args.reveal || !project.secrets.rules.mask;
    let rows: Vec<Row> = variables
        .iter()
        .filter(|variable| args.all || variable.origin != Origin::Inherited)
        .map(|variable| Row::of(variable, (!reveal).then_some((&project.secrets.rules, &mask))))
        .collect();
    if args.json {
        report::answer(&json(instance.as_ref(), &rows))?;
        return Ok(exit::DONE);
    }
    report::answer(&table(&rows))?;
    if !args.all && inherited > 0 {
        let them = if inherited == 1 { "variable is" } else { "variables are" };
        terminal::err(&format!("{inherited} inherited {them} not shown (`--all` shows them)\n"));
    }
    Ok(exit::DONE)
}

/// Without a name: what every process gets; PORT, PS and their kind differ, and so are not in it.
fn common(project: &Project) -> Vec<Variable> {
    let mut variables = project.addresses();
    variables.extend(project.environment.iter().cloned());
    variables.sort_by(|one, other| one.name.cmp(&other.name));
    // forge's own stand before the others, and win.
    variables.dedup_by(|later, earlier| later.name == earlier.name);
    variables
}

/// `web` is the first instance of web, `web.2` the second, whether a formation starts it or not.
fn instance_called(project: &Project, word: &str) -> Result<InstanceSpec, Box<Diagnostic>> {
    let source = Source::new("the command line", format!("forge env {word}"));
    let place = Span::new(&source, source.text.len() - word.len()..source.text.len());
    let known: Vec<Known<'_>> = project
        .processes
        .iter()
        .map(|process| Known { labels: &process.labels, ..Known::plain(process.name.as_str()) })
        .collect();
    let choice = names::choose(&known, word, &place)?;
    let (at, index) = match (&choice, choice.processes(known.len()).as_slice()) {
        (Choice::Instance(at, index), _) => (*at, *index),
        (_, [at]) => (*at, 1),
        (_, places) => return Err(Box::new(several(&known, word, places, place))),
    };
    let process = &project.processes[at];
    let id = InstanceId { process: process.name.clone(), index };
    if let Some(running) = project.instances.iter().find(|instance| instance.id == id) {
        return Ok(running.clone());
    }
    let port = project.planned_port(process, index).ok().flatten();
    Ok(InstanceSpec { id, process: Arc::clone(process), port })
}

fn several(known: &[Known<'_>], word: &str, places: &[usize], place: Span) -> Diagnostic {
    let names: Vec<&str> = places.iter().map(|at| known[*at].name).collect();
    Diagnostic::error("several-processes", format!("`{word}` means several processes: {}", names.join(", ")))
        .at(place, "")
        .hint("each has an environment of its own: name one")
}

#[derive(Serialize)]
struct Row {
    name: String,
    value: String,
    masked: bool,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

impl Row {
    /// With rules and a mask, what is secret by them is hidden: by its name, however short it is, and by its value, which
    /// may also stand in another variable.
    fn of(variable: &Variable, hide: Option<(&SecretRules, &Mask)>) -> Row {
        let Variable { name, value, origin } = variable;
        let shown =
            hide.map_or(Cow::Borrowed(value.as_slice()), |(rules, mask)| match rules.shown(name, value) {
                Some(shown) => Cow::Owned(mask.bytes(&shown).into_owned()),
                None => mask.bytes(value),
            });
        let (source, place) = match origin {
            Origin::Inherited => ("inherited", None),
            Origin::Forge => ("forge", None),
            Origin::File(place) => ("file", Some(place)),
        };
        Row {
            masked: shown != value.as_slice(),
            value: String::from_utf8_lossy(&shown).into_owned(),
            name: String::from_utf8_lossy(name).into_owned(),
            source,
            file: place.map(|place| place.file.to_string()),
            line: place.map(|place| place.line),
        }
    }

    fn from(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            _ => self.source.to_owned(),
        }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    process: Option<String>,
    variables: &'a [Row],
}

fn json(instance: Option<&InstanceSpec>, rows: &[Row]) -> String {
    let process = instance.map(|instance| instance.id.to_string());
    let report = Report { version: 1, process, variables: rows };
    serde_json::to_string(&report).expect("strings and numbers are always JSON") + "\n"
}

/// Name, source, value; one line each, so that control characters are written out.
fn table(rows: &[Row]) -> String {
    let columns: Vec<[String; 2]> =
        rows.iter().map(|row| [visible(&row.name).into_owned(), visible(&row.from()).into_owned()]).collect();
    let width = |column: usize| columns.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (name_width, source_width) = (width(0), width(1));
    let mut text = String::new();
    for (row, [name, source]) in rows.iter().zip(&columns) {
        let line = format!("{name:name_width$}  {source:source_width$}  {}", visible(&row.value));
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests;
