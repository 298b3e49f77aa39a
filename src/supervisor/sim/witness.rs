//! Somebody who sees every event and every effect, and keeps books of their own.
//!
//! They follow the rules as the manual tells them, not as the mind implements them: what counts as asked for,
//! who ended first, since when the stack ends. The invariants compare the two.

mod life;
mod reload;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::worlds::Policies;
use crate::exit::Exit;
use crate::project::lifecycle::{Milestone, Nature, OnLimit, Overlap, Readiness};
use crate::project::{ExitOn, InstanceId, ProcessSpec, Project};
use crate::supervisor::{
    Certainty, ChildEvent, Complaint, Effect, Event, Excess, Note, Outcome, Part, Reach, RunId, Usage, Want,
};
use crate::time::Time;

pub(super) use life::{Ruled, Wall};

/// The books.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a list of marks, each on its own")]
pub(super) struct Witness {
    pub(super) exit_on: ExitOn,
    /// Everybody who is or was part of the project, as they were last.
    pub(super) specs: BTreeMap<InstanceId, Arc<ProcessSpec>>,
    /// Who is part of it now.
    pub(super) members: BTreeSet<InstanceId>,
    pub(super) policies: Policies,
    pub(super) runs: BTreeMap<RunId, Seen>,
    pub(super) launches: BTreeMap<InstanceId, u32>,
    pub(super) begun: bool,
    /// Since when the stack ends.
    pub(super) ending: Option<Time>,
    first_signal: Option<Time>,
    /// Since when nobody has any grace.
    pub(super) hurried: Option<Time>,
    /// The ends that nobody asked for and that count, in their order, of those who were not started again.
    ends: Vec<Counts>,
    output_gone: Option<i32>,
    pub(super) guard_lost: bool,
    pub(super) finished: Option<Outcome>,
    pub(super) first_cause_said: bool,
    pub(super) idle_said: bool,
    pub(super) named_alive: BTreeSet<InstanceId>,
    pub(super) last_report: Option<Time>,
    /// The user's signal that this event passes on.
    pub(super) forwarded: Option<i32>,
    /// To whom, if not to everybody.
    pub(super) forwarded_to: Option<InstanceId>,
    /// Who needs whom.
    pub(super) needs: BTreeMap<InstanceId, Vec<(InstanceId, Milestone)>>,
    /// The same, also through others.
    pub(super) leans: BTreeMap<InstanceId, BTreeSet<InstanceId>>,
    /// When the policy of an instance was asked and wanted another run.
    pub(super) again: BTreeMap<InstanceId, Vec<Time>>,
    /// While the stack ends: since when nobody is in the way of an instance's end.
    pub(super) freed: BTreeMap<InstanceId, Time>,
    /// Since when nobody is in the way of an instance's start.
    pub(super) met_since: BTreeMap<InstanceId, Time>,
    /// When a file first and last changed for an instance since it was quiet.
    pub(super) changed: BTreeMap<InstanceId, (Time, Time)>,
    /// Of whom somebody ever wanted something.
    pub(super) wanted: BTreeSet<InstanceId>,
    /// Whom a run needed when it was started, where that was in another project.
    former_leans: BTreeMap<RunId, BTreeSet<InstanceId>>,
    /// Who was added after it had run in the same stack before, and has not run since.
    pub(super) came_back: BTreeSet<InstanceId>,
    /// From when on the clock counts for those who were not there from the beginning.
    pub(super) clock_from: BTreeMap<InstanceId, i64>,
    pub(super) wall: Wall,
}

/// An end that nobody asked for.
#[derive(Debug)]
struct Counts {
    instance: InstanceId,
    exit: Exit,
    failed: bool,
    /// Whether it counts for certain.
    surely: bool,
}

