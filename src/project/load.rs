//! From what was read to a [`Project`]: the only entry. Who wins over whom is decided here and nowhere else.
//!
//! Flags beat `FORGE_…` variables, these beat the `.foreman` file, and that beats what is built in. The env
//! files beat the inherited environment (O1), unless `--no-override` says otherwise.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::dotenv::{self, Assignment};
use super::interpolate::{self, Winner};
use super::ports::{self, PortRule};
use super::procfile::{self, Entry};
use super::settings::Settings;
use super::{
    Colour, ExitOn, InstanceId, InstanceSpec, OnConflict, Origin, Output, Place, ProcessName, ProcessSpec,
    Project, StopLadder, Tty, Variable, formation, options_file,
};
use crate::diagnostic::{Checked, Diagnostic, Severity, Source, Span};

/// How long processes have between SIGTERM and SIGKILL when nobody says anything (compat section 9).
pub const DEFAULT_GRACE: Duration = Duration::from_secs(5);

/// Everything that was read for a project.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The directory in which every process runs, absolute.
    pub root: PathBuf,
    /// The Procfile; `None` if it could not be read, which has been complained about already.
    pub procfile: Option<Arc<Source>>,
    /// The env files in their order.
    pub env_files: Vec<Arc<Source>>,
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

    let entries = read_procfile(inputs, &mut diagnostics);
    // Names and counts are judged against a whole Procfile only; they would look wrong against half of one.
    let procfile_is_whole = inputs.procfile.is_some() && !has_errors(&diagnostics);

    let (environment, port_variable) = merge_environment(inputs, &mut diagnostics);
    let port_rule = read_port_rule(settings, port_variable, &mut diagnostics);

    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let mut counts = vec![0; names.len()];
    let (mut quiet, mut can_die) = (Vec::new(), Vec::new());
    if procfile_is_whole {
        let formation = formation::resolve(&names, settings);
        counts = formation.value;
        diagnostics.extend(formation.diagnostics);
        if let Some(list) = &settings.quiet {
            quiet = formation::known_names(&names, list, &mut diagnostics);
        }
        if let Some(list) = &settings.can_die {
            can_die = formation::known_names(&names, list, &mut diagnostics);
        }
    }

    let stop = StopLadder { signals: vec![libc::SIGTERM], grace: settings.timeout.unwrap_or(DEFAULT_GRACE) };
    let file: Arc<str> = inputs.procfile.as_ref().map_or("Procfile", |source| source.name.as_str()).into();
    let processes: Vec<Arc<ProcessSpec>> = entries
        .iter()
        .enumerate()
        .map(|(position, entry)| {
            let place = Place { file: Arc::clone(&file), line: entry.line };
            Arc::new(ProcessSpec {
                stop: stop.clone(),
                can_die: can_die.contains(&entry.name.as_str()),
                ..ProcessSpec::plain(entry.name.clone(), entry.command.clone(), place, position)
            })
        })
        .collect();
    let mut project = Project {
        root: inputs.root.clone(),
        instances: Vec::new(),
        exit_on: settings.exit_on.unwrap_or(ExitOn::Any),
        environment,
        port_rule,
        on_conflict: OnConflict::Fail,
        exit_code_from: None,
        output: Output {
            timestamp: settings.timestamp.unwrap_or(true),
            prefix: !settings.no_prefix.unwrap_or(false),
            colour: settings.colour.unwrap_or(Colour::Auto),
            quiet: quiet.into_iter().map(ProcessName::new).collect(),
            tty: settings.tty.unwrap_or(Tty::Auto),
        },
        processes,
    };
    project.instances = lay_out(&project, &counts, &mut diagnostics);
    Checked { value: project, diagnostics }
}

/// Returns whether the Procfile has an entry of this name, whatever else is wrong with it.
pub fn has_entry(inputs: &Inputs, name: &str) -> bool {
    names(inputs).iter().any(|entry| entry.as_str() == name)
}

