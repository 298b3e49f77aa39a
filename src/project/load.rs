//! From what was read to a [`Project`]: the only entry. Who wins over whom is decided here and nowhere else.
//!
//! Flags beat `FORGE_…` variables, these beat the `.foreman` file, that beats `forge.toml` with its layers, and that what
//! is built in. The env files beat the inherited environment (O1), unless `--no-override` says otherwise.

mod look;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::assemble::{self, Draft, Part};
use super::lifecycle::Milestone;
use super::manifest::{Manifest, PortMode};
use super::names::{self, Choice, Known};
use super::ports::{self, PortRule};
use super::secrets::Secrets;
use super::settings::Settings;
use super::{
    ExitOn, InstanceId, InstanceSpec, Names, OnConflict, ProcessName, ProcessSpec, Project, options_file,
    programs,
};
use crate::diagnostic::{Checked, Diagnostic, Severity, Source, Span};
use variables::Written;

/// How long processes have between SIGTERM and SIGKILL when nobody says anything (compat section 9).
pub const DEFAULT_GRACE: Duration = Duration::from_secs(5);

/// Everything that was read for a project.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The directory in which every process runs, absolute.
    pub root: PathBuf,
    /// The Procfile; `None` if it could not be read, which has been complained about already.
    pub procfile: Option<Arc<Source>>,
    /// The Procfiles, where there are several or one of them is another directory's; then there is no `procfile`.
    pub parts: Vec<Part>,
    /// Whether one was asked for that could not be read, which has been complained about already.
    pub procfile_is_missed: bool,
    /// The env files in their order.
    pub env_files: Vec<Arc<Source>>,
    /// The env files of single processes, by their names.
    pub own_env_files: Vec<(String, Vec<Arc<Source>>)>,
    /// A file whose keys must all be set, and what it is if one is not.
    pub env_check: Option<(Arc<Source>, Severity)>,
    /// What `forge.toml` says, with all its layers.
    pub manifest: Manifest,
    /// The environment forge was started in.
    pub inherited: Vec<(Vec<u8>, Vec<u8>)>,
    /// What the user asked for, of all sources together; see [`settle`].
    pub settings: Settings,
}

/// Brings the wishes of the command line (flags over `FORGE_…`) and of the `.foreman` file together.
pub fn settle(command_line: Settings, options_file: Option<&Arc<Source>>) -> Checked<Settings> {
    let Some(source) = options_file else { return Checked { value: command_line, diagnostics: Vec::new() } };
    let Checked { value, diagnostics } = options_file::parse(source);
    Checked { value: command_line.or(value), diagnostics }
}

