//! What differs between a project that runs and the same one read anew, and what follows from it. Data, no words.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lifecycle::{Lifecycle, Liveness, Nature, Probe};
use super::{InstanceId, InstanceSpec, Project, Variable};

/// What a new project means for a stack that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Who is new, and starts.
    pub added: Vec<InstanceId>,
    /// Who is not there any more, and is stopped.
    pub removed: Vec<InstanceId>,
    /// Who stays, and is different.
    pub changed: Vec<Change>,
    /// What is different and takes effect with the next `forge start` alone.
    pub next_start: Vec<Setting>,
}

/// What is different about an instance that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Who.
    pub instance: InstanceId,
    /// What of it; nothing if it was only asked to read again what it reads itself.
    pub what: Vec<Aspect>,
    /// What follows.
    pub follows: Follows,
}

/// What can be different about a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// Its command.
    Command,
    /// The directory it runs in.
    Directory,
    /// Its variables.
    Environment {
        /// Which of them; not their values, which may be secret.
        names: Vec<String>,
    },
    /// Its port.
    Port,
    /// How it is held.
    Tty,
    /// Its niceness.
    Nice,
    /// Whether it is a service, a task, or started by the clock.
    Kind,
    /// When the clock starts it, or how long a run may take.
    Schedule,
    /// Whom it needs.
    After,
    /// When it counts as ready.
    Ready,
    /// How it shows that it still works.
    Live,
    /// What follows when it ends by itself.
    Restart,
    /// Which exit codes are a success.
    SuccessCodes,
    /// Whether its end never ends the stack.
    CanDie,
    /// What it may use.
    Limits,
    /// Which files restart it.
    Watch,
    /// With which signal it rereads what it reads.
    ReloadSignal,
    /// What runs beside it.
    Hooks,
    /// How it is ended.
    Stop,
    /// The groups it belongs to.
    Labels,
}

/// What follows from a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Follows {
    /// It is ended, and started again.
    Restart,
    /// It gets this signal, and reads again what it reads.
    Signal(i32),
    /// Nothing before its next start: what runs goes on as it was started.
    NextStart,
    /// It is so from now on, and the process does not notice.
    Nothing,
}

/// What concerns the whole stack, or forge itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// How the stream is shown.
    Output,
    /// What is kept in files.
    Logs,
    /// Whether all of it runs in a pid namespace.
    Isolate,
}

impl Difference {
    /// Compares a project with what it is to become.
    pub fn between(old: &Project, new: &Project) -> Difference {
        let before: BTreeMap<&InstanceId, &InstanceSpec> =
            old.instances.iter().map(|spec| (&spec.id, spec)).collect();
        let after: BTreeMap<&InstanceId, &InstanceSpec> =
            new.instances.iter().map(|spec| (&spec.id, spec)).collect();
        let ids = |of: &Project, but: &BTreeMap<&InstanceId, &InstanceSpec>| {
            let all = of.instances.iter().map(|spec| spec.id.clone());
            all.filter(|id| !but.contains_key(id)).collect()
        };
        let changed = new.instances.iter().filter_map(|spec| {
            let known = before.get(&spec.id)?;
            let what = aspects((old, known), (new, spec));
            let follows = follows(&what, &known.process.life, &spec.process.life);
            (!what.is_empty()).then(|| Change { instance: spec.id.clone(), what, follows })
        });
        let next_start = [
            (Setting::Output, old.output != new.output),
            (Setting::Logs, old.logs != new.logs),
            (Setting::Isolate, old.isolate != new.isolate),
        ];
        Difference {
            added: ids(new, &before),
            removed: ids(old, &after),
            changed: changed.collect(),
            next_start: next_start.into_iter().filter(|(_, is)| *is).map(|(setting, _)| setting).collect(),
        }
    }

    /// Returns whether nothing is different.
    pub fn is_empty(&self) -> bool {
        let Difference { added, removed, changed, next_start } = self;
        added.is_empty() && removed.is_empty() && changed.is_empty() && next_start.is_empty()
    }

    /// Adds that somebody is to read again what they read, also where nothing else is different: by the signal that the
    /// process has for it, else by being started again.
    pub fn ask_to_reread(&mut self, spec: &InstanceSpec) {
        let by_the_clock = matches!(spec.process.life.nature, Nature::Scheduled(_));
        let asked = match spec.process.life.reload_signal {
            Some(signal) => Follows::Signal(signal),
            // Nobody's work is ended half way for what its next start finds anyhow.
            None if by_the_clock => Follows::NextStart,
            None => Follows::Restart,
        };
        let known = self.changed.iter_mut().find(|change| change.instance == spec.id);
        match known {
            // It is started anew, or not at all.
            _ if self.added.contains(&spec.id) || self.removed.contains(&spec.id) => {}
            Some(Change { follows: Follows::Restart, .. }) => {}
            Some(change) => change.follows = asked,
            None => {
                self.changed.push(Change { instance: spec.id.clone(), what: Vec::new(), follows: asked });
            }
        }
    }

