//! Bugs on purpose: the worlds must find each of them, or an invariant is missing.
//!
//! A fault is planted around the mind, not in it: it misreads the project, does not hear or mishears an event,
//! forgets or invents an effect, or spoils what the mind knows. The mind itself stays as it is delivered.

use std::sync::Arc;
use std::time::Duration;

use super::worlds::play;
use crate::exit::Exit;
use crate::project::difference::{Aspect, Change, Follows};
use crate::project::lifecycle::{Lifecycle, Limits, Milestone, Missed, Nature, Overlap, Schedule, When};
use crate::project::{ExitOn, Project};
use crate::supervisor::conclude::FirstEnd;
use crate::supervisor::run::{Output, Run};
use crate::supervisor::{
    Check, ChildEvent, Effect, Event, Note, Outcome, Phase, Reach, Reload, RunId, Supervisor, Want,
};
use crate::time::{Moment, Time};

/// A mind, and perhaps a bug in it.
#[derive(Debug, Clone)]
pub(super) struct Mind {
    pub(super) supervisor: Supervisor,
    pub(super) fault: Option<Fault>,
}

/// What is wrong with a mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    KillsTooEarly,
    KillsTooLate,
    ForgetsToKill,
    ClimbsTheLadderDownwards,
    ForgetsThatSomeCanDie,
    TakesAnyEndForTheEndOfAll,
    StaysWhenAllIsOver,
    ForgetsOneInShutdown,
    StartsInShutdown,
    IgnoresTheSecondSignal,
    TakesAnEchoForASecondSignal,
    StopsWithoutACause,
    SignalsTheDead,
    StartsBesideTheLeftBehind,
    RestartsAtOnce,
    LastFailureDecides,
    CountsEndsThatWereAskedFor,
    SaysTheEndTooEarly,
    SaysTheEndTwice,
    MissesTheEndOfOutput,
    DoesNotWaitForOutput,
    LeavesADeadlineArmed,
    GivesUpAtOnce,
    WaitsForTheUndeadForEver,
    FinishesTwice,
    GoesOnAfterTheFinish,
    FinishesBeforeAllIsGone,
    TakesOldNewsForNew,
    ForgetsToPassOnASignal,
    ReportsAllTheTime,
    ForgetsOneAtTheBegin,
    KeepsTheGuardsLossForItself,
    ForgetsNeeds,
    TakesStartedForReady,
    StopsInAnyOrder,
    WaitsTooLongForReadiness,
    DoesNotHearThatItIsReady,
    RestartsBeyondTheBudget,
    TakesFailuresForSuccesses,
    ForgetsLimits,
    MeasuresWithAnotherMeasure,
    LetsTasksTakeTheirTime,
    TakesTasksForServices,
    ForgetsTheHookBefore,
    StartsTooOften,
    ForgetsTheClock,
    HasItsOwnIdeaOfOverlaps,
    HasItsOwnIdeaOfWhatWasMissed,
    DoesNotWatch,
    RestartsBeforeItIsQuiet,
    DoesNotLookWhetherItWorks,
    LosesPatienceAtOnce,
    AsksTwiceWhatItDoes,
    ForgetsTheRemoved,
    StartsTheRemoved,
    ForgetsTheAdded,
    TouchesTheUnchanged,
    RestartsInAnyOrder,
    RemembersForEver,
    TakesSignalsForRestarts,
    AsksTooEarlyToReread,
    KeepsOldRules,
    WaitsForQuietForEver,
}