/// What was seen of one run.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a list of marks, each on its own")]
pub(super) struct Seen {
    pub(super) instance: InstanceId,
    /// What it is run by; the rule of its readiness is that of its start.
    pub(super) spec: Arc<ProcessSpec>,
    pub(super) readiness: Option<Readiness>,
    /// The signal that it is to get instead of being started again.
    pub(super) to_reread: Option<i32>,
    pub(super) part: Part,
    pub(super) since: Time,
    pub(super) ready: Option<Time>,
    pub(super) said_ready: bool,
    /// The last time it has shown that it works.
    pub(super) shown: Option<Time>,
    pub(super) usage: Option<Usage>,
    /// The rule by which it is ended, as it was said.
    pub(super) ruled: Option<Ruled>,
    pub(super) warned: bool,
    pub(super) success: bool,
    /// The least time after which its policy wants another run, and the most.
    pub(super) again: Option<(Duration, Duration)>,
    pub(super) gave_up: bool,
    pub(super) dumped: Option<Time>,
    pub(super) out_of_memory: Option<Certainty>,
    /// It was said that nobody waits for it any more.
    pub(super) lost: bool,
    pub(super) pid: Option<i32>,
    pub(super) failed: bool,
    pub(super) exit: Option<(Exit, Time)>,
    /// Whether its end was not asked for and will not be followed by another run.
    pub(super) is_final: bool,
    pub(super) gone: Option<Time>,
    pub(super) closed: bool,
    pub(super) complaint: Option<Complaint>,
    /// Somebody wants it down although the stack goes on.
    pub(super) unwanted: bool,
    /// Somebody wants another run after it.
    pub(super) bounced: bool,
    /// When the mind asked it to end, and with which signals.
    pub(super) asked: Option<Time>,
    pub(super) rungs: Vec<i32>,
    pub(super) killed: Option<Time>,
    pub(super) said_start: bool,
    pub(super) said_end: bool,
    pub(super) signalled_by_user: Option<i32>,
}

impl Seen {
    /// Whether it is the command, or the hook before it, and not a hook beside it.
    pub(super) fn is_main(&self) -> bool {
        matches!(self.part, Part::Main | Part::Before)
    }

    /// Whether anything of it may be alive.
    pub(super) fn is_live(&self) -> bool {
        !self.failed && self.gone.is_none()
    }

    pub(super) fn leader_lives(&self) -> bool {
        self.pid.is_some() && self.exit.is_none()
    }
}

impl Witness {
    pub(super) fn new(project: &Project, policies: &Policies) -> Witness {
        let specs = project.instances.iter().map(|spec| (spec.id.clone(), Arc::clone(&spec.process)));
        Witness {
            exit_on: project.exit_on,
            specs: specs.collect(),
            members: project.instances.iter().map(|spec| spec.id.clone()).collect(),
            policies: policies.clone(),
            runs: BTreeMap::new(),
            launches: BTreeMap::new(),
            begun: false,
            ending: None,
            first_signal: None,
            hurried: None,
            ends: Vec::new(),
            output_gone: None,
            guard_lost: false,
            finished: None,
            first_cause_said: false,
            idle_said: false,
            named_alive: BTreeSet::new(),
            last_report: None,
            forwarded: None,
            leans: life::through_others(&life::needs(project)),
            forwarded_to: None,
            needs: life::needs(project),
            again: BTreeMap::new(),
            freed: BTreeMap::new(),
            met_since: BTreeMap::new(),
            changed: BTreeMap::new(),
            wanted: BTreeSet::new(),
            former_leans: BTreeMap::new(),
            came_back: BTreeSet::new(),
            clock_from: BTreeMap::new(),
            wall: Wall::default(),
        }
    }

    /// While the stack ends: since when nobody is in the way of its end. A hook beside an instance is nobody's need.
    pub(super) fn free_since(&self, seen: &Seen) -> Option<Time> {
        if seen.is_main() { self.freed.get(&seen.instance).copied() } else { self.ending }
    }

    /// Since when a run is to end: since it was asked, or since all of them were, or since its leader ended.
    pub(super) fn stop_began(&self, seen: &Seen) -> Option<Time> {
        let freed = self.free_since(seen);
        let asked = seen.asked.map(|asked| freed.map_or(asked, |freed| asked.min(freed)));
        // A crash hook is not asked: the end of the stack lets it live on, for as long as its grace.
        let let_live = freed.filter(|_| seen.part == Part::Crash);
        asked.or(seen.exit.map(|(_, at)| let_live.map_or(at, |began| at.min(began))))
    }

    /// The newest run of an instance, hooks beside it left out.
    pub(super) fn newest(&self, id: &InstanceId) -> Option<&Seen> {
        self.runs.values().rev().find(|seen| seen.instance == *id && seen.is_main())
    }

    fn newest_mut(&mut self, id: &InstanceId) -> &mut Seen {
        let newest = self.runs.values_mut().rev().find(|seen| seen.instance == *id && seen.is_main());
        newest.expect("the invariants have looked for it before")
    }

