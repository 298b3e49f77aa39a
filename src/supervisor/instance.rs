//! One instance: what is wanted of it, and what is so. Two facts, two fields.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ready::Rule;
use super::run::Run;
use super::schedule::Clock;
use super::watch::Changed;
use super::why::Chapter;
use super::{Effect, Part};
use crate::exit::Exit;
use crate::project::lifecycle::Milestone;
use crate::project::{InstanceId, InstanceSpec, ProcessSpec};
use crate::restart::{History, NEVER, Policy};
use crate::time::Time;

/// One launch of one instance. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What people and policies want of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// It should run.
    Up,
    /// It should not run.
    Down,
    /// It should end once and then run again.
    Bounce,
}

/// What is so; set by news from the world only.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Known, nothing owed.
    Pending,
    /// Wanted; a need is not met yet.
    Waiting,
    /// Launched, no process id yet.
    Starting {
        /// The launch.
        run: RunId,
        /// When it was launched.
        since: Time,
    },
    /// It runs.
    Running {
        /// The launch.
        run: RunId,
        /// Its leader.
        pid: i32,
        /// When it was launched.
        since: Time,
    },
    /// It was asked to end, or its leader has ended and what it left behind is ending.
    Stopping {
        /// The launch.
        run: RunId,
        /// Its leader, also when that is gone.
        pid: i32,
        /// Which signal of the ladder it got last.
        rung: usize,
        /// When the next one is due; `None` after SIGKILL.
        until: Option<Time>,
        /// How the leader ended, once it has.
        exit: Option<Exit>,
    },
    /// It is to be launched again at this time.
    Backoff {
        /// When.
        until: Time,
    },
    /// It has ended, all of it.
    Exited {
        /// How its leader ended.
        exit: Exit,
        /// When.
        at: Time,
        /// Whether it has been decided what follows.
        judged: bool,
    },
}

/// One instance as the mind knows it. The hooks beside an instance are instances of their own, behind all others.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub(super) id: InstanceId,
    /// Its command, or the hook that it is.
    pub(super) part: Part,
    pub(super) process: Arc<ProcessSpec>,
    /// What it is to be as soon as the run that is ending is over: that ends as it was begun.
    pub(super) next_process: Option<Arc<ProcessSpec>>,
    /// Whether it is no part of the project any more: it is forgotten as soon as nothing of it is left.
    pub(super) leaving: bool,
    pub(super) want: Want,
    pub(super) phase: Phase,
    /// Since when it is in [`Phase::Waiting`].
    pub(super) waits_since: Time,
    /// What follows when it has ended by itself.
    pub(super) policy: &'static dyn Policy,
    pub(super) history: History,
    /// Its newest run, over or not.
    pub(super) run: Option<Run>,
    /// The runs before, as far as they are still remembered.
    pub(super) chapters: VecDeque<Chapter>,
    /// Who must have come how far before it starts.
    pub(super) needs: Vec<(usize, Milestone)>,
    /// Who needs it.
    pub(super) dependents: Vec<usize>,
    /// Whom it needs, directly or through others.
    pub(super) leans_on: Vec<usize>,
    /// Who needs it, directly or through others: they go first when it is to end.
    pub(super) leaners: Vec<usize>,
    /// Whose run was started when the project was another one, in which they needed it.
    pub(super) former_leaners: Vec<(usize, RunId)>,
    /// The hooks beside it.
    pub(super) hooks: Hooks,
    /// When it counts as ready; `None`: when it has started.
    pub(super) readiness: Option<Rule>,
    /// When the clock starts it.
    pub(super) clock: Option<Clock>,
    /// Files that have changed since it was quiet.
    pub(super) changed: Option<Changed>,
    /// Whether its last end is not held against it: it is started again as another one.
    pub(super) forgiven: bool,
    /// The signal that makes it read again what it reads, if it is to do so now.
    pub(super) rereads: Option<i32>,
    /// Whether its hook `before` has succeeded since its last run.
    pub(super) prepared: bool,
    /// While the stack ends: since when nobody is in the way of its end.
    pub(super) free_since: Option<Time>,
}

/// The hooks beside an instance, by their place among the instances.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hooks {
    pub(super) ready: Option<usize>,
    pub(super) crash: Option<usize>,
}