const FAULTS: &[Fault] = &[
    Fault::KillsTooEarly,
    Fault::KillsTooLate,
    Fault::ForgetsToKill,
    Fault::ClimbsTheLadderDownwards,
    Fault::ForgetsThatSomeCanDie,
    Fault::TakesAnyEndForTheEndOfAll,
    Fault::StaysWhenAllIsOver,
    Fault::ForgetsOneInShutdown,
    Fault::StartsInShutdown,
    Fault::IgnoresTheSecondSignal,
    Fault::TakesAnEchoForASecondSignal,
    Fault::StopsWithoutACause,
    Fault::SignalsTheDead,
    Fault::StartsBesideTheLeftBehind,
    Fault::RestartsAtOnce,
    Fault::LastFailureDecides,
    Fault::CountsEndsThatWereAskedFor,
    Fault::SaysTheEndTooEarly,
    Fault::SaysTheEndTwice,
    Fault::MissesTheEndOfOutput,
    Fault::DoesNotWaitForOutput,
    Fault::LeavesADeadlineArmed,
    Fault::GivesUpAtOnce,
    Fault::WaitsForTheUndeadForEver,
    Fault::FinishesTwice,
    Fault::GoesOnAfterTheFinish,
    Fault::FinishesBeforeAllIsGone,
    Fault::TakesOldNewsForNew,
    Fault::ForgetsToPassOnASignal,
    Fault::ReportsAllTheTime,
    Fault::ForgetsOneAtTheBegin,
    Fault::KeepsTheGuardsLossForItself,
    Fault::ForgetsNeeds,
    Fault::TakesStartedForReady,
    Fault::StopsInAnyOrder,
    Fault::WaitsTooLongForReadiness,
    Fault::DoesNotHearThatItIsReady,
    Fault::RestartsBeyondTheBudget,
    Fault::TakesFailuresForSuccesses,
    Fault::ForgetsLimits,
    Fault::MeasuresWithAnotherMeasure,
    Fault::LetsTasksTakeTheirTime,
    Fault::TakesTasksForServices,
    Fault::ForgetsTheHookBefore,
    Fault::StartsTooOften,
    Fault::ForgetsTheClock,
    Fault::HasItsOwnIdeaOfOverlaps,
    Fault::HasItsOwnIdeaOfWhatWasMissed,
    Fault::DoesNotWatch,
    Fault::RestartsBeforeItIsQuiet,
    Fault::DoesNotLookWhetherItWorks,
    Fault::LosesPatienceAtOnce,
    Fault::AsksTwiceWhatItDoes,
    Fault::ForgetsTheRemoved,
    Fault::StartsTheRemoved,
    Fault::ForgetsTheAdded,
    Fault::TouchesTheUnchanged,
    Fault::RestartsInAnyOrder,
    Fault::RemembersForEver,
    Fault::TakesSignalsForRestarts,
    Fault::AsksTooEarlyToReread,
    Fault::KeepsOldRules,
    Fault::WaitsForQuietForEver,
];

#[test]
fn every_fault_is_found() {
    let is_missed = |fault: &&Fault| !(0..1_000).any(|seed| play(seed, Some(**fault)).is_err());
    let missed: Vec<&Fault> = FAULTS.iter().filter(is_missed).collect();
    assert!(missed.is_empty(), "no world finds {missed:?}");
}

impl Fault {
    /// Spoils the project that the mind is made of.
    pub(super) fn misread(self, project: &mut Project) {
        for instance in &mut project.instances {
            let process = Arc::make_mut(&mut instance.process);
            if self == Fault::KillsTooEarly {
                process.stop.grace /= 2;
            }
            if self == Fault::KillsTooLate {
                process.stop.grace += Duration::from_secs(1);
            }
            if self == Fault::ClimbsTheLadderDownwards {
                process.stop.signals.reverse();
            }
            self.misread_life(&mut process.life);
            process.can_die &= self != Fault::ForgetsThatSomeCanDie;
        }
        if self == Fault::TakesAnyEndForTheEndOfAll {
            project.exit_on = ExitOn::Any;
        }
        if self == Fault::StaysWhenAllIsOver {
            project.exit_on = ExitOn::Never;
        }
        if self == Fault::ForgetsOneAtTheBegin {
            project.instances.pop();
        }
    }
}

