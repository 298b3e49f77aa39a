//! What is looked at before anything starts: are the ports free that the processes are given?

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::project::{InstanceSpec, OnConflict, PortRule, PortSource, Project};
use crate::sys;

/// Moves the base of the ports to a place of its own, so that two stacks that start at the same moment look for free
/// ports in different places. From 10000 up, below the ports that systems lend out; ports that are fixed stay.
pub fn choose_free_ports(project: &mut Project, chance: u64) {
    let Some(rule) = &mut project.port_rule else { return };
    let base = 10_000 + u16::try_from(chance % 20_000).unwrap_or(0);
    *rule = PortRule { base, step: 10 };
    let rule = *rule;
    for instance in &mut project.instances {
        if instance.process.port == PortSource::Rule {
            instance.port = rule.port_of(instance.process.position, instance.id.index).ok();
        }
    }
}

/// Gives free ports to those that have asked for any, and others to those whose port is taken, where that is wished.
pub fn give_ports(project: &mut Project) -> Vec<Diagnostic> {
    give(project, |port| sys::ports::taken(port).then(|| sys::ports::holder(port)))
}

/// The same with the system as an argument, as in [`complaints`].
fn give<H: ToString>(project: &mut Project, look: impl Fn(u16) -> Option<Option<H>>) -> Vec<Diagnostic> {
    let moves = project.on_conflict == OnConflict::Next;
    let wants_any = |instance: &InstanceSpec| instance.process.port == PortSource::Free;
    let Some(rule) = project.port_rule else { return Vec::new() };
    if !moves && !project.instances.iter().any(wants_any) {
        return Vec::new();
    }
    let mut given: BTreeSet<u16> = project.instances.iter().filter_map(|instance| instance.port).collect();
    let mut diagnostics = Vec::new();
    for instance in &mut project.instances {
        let (from, holder) = match (instance.process.port, instance.port) {
            (PortSource::Free, _) => (rule.port_of(instance.process.position, instance.id.index).ok(), None),
            (PortSource::Rule, Some(port)) if moves => match look(port) {
                Some(holder) => (port.checked_add(1), Some((port, holder))),
                None => continue,
            },
            (PortSource::Rule | PortSource::Fixed(_) | PortSource::None, _) => continue,
        };
        let is_free = |port: &u16| !given.contains(port) && look(*port).is_none();
        let Some(port) = from.and_then(|from| (from..=u16::MAX).find(is_free)) else {
            diagnostics.push(no_free_port(instance));
            continue;
        };
        given.insert(port);
        instance.port = Some(port);
        if let Some((taken, holder)) = holder {
            let holder = holder.map_or_else(|| "another program".to_owned(), |holder| holder.to_string());
            let message = format!("`{}` gets port {port}: {taken} is taken by {holder}", instance.id);
            diagnostics
                .push(Diagnostic { severity: Severity::Note, ..Diagnostic::warning("port-moved", message) });
        }
    }
    diagnostics
}

/// Gives ports to those of a changed project who are new, or have another one, and complains of what is in the way. What
/// runs already has its own ports, of course.
pub fn new_ports(project: &mut Project, running: &Project) -> Vec<Diagnostic> {
    give_new(project, running, |port| sys::ports::taken(port).then(|| sys::ports::holder(port)))
}

fn give_new<H: ToString>(
    project: &mut Project,
    running: &Project,
    look: impl Fn(u16) -> Option<Option<H>>,
) -> Vec<Diagnostic> {
    let has_its_own = |one: &InstanceSpec| {
        running.instances.iter().any(|known| known.id == one.id && known.port == one.port)
    };
    let ours: BTreeSet<u16> = running.instances.iter().filter_map(|one| one.port).collect();
    let moves = project.on_conflict == OnConflict::Next;
    let kept = project.instances.iter().filter(|one| has_its_own(one));
    let mut given: BTreeSet<u16> = kept.filter_map(|one| one.port).collect();
    let rule = project.port_rule;
    let mut diagnostics = Vec::new();
    for instance in project.instances.iter_mut().filter(|one| !has_its_own(one)) {
        let wanted = match (instance.process.port, instance.port, rule) {
            (PortSource::Free, None, Some(rule)) => {
                rule.port_of(instance.process.position, instance.id.index).ok()
            }
            (_, port, _) => port,
        };
        let Some(wanted) = wanted else { continue };
        // Whoever of us has it will not have it any more, or keeps it and is among the given.
        let strangers = |port: u16| if ours.contains(&port) { None } else { look(port) };
        let is_free = |port: &u16| !given.contains(port) && strangers(*port).is_none();
        let is_fixed = matches!(instance.process.port, PortSource::Fixed(_));
        let may_move =
            !is_fixed && (moves || given.contains(&wanted) || instance.process.port == PortSource::Free);
        let port =
            if is_free(&wanted) || !may_move { Some(wanted) } else { (wanted..=u16::MAX).find(is_free) };
        let Some(port) = port else {
            diagnostics.push(no_free_port(instance));
            continue;
        };
        instance.port = Some(port);
        if port != wanted && instance.process.port != PortSource::Free {
            let message = format!("`{}` gets port {port}, because {wanted} is taken", instance.id);
            diagnostics
                .push(Diagnostic { severity: Severity::Note, ..Diagnostic::warning("port-moved", message) });
        }
        if let Some(holder) = strangers(port) {
            let holder = holder.map(|holder| holder.to_string());
            diagnostics.push(taken(port, instance, holder.as_deref()));
        }
        given.insert(port);
    }
    let mut by_port: BTreeMap<u16, &InstanceSpec> = BTreeMap::new();
    for instance in &project.instances {
        let Some(port) = instance.port else { continue };
        if let Some(other) = by_port.insert(port, instance)
            && !(has_its_own(instance) && has_its_own(other))
        {
            diagnostics.push(same_port(port, other, instance));
        }
    }
    diagnostics
}

fn no_free_port(instance: &InstanceSpec) -> Diagnostic {
    Diagnostic::error(
        "no-free-port",
        format!("there is no free port for `{}` ({})", instance.id, place(instance)),
    )
    .hint("choose a lower base with `-p`")
}

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
    let hint = match (one.process.port, other.process.port) {
        (PortSource::Rule, PortSource::Rule) => {
            "ports are 100 apart from entry to entry; start fewer instances of the first"
        }
        (PortSource::Rule | PortSource::Fixed(_) | PortSource::Free | PortSource::None, _) => {
            "give one of them another `port` in forge.toml"
        }
    };
    Diagnostic::error("same-port", message).hint(hint)
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
