//! The command as a process of the project.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::read;
use crate::cli::run::{Refusal, look_up};
use crate::project::lifecycle::{Milestone, Nature, Need};
use crate::project::{
    ExitOn, InstanceId, InstanceSpec, Origin, Place, PortSource, ProcessName, ProcessSpec, Project, Tty,
    Variable,
};

/// What becomes of the stack when the command has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It is stopped.
    Nothing,
    /// It runs on until somebody ends it.
    Stack,
}

/// Returns why the command can never run. Where a task may still make it, nobody knows before.
pub(super) fn refusal(project: &Project, words: &[OsString]) -> Option<Refusal> {
    let is_task = |one: &InstanceSpec| matches!(one.process.life.nature, Nature::Task { .. });
    if project.instances.iter().any(is_task) {
        return None;
    }
    let path = project.environment.iter().find(|variable| variable.name == b"PATH");
    look_up(&words[0], path.map(|variable| variable.value.as_slice()), &here()).err()
}

/// Adds the command to a project; returns who it is.
///
/// Whoever it needs is needed for good: the end of a service ends all, as does the failure of a task. Only those who can
/// die are not waited for.
pub(super) fn add(project: &mut Project, words: &[OsString], keep: Keep) -> InstanceId {
    let name = name(project, &words[0]);
    let id = InstanceId { process: name.clone(), index: 1 };
    let place = Place { file: Arc::from("the command line"), line: 1 };
    let mut spec = ProcessSpec::plain(name.clone(), line(words), place, project.processes.len());
    spec.life.nature = Nature::Task { timeout: None };
    spec.life.after = needs(project);
    spec.directory = Some(here());
    spec.tty = Some(Tty::Own);
    spec.port = PortSource::None;
    spec.environment = port(project).into_iter().collect();
    spec.can_die = keep == Keep::Stack;
    if let Some(grace) = project.processes.iter().map(|process| process.stop.grace).max() {
        spec.stop.grace = grace;
    }
    let spec = Arc::new(spec);
    project.processes.push(Arc::clone(&spec));
    project.instances.push(InstanceSpec { id: id.clone(), process: spec, port: None });
    project.exit_on = ExitOn::Any;
    project.exit_code_from = (keep == Keep::Nothing).then_some(name);
    id
}

/// Gives a process of the project the terminal; its end is the end of all.
pub(super) fn bring_to_front(project: &mut Project, name: &ProcessName) -> InstanceId {
    for instance in project.instances.iter_mut().filter(|instance| instance.id.process == *name) {
        Arc::make_mut(&mut instance.process).tty = Some(Tty::Own);
    }
    project.exit_on = ExitOn::Any;
    project.exit_code_from = Some(name.clone());
    InstanceId { process: name.clone(), index: 1 }
}

/// What must be so before the command starts.
fn needs(project: &Project) -> Vec<Need> {
    let awaited_by_others = |name: &ProcessName| {
        let needs = project.instances.iter().flat_map(|other| other.process.life.after.iter());
        needs.into_iter().any(|need| need.on == *name && need.reached == Milestone::Ready)
    };
    let mut needs: Vec<Need> = Vec::new();
    for instance in &project.instances {
        let InstanceSpec { id, process, port: _ } = instance;
        let reached = match process.life.nature {
            _ if process.can_die => continue,
            Nature::Scheduled(_) => continue,
            Nature::Task { .. } => Milestone::Done,
            Nature::Service if instance.is_expected_to_listen() || awaited_by_others(&id.process) => {
                Milestone::Ready
            }
            Nature::Service => Milestone::Started,
        };
        if !needs.iter().any(|need| need.on == id.process) {
            needs.push(Need { on: id.process.clone(), reached });
        }
    }
    needs
}

/// The `PORT` that a command expects to find its application at: that of `web`, else of the first that has one.
fn port(project: &Project) -> Option<Variable> {
    let with_port = || project.instances.iter().filter(|instance| instance.port.is_some());
    let web = with_port().find(|instance| instance.id.process.as_str() == "web");
    let port = web.or_else(|| with_port().next())?.port?;
    Some(Variable { name: b"PORT".to_vec(), value: port.to_string().into_bytes(), origin: Origin::Forge })
}

/// Calls it as its program is called, or a little differently if somebody has that name.
fn name(project: &Project, word: &OsStr) -> ProcessName {
    let file = Path::new(word).file_stem().unwrap_or(word).to_string_lossy();
    let letters = file.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' });
    let mut name: String = letters.collect();
    while name.is_empty() || project.processes.iter().any(|process| process.name.as_str() == name) {
        name.push_str(if name.is_empty() { "command" } else { "-command" });
    }
    ProcessName::new(&name)
}

/// The words as a line for the shell, which becomes the command.
fn line(words: &[OsString]) -> Vec<u8> {
    let mut line = b"exec".to_vec();
    for word in words {
        line.extend_from_slice(b" '");
        for &byte in word.as_bytes() {
            if byte == b'\'' { line.extend_from_slice(b"'\\''") } else { line.push(byte) }
        }
        line.push(b'\'');
    }
    line
}

/// What is typed here is meant here.
fn here() -> PathBuf {
    read::current_directory().unwrap_or_else(|| PathBuf::from("/"))
}

#[cfg(test)]
mod tests;