impl Fault {
    fn misread_life(self, life: &mut Lifecycle) {
        let schedule = match &mut life.nature {
            Nature::Scheduled(schedule) => Some(schedule),
            Nature::Service | Nature::Task { .. } => None,
        };
        match (self, schedule) {
            (Fault::ForgetsNeeds, _) => life.after.clear(),
            (Fault::TakesStartedForReady, _) => {
                for need in &mut life.after {
                    need.reached = Milestone::Started;
                }
            }
            (Fault::WaitsTooLongForReadiness, _) => {
                if let Some(ready) = &mut life.ready {
                    ready.timeout *= 3;
                }
            }
            (Fault::RestartsBeyondTheBudget, _) => life.restart.max_restarts = None,
            (Fault::TakesFailuresForSuccesses, _) => life.success_codes.extend([1, 143]),
            (Fault::ForgetsLimits, _) => life.limits = Limits::default(),
            (Fault::MeasuresWithAnotherMeasure, _) => {
                life.limits.memory = life.limits.memory.map(|most| most / 2);
            }
            (Fault::LetsTasksTakeTheirTime, Some(schedule)) => schedule.timeout = None,
            (Fault::LetsTasksTakeTheirTime, None) => {
                if let Nature::Task { timeout } = &mut life.nature {
                    *timeout = None;
                }
            }
            (Fault::TakesTasksForServices, None) => life.nature = Nature::Service,
            (Fault::ForgetsTheHookBefore, _) => life.hooks.before = None,
            (Fault::StartsTooOften, Some(Schedule { when: When::Every(every), .. })) => *every /= 2,
            (Fault::HasItsOwnIdeaOfOverlaps, Some(schedule)) => {
                schedule.overlap = match schedule.overlap {
                    Overlap::Skip | Overlap::Queue => Overlap::Kill,
                    Overlap::Kill => Overlap::Skip,
                }
            }
            (Fault::HasItsOwnIdeaOfWhatWasMissed, Some(schedule)) => {
                schedule.missed = match schedule.missed {
                    Missed::Once => Missed::Skip,
                    Missed::Skip => Missed::Once,
                }
            }
            (Fault::DoesNotWatch, _) => life.watch = None,
            (Fault::RestartsBeforeItIsQuiet, _) => {
                if let Some(watch) = &mut life.watch {
                    watch.debounce /= 4;
                }
            }
            (Fault::DoesNotLookWhetherItWorks, _) => life.live = None,
            (Fault::LosesPatienceAtOnce, _) => {
                if let Some(live) = &mut life.live {
                    live.failures = 1;
                }
            }
            (_, _) => {}
        }
    }
}

impl Mind {
    /// Returns a mind without a bug.
    pub(super) fn sane(supervisor: Supervisor) -> Mind {
        Mind { supervisor, fault: None }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let anybody_ended =
            self.supervisor.instances.iter().any(|instance| matches!(instance.phase, Phase::Exited { .. }));
        match self.fault {
            Some(Fault::LeavesADeadlineArmed) if anybody_ended => Some(Time::ZERO),
            _ => self.supervisor.deadline(),
        }
    }

    pub(super) fn handle(&mut self, moment: Moment, event: Event, effects: &mut Vec<Effect>) {
        let Some(fault) = self.fault else {
            self.supervisor.handle(moment, event, effects);
            return;
        };
        let now = moment.time;
        let was_ending = self.supervisor.shutdown.is_some();
        let Some(event) = self.mishear(fault, event) else { return };
        self.spoil_before(fault, now, &event);
        self.supervisor.handle(moment, event.clone(), effects);
        self.spoil_after(fault, moment, &event, effects);
        self.supervisor.due = self.supervisor.next_due();
        let begins = !was_ending && self.supervisor.shutdown.is_some();
        misact(fault, &event, begins, effects);
    }

    fn mishear(&self, fault: Fault, event: Event) -> Option<Event> {
        match (fault, event) {
            (Fault::IgnoresTheSecondSignal, Event::Signal { .. }) if self.supervisor.shutdown.is_some() => {
                None
            }
            (Fault::MissesTheEndOfOutput, Event::Child { what: ChildEvent::OutputClosed { .. }, .. })
            | (Fault::KeepsTheGuardsLossForItself, Event::GuardLost)
            | (
                Fault::DoesNotHearThatItIsReady,
                Event::Child { what: ChildEvent::Probed { check: Check::Ready, result: Ok(()) }, .. },
            ) => None,
            (Fault::TakesOldNewsForNew, Event::Child { run, what })
                if self.supervisor.instance_of(run).is_none() =>
            {
                Some(Event::Child { run: RunId(self.supervisor.launches), what })
            }
            (_, Event::Reloaded(reload)) => Some(Event::Reloaded(Arc::new(misheard(fault, &reload)))),
            (_, event) => Some(event),
        }
    }

