//! A running project made another: with other numbers of instances, or in part only with what was read anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::{self, Choice, Known};
use super::{InstanceId, InstanceSpec, ProcessName, ProcessSpec, Project, ports};
use crate::diagnostic::{Checked, Diagnostic, Severity, Source, Span};

/// More copies of one process than this are taken for a slip of the finger.
const MOST_COPIES: u32 = 10_000;

impl Project {
    /// Returns how many instances each process has.
    pub fn counts(&self) -> BTreeMap<ProcessName, u32> {
        let mut counts: BTreeMap<ProcessName, u32> =
            self.processes.iter().map(|process| (process.name.clone(), 0)).collect();
        for instance in &self.instances {
            *counts.entry(instance.id.process.clone()).or_default() += 1;
        }
        counts
    }

    /// Returns everything that can be named, with the numbers of instances that run.
    pub fn known(&self) -> Vec<Known<'_>> {
        let counts = self.counts();
        let known = |process: &'_ Arc<ProcessSpec>| counts.get(&process.name).copied().unwrap_or(0);
        self.processes
            .iter()
            .map(|process| Known {
                name: process.name.as_str(),
                labels: &process.labels,
                usual: known(process),
                enabled: true,
            })
            .collect()
    }

    /// Returns how many of which process some words `NAME=N` ask for. Whom they need is started, too.
    pub fn read_counts(&self, words: &[String]) -> Checked<BTreeMap<ProcessName, u32>> {
        let (known, mut diagnostics) = (self.known(), Vec::new());
        let mut wanted: BTreeMap<usize, u32> = BTreeMap::new();
        for word in words {
            let source = Source::new("the command line", word.as_str());
            let place = Span::new(&source, 0..word.len());
            let Some((name, count)) = word.split_once('=') else {
                diagnostics.push(
                    Diagnostic::error("bad-formation", format!("`{word}` has no count"))
                        .at(place, "expected NAME=N")
                        .hint(format!("write `{word}=2` for two of them")),
                );
                continue;
            };
            let Some(count) = count.parse().ok().filter(|count| *count <= MOST_COPIES) else {
                let message = format!("`{count}` is not a number of instances");
                diagnostics.push(
                    Diagnostic::error("bad-formation", message)
                        .at(
                            Span::new(&source, name.len() + 1..word.len()),
                            format!("expected a number from 0 to {MOST_COPIES}"),
                        )
                        .hint(format!("write `{name}=N`, for example `{name}=2`")),
                );
                continue;
            };
            let name_place = Span::new(&source, 0..name.len());
            match names::choose(&known, name, &name_place) {
                Ok(Choice::Instance(..) | Choice::Instances(_)) => {
                    let message = format!("`{name}` is one instance, and has no count");
                    let whole = name.rsplit_once('.').map_or(name, |(whole, _)| whole);
                    diagnostics.push(Diagnostic::error("bad-formation", message).at(name_place, "").hint(
                        format!("name the process: `{whole}=2`; `forge stop {name}` stops this one alone"),
                    ));
                }
                Ok(choice) => {
                    wanted.extend(choice.processes(known.len()).into_iter().map(|at| (at, count)));
                }
                Err(complaint) => diagnostics.push(*complaint),
            }
        }
        let mut counts: BTreeMap<ProcessName, u32> =
            wanted.iter().map(|(at, count)| (self.processes[*at].name.clone(), *count)).collect();
        self.add_needs(&mut counts, &mut diagnostics);
        let highest = |(name, count): (&ProcessName, &u32)| {
            let process = self.processes.iter().find(|process| process.name == *name)?;
            let port = self.planned_port(process, *count).err().filter(|_| *count > 0)?;
            Some(ports::too_high(&InstanceId { process: name.clone(), index: *count }, port))
        };
        diagnostics.extend(counts.iter().find_map(highest));
        Checked { value: counts, diagnostics }
    }

    /// Whoever is newly started is not started without what it needs, unless that is what was asked for.
    fn add_needs(&self, counts: &mut BTreeMap<ProcessName, u32>, diagnostics: &mut Vec<Diagnostic>) {
        let running = self.counts();
        let is_new = |name: &ProcessName| running.get(name).is_none_or(|count| *count == 0);
        let mut to_follow: Vec<ProcessName> = counts
            .iter()
            .filter(|(name, count)| **count > 0 && is_new(name))
            .map(|(name, _)| name.clone())
            .collect();
        while let Some(next) = to_follow.pop() {
            let Some(process) = self.processes.iter().find(|process| process.name == next) else { continue };
            for need in &process.life.after {
                if !is_new(&need.on) || counts.contains_key(&need.on) {
                    continue;
                }
                let usual = self
                    .processes
                    .iter()
                    .find(|one| one.name == need.on)
                    .map_or(1, |one| one.variants.len().max(1));
                counts.insert(need.on.clone(), u32::try_from(usual).unwrap_or(1));
                to_follow.push(need.on.clone());
                let message = format!("`{}` is started, too: `{next}` needs it", need.on);
                let note =
                    Diagnostic { severity: Severity::Note, ..Diagnostic::warning("starts-needs", message) };
                diagnostics.push(note);
            }
        }
    }

    /// Returns the project with so many instances of some processes; those that stay are as they were.
    #[must_use]
    pub fn with_counts(&self, counts: &BTreeMap<ProcessName, u32>) -> Project {
        let mut instances = Vec::new();
        for process in &self.processes {
            let has = self.instances.iter().filter(|one| one.id.process == process.name);
            let Some(count) = counts.get(&process.name) else {
                instances.extend(has.cloned());
                continue;
            };
            for index in 1..=*count {
                let id = InstanceId { process: process.name.clone(), index };
                let known = self.instances.iter().find(|one| one.id == id).cloned();
                instances.push(known.unwrap_or_else(|| {
                    let port = self.planned_port(process, index).ok().flatten();
                    InstanceSpec { id, process: Arc::clone(process), port }
                }));
            }
        }
        Project { instances, ..self.clone() }
    }

    /// Goes on with the numbers that somebody has asked for while `running` ran, unless its files ask for others since then.
    #[must_use]
    pub fn with_counts_of(self, running: &Project) -> Project {
        let is_as_before =
            |name: &ProcessName| self.counts_as_read.get(name) == running.counts_as_read.get(name);
        let by_hand: BTreeMap<ProcessName, u32> = running
            .counts_by_hand
            .iter()
            .filter(|(name, _)| is_as_before(name))
            .map(|(name, count)| (name.clone(), *count))
            .collect();
        Project { counts_by_hand: by_hand.clone(), ..self.with_counts(&by_hand) }
    }

    /// Gives to those who are also in `running` the ports that they have there: where a process stands in its file is no
    /// reason for another one.
    pub fn keep_ports_of(&mut self, running: &Project) {
        if self.port_rule != running.port_rule {
            return;
        }
        for instance in &mut self.instances {
            let known = running.instances.iter().find(|one| one.id == instance.id);
            if let Some(known) = known.filter(|known| known.process.port == instance.process.port) {
                instance.port = known.port;
            }
        }
    }

    /// Returns `running` with what this project says of some processes; all others are as they were.
    #[must_use]
    pub fn only_for(self, is_meant: impl Fn(&ProcessName) -> bool, running: &Project) -> Project {
        let shared = Arc::new(running.environment.clone());
        let is_same = self.environment == running.environment;
        let as_it_was = |process: &Arc<ProcessSpec>| {
            if is_same || process.shared.is_some() {
                return Arc::clone(process);
            }
            Arc::new(ProcessSpec { shared: Some(Arc::clone(&shared)), ..ProcessSpec::clone(process) })
        };
        let mut processes = Vec::new();
        for process in &running.processes {
            let new = self.processes.iter().find(|new| new.name == process.name);
            match new {
                _ if !is_meant(&process.name) => processes.push(as_it_was(process)),
                Some(new) => processes.push(Arc::clone(new)),
                None => {}
            }
        }
        let is_known = |name: &ProcessName| running.processes.iter().any(|known| known.name == *name);
        let new = self.processes.iter().filter(|new| is_meant(&new.name) && !is_known(&new.name));
        processes.extend(new.cloned());
        let mut instances = Vec::new();
        for process in &processes {
            let of = if is_meant(&process.name) { &self.instances } else { &running.instances };
            let its = of.iter().filter(|one| one.id.process == process.name);
            instances.extend(its.map(|one| InstanceSpec { process: Arc::clone(process), ..one.clone() }));
        }
        Project {
            processes,
            instances,
            exit_on: running.exit_on,
            exit_code_from: running.exit_code_from.clone(),
            output: running.output.clone(),
            logs: running.logs.clone(),
            counts_as_read: running.counts_as_read.clone(),
            counts_by_hand: running.counts_by_hand.clone(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
