//! What somebody waits for, and whether it is so: looked for in snapshots, so that nothing can be missed between two of them.
//!
//! A goal is made of what was so before it was asked for, and then held against each snapshot after that. It is not
//! part of the mind, which does not know who waits.

use serde::{Deserialize, Serialize};

use super::{Cause, Chapter, Explanation, InstanceState, Phase, RunId, Snapshot, Want};
use crate::exit::Exit;
use crate::project::InstanceId;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// A newer run is ready, or is done if it has an end of its own.
    Restarted,
    /// Nobody of the run is left.
    Stopped,
    /// It is ready, or done, and was asked to be.
    Up,
    /// It is ready, or done, however long its policy tries.
    Ready,
    /// The run that is there, or the next one, has ended.
    Exited,
}

/// What is waited for, of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    aim: Aim,
    targets: Vec<Target>,
}

/// One instance, as it was when the goal was made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    instance: InstanceId,
    /// Its newest run.
    known: Option<RunId>,
    /// Whether anything of that was left.
    was_live: bool,
    /// Whether it was to run.
    was_wanted: bool,
}

/// What became of one instance that was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which one.
    pub instance: InstanceId,
    /// Its newest run.
    pub run: Option<RunId>,
    /// The leader of that, as long as it lives.
    pub pid: Option<i32>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Fate {
    /// It runs and is ready.
    Ready,
    /// It has come to its end; whether that is what was wanted is the question of who waits for it.
    Ended {
        /// How.
        exit: Exit,
        /// Whether that counts as a success.
        success: bool,
    },
    /// It was asked to end and has.
    Stopped {
        /// How; `None` if it had not been launched.
        exit: Option<Exit>,
    },
    /// There was nothing to stop.
    NotRunning,
    /// It has failed, and this was not what was waited for.
    Failed {
        /// How it ended.
        exit: Exit,
        /// Whether it will be started again all the same.
        again: bool,
    },
    /// It stays down because another one has failed.
    KeptDown {
        /// Who.
        because: InstanceId,
    },
    /// Nobody wants it to run any more.
    NotWanted,
    /// Even SIGKILL did not end it.
    Stuck,
    /// The whole stack is ending.
    StackEnds {
        /// Why.
        because: Cause,
    },
    /// There is no such instance any more.
    Gone,
    /// It did not come so far in time.
    TimedOut {
        /// What is so instead.
        because: Explanation,
    },
}

impl Goal {
    /// Makes a goal of what is so before anything was asked.
    pub fn new(aim: Aim, instances: &[InstanceId], before: &Snapshot) -> Goal {
        let target = |id: &InstanceId| {
            let state = before.instances.iter().find(|one| one.id == *id);
            Target {
                instance: id.clone(),
                known: state.and_then(|one| one.runs.last()).map(|run| run.run),
                was_live: state.is_some_and(is_live),
                was_wanted: state.is_some_and(|one| one.want != Want::Down && !at_rest(one)),
            }
        };
        Goal { aim, targets: instances.iter().map(target).collect() }
    }

    /// Returns who is waited for.
    pub fn instances(&self) -> impl Iterator<Item = &InstanceId> {
        self.targets.iter().map(|target| &target.instance)
    }

    /// Returns what has become of one of them in a snapshot that was taken after it was asked for; `None` as long as that is open.
    pub fn verdict(&self, id: &InstanceId, stack: &Snapshot) -> Option<Verdict> {
        let target = self.targets.iter().find(|target| target.instance == *id)?;
        let state = stack.instances.iter().find(|one| one.id == *id);
        let fate = match state {
            None => Some(Fate::Gone),
            Some(state) => self.fate(target, state, stack),
        };
        fate.map(|fate| Verdict::new(id, state, fate))
    }

    fn fate(&self, target: &Target, state: &InstanceState, stack: &Snapshot) -> Option<Fate> {
        match self.aim {
            Aim::Stopped => stopped(target, state),
            Aim::Exited => exited(target, state),
            Aim::Restarted | Aim::Up | Aim::Ready => self.risen(target, state, stack),
        }
    }

