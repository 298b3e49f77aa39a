//! The books about a project that becomes another one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{Witness, life};
use crate::project::InstanceId;
use crate::project::difference::Follows;
use crate::supervisor::{Part, Reload};
use crate::time::Time;

impl Witness {
    pub(super) fn hear_of_reload(&mut self, now: Time, reload: &Reload) {
        let Reload { project, difference, .. } = reload;
        self.exit_on = project.exit_on;
        for seen in self.runs.values().filter(|seen| seen.is_live() && seen.is_main() && !seen.lost) {
            let run = self.runs.iter().find(|(_, other)| std::ptr::eq(*other, seen)).expect("it is one").0;
            let now_leans = self.leans.get(&seen.instance).cloned().unwrap_or_default();
            self.former_leans.entry(*run).or_default().extend(now_leans);
        }
        // Whoever does not live has nothing to stay for.
        let alive: BTreeSet<InstanceId> = {
            let ids = self.specs.keys();
            let lives = |id: &&InstanceId| self.newest(id).is_some_and(|seen| seen.is_live() && !seen.lost);
            ids.filter(lives).cloned().collect()
        };
        for on in self.former_leans.values_mut() {
            on.retain(|id| alive.contains(id));
        }
        for spec in &project.instances {
            let old = self.specs.insert(spec.id.clone(), Arc::clone(&spec.process));
            let is_new = difference.added.contains(&spec.id);
            if is_new {
                self.policies.remove(&spec.id);
                if self.newest(&spec.id).is_some() {
                    self.came_back.insert(spec.id.clone());
                }
                self.again.remove(&spec.id);
            }
            let nature = |old: &Arc<crate::project::ProcessSpec>| old.life.nature != spec.process.life.nature;
            if is_new || old.as_ref().is_none_or(nature) {
                self.clock_from.insert(spec.id.clone(), self.wall.last);
            }
            // A run that is ending ends as it was begun.
            let goes_on =
                self.runs.values_mut().filter(|seen| seen.instance == spec.id && seen.exit.is_none());
            for seen in goes_on.filter(|seen| seen.asked.is_none()) {
                seen.spec = Arc::clone(&spec.process);
            }
            if spec.process.life.watch.is_none() {
                self.changed.remove(&spec.id);
            }
            let Some(old) = old else { continue };
            if old.life.restart != spec.process.life.restart {
                self.again.remove(&spec.id);
            }
            let other_limits = old.life.limits != spec.process.life.limits;
            let other_looks = old.life.live != spec.process.life.live;
            if let Some(seen) = self.newest_alive(&spec.id) {
                seen.warned &= !other_limits;
                if other_looks {
                    seen.shown = Some(now);
                }
            }
        }
        self.members = project.instances.iter().map(|spec| spec.id.clone()).collect();
        self.needs = life::needs(project);
        self.leans = life::through_others(&self.needs);
        for id in &difference.removed {
            self.changed.remove(id);
            self.ends.retain(|end| end.instance != *id);
            for seen in self.runs.values_mut().filter(|seen| seen.instance == *id && seen.is_live()) {
                (seen.unwanted, seen.bounced) = (true, false);
            }
        }
        for id in &difference.added {
            // It is wanted again before it is gone.
            self.starts_anew(id, |_| true);
        }
        for change in &difference.changed {
            let id = &change.instance;
            match change.follows {
                Follows::Restart => self.starts_anew(id, |is_down| !is_down),
                Follows::Signal(signal) => {
                    let listens = self.newest(id).is_some_and(|seen| {
                        let runs = seen.leader_lives() && seen.asked.is_none() && seen.ruled.is_none();
                        runs && seen.part == Part::Main && !seen.unwanted && Witness::is_ready(seen, now)
                    });
                    if listens {
                        let seen = self.newest_alive(id).expect("it lives");
                        seen.to_reread = Some(signal);
                    } else if self.period(id).is_none() {
                        self.starts_anew(id, |is_down| !is_down);
                    }
                }
                Follows::NextStart | Follows::Nothing => {}
            }
        }
    }

    fn newest_alive(&mut self, id: &InstanceId) -> Option<&mut super::Seen> {
        let mut newest_first = self.runs.values_mut().rev();
        newest_first.find(|seen| seen.instance == *id && seen.is_main()).filter(|seen| seen.is_live())
    }

    /// Its newest run is followed by another one, if it is to be where it is wanted down or not.
    fn starts_anew(&mut self, id: &InstanceId, is_to_be: impl Fn(bool) -> bool) {
        let newest = self.runs.values_mut().rev().find(|seen| seen.instance == *id && seen.is_main());
        if let Some(seen) = newest {
            let is_down = seen.unwanted && !seen.bounced;
            if is_to_be(is_down) {
                (seen.unwanted, seen.bounced) = (true, true);
            }
        }
    }

    /// Whether anybody has to wait for another one's end.
    pub(in crate::supervisor::sim) fn has_order(&self) -> bool {
        self.leans.values().chain(self.former_leans.values()).any(|on| !on.is_empty())
    }

    /// The longest grace of everybody who is or was part of the project.
    pub(in crate::supervisor::sim) fn graces(&self) -> impl Iterator<Item = Duration> {
        self.specs.iter().map(|(id, spec)| {
            let runs = self.runs.values().filter(|seen| seen.instance == *id);
            runs.map(|seen| seen.spec.stop.grace).chain([spec.stop.grace]).max().unwrap_or_default()
        })
    }

    /// Whom the newest run of somebody needs, directly or through others, now or when it was started.
    pub(in crate::supervisor::sim) fn leans(&self, leaner: &InstanceId, on: &InstanceId) -> bool {
        let has = |set: Option<&BTreeSet<InstanceId>>| set.is_some_and(|set| set.contains(on));
        let newest = self.runs.iter().rev().find(|(_, seen)| seen.instance == *leaner && seen.is_main());
        has(self.leans.get(leaner)) || has(newest.and_then(|(run, _)| self.former_leans.get(run)))
    }
}