    /// Returns what follows for an instance that stays.
    pub fn follows(&self, instance: &InstanceId) -> Option<Follows> {
        self.changed.iter().find(|change| change.instance == *instance).map(|change| change.follows)
    }
}

/// What is different about one instance. Where it stands in its file is not, and neither is its colour.
fn aspects((old, one): (&Project, &InstanceSpec), (new, other): (&Project, &InstanceSpec)) -> Vec<Aspect> {
    let (before, after) = (&*one.process, &*other.process);
    let (was, is) = (&before.life, &after.life);
    let kind = std::mem::discriminant(&was.nature) != std::mem::discriminant(&is.nature);
    let mut aspects = Vec::new();
    let mut note = |differs: bool, aspect: Aspect| {
        if differs {
            aspects.push(aspect);
        }
    };
    note(before.command != after.command, Aspect::Command);
    note(old.directory_of(before) != new.directory_of(after), Aspect::Directory);
    let names = changed_names(&old.environment_with(one, &[]), &new.environment_with(other, &[]));
    note(!names.is_empty(), Aspect::Environment { names });
    note(one.port != other.port, Aspect::Port);
    note(before.tty != after.tty, Aspect::Tty);
    note(was.nice != is.nice, Aspect::Nice);
    note(kind, Aspect::Kind);
    note(!kind && was.nature != is.nature, Aspect::Schedule);
    note(was.after != is.after, Aspect::After);
    note(was.ready != is.ready, Aspect::Ready);
    note(was.live != is.live, Aspect::Live);
    note(was.restart != is.restart, Aspect::Restart);
    note(was.success_codes != is.success_codes, Aspect::SuccessCodes);
    note(before.can_die != after.can_die, Aspect::CanDie);
    note(was.limits != is.limits, Aspect::Limits);
    note(was.watch != is.watch, Aspect::Watch);
    note(was.reload_signal != is.reload_signal, Aspect::ReloadSignal);
    note(was.hooks != is.hooks, Aspect::Hooks);
    note((&before.stop, was.stop_reach) != (&after.stop, is.stop_reach), Aspect::Stop);
    note(before.labels != after.labels, Aspect::Labels);
    aspects
}

/// Returns what follows from all that is different. What a process is given at its start, only a new run can be given.
fn follows(what: &[Aspect], was: &Lifecycle, is: &Lifecycle) -> Follows {
    let is_given_at_start = |aspect: &Aspect| match aspect {
        Aspect::Command
        | Aspect::Directory
        | Aspect::Environment { .. }
        | Aspect::Port
        | Aspect::Tty
        | Aspect::Nice
        | Aspect::Kind => true,
        // It is told how often its own word is expected.
        Aspect::Live => watchdog(was) != watchdog(is),
        Aspect::Schedule
        | Aspect::After
        | Aspect::Ready
        | Aspect::Restart
        | Aspect::SuccessCodes
        | Aspect::CanDie
        | Aspect::Limits
        | Aspect::Watch
        | Aspect::ReloadSignal
        | Aspect::Hooks
        | Aspect::Stop
        | Aspect::Labels => false,
    };
    let by_the_clock = |life: &Lifecycle| matches!(life.nature, Nature::Scheduled(_));
    if what.iter().any(is_given_at_start) {
        // What the clock starts finds all of it the next time.
        return if by_the_clock(was) && by_the_clock(is) { Follows::NextStart } else { Follows::Restart };
    }
    let waits = |aspect: &Aspect| matches!(aspect, Aspect::Ready | Aspect::After);
    if what.iter().all(waits) { Follows::NextStart } else { Follows::Nothing }
}

/// How often a process is to say that it works.
fn watchdog(life: &Lifecycle) -> Option<Duration> {
    let own_word = life.live.as_ref().filter(|rule| rule.probe == Probe::Notify);
    own_word.map(|rule: &Liveness| rule.every)
}

/// The names of variables that only one of two environments has, or that have two values; both are sorted.
fn changed_names(old: &[Cow<'_, Variable>], new: &[Cow<'_, Variable>]) -> Vec<String> {
    let values = |variables: &[Cow<'_, Variable>]| -> BTreeMap<Vec<u8>, Vec<u8>> {
        variables.iter().map(|one| (one.name.clone(), one.value.clone())).collect()
    };
    let (old, new) = (values(old), values(new));
    let names: BTreeSet<&Vec<u8>> = old.keys().chain(new.keys()).collect();
    let differs = |name: &&&Vec<u8>| old.get(**name) != new.get(**name);
    // It is told of as the port.
    let is_port = |name: &&&Vec<u8>| name.as_slice() == b"PORT";
    let changed = names.iter().filter(differs).filter(|name| !is_port(name));
    changed.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

#[cfg(test)]
pub(super) mod tests;
