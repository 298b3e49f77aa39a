//! What the processes find in their environment, as far as all of them share it, and which of it is secret.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::sync::Arc;

use super::Inputs;
use crate::diagnostic::{Diagnostic, Severity, Source, Span};
use crate::project::dotenv::{self, Assignment};
use crate::project::interpolate::{self, Winner};
use crate::project::secrets::{self, SecretRules, Secrets};
use crate::project::{Origin, Place, Project, Variable};

/// A value, and where it was written.
pub(super) struct Written {
    pub(super) text: Vec<u8>,
    pub(super) place: Span,
}

/// All assignments of all env files in their order, with references replaced where that is asked for.
pub(super) fn read(inputs: &Inputs, diagnostics: &mut Vec<Diagnostic>) -> Vec<Assignment> {
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

/// Merges the inherited environment and the env files; also says where PORT was written.
pub(super) fn merge(inputs: &Inputs, assignments: &[Assignment]) -> (Vec<Variable>, Option<Written>) {
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
    for Assignment { name, value, line, span, .. } in assignments {
        let inherited = matches!(variables.get(name), Some(Variable { origin: Origin::Inherited, .. }));
        if inherited && keep_inherited {
            continue;
        }
        let place = Place { file: span.source.name.as_str().into(), line: *line };
        if name == b"PORT" {
            port = Some(Written { text: value.clone(), place: span.clone() });
        }
        let variable = Variable { name: name.clone(), value: value.clone(), origin: Origin::File(place) };
        variables.insert(name.clone(), variable);
    }
    (variables.into_values().collect(), port)
}

/// Finds what must not be seen in any output. Values that a later file or the environment has replaced count too: who
/// reads `.env` for itself has them all the same.
pub(super) fn secrets(inputs: &Inputs, assignments: &[Assignment], project: &Project) -> Secrets {
    let said = inputs.manifest.secrets();
    let mut rules = SecretRules { mask: !inputs.settings.no_mask.unwrap_or(false), ..SecretRules::default() };
    // Besides those that are built in: whoever names one more must not lose the others by it.
    rules.keys.extend(said.keys.unwrap_or_default());
    rules.reveal.extend(said.reveal.unwrap_or_default());
    let inherited = inputs.inherited.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
    let own_files = inputs.own_env_files.iter().flat_map(|(_, sources)| sources);
    let others = inputs.parts.iter().flat_map(|part| &part.env_files).chain(own_files);
    let others: Vec<Assignment> = others.flat_map(|source| dotenv::parse_all(source).value).collect();
    let written = assignments.iter().chain(&others).map(|one| (one.name.as_slice(), one.value.as_slice()));
    let of_processes = project
        .processes
        .iter()
        .flat_map(|process| process.environment.iter().chain(process.variants.iter().flatten()))
        .map(|variable| (variable.name.as_slice(), variable.value.as_slice()));
    let variables: Vec<(&[u8], &[u8])> = inherited.chain(written).chain(of_processes).collect();
    let mut names: Vec<&[u8]> =
        project.processes.iter().map(|process| process.name.as_str().as_bytes()).collect();
    names.extend(inputs.root.file_name().map(OsStr::as_encoded_bytes));
    let found = secrets::find(&rules, &variables, &names);
    Secrets { rules, found }
}

/// Complains of keys that a sample file has and nobody sets.
pub(super) fn missing(
    (sample, severity): &(Arc<Source>, Severity),
    environment: &[Variable],
) -> Option<Diagnostic> {
    let is_set = |name: &[u8]| environment.iter().any(|variable| variable.name == name);
    let wanted = dotenv::parse(sample).value;
    let missing: Vec<&Assignment> = wanted.iter().filter(|wanted| !is_set(&wanted.name)).collect();
    let (first, others) = missing.split_first()?;
    let text = |assignment: &Assignment| String::from_utf8_lossy(&assignment.name).into_owned();
    let more = match others.len() {
        0 => String::new(),
        1 => " and one more variable".to_owned(),
        more => format!(" and {more} more variables"),
    };
    let message = format!("`{}`{more} of `{}` is not set", text(first), sample.name);
    let mut diagnostic =
        Diagnostic { severity: *severity, ..Diagnostic::warning("missing-variable", message) }
            .at(first.span.clone(), "not set");
    for other in others.iter().take(9) {
        diagnostic = diagnostic.also(other.span.clone(), "not set");
    }
    Some(diagnostic.hint("write a value for it into `.env`"))
}
