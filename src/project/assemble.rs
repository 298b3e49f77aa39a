//! From the entries of Procfiles and what `forge.toml` and flags say of them to specifications.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::dotenv;
use super::formation::{self, RELEASE};
use super::interpolate::{self, Winner};
use super::lifecycle::{Milestone, Nature, Need};
use super::load::{DEFAULT_GRACE, Inputs};
use super::manifest::{Definition, Instances, Section, overlay, words};
use super::names::{self, Known};
use super::needs::{self, Edge};
use super::procfile::{self, Entry};
use super::{Origin, Place, ProcessName, ProcessSpec, StopLadder, Variable, suggest};
use crate::diagnostic::{Checked, Diagnostic, Source, Span};
use crate::restart;

/// One of several Procfiles.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its text.
    pub source: Arc<Source>,
    /// What stands before the names of its entries, with a dot; `None`: nothing.
    pub prefix: Option<String>,
    /// Where its processes run, absolute; `None`: where all do.
    pub directory: Option<PathBuf>,
    /// The env files beside it.
    pub env_files: Vec<Arc<Source>>,
}

/// A process as far as it is known, and what is only needed until all are.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) spec: ProcessSpec,
    /// Where its name stands.
    pub(super) name: Span,
    usual: u32,
    enabled: bool,
}

impl Draft {
    /// Returns it as something that can be named.
    pub(super) fn known(&self) -> Known<'_> {
        Known {
            name: self.spec.name.as_str(),
            labels: &self.spec.labels,
            usual: self.usual,
            enabled: self.enabled,
        }
    }
}

/// Reads the Procfile, or all of them: each entry with its place, its directory and the variables of its own. `referred`
/// is what references in their env files may name besides, where these are replaced.
pub(super) fn entries(
    inputs: &Inputs,
    referred: Option<&[Variable]>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    if let Some(source) = &inputs.procfile {
        let parsed = procfile::parse(source);
        diagnostics.extend(parsed.diagnostics);
        for entry in parsed.value {
            let position = drafts.len();
            drafts.push(draft(source, entry, None, position));
        }
    }
    for part in &inputs.parts {
        let parsed = procfile::parse(&part.source);
        diagnostics.extend(parsed.diagnostics);
        let mut environment = Vec::new();
        for source in &part.env_files {
            let read = variables(source, (&environment, referred), diagnostics);
            overlay(&mut environment, read);
        }
        for entry in parsed.value {
            let position = drafts.len();
            let mut draft = draft(&part.source, entry, part.prefix.as_deref(), position);
            draft.spec.directory.clone_from(&part.directory);
            draft.spec.environment.clone_from(&environment);
            match drafts.iter().find(|known| known.spec.name == draft.spec.name) {
                Some(first) => diagnostics.push(twice(&draft.spec.name, &draft.name, &first.name)),
                None => drafts.push(draft),
            }
        }
    }
    drafts
}

fn draft(source: &Arc<Source>, entry: Entry, prefix: Option<&str>, position: usize) -> Draft {
    let name = match prefix {
        Some(prefix) => ProcessName::new(&format!("{prefix}.{}", entry.name)),
        None => entry.name,
    };
    let place = Place { file: source.name.as_str().into(), line: entry.line };
    let spec = ProcessSpec::plain(name, entry.command, place, position);
    Draft { spec, name: Span::new(source, entry.name_span), usual: 1, enabled: true }
}

/// Adds what `forge.toml` says, and processes that only it knows.
pub(super) fn define(
    drafts: &mut Vec<Draft>,
    inputs: &Inputs,
    (procfile_is_whole, referred): (bool, Option<&[Variable]>),
    diagnostics: &mut Vec<Diagnostic>,
) {
    let manifest = &inputs.manifest;
    let grace = inputs.settings.timeout.or(manifest.stop_timeout()).unwrap_or(DEFAULT_GRACE);
    let signals = manifest.stop_signals().unwrap_or_else(|| vec![libc::SIGTERM]);
    let stop = StopLadder { signals, grace };
    for draft in drafts.iter_mut() {
        draft.spec.stop = stop.clone();
    }
    let own: BTreeMap<&str, &Vec<Arc<Source>>> =
        inputs.own_env_files.iter().map(|(name, sources)| (name.as_str(), sources)).collect();
    let mut defined: BTreeMap<&str, Span> = BTreeMap::new();
    for definition in manifest.definitions() {
        let name = definition.name();
        if let Some(first) = defined.get(name) {
            let complaint = twice(&ProcessName::new(name), definition.key(), first);
            let hints = vec!["write all about it in one section".to_owned()];
            diagnostics.push(Diagnostic { hints, ..complaint });
            continue;
        }
        defined.insert(name, definition.key().clone());
        let at = match drafts.iter().position(|draft| draft.spec.name.as_str() == name) {
            Some(at) => at,
            None if definition.says_command() => {
                let spec =
                    ProcessSpec::plain(ProcessName::new(name), Vec::new(), definition.place(), drafts.len());
                let spec = ProcessSpec { stop: stop.clone(), ..spec };
                drafts.push(Draft { spec, name: definition.key().clone(), usual: 1, enabled: true });
                drafts.len() - 1
            }
            None => {
                if procfile_is_whole {
                    diagnostics.push(no_command(definition, drafts));
                }
                continue;
            }
        };
        let draft = &mut drafts[at];
        for source in own.get(name).into_iter().copied().flatten() {
            let read = variables(source, (&draft.spec.environment, referred), diagnostics);
            overlay(&mut draft.spec.environment, read);
        }
        definition.apply(&mut draft.spec, &inputs.root, diagnostics);
        if let Some(grace) = inputs.settings.timeout {
            // What is said on the command line is said of all.
            draft.spec.stop.grace = grace;
        }
        draft.enabled = definition.is_enabled();
        match definition.instances() {
            Some(Instances::Count(count)) => draft.usual = count,
            Some(Instances::Each(variants)) => {
                draft.usual = u32::try_from(variants.len()).unwrap_or(u32::MAX);
                draft.spec.variants = variants;
            }
            None => {}
        }
    }
}