impl Instance {
    /// Makes an instance that nothing is wanted of yet.
    pub(super) fn new(spec: &InstanceSpec) -> Instance {
        let life = &spec.process.life;
        Instance {
            id: spec.id.clone(),
            part: Part::Main,
            process: Arc::clone(&spec.process),
            next_process: None,
            leaving: false,
            want: Want::Down,
            phase: Phase::Pending,
            waits_since: Time::ZERO,
            policy: life.restart.kind.policy,
            history: History::default(),
            run: None,
            chapters: VecDeque::new(),
            needs: Vec::new(),
            dependents: Vec::new(),
            leans_on: Vec::new(),
            leaners: Vec::new(),
            former_leaners: Vec::new(),
            hooks: Hooks::default(),
            readiness: None,
            clock: Clock::of(life),
            changed: None,
            forgiven: false,
            rereads: None,
            prepared: false,
            free_since: None,
        }
    }

    /// Makes the hook `part` of an instance.
    pub(super) fn hook(spec: &InstanceSpec, part: Part) -> Instance {
        Instance { part, policy: NEVER.policy, clock: None, ..Instance::new(spec) }
    }

    /// Returns whether it is the command itself, and not a hook beside it.
    pub(super) fn is_main(&self) -> bool {
        self.part == Part::Main
    }

    /// Returns what is written of it now, also while a run of what was written before is ending.
    pub(super) fn written(&self) -> &ProcessSpec {
        self.next_process.as_ref().unwrap_or(&self.process)
    }

    /// Says of its run what there is to say by now.
    pub(super) fn tell(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if let Some(run) = &mut self.run {
            run.tell(&self.id, now, effects);
        }
    }

    /// Wants something else of it than before.
    pub(super) fn now_wants(&mut self, want: Want) {
        self.want = want;
        self.forgiven = match want {
            Want::Bounce => true,
            Want::Down => false,
            Want::Up => self.forgiven,
        };
        if let Some(run) = &mut self.run {
            run.take_back(want);
        }
    }

    /// Returns when [`Instance::tell`] has something to say even if no news comes.
    pub(super) fn words_due(&self) -> Option<Time> {
        self.run.as_ref().and_then(Run::words_due)
    }

    /// Returns whether a new run may begin: never two at a time, and the old one has the last word first.
    pub(super) fn may_start(&self) -> bool {
        self.run.as_ref().is_none_or(|run| run.gone.is_some() && run.has_said_all())
    }

    /// Returns whether anything of it may be alive that is still waited for.
    pub(super) fn is_live(&self) -> bool {
        match self.phase {
            Phase::Starting { .. } | Phase::Running { .. } | Phase::Stopping { .. } => !self.is_given_up(),
            Phase::Pending | Phase::Waiting | Phase::Backoff { .. } | Phase::Exited { .. } => false,
        }
    }

    /// Returns whether nothing will happen to it any more unless somebody wants something of it.
    pub(super) fn at_rest(&self) -> bool {
        let quiet = self.run.as_ref().is_none_or(Run::has_said_all);
        let given_up = self.is_given_up();
        match self.phase {
            Phase::Pending => self.want == Want::Down && quiet,
            Phase::Waiting | Phase::Running { .. } | Phase::Backoff { .. } => false,
            Phase::Starting { .. } | Phase::Stopping { .. } => given_up && quiet,
            Phase::Exited { judged, .. } => quiet && (judged || self.want == Want::Down),
        }
    }

    /// Returns whether forge does not wait for the end of its run any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.given_up && run.gone.is_none())
    }

    /// Returns whether an end counts as a success for this process.
    pub(super) fn succeeds(&self, part: Part, exit: Exit) -> bool {
        match exit {
            Exit::Code(code) if part == Part::Main => self.process.life.success_codes.contains(&code),
            Exit::Code(_) | Exit::Signal { .. } | Exit::NeverStarted { .. } => exit.is_success(),
        }
    }

    /// Returns its run if that is its command, running, and nothing else is wanted or decided.
    pub(super) fn undisturbed(&mut self) -> Option<&mut Run> {
        let is_running = self.want == Want::Up && matches!(self.phase, Phase::Running { .. });
        self.run.as_mut().filter(|run| is_running && run.part == Part::Main && run.reason.is_none())
    }
}
