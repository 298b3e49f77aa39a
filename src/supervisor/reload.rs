//! The project becomes another one while it runs.
//!
//! Who is new starts, who is not there any more is stopped and then forgotten, who is given something else at its start
//! is started again, in the order of the needs. Whoever else is different takes it over as it runs, and nobody else is touched.
//! A run that is ending ends as it was begun.

use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::sync::Arc;

use super::chance::Chance;
use super::instance::{Hooks, Instance};
use super::live::Pulse;
use super::run::Run;
use super::schedule::Clock;
use super::{Part, Phase, RunId, Supervisor, Want, needs};
use crate::project::difference::{Difference, Follows};
use crate::project::{InstanceId, InstanceSpec, Lifecycle, ProcessSpec, Project};
use crate::restart::History;
use crate::time::Time;

/// A project in the place of another one.
#[derive(Clone)]
pub struct Reload {
    /// The new one.
    pub project: Arc<Project>,
    /// What it means for what runs.
    pub difference: Difference,
    /// Why.
    pub occasion: Occasion,
}

/// Why a project becomes another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Its files were read again.
    Reload,
    /// Somebody wants other numbers of instances.
    Scale,
}

impl fmt::Debug for Reload {
    /// Without the project, which fills pages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reload { project: _, difference, occasion } = self;
        f.debug_struct("Reload")
            .field("difference", difference)
            .field("occasion", occasion)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Reload {
    fn eq(&self, other: &Reload) -> bool {
        Arc::ptr_eq(&self.project, &other.project) && self.difference == other.difference
    }
}

impl Eq for Reload {}

/// An instance by whatever does not change when others come and go.
type Key = (InstanceId, Part);

impl Supervisor {
    /// Makes the instances those of the new project.
    pub(super) fn learn_reload(&mut self, now: Time, reload: &Reload) {
        if self.shutdown.is_some() {
            return;
        }
        let Reload { project, difference, .. } = reload;
        self.exit_on = project.exit_on;
        self.exit_code_from.clone_from(&project.exit_code_from);
        let is_part = |id: &InstanceId| project.instances.iter().any(|spec| spec.id == *id);
        // Who is no part of it cannot be what went wrong with it.
        self.ends.retain(|end| is_part(&end.instance));
        let leanings = self.leanings();
        let mut old = mem::take(&mut self.instances);
        let has_promised =
            |one: &mut Instance| one.run.as_mut().is_some_and(Run::take_back_whom_it_keeps_down);
        let keep_down: Vec<Key> =
            old.iter_mut().filter_map(|one| has_promised(one).then(|| one.key())).collect();
        let order: Vec<Key> = old.iter().map(Instance::key).collect();
        let mut known: BTreeMap<Key, Instance> = old.into_iter().map(|one| (one.key(), one)).collect();
        let mut instances = Vec::new();
        for spec in &project.instances {
            let instance = match known.remove(&(spec.id.clone(), Part::Main)) {
                Some(instance) => instance.goes_on_as(spec, difference, (now, &mut self.chance)),
                None => Instance { want: Want::Up, ..Instance::new(spec) },
            };
            instances.push(instance);
        }
        for key in order.iter().filter(|(_, part)| *part == Part::Main) {
            instances.extend(known.remove(key).map(Instance::leaves));
        }
        for (index, spec) in project.instances.iter().enumerate() {
            let mut place = |part: Part| {
                part.command(&spec.process)?;
                let hook = match known.remove(&(spec.id.clone(), part)) {
                    Some(hook) => Instance { leaving: false, ..hook.with(&spec.process) },
                    None => Instance::hook(spec, part),
                };
                instances.push(hook);
                Some(instances.len() - 1)
            };
            let (ready, crash) = (place(Part::Ready), place(Part::Crash));
            instances[index].hooks = Hooks { ready, crash };
        }
        let hooks = order.iter().filter_map(|key| known.remove(key));
        // A hook that is not wanted any more comes to its end, unless it is that of somebody who is not wanted, either.
        instances.extend(hooks.map(|hook| if is_part(&hook.id) { hook.retires() } else { hook.leaves() }));
        needs::connect(&mut instances, project);
        self.leaving = instances.iter().filter(|one| one.leaving).count();
        self.instances = instances;
        self.lean_as_before(&leanings);
        self.find_runs_anew();
        self.touch_all();
        for index in 0..self.instances.len() {
            let one = &self.instances[index];
            if keep_down.contains(&one.key()) && !one.leaving && one.want == Want::Up {
                // Its end is not said yet, so nothing is said now.
                self.tell_whom_it_keeps_down(index, &mut Vec::new());
            }
        }
    }