/// Reads the variables of an env file of single processes. Where references are replaced, they name what stands above them,
/// in the files before, and then what all processes have in common.
fn variables(
    source: &Arc<Source>,
    (before, referred): (&[Variable], Option<&[Variable]>),
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Variable> {
    let parsed = match referred {
        None => dotenv::parse(source),
        Some(shared) => {
            let Checked { value, diagnostics: mut found } = dotenv::parse_all(source);
            let look_up = |name: &[u8]| {
                let known = before.iter().chain(shared).find(|variable| variable.name == name);
                known.map(|variable| variable.value.clone())
            };
            let expanded = interpolate::expand(value, &look_up, Winner::Files);
            found.extend(expanded.diagnostics);
            Checked { value: expanded.value, diagnostics: found }
        }
    };
    diagnostics.extend(parsed.diagnostics);
    let variable = |assignment: dotenv::Assignment| {
        let file = assignment.span.source.name.as_str().into();
        let origin = Origin::File(Place { file, line: assignment.line });
        Variable { name: assignment.name, value: assignment.value, origin }
    };
    parsed.value.into_iter().map(variable).collect()
}

/// Finds what is started, and puts into the drafts what only the names of all together can say.
pub(super) fn relate(
    drafts: &mut [Draft],
    inputs: &Inputs,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Vec<u32>> {
    let settings = &inputs.settings;
    apply_flags(drafts, inputs, diagnostics);
    let mut specs: Vec<ProcessSpec> = drafts.iter().map(|draft| draft.spec.clone()).collect();
    let known: Vec<Known<'_>> = drafts.iter().map(Draft::known).collect();
    let default = inputs.manifest.default_names();
    let resolved = formation::resolve(&known, settings, default.as_deref());
    let mut formation = resolved.value;
    diagnostics.extend(resolved.diagnostics);

    let (said, mut edges) = needs::of_flags(&known, settings, diagnostics);
    edges.extend(edges_of_file(&known, inputs, &said, diagnostics));
    needs::settle(&mut specs, &edges, &known, (&mut formation, settings.alone), diagnostics);
    let mut instances = formation.instances;
    if settings.release == Some(true)
        && let Some(release) = specs.iter().position(|spec| spec.name.as_str() == RELEASE)
    {
        instances[release] = vec![1];
    }
    for (draft, spec) in drafts.iter_mut().zip(specs) {
        draft.spec = spec;
    }
    if settings.release == Some(true) {
        release_first(drafts, inputs, diagnostics);
    }
    instances
}

fn edges_of_file(
    known: &[Known<'_>],
    inputs: &Inputs,
    said: &std::collections::BTreeSet<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Edge> {
    let mut edges = Vec::new();
    for definition in inputs.manifest.definitions() {
        let Some(from) = known.iter().position(|process| process.name == definition.name()) else { continue };
        if said.contains(&from) {
            continue;
        }
        for need in definition.needs().into_iter().flatten() {
            edges.extend(needs::edges_to(known, from, &need.on, need.reached, diagnostics));
        }
    }
    edges
}

fn apply_flags(drafts: &mut [Draft], inputs: &Inputs, diagnostics: &mut Vec<Diagnostic>) {
    let settings = &inputs.settings;
    let mut changes: Vec<(Vec<usize>, Change)> = Vec::new();
    {
        let known: Vec<Known<'_>> = drafts.iter().map(Draft::known).collect();
        if let Some(list) = &settings.can_die {
            changes.push((names::whole(&known, list, diagnostics), Change::CanDie));
        }
        for flag in settings.restart.iter().flatten() {
            let (who, word) = halves(flag);
            match policy(word.as_ref()) {
                Ok(kind) => changes.push((names::whole(&known, &who, diagnostics), Change::Restart(kind))),
                Err(complaint) => diagnostics.push(complaint.at(word.unwrap_or(who), "")),
            }
        }
        for flag in settings.stop_signal.iter().flatten() {
            let (who, list) = halves(flag);
            let signals = list.as_ref().map(|list| signals(list, diagnostics)).unwrap_or_default();
            if list.is_none_or(|list| list.range.is_empty()) {
                diagnostics.push(
                    Diagnostic::error("bad-stop-signal", "which signal?")
                        .at(flag.clone(), "expected NAME=SIGNAL[,SIGNAL]")
                        .hint("write `--stop-signal db=INT`, or `db=TERM,INT` for one after the other"),
                );
            }
            changes.push((names::whole(&known, &who, diagnostics), Change::StopSignals(signals)));
        }
    }
    for (places, change) in changes {
        for at in places {
            let spec = &mut drafts[at].spec;
            match &change {
                Change::CanDie => spec.can_die = true,
                Change::Restart(kind) => spec.life.restart.kind = kind,
                Change::StopSignals(signals) if signals.is_empty() => {}
                Change::StopSignals(signals) => spec.stop.signals.clone_from(signals),
            }
        }
    }
    if settings.watch == Some(false) {
        for draft in drafts.iter_mut() {
            draft.spec.life.watch = None;
        }
    }
}

/// What a flag changes of a process.
enum Change {
    CanDie,
    Restart(&'static restart::Kind),
    StopSignals(Vec<i32>),
}

/// What stands before and behind the `=`.
fn halves(flag: &Span) -> (Span, Option<Span>) {
    let start = flag.range.start;
    match memchr::memchr(b'=', flag.text()) {
        Some(at) => (
            Span::new(&flag.source, start..start + at),
            Some(Span::new(&flag.source, start + at + 1..flag.range.end)),
        ),
        None => (flag.clone(), None),
    }
}

/// The policy of `--restart`; without a word: started again, however it ended.
fn policy(word: Option<&Span>) -> Result<&'static restart::Kind, Box<Diagnostic>> {
    let text = word.map_or_else(|| "always".to_owned(), names::words);
    if let Some(kind) = restart::KINDS.iter().find(|kind| kind.name == text) {
        return Ok(kind);
    }
    let kinds: Vec<&str> = restart::KINDS.iter().map(|kind| kind.name).collect();
    let diagnostic = Diagnostic::error("bad-restart", format!("there is no restart policy `{text}`"));
    Err(Box::new(match suggest::nearest(&text, kinds.iter().copied()) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint(format!("the policies are {}", kinds.join(", "))),
    }))
}

fn signals(list: &Span, diagnostics: &mut Vec<Diagnostic>) -> Vec<i32> {
    let mut signals = Vec::new();
    for item in names::items(list) {
        let text = names::words(&item);
        match words::signal(&text) {
            Ok(signal) => signals.push(signal),
            Err(expected) => diagnostics.push(
                Diagnostic::error("bad-stop-signal", format!("`{text}` is no signal")).at(item, expected),
            ),
        }
    }
    signals
}

/// `--release`: that entry is a task, and all others wait for its success.
fn release_first(drafts: &mut [Draft], inputs: &Inputs, diagnostics: &mut Vec<Diagnostic>) {
    let Some(release) = drafts.iter_mut().find(|draft| draft.spec.name.as_str() == RELEASE) else {
        if inputs.procfile.is_some() || !inputs.parts.is_empty() {
            diagnostics.push(
                Diagnostic::error("no-release", "there is no entry `release` that could run first")
                    .hint("leave `--release` out, or write `release: COMMAND` into the Procfile"),
            );
        }
        return;
    };
    if release.spec.life.nature == Nature::Service {
        release.spec.life.nature = Nature::Task { timeout: None };
    }
    let name = release.spec.name.clone();
    // What it waits for itself cannot wait for it.
    let mut before = vec![name.clone()];
    let mut at = 0;
    while let Some(next) = before.get(at).cloned() {
        at += 1;
        let needed =
            drafts.iter().filter(|draft| draft.spec.name == next).flat_map(|draft| &draft.spec.life.after);
        let further: Vec<ProcessName> =
            needed.map(|need| need.on.clone()).filter(|on| !before.contains(on)).collect();
        before.extend(further);
    }
    for draft in drafts.iter_mut().filter(|draft| !before.contains(&draft.spec.name)) {
        let need = Need { on: name.clone(), reached: Milestone::Done };
        if !draft.spec.life.after.contains(&need) {
            draft.spec.life.after.push(need);
        }
    }
}

fn twice(name: &ProcessName, again: &Span, first: &Span) -> Diagnostic {
    Diagnostic::error("duplicate-process", format!("two processes are called `{name}`"))
        .at(again.clone(), "and again here")
        .also(first.clone(), "first here")
        .hint("give one of them another name")
}

fn no_command(definition: Definition<'_>, drafts: &[Draft]) -> Diagnostic {
    let name = definition.name();
    let section = match definition.section() {
        Section::Process => "process",
        Section::Task => "task",
        Section::Schedule => "schedule",
    };
    let message = format!("`{section}.{name}` has no `command`, and the Procfile has no `{name}`");
    let diagnostic = Diagnostic::error("missing-command", message).at(definition.key().clone(), "");
    match suggest::nearest(name, drafts.iter().map(|draft| draft.spec.name.as_str())) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint("write `command = \"…\"` below it"),
    }
}