/// Understands a project.
pub fn load(inputs: &Inputs) -> Checked<Project> {
    let settings = &inputs.settings;
    let mut diagnostics = Vec::new();

    let mut of_variables = Vec::new();
    let assignments = variables::read(inputs, &mut of_variables);
    let (environment, port_variable) = variables::merge(inputs, &assignments);
    let referred = inputs.settings.expand.unwrap_or(false).then_some(environment.as_slice());

    let mut drafts = assemble::entries(inputs, referred, &mut diagnostics);
    // Names and counts are judged against a whole Procfile only; they would look wrong against half of one.
    let has_procfile = inputs.procfile.is_some() || !inputs.parts.is_empty();
    let is_known = (has_procfile || inputs.manifest.has_commands()) && !inputs.procfile_is_missed;
    let procfile_is_whole = is_known && !has_errors(&diagnostics);
    assemble::define(&mut drafts, inputs, (procfile_is_whole, referred), &mut diagnostics);
    let names_are_whole = procfile_is_whole && !inputs.manifest.is_broken();

    diagnostics.extend(of_variables);
    let port_rule = read_port_rule(inputs, port_variable, &mut diagnostics);

    if let Some(check) = &inputs.env_check {
        diagnostics.extend(variables::missing(check, &environment));
    }

    let mut instances = vec![Vec::new(); drafts.len()];
    let (mut quiet, mut exit_code_from) = (Names::default(), None);
    let mut focus = Names::default();
    if names_are_whole {
        instances = assemble::relate(&mut drafts, inputs, &mut diagnostics);
        let known: Vec<Known<'_>> = drafts.iter().map(Draft::known).collect();
        let running = |at: usize| instances[at].iter().max().copied().unwrap_or(0);
        let started: Vec<Known<'_>> =
            known.iter().enumerate().map(|(at, known)| Known { usual: running(at), ..*known }).collect();
        let lists = settings.quiet.clone().map(|list| vec![list]).or(inputs.manifest.quiet());
        for list in lists.unwrap_or_default() {
            quiet.read(&started, &list, &mut diagnostics);
        }
        if let Some(name) = &settings.focus {
            focus.read(&started, name, &mut diagnostics);
        }
        if let Some(name) = &settings.exit_code_from {
            exit_code_from = one_of(&known, name, &mut diagnostics);
        }
    }

    let ports = inputs.manifest.ports();
    let processes: Vec<Arc<ProcessSpec>> = drafts.into_iter().map(|draft| Arc::new(draft.spec)).collect();
    let mut project = Project {
        root: inputs.root.clone(),
        name: inputs.manifest.name().map_or_else(|| name_of(&inputs.root), str::to_owned),
        instances: Vec::new(),
        counts_as_read: BTreeMap::new(),
        counts_by_hand: BTreeMap::new(),
        exit_on: settings.exit_on.unwrap_or(ExitOn::Any),
        environment,
        port_rule,
        on_conflict: match (ports.on_conflict, ports.mode) {
            (Some(on_conflict), _) => on_conflict,
            (None, Some(PortMode::Auto)) => OnConflict::Next,
            (None, Some(PortMode::Fixed | PortMode::Hash) | None) => OnConflict::Ask,
        },
        exit_code_from,
        output: look::output(inputs, quiet, &mut diagnostics),
        isolate: settings.isolate.unwrap_or(false),
        logs: look::logs(inputs, &mut diagnostics),
        wait: settings.wait,
        processes,
        secrets: Secrets::default(),
    };
    project.instances = lay_out(&project, &instances, &mut diagnostics);
    project.counts_as_read = project.counts();
    if let Some(name) = settings.focus.as_ref().filter(|_| !focus.is_empty()) {
        project.output.focus = look::focus(&project, &focus, name, &mut diagnostics);
    }
    project.secrets = variables::secrets(inputs, &assignments, &project);
    Checked { value: project, diagnostics }
}

/// Returns the process, and the instance of it, that `word` names, whatever else is wrong; a word that stands for
/// several names none.
pub fn find(inputs: &Inputs, word: &str) -> Option<(ProcessName, u32)> {
    let drafts = drafts(inputs);
    let known: Vec<Known<'_>> = drafts.iter().map(Draft::known).collect();
    let source = Source::new("the command line", word);
    match names::choose(&known, word, &Span::new(&source, 0..word.len())) {
        Ok(Choice::Process(at)) => Some((drafts[at].spec.name.clone(), 1)),
        Ok(Choice::Instance(at, index)) => Some((drafts[at].spec.name.clone(), index)),
        Ok(Choice::All | Choice::Processes(_) | Choice::Instances(_)) | Err(_) => None,
    }
}

/// Returns the names of all processes that could be read, each with its command.
pub fn commands(inputs: &Inputs) -> Vec<(ProcessName, Vec<u8>)> {
    drafts(inputs).into_iter().map(|draft| (draft.spec.name, draft.spec.command)).collect()
}

/// Returns the names of all processes that could be read.
pub fn names(inputs: &Inputs) -> Vec<ProcessName> {
    drafts(inputs).into_iter().map(|draft| draft.spec.name).collect()
}

fn drafts(inputs: &Inputs) -> Vec<Draft> {
    let mut unheard = Vec::new();
    let mut drafts = assemble::entries(inputs, None, &mut unheard);
    assemble::define(&mut drafts, inputs, (false, None), &mut unheard);
    drafts
}

/// Returns what is worth saying of how processes are ended and get ready, where nothing is said about it yet.
pub fn advice(inputs: &Inputs, project: &Project) -> Vec<Diagnostic> {
    [advice_on_readiness(&drafts(inputs), project), advice_on_ends(inputs)].concat()
}

/// Who is waited for and listens before it lets anybody in.
fn advice_on_readiness(drafts: &[Draft], project: &Project) -> Vec<Diagnostic> {
    let is_awaited = |name: &ProcessName| {
        let mut needs = project.processes.iter().flat_map(|process| &process.life.after);
        needs.any(|need| need.on == *name && need.reached == Milestone::Ready)
    };
    let says_when = |name: &ProcessName| {
        project.processes.iter().any(|one| one.name == *name && one.life.ready.is_some())
    };
    let is_late = |draft: &&Draft| {
        let name = &draft.spec.name;
        programs::lets_in_late(&draft.spec) && is_awaited(name) && !says_when(name)
    };
    let advice = |draft: &Draft| {
        let message =
            format!("`{}` listens before it lets anybody in, and others wait for it", draft.spec.name);
        let note = Diagnostic { severity: Severity::Note, ..Diagnostic::warning("ready-advice", message) };
        note.at(draft.name.clone(), "").hint(format!(
            "write into forge.toml: `[process.{}]` and below it `ready = {{ log = \"ready to accept connections\" }}`",
            quoted(&draft.spec.name)
        ))
    };
    drafts.iter().filter(is_late).map(advice).collect()
}