    /// It is to be ready, or done.
    fn risen(&self, target: &Target, state: &InstanceState, stack: &Snapshot) -> Option<Fate> {
        let newest = state.runs.last();
        let is_fresh = |run: &&Chapter| target.known.is_none_or(|known| run.run > known);
        let counts = self.aim != Aim::Restarted || newest.as_ref().is_some_and(is_fresh);
        if state.ready && state.want == Want::Up && counts {
            return Some(Fate::Ready);
        }
        // Whoever asked for a start wants to know of its failure, also if the policy tries again.
        let is_impatient = self.aim != Aim::Ready;
        if let Some(failed) =
            state.runs.iter().filter(is_fresh).find(|run| run.failed()).filter(|_| is_impatient)
            && let Some(exit) = failed.exit
        {
            return Some(Fate::Failed {
                exit,
                again: matches!(state.because, Explanation::StartsAgain { .. }),
            });
        }
        if let Explanation::Ended { exit } | Explanation::GaveUp { exit } = state.because
            && counts
        {
            let success = newest.is_some_and(|run| run.success == Some(true));
            let ended = Fate::Ended { exit, success };
            return Some(if success { ended } else { Fate::Failed { exit, again: false } });
        }
        if let Some(because) = &stack.stopping {
            return Some(Fate::StackEnds { because: because.clone() });
        }
        if state.because == Explanation::NotWanted {
            return Some(Fate::NotWanted);
        }
        hopeless(state)
    }
}

impl Verdict {
    fn new(id: &InstanceId, state: Option<&InstanceState>, fate: Fate) -> Verdict {
        Verdict {
            instance: id.clone(),
            run: state.and_then(|one| one.runs.last()).map(|run| run.run),
            pid: state.and_then(|one| one.phase.pid()),
            fate,
        }
    }

    /// Makes the verdict about one that did not come so far in time.
    pub fn timed_out(id: &InstanceId, stack: &Snapshot) -> Verdict {
        let state = stack.instances.iter().find(|one| one.id == *id);
        let fate = state.map_or(Fate::Gone, |one| Fate::TimedOut { because: one.because.clone() });
        Verdict::new(id, state, fate)
    }
}

impl Fate {
    /// Returns whether this is what was waited for.
    pub fn is_success(&self, aim: Aim) -> bool {
        match self {
            Fate::Ready => true,
            Fate::Ended { success, .. } => *success,
            Fate::Stopped { .. } | Fate::NotRunning => aim == Aim::Stopped,
            Fate::Failed { .. }
            | Fate::KeptDown { .. }
            | Fate::NotWanted
            | Fate::Stuck
            | Fate::StackEnds { .. }
            | Fate::Gone
            | Fate::TimedOut { .. } => false,
        }
    }
}

impl Phase {
    /// Returns its leader, as long as that lives.
    pub fn pid(&self) -> Option<i32> {
        match self {
            Phase::Running { pid, .. } | Phase::Stopping { pid, exit: None, .. } => Some(*pid),
            Phase::Pending
            | Phase::Waiting
            | Phase::Starting { .. }
            | Phase::Stopping { exit: Some(_), .. }
            | Phase::Backoff { .. }
            | Phase::Exited { .. } => None,
        }
    }
}

fn is_live(state: &InstanceState) -> bool {
    matches!(state.phase, Phase::Starting { .. } | Phase::Running { .. } | Phase::Stopping { .. })
}

/// Whether nothing will happen to it unless somebody wants it.
fn at_rest(state: &InstanceState) -> bool {
    matches!(
        state.because,
        Explanation::NotWanted
            | Explanation::Ended { .. }
            | Explanation::GaveUp { .. }
            | Explanation::KeptDown { .. }
    )
}

fn stopped(target: &Target, state: &InstanceState) -> Option<Fate> {
    if state.because == Explanation::StillAlive {
        return Some(Fate::Stuck);
    }
    let known = target.known.filter(|_| target.was_live);
    let is_over = !is_live(state) || state.runs.last().map(|run| run.run) != known;
    match known {
        Some(known) if is_over => {
            let exit = state.runs.iter().find(|run| run.run == known).and_then(|run| run.exit);
            Some(Fate::Stopped { exit })
        }
        None if !is_live(state) && target.was_wanted => Some(Fate::Stopped { exit: None }),
        None if !is_live(state) => Some(Fate::NotRunning),
        Some(_) | None => None,
    }
}

fn exited(target: &Target, state: &InstanceState) -> Option<Fate> {
    let is_meant = |run: &&Chapter| target.known.is_none_or(|known| run.run >= known);
    let run = state.runs.iter().find(is_meant);
    if let Some((run, exit)) = run.and_then(|run| Some((run, run.exit?))) {
        return Some(Fate::Ended { exit, success: run.success == Some(true) });
    }
    // It has never run, and will not.
    if run.is_none() && state.because == Explanation::NotWanted {
        return Some(Fate::NotWanted);
    }
    hopeless(state)
}

/// What keeps it from ever coming anywhere.
fn hopeless(state: &InstanceState) -> Option<Fate> {
    if let Explanation::KeptDown { because, .. } = &state.because {
        return Some(Fate::KeptDown { because: because.clone() });
    }
    (state.because == Explanation::StillAlive).then_some(Fate::Stuck)
}

#[cfg(test)]
mod tests;
