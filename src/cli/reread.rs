//! Reading a project again while it runs: the same files, with the same settings as at the start.

use std::path::Path;

use super::{preflight, read, report};
use crate::control::protocol::Told;
use crate::diagnostic::{Diagnostic, Severity, Source, Span, render_all};
use crate::engine::{Renewal, Reread};
use crate::logs::Mask;
use crate::project::names::{self, Choice, Known};
use crate::project::{InstanceId, ProcessName, Project, Settings, load};
use read::Need;

/// Returns what reads the project again, for the engine, which knows nothing of files.
pub(crate) fn reader(settings: Settings) -> impl Fn(&Project, &Renewal) -> Reread + Send + Sync + 'static {
    move |running, renewal| match renewal {
        Renewal::Reload { names } => reload(&settings, running, names),
        Renewal::Scale { counts } => scale(running, counts),
    }
}

fn reload(settings: &Settings, running: &Project, names: &[String]) -> Reread {
    if settings.procfile.as_deref() == Some(Path::new("-")) {
        let message = "the Procfile came from the standard input and cannot be read again";
        let refusal = Diagnostic::error("cannot-reread", message)
            .hint("write it into a file, and start with that; `forge scale` works all the same");
        return refused(&[refusal], running);
    }
    let read = read::inputs(settings.clone(), Need::Procfile);
    let loaded = load::load(&read.value);
    let mut diagnostics = [read.diagnostics, loaded.diagnostics].concat();
    // What is said about a start is no news here.
    diagnostics.retain(|diagnostic| diagnostic.severity > Severity::Note);
    if report::worst(&diagnostics) == Some(Severity::Error) {
        return refused(&diagnostics, &loaded.value);
    }
    let mut project = loaded.value.with_counts_of(running);
    project.keep_ports_of(running);
    let mut asked = Vec::new();
    if !names.is_empty() {
        let meant = meant(names, running, &project, &mut diagnostics);
        let is_meant = |name: &ProcessName| meant.iter().any(|(process, _)| process == name);
        project = project.only_for(is_meant, running);
        let is_asked = |id: &InstanceId| {
            meant
                .iter()
                .any(|(process, index)| *process == id.process && index.is_none_or(|index| index == id.index))
        };
        asked = project.instances.iter().map(|one| one.id.clone()).filter(is_asked).collect();
    }
    settled(project, asked, diagnostics, running)
}

fn scale(running: &Project, counts: &[String]) -> Reread {
    let counts_read = running.read_counts(counts);
    if report::worst(&counts_read.diagnostics) == Some(Severity::Error) {
        return refused(&counts_read.diagnostics, running);
    }
    let mut project = running.with_counts(&counts_read.value);
    project.counts_by_hand.extend(counts_read.value);
    settled(project, Vec::new(), counts_read.diagnostics, running)
}

/// Gives ports to whoever is new, and sees whether anything is in the way.
fn settled(
    mut project: Project,
    asked: Vec<InstanceId>,
    mut diagnostics: Vec<Diagnostic>,
    running: &Project,
) -> Reread {
    diagnostics.extend(preflight::new_ports(&mut project, running));
    if report::worst(&diagnostics) == Some(Severity::Error) {
        return refused(&diagnostics, &project);
    }
    let told = told(&diagnostics, &project);
    Reread { project: Some(project), asked, told }
}

fn refused(diagnostics: &[Diagnostic], project: &Project) -> Reread {
    let least = report::worst(diagnostics).map_or(Severity::Note, |worst| worst.min(Severity::Warning));
    let shown: Vec<Diagnostic> = diagnostics.iter().filter(|one| one.severity >= least).cloned().collect();
    Reread { project: None, asked: Vec::new(), told: told(&shown, project) }
}

/// Every diagnostic, in the words in which `forge check` would show it, without secrets.
fn told(diagnostics: &[Diagnostic], project: &Project) -> Vec<Told> {
    let mask = Mask::new(project.secrets.found.clone());
    let told = |diagnostic: &Diagnostic| {
        let hidden = [report::hidden(diagnostic, &mask)];
        Told {
            severity: diagnostic.severity.word().to_owned(),
            code: diagnostic.code.to_owned(),
            message: mask.text(&diagnostic.message).into_owned(),
            text: mask.text(&render_all(&hidden, false)).into_owned(),
        }
    };
    diagnostics.iter().map(told).collect()
}

/// Returns the processes that are named, each wholly or one instance of it: those that run, and those that are new.
fn meant(
    words: &[String],
    running: &Project,
    project: &Project,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(ProcessName, Option<u32>)> {
    let (mut known, new): (Vec<Known<'_>>, Vec<Known<'_>>) = (running.known(), project.known());
    let is_new = |one: &Known<'_>| running.processes.iter().all(|known| known.name.as_str() != one.name);
    known.extend(new.into_iter().filter(is_new));
    let mut meant = Vec::new();
    for word in words {
        let source = Source::new("the command line", word.as_str());
        match names::choose(&known, word, &Span::new(&source, 0..word.len())) {
            Ok(Choice::Instance(at, index)) => meant.push((ProcessName::new(known[at].name), Some(index))),
            Ok(Choice::Instances(some)) => {
                meant.extend(
                    some.into_iter().map(|(at, index)| (ProcessName::new(known[at].name), Some(index))),
                );
            }
            Ok(choice) => {
                let places = choice.processes(known.len()).into_iter();
                meant.extend(places.map(|at| (ProcessName::new(known[at].name), None)));
            }
            Err(complaint) => diagnostics.push(*complaint),
        }
    }
    meant
}