    fn spoil_before(&mut self, fault: Fault, now: Time, event: &Event) {
        let mind = &mut self.supervisor;
        match (fault, event) {
            (Fault::TakesAnEchoForASecondSignal, Event::Signal { .. }) => {
                if let Some(first) = mind.shutdown.as_mut().and_then(|it| it.first_signal.as_mut()) {
                    *first = Time(first.0.saturating_sub(Duration::from_millis(60)));
                }
            }
            (Fault::StopsInAnyOrder, Event::Signal { .. }) => {
                for instance in &mut mind.instances {
                    instance.leaners.clear();
                }
            }
            (Fault::ForgetsTheClock, _) => {
                for clock in mind.instances.iter_mut().filter_map(|instance| instance.clock.as_mut()) {
                    clock.due = None;
                }
            }
            (Fault::ReportsAllTheTime, _) => {
                if let Some(shutdown) = &mut mind.shutdown {
                    shutdown.report_at = now;
                }
            }
            (Fault::WaitsForTheUndeadForEver, Event::DeadlineReached) => {
                for run in mind.runs() {
                    run.killed = run.killed.map(|_| now);
                }
            }
            (Fault::LastFailureDecides, Event::Child { what: ChildEvent::Exited(exit), .. })
                if !exit.is_success() && mind.shutdown.is_none() =>
            {
                mind.ends.clear();
            }
            _ => {}
        }
    }

    fn spoil_after(&mut self, fault: Fault, moment: Moment, event: &Event, effects: &mut Vec<Effect>) {
        let now = moment.time;
        let mind = &mut self.supervisor;
        match (fault, event) {
            (Fault::ForgetsTheRemoved, Event::Reloaded(_)) => {
                mind.instances.iter_mut().filter(|one| one.leaving).for_each(|one| one.want = Want::Up);
                effects.retain(|effect| !matches!(effect, Effect::Signal { .. }));
            }
            (Fault::StartsTheRemoved, _) if mind.shutdown.is_none() => {
                for (index, one) in mind.instances.iter_mut().enumerate().filter(|(_, one)| one.leaving) {
                    one.want = Want::Bounce;
                    mind.touched.insert(index);
                }
            }
            (Fault::RestartsInAnyOrder, _) if mind.shutdown.is_none() => {
                for one in &mut mind.instances {
                    (one.leaners, one.former_leaners) = (Vec::new(), Vec::new());
                }
            }
            (Fault::RemembersForEver, _) => mind.leaving = 0,
            (Fault::AsksTooEarlyToReread, Event::Reloaded(reload)) => {
                for change in &reload.difference.changed {
                    let one = mind.instances.iter().find(|one| one.id == change.instance);
                    if let (Follows::Signal(signal), Some(Phase::Running { run, .. })) =
                        (change.follows, one.map(|one| &one.phase))
                    {
                        effects.push(Effect::Signal { run: *run, signal, reach: Reach::Leader });
                    }
                }
            }
            (Fault::WaitsForQuietForEver, _) => {
                for changed in mind.instances.iter_mut().filter_map(|one| one.changed.as_mut()) {
                    changed.first = changed.last;
                }
            }
            (Fault::StartsInShutdown, _) if mind.shutdown.is_some() => {
                mind.instances[0].want = Want::Bounce;
                mind.touched.insert(0);
            }
            (Fault::StartsBesideTheLeftBehind, Event::Child { run, what: ChildEvent::Exited(_) }) => {
                mind.handle(moment, Event::Child { run: *run, what: ChildEvent::Gone }, effects);
            }
            (Fault::RestartsAtOnce, _) => {
                for instance in &mut mind.instances {
                    if let Phase::Backoff { until } = &mut instance.phase {
                        *until = now + Duration::from_millis(1);
                    }
                }
            }
            (Fault::CountsEndsThatWereAskedFor, Event::Child { run, what: ChildEvent::Exited(exit) }) => {
                let instance = mind.instance_of(*run).cloned();
                if let (Some(instance), true, Some(_)) = (instance, mind.ends.is_empty(), &mind.shutdown) {
                    let success = *exit == Exit::Code(0);
                    mind.ends.push(FirstEnd { instance, exit: *exit, success, after: Duration::ZERO });
                }
            }
            (Fault::SaysTheEndTooEarly, _) => {
                for instance in &mut mind.instances {
                    if let Some(run) = &mut instance.run {
                        run.tell_end(&instance.id, effects);
                    }
                }
            }
            (Fault::DoesNotWaitForOutput, Event::Child { what: ChildEvent::Gone, .. }) => {
                for run in mind.runs().filter(|run| run.gone.is_some() && run.output == Output::Open) {
                    run.output = Output::Held;
                }
            }
            (Fault::GivesUpAtOnce, _) => {
                for run in mind.runs().filter(|run| run.killed.is_some()) {
                    run.given_up = true;
                }
            }
            (Fault::GoesOnAfterTheFinish, _) => mind.finished = false,
            (Fault::FinishesBeforeAllIsGone, _)
                if mind.shutdown.is_some() && !mind.finished && mind.runs().all(|run| run.end.is_some()) =>
            {
                mind.finished = true;
                effects.push(Effect::Finish(Outcome::Done));
            }
            _ => {}
        }
    }
}