    /// Forgets those who are no part of the project once nothing of them is left and all is said.
    pub(super) fn forget_those_who_left(&mut self) {
        let is_over = |one: &Instance| one.leaving && one.at_rest() && one.may_start();
        if self.leaving == 0 || !self.instances.iter().any(is_over) {
            return;
        }
        let mut places = Vec::new();
        let mut left = 0;
        for instance in &self.instances {
            let is_over = is_over(instance);
            places.push((!is_over).then_some(left));
            left += usize::from(!is_over);
        }
        self.instances.retain(|one| !is_over(one));
        for instance in &mut self.instances {
            instance.renumber(&places);
        }
        self.leaving = self.instances.iter().filter(|one| one.leaving).count();
        self.find_runs_anew();
    }

    /// Returns whom the runs there are were started to need, directly or through others.
    fn leanings(&self) -> Vec<(InstanceId, RunId, Vec<InstanceId>)> {
        let live = self.instances.iter().enumerate().filter(|(_, one)| one.is_main() && one.is_live());
        live.filter_map(|(index, one)| {
            let run = one.run.as_ref()?.id;
            // Whoever does not live has nothing to stay for.
            let leans = |other: &&Instance| {
                let is_needed =
                    other.leaners.contains(&index) || other.former_leaners.contains(&(index, run));
                other.is_live() && is_needed
            };
            let on = self.instances.iter().filter(leans).map(|other| other.id.clone()).collect();
            Some((one.id.clone(), run, on))
        })
        .collect()
    }

    fn lean_as_before(&mut self, leanings: &[(InstanceId, RunId, Vec<InstanceId>)]) {
        let places: BTreeMap<InstanceId, usize> = self
            .instances
            .iter()
            .enumerate()
            .filter(|(_, one)| one.is_main())
            .map(|(index, one)| (one.id.clone(), index))
            .collect();
        for (leaner, run, on) in leanings {
            let Some(leaner) = places.get(leaner) else { continue };
            for on in on.iter().filter_map(|on| places.get(on)) {
                self.instances[*on].former_leaners.push((*leaner, *run));
                self.instances[*leaner].leans_on.push(*on);
            }
        }
    }

    /// Everybody may have another place now.
    fn find_runs_anew(&mut self) {
        let runs = self.instances.iter().enumerate();
        self.runs = runs.filter_map(|(index, one)| Some((one.run.as_ref()?.id, index))).collect();
        self.in_the_news = None;
    }
}

impl Instance {
    fn key(&self) -> Key {
        (self.id.clone(), self.part)
    }

    /// Stays, as the new project has it.
    fn goes_on_as(
        self,
        spec: &InstanceSpec,
        difference: &Difference,
        (now, chance): (Time, &mut Chance),
    ) -> Instance {
        if self.leaving {
            return self.comes_back(spec);
        }
        let was = Arc::clone(&self.process);
        let mut instance = self.with(&spec.process);
        instance.notice_delay(now);
        instance.goes_by_new_rules(&was.life, (now, chance));
        match difference.follows(&spec.id) {
            Some(Follows::Restart) if instance.want == Want::Up => instance.starts_anew(),
            Some(Follows::Signal(signal)) if instance.can_reread() => instance.rereads = Some(signal),
            Some(Follows::Signal(_)) if instance.want == Want::Up && instance.clock.is_none() => {
                instance.starts_anew();
            }
            Some(Follows::Restart | Follows::Signal(_) | Follows::NextStart | Follows::Nothing) | None => {}
        }
        instance
    }