/// The name of a process as a part of a key of TOML.
fn quoted(name: &ProcessName) -> String {
    if name.as_str().contains('.') { format!("\"{name}\"") } else { name.to_string() }
}

fn advice_on_ends(inputs: &Inputs) -> Vec<Diagnostic> {
    let manifest = &inputs.manifest;
    if inputs.settings.timeout.is_some()
        || manifest.stop_timeout().is_some()
        || manifest.stop_signals().is_some()
    {
        return Vec::new();
    }
    let told: Vec<&str> =
        manifest.definitions().iter().filter(|one| one.says_stop()).map(|one| one.name()).collect();
    let advice = |draft: &Draft| {
        let name = &draft.spec.name;
        let advice = programs::advice(&draft.spec).filter(|_| !told.contains(&name.as_str()))?;
        let message = format!("`{name}` is {}, which {}", advice.program, advice.why);
        let note = Diagnostic { severity: Severity::Note, ..Diagnostic::warning("stop-advice", message) };
        let quoted = quoted(name);
        Some(
            note.at(draft.name.clone(), "")
                .hint(format!("write into forge.toml: `[process.{quoted}]` and below it `{}`", advice.line)),
        )
    };
    drafts(inputs).iter().filter_map(advice).collect()
}

/// The last part of a directory.
fn name_of(root: &Path) -> String {
    root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The one process that a list of names must mean.
fn one_of(known: &[Known<'_>], name: &Span, diagnostics: &mut Vec<Diagnostic>) -> Option<ProcessName> {
    match names::whole(known, name, diagnostics).as_slice() {
        [at] => return Some(ProcessName::new(known[*at].name)),
        [] => {}
        [..] => diagnostics.push(
            Diagnostic::error("several-processes", "the exit code can be that of one process only")
                .at(name.clone(), "several"),
        ),
    }
    None
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// `-p`, else what `forge.toml` says, else PORT of the merged environment, else 5000; `None` with `--no-port`.
fn read_port_rule(
    inputs: &Inputs,
    variable: Option<Written>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<PortRule> {
    let settings = &inputs.settings;
    if settings.no_port.unwrap_or(false) {
        return None;
    }
    let file = inputs.manifest.ports();
    // An empty PORT, as sample files have it, says nothing.
    let variable = variable.filter(|written| !written.text.trim_ascii().is_empty());
    let option = settings.port.as_ref().map(|span| Written { text: span.text().into(), place: span.clone() });
    // What a file of the project says stands above a variable that may mean anybody.
    let variable = variable.filter(|_| file.base.is_none());
    let base = match option.or(variable) {
        Some(Written { text, place }) => {
            let checked = ports::read_base(&text, &place);
            diagnostics.extend(checked.diagnostics);
            checked.value
        }
        None => ports::DEFAULT_BASE,
    };
    let base = match (&settings.port, file.mode) {
        (Some(_), _) => base,
        (None, Some(PortMode::Hash)) => ports::base_of(&inputs.root),
        (None, Some(PortMode::Fixed | PortMode::Auto) | None) => file.base.unwrap_or(base),
    };
    Some(PortRule { base, step: settings.port_step.unwrap_or(ports::DEFAULT_STEP) })
}

fn lay_out(project: &Project, counts: &[Vec<u32>], diagnostics: &mut Vec<Diagnostic>) -> Vec<InstanceSpec> {
    let mut instances = Vec::new();
    let mut too_high = None;
    for (process, indices) in project.processes.iter().zip(counts) {
        for &index in indices {
            let id = InstanceId { process: process.name.clone(), index };
            let port = project.planned_port(process, index).unwrap_or_else(|port| {
                too_high.get_or_insert_with(|| ports::too_high(&id, port));
                None
            });
            instances.push(InstanceSpec { id, process: Arc::clone(process), port });
        }
    }
    diagnostics.extend(too_high);
    instances
}

#[cfg(test)]
mod tests;