/// Returns the names of all entries that could be read.
pub fn names(inputs: &Inputs) -> Vec<ProcessName> {
    read_procfile(inputs, &mut Vec::new()).into_iter().map(|entry| entry.name).collect()
}

/// A value, and where it was written.
struct Written {
    text: Vec<u8>,
    place: Span,
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

fn read_procfile(inputs: &Inputs, diagnostics: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let Some(source) = &inputs.procfile else { return Vec::new() };
    let parsed = procfile::parse(source);
    diagnostics.extend(parsed.diagnostics);
    parsed.value
}

/// Merges the inherited environment and the env files; also says where PORT was written.
fn merge_environment(inputs: &Inputs, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Variable>, Option<Written>) {
    let keep_inherited = inputs.settings.no_override.unwrap_or(false);
    let mut variables: BTreeMap<Vec<u8>, Variable> = BTreeMap::new();
    let mut port = None;
    for (name, value) in &inputs.inherited {
        if name == b"PORT" {
            let line = [b"PORT=", value.as_slice()].concat();
            let source = Source::new("the environment", line);
            port = Some(Written { text: value.clone(), place: Span::new(&source, 5..source.text.len()) });
        }
        let variable = Variable { name: name.clone(), value: value.clone(), origin: Origin::Inherited };
        variables.insert(name.clone(), variable);
    }
    for assignment in read_env_files(inputs, diagnostics) {
        let Assignment { name, value, line, span, .. } = assignment;
        let inherited = matches!(variables.get(&name), Some(Variable { origin: Origin::Inherited, .. }));
        if inherited && keep_inherited {
            continue;
        }
        let place = Place { file: span.source.name.as_str().into(), line };
        if name == b"PORT" {
            port = Some(Written { text: value.clone(), place: span });
        }
        let variable = Variable { name: name.clone(), value, origin: Origin::File(place) };
        variables.insert(name, variable);
    }
    (variables.into_values().collect(), port)
}

/// All assignments of all env files in their order, with references replaced where that is asked for.
fn read_env_files(inputs: &Inputs, diagnostics: &mut Vec<Diagnostic>) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    for source in &inputs.env_files {
        let parsed = dotenv::parse_all(source);
        diagnostics.extend(parsed.diagnostics);
        assignments.extend(parsed.value);
    }
    if !inputs.settings.expand.unwrap_or(false) {
        return assignments;
    }
    let inherited: BTreeMap<&[u8], &[u8]> =
        inputs.inherited.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
    let winner = if inputs.settings.no_override.unwrap_or(false) { Winner::Inherited } else { Winner::Files };
    let look_up = |name: &[u8]| inherited.get(name).map(|value| value.to_vec());
    let expanded = interpolate::expand(assignments, &look_up, winner);
    diagnostics.extend(expanded.diagnostics);
    expanded.value
}

/// `-p`, else PORT of the merged environment, else 5000; `None` with `--no-port`.
fn read_port_rule(
    settings: &Settings,
    variable: Option<Written>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<PortRule> {
    if settings.no_port.unwrap_or(false) {
        return None;
    }
    // An empty PORT, as sample files have it, says nothing.
    let variable = variable.filter(|written| !written.text.trim_ascii().is_empty());
    let option = settings.port.as_ref().map(|span| Written { text: span.text().into(), place: span.clone() });
    let base = match option.or(variable) {
        Some(Written { text, place }) => {
            let checked = ports::read_base(&text, &place);
            diagnostics.extend(checked.diagnostics);
            checked.value
        }
        None => ports::DEFAULT_BASE,
    };
    Some(PortRule { base, step: settings.port_step.unwrap_or(ports::DEFAULT_STEP) })
}

fn lay_out(project: &Project, counts: &[u32], diagnostics: &mut Vec<Diagnostic>) -> Vec<InstanceSpec> {
    let mut instances = Vec::new();
    let mut too_high = None;
    for (process, count) in project.processes.iter().zip(counts) {
        for index in 1..=*count {
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