    /// Notes an event, before the mind's effects.
    pub(super) fn hear(&mut self, now: Time, event: &Event) {
        self.forwarded = None;
        self.forwarded_to = None;
        for seen in self.runs.values_mut() {
            seen.signalled_by_user = None;
            seen.to_reread = None;
        }
        match event {
            Event::Begin => self.begun = true,
            Event::Child { run, what } => self.hear_of_child(now, *run, what),
            Event::Signal { signal, .. } => self.hear_signal(now, *signal),
            Event::Continued | Event::ClockSet | Event::DeadlineReached => {}
            Event::FilesChanged { process, .. } => {
                for id in self.members.iter().filter(|id| id.process == *process) {
                    if self.specs[id].life.watch.is_none() {
                        continue;
                    }
                    self.changed.entry(id.clone()).or_insert((now, now)).1 = now;
                }
            }
            Event::OutputGone { errno } => {
                if self.output_gone.is_none_or(|known| known == libc::EPIPE) {
                    self.output_gone = Some(*errno);
                }
                self.ending.get_or_insert(now);
            }
            Event::TimeUp { .. } => {
                self.ending.get_or_insert(now);
            }
            Event::GuardLost => self.guard_lost = true,
            Event::Reloaded(reload) => {
                if self.ending.is_none() {
                    self.hear_of_reload(now, reload);
                }
            }
            Event::Wanted { instance, .. } if !self.members.contains(instance) => {}
            Event::SignalWanted { instance, signal } => {
                self.forwarded = Some(*signal).filter(|_| self.ending.is_none());
                self.forwarded_to = Some(instance.clone());
            }
            Event::Wanted { instance, want } => {
                self.wanted.insert(instance.clone());
                let newest =
                    self.runs.values_mut().rev().find(|seen| seen.instance == *instance && seen.is_main());
                let is_on_its_way = *want == Want::Up && newest.as_ref().is_some_and(|seen| seen.bounced);
                if self.ending.is_none() && !is_on_its_way {
                    self.changed.remove(instance);
                }
                if let (None, Some(seen), false) = (self.ending, newest, is_on_its_way) {
                    seen.unwanted = *want != Want::Up;
                    let over = seen.exit.is_some() || seen.asked.is_some();
                    seen.bounced = *want == Want::Bounce || (*want == Want::Up && over);
                }
            }
        }
        self.look_around(now);
    }

    /// Returns whether this event passes this signal of the user on to an instance.
    pub(super) fn passes_on(&self, signal: i32, instance: &InstanceId) -> bool {
        self.forwarded == Some(signal) && self.forwarded_to.as_ref().is_none_or(|meant| meant == instance)
    }

    fn hear_signal(&mut self, now: Time, signal: i32) {
        let of_user = [libc::SIGUSR1, libc::SIGUSR2].contains(&signal);
        self.forwarded = Some(signal).filter(|_| of_user && self.ending.is_none());
        if ![libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT].contains(&signal) {
            return;
        }
        self.ending.get_or_insert(now);
        let first = *self.first_signal.get_or_insert(now);
        if now.since(first) >= Duration::from_millis(50) {
            self.hurried.get_or_insert(now);
        }
    }

    fn hear_of_child(&mut self, now: Time, run: RunId, what: &ChildEvent) {
        let Some(seen) = self.runs.get_mut(&run) else { return };
        match what.clone() {
            ChildEvent::Spawned { pid } if seen.pid.is_none() && !seen.failed => {
                seen.pid = Some(pid);
                if seen.part == Part::Main && seen.readiness.is_none() {
                    seen.ready = Some(now);
                }
            }
            ChildEvent::SpawnFailed { step, errno } if seen.pid.is_none() && !seen.failed => {
                (seen.failed, seen.closed, seen.gone) = (true, true, Some(now));
                self.hear_of_end(now, run, Exit::NeverStarted { step, errno });
            }
            ChildEvent::Exited(exit) if seen.leader_lives() => self.hear_of_end(now, run, exit),
            ChildEvent::Gone if seen.exit.is_some() && seen.gone.is_none() => seen.gone = Some(now),
            ChildEvent::OutputClosed { complaint } => (seen.closed, seen.complaint) = (true, complaint),
            ChildEvent::Spawned { .. }
            | ChildEvent::SpawnFailed { .. }
            | ChildEvent::Exited(_)
            | ChildEvent::Gone => {}
            ChildEvent::OutOfMemory(certainty) => seen.out_of_memory = Some(certainty),
            ChildEvent::Measured(usage) => seen.usage = Some(usage),
            ChildEvent::ReadyLine | ChildEvent::Notified(_) | ChildEvent::Probed { .. } => {
                life::hear_of_readiness(seen, now, what);
            }
        }
    }