    /// Is wanted again before it was gone: all but its run is as if it had never been there.
    fn comes_back(self, spec: &InstanceSpec) -> Instance {
        let mut instance = self.with(&spec.process);
        instance.leaving = false;
        instance.policy = spec.process.life.restart.kind.policy;
        instance.history = History::default();
        instance.clock = Clock::of(&spec.process.life);
        instance.forgiven = true;
        instance.now_wants(Want::Up);
        instance.starts_anew();
        instance
    }

    /// Is no part of the project any more.
    fn leaves(mut self) -> Instance {
        self.forget_neighbours();
        (self.clock, self.changed, self.rereads) = (None, None, None);
        self.leaving = true;
        self.now_wants(Want::Down);
        if let Some(run) = &mut self.run {
            // Nothing follows from its end any more.
            run.take_back(Want::Bounce);
        }
        self
    }

    /// Is no part of the project any more once its run is over.
    fn retires(mut self) -> Instance {
        self.forget_neighbours();
        self.leaving = true;
        self
    }

    /// Is what is written now, from now on or, if its run is ending, from then on.
    fn with(mut self, process: &Arc<ProcessSpec>) -> Instance {
        self.forget_neighbours();
        // The clock and the files are not those of a run.
        self.goes_by_the_clock_of(process);
        if process.life.watch.is_none() {
            self.changed = None;
        }
        if self.written().life.restart != process.life.restart {
            self.history.begin_anew();
        }
        match self.phase {
            Phase::Stopping { .. } => self.next_process = Some(Arc::clone(process)),
            Phase::Pending
            | Phase::Waiting
            | Phase::Starting { .. }
            | Phase::Running { .. }
            | Phase::Backoff { .. }
            | Phase::Exited { .. } => self.become_like(Arc::clone(process)),
        }
        self
    }

    /// Is what is written now.
    pub(super) fn become_like(&mut self, process: Arc<ProcessSpec>) {
        let (was, is) = (&self.process.life, &process.life);
        if self.is_main() && was.restart.kind.name != is.restart.kind.name {
            self.policy = is.restart.kind.policy;
        }
        self.process = process;
    }

    fn goes_by_the_clock_of(&mut self, process: &ProcessSpec) {
        if self.is_main() && self.written().life.nature != process.life.nature {
            self.clock = Clock::of(&process.life);
        }
    }

    /// Its run goes on by other limits, and is looked at in another way, where these are not what they were.
    fn goes_by_new_rules(&mut self, was: &Lifecycle, (now, chance): (Time, &mut Chance)) {
        let life = &self.process.life;
        let runs = matches!(self.phase, Phase::Starting { .. } | Phase::Running { .. });
        let Some(run) = self.run.as_mut().filter(|run| runs && run.part == Part::Main) else { return };
        if (&was.limits, &was.nature) != (&life.limits, &life.nature) {
            run.meter.change(life, (run.since, now), chance);
        }
        if run.welcomed && was.live != life.live {
            run.pulse = life.live.as_ref().map(|rule| Pulse::begin(rule, now));
        }
    }

    fn forget_neighbours(&mut self) {
        self.needs.clear();
        self.dependents.clear();
        self.leans_on.clear();
        self.leaners.clear();
        self.former_leaners.clear();
        self.hooks = Hooks::default();
    }

    /// Names others by their new places; those without one are forgotten.
    fn renumber(&mut self, places: &[Option<usize>]) {
        let new = |place: &usize| places.get(*place).copied().flatten();
        let all = |old: &[usize]| old.iter().filter_map(new).collect::<Vec<_>>();
        self.needs = self.needs.iter().filter_map(|(on, reached)| Some((new(on)?, *reached))).collect();
        self.dependents = all(&self.dependents);
        self.leans_on = all(&self.leans_on);
        self.leaners = all(&self.leaners);
        self.former_leaners =
            self.former_leaners.iter().filter_map(|(leaner, run)| Some((new(leaner)?, *run))).collect();
        let Hooks { ready, crash } = self.hooks;
        self.hooks = Hooks { ready: ready.as_ref().and_then(new), crash: crash.as_ref().and_then(new) };
    }
}
