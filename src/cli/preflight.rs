//! What is looked at before anything starts: are the ports free that the processes are given?

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::project::{InstanceSpec, Project};
use crate::sys;

/// Complains about ports that are taken, and about two instances that are given the same one.
///
/// A taken port is an error where the command mentions `PORT`, so that it would be used. Foreman gives a port to
/// every process, most of which never listen; for them it is a warning.
pub fn ports(project: &Project) -> Vec<Diagnostic> {
    complaints(project, |port| sys::ports::taken(port).then(|| sys::ports::holder(port)))
}

/// The same with the system as an argument: `look` says whether a port is taken, and by whom if that can be known.
fn complaints<H: ToString>(project: &Project, look: impl Fn(u16) -> Option<Option<H>>) -> Vec<Diagnostic> {
    let mut by_port: BTreeMap<u16, Vec<&InstanceSpec>> = BTreeMap::new();
    for instance in &project.instances {
        if let Some(port) = instance.port {
            by_port.entry(port).or_default().push(instance);
        }
    }
    let mut diagnostics = Vec::new();
    for (port, instances) in by_port {
        for pair in instances.windows(2) {
            diagnostics.push(same_port(port, pair[0], pair[1]));
        }
        if let Some(holder) = look(port) {
            let holder = holder.map(|holder| holder.to_string());
            diagnostics.extend(instances.iter().map(|instance| taken(port, instance, holder.as_deref())));
        }
    }
    diagnostics
}

fn same_port(port: u16, one: &InstanceSpec, other: &InstanceSpec) -> Diagnostic {
    let message = format!(
        "`{}` ({}) and `{}` ({}) are both given port {port}",
        one.id,
        place(one),
        other.id,
        place(other)
    );
    Diagnostic::error("same-port", message)
        .hint("ports are 100 apart from entry to entry; start fewer instances of the first")
}

fn taken(port: u16, instance: &InstanceSpec, holder: Option<&str>) -> Diagnostic {
    let (id, place) = (&instance.id, place(instance));
    let holder = holder.unwrap_or("another program");
    if memchr::memmem::find(&instance.process.command, b"PORT").is_none() {
        let message = format!("port {port} of `{id}` ({place}) is taken by {holder}");
        return Diagnostic::warning("port-taken", message);
    }
    let message = format!("port {port}, which `{id}` ({place}) is to use, is taken by {holder}");
    Diagnostic::error("port-taken", message)
        .hint("stop that process, or choose other ports with `-p`, for example `-p 6000`")
}

fn place(instance: &InstanceSpec) -> String {
    let place = &instance.process.place;
    format!("{}:{}", place.file, place.line)
}