    fn hear_of_end(&mut self, now: Time, run: RunId, exit: Exit) {
        let Some(seen) = self.runs.get_mut(&run) else { return };
        seen.exit = Some((exit, now));
        let spec = Arc::clone(&seen.spec);
        seen.success = life::succeeds(&spec, seen, exit);
        let asked = seen.asked.is_some() && seen.ruled.is_none();
        if self.ending.is_some() || asked || seen.unwanted || seen.bounced || !seen.is_main() {
            return;
        }
        let id = seen.instance.clone();
        if self.policies.get(&id).is_some_and(|policy| self.launches[&id] <= policy.limit) {
            return;
        }
        if life::judge(&spec, seen, self.again.entry(id.clone()).or_default(), now) {
            return;
        }
        seen.is_final = true;
        let (failure, nature) = (!seen.success, &spec.life.nature);
        let is_task = matches!(nature, Nature::Task { .. });
        if matches!(nature, Nature::Scheduled(_)) {
            return;
        }
        let told = if failure && exit == Exit::Code(0) { Exit::Code(1) } else { exit };
        if spec.can_die {
            if failure {
                self.weigh_a_death(id, told);
            }
            return;
        }
        let any = self.exit_on == ExitOn::Any && !is_task;
        if failure || any {
            self.ends.push(Counts { instance: id, exit: told, failed: failure, surely: true });
        }
        if any || (failure && matches!(self.exit_on, ExitOn::Failure | ExitOn::Any)) {
            self.ending = Some(now);
        }
    }

    /// One that can die has failed: that counts if somebody who cannot die never runs because of it.
    fn weigh_a_death(&mut self, failed: InstanceId, exit: Exit) {
        let never_ran = |id: &InstanceId| {
            self.members.contains(id) && self.newest(id).is_none() && !self.specs[id].can_die
        };
        let needs_it_alone = |(id, needs): (&InstanceId, &Vec<(InstanceId, Milestone)>)| {
            let alone = !needs.is_empty() && needs.iter().all(|(on, _)| *on == failed);
            alone && never_ran(id) && self.wanted.is_empty()
        };
        let surely = self.needs.iter().any(needs_it_alone);
        // Whether one that comes back has ever run depends on whether it was gone before.
        if surely || self.specs.keys().any(never_ran) || !self.came_back.is_empty() {
            self.ends.push(Counts { instance: failed, exit, failed: true, surely });
        }
    }

    /// Notes an effect, after it was judged.
    pub(super) fn see(&mut self, now: Time, effect: &Effect) {
        match effect {
            Effect::Spawn { run, instance, part } => {
                if *part == Part::Main {
                    *self.launches.entry(instance.clone()).or_default() += 1;
                }
                self.idle_said = false;
                if matches!(part, Part::Main | Part::Before) {
                    self.ends.retain(|end| end.instance != *instance);
                    self.changed.remove(instance);
                    self.came_back.remove(instance);
                }
                let spec = Arc::clone(&self.specs[instance]);
                self.runs.insert(*run, Seen::new(instance, (*part, spec), now));
            }
            Effect::Signal { run, signal, reach } => {
                let Some(seen) = self.runs.get_mut(run) else { return };
                match reach {
                    Reach::Tree => {
                        seen.asked = seen.asked.or(Some(now).filter(|_| seen.leader_lives()));
                        seen.killed = Some(now);
                    }
                    Reach::Leader if Some(*signal) == self.forwarded => {
                        seen.signalled_by_user = Some(*signal);
                    }
                    Reach::Leader if seen.to_reread == Some(*signal) => seen.to_reread = None,
                    Reach::Leader if *signal == libc::SIGTTIN => seen.dumped = Some(now),
                    Reach::Leader | Reach::Everyone => {
                        seen.asked.get_or_insert(now);
                        seen.rungs.push(*signal);
                    }
                }
            }
            Effect::Probe { .. }
            | Effect::Measure { .. }
            | Effect::Suspend
            | Effect::Resume
            | Effect::TakeOver(_) => {}
            Effect::Note(note) => self.see_note(now, note),
            Effect::Finish(outcome) => self.finished = Some(outcome.clone()),
        }
    }