/// Another reload than the world has told of.
fn misheard(fault: Fault, reload: &Reload) -> Reload {
    let mut reload = reload.clone();
    let project = Arc::make_mut(&mut reload.project);
    if fault == Fault::ForgetsTheAdded {
        project.instances.retain(|one| !reload.difference.added.contains(&one.id));
    }
    if fault == Fault::TouchesTheUnchanged {
        let changes = project.instances.iter().map(|one| Change {
            instance: one.id.clone(),
            what: vec![Aspect::Command],
            follows: Follows::Restart,
        });
        reload.difference.changed = changes.collect();
    }
    if fault == Fault::TakesSignalsForRestarts {
        for change in &mut reload.difference.changed {
            if matches!(change.follows, Follows::Signal(_)) {
                change.follows = Follows::Restart;
            }
        }
    }
    if fault == Fault::KeepsOldRules {
        reload.difference.changed.clear();
    }
    reload
}

/// Spoils what the mind has decided.
fn misact(fault: Fault, event: &Event, begins: bool, effects: &mut Vec<Effect>) {
    let last_signal = effects.iter().rposition(|effect| matches!(effect, Effect::Signal { .. }));
    let term = |run: &RunId| Effect::Signal { run: *run, signal: libc::SIGTERM, reach: Reach::Leader };
    match (fault, event) {
        (Fault::ForgetsToKill, _) => {
            effects.retain(|effect| !matches!(effect, Effect::Signal { reach: Reach::Tree, .. }));
        }
        (Fault::ForgetsOneInShutdown, _) if begins => {
            last_signal.map(|last| effects.remove(last));
        }
        (Fault::ForgetsToPassOnASignal, Event::Signal { signal: libc::SIGUSR1 | libc::SIGUSR2, .. }) => {
            last_signal.map(|last| effects.remove(last));
        }
        (Fault::StopsWithoutACause, Event::Child { run, what: ChildEvent::Spawned { .. } })
        | (Fault::SignalsTheDead, Event::Child { run, what: ChildEvent::Exited(_) }) => {
            effects.push(term(run));
        }
        (Fault::AsksTwiceWhatItDoes, _) => {
            let is_dump = |effect: &&Effect| matches!(effect, Effect::Signal { signal: libc::SIGTTIN, .. });
            let dump = effects.iter().find(is_dump).cloned();
            effects.extend(dump);
        }
        (Fault::SaysTheEndTwice, _) => {
            let end = effects.iter().find(|effect| matches!(effect, Effect::Note(Note::Ended { .. })));
            effects.extend(end.cloned());
        }
        (Fault::FinishesTwice, _) => {
            let finish = effects.iter().find(|effect| matches!(effect, Effect::Finish(_)));
            effects.extend(finish.cloned());
        }
        _ => {}
    }
}

impl Supervisor {
    /// The newest run of everybody who had one.
    fn runs(&mut self) -> impl Iterator<Item = &mut Run> {
        self.instances.iter_mut().filter_map(|instance| instance.run.as_mut())
    }
}