    fn see_note(&mut self, now: Time, note: &Note) {
        match note {
            Note::Started { instance, .. } => self.newest_mut(instance).said_start = true,
            Note::Ended { instance, .. }
            | Note::CouldNotStart { instance, .. }
            | Note::HookFailed { instance, part: Part::Before, .. } => {
                self.newest_mut(instance).said_end = true;
            }
            Note::Ready { instance, .. } => self.newest_mut(instance).said_ready = true,
            Note::NotReady { instance, .. } => self.newest_mut(instance).ruled = Some(Ruled::Failure),
            Note::NotLive { instance, .. } => self.newest_mut(instance).ruled = Some(Ruled::Restart),
            Note::LimitExceeded { instance, excess, follows } => {
                let seen = self.newest_mut(instance);
                seen.warned = true;
                seen.ruled = match (follows, excess) {
                    (OnLimit::Warn, _) => None,
                    (OnLimit::Stop, _) => Some(Ruled::Failure),
                    (OnLimit::Restart, Excess::Age { .. }) => Some(Ruled::Fresh),
                    (OnLimit::Restart, _) => Some(Ruled::Restart),
                };
            }
            Note::FilesChanged { instance, signal: signal @ Some(_), .. } => {
                self.changed.remove(instance);
                self.newest_mut(instance).to_reread = *signal;
            }
            Note::FilesChanged { instance, .. } => {
                self.changed.remove(instance);
                let seen = self.newest_mut(instance);
                (seen.unwanted, seen.bounced) = (true, true);
            }
            Note::StillBusy { instance, follows: Overlap::Kill } => {
                let seen = self.newest_mut(instance);
                (seen.unwanted, seen.bounced) = (true, true);
            }
            Note::StillThere { .. } => self.last_report = Some(now),
            Note::StillAlive { instances } => {
                self.named_alive.extend(instances.iter().cloned());
                for seen in self.runs.values_mut().filter(|seen| instances.contains(&seen.instance)) {
                    seen.lost |= seen.is_live();
                }
                self.look_around(now);
            }
            Note::NothingRuns => self.idle_said = true,
            Note::FirstCause { .. } => self.first_cause_said = true,
            Note::Reloaded(_)
            | Note::Rereads { .. }
            | Note::Restarting { .. }
            | Note::GaveUp { .. }
            | Note::KeptDown { .. }
            | Note::HookFailed { .. }
            | Note::OutOfMemory { .. }
            | Note::StillBusy { follows: Overlap::Skip | Overlap::Queue, .. }
            | Note::WasMissed { .. }
            | Note::Forwarding { .. }
            | Note::AddressInUse { .. }
            | Note::ShutdownBySignal { .. }
            | Note::TimeUp { .. }
            | Note::AllReady { .. }
            | Note::SendingToAll { .. }
            | Note::GuardLost
            | Note::NoTerminals { .. }
            | Note::WatchingByLooking { .. }
            | Note::OutputUnread { .. }
            | Note::LogsIncomplete { .. }
            | Note::Asked { .. }
            | Note::LinesLost => {}
        }
    }

    /// How it may end if it ends now. Whether somebody has waited in vain for one that can die is a question of who was
    /// looked at first, so there can be several ways.
    pub(super) fn outcomes(&self) -> Vec<Outcome> {
        if self.guard_lost || self.runs.values().any(Seen::is_live) {
            return vec![Outcome::Broken];
        }
        let mut outcomes = Vec::new();
        for Counts { instance, exit, failed, surely } in &self.ends {
            if *failed {
                outcomes.push(Outcome::Failed { instance: instance.clone(), exit: *exit });
            }
            if *surely && *failed {
                return outcomes;
            }
            if *surely {
                break;
            }
        }
        outcomes.push(match self.output_gone {
            None | Some(libc::EPIPE) => Outcome::Done,
            Some(_) => Outcome::Broken,
        });
        outcomes
    }
}

impl Seen {
    fn new(instance: &InstanceId, (part, spec): (Part, Arc<ProcessSpec>), now: Time) -> Seen {
        Seen {
            instance: instance.clone(),
            readiness: spec.life.ready.clone().filter(|_| part == Part::Main),
            spec,
            to_reread: None,
            part,
            since: now,
            ready: None,
            said_ready: false,
            shown: None,
            usage: None,
            ruled: None,
            warned: false,
            success: false,
            again: None,
            gave_up: false,
            dumped: None,
            out_of_memory: None,
            lost: false,
            pid: None,
            failed: false,
            exit: None,
            is_final: false,
            gone: None,
            closed: false,
            complaint: None,
            unwanted: false,
            bounced: false,
            asked: None,
            rungs: Vec::new(),
            killed: None,
            said_start: false,
            said_end: false,
            signalled_by_user: None,
        }
    }
}
