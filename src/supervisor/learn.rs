//! News to facts. It records, it never decides: what follows from a fact is the business of `drive`.
//!
//! News that does not fit what is known (a second end, an end before a start) is dropped.

use super::instance::Instance;
use super::run::{End, Output, Sequel};
use super::{
    Check, ChildEvent, Event, Notice, Part, Phase, Reason, RunId, Supervisor, Want, drive, shutdown,
};
use crate::exit::{Exit, Step};
use crate::project::InstanceId;
use crate::project::lifecycle::Probe;
use crate::time::Time;

/// What a process says of itself is remembered up to this many characters.
const LONGEST_STATUS: usize = 200;

impl Supervisor {
    /// Writes down what happened.
    pub(super) fn learn(&mut self, now: Time, event: Event) {
        match event {
            Event::Begin => self.learn_begin(),
            Event::Child { run, what } => self.learn_of_child(now, run, &what),
            Event::Signal { signal, from_terminal: _ } => {
                if shutdown::asks_to_end(signal) {
                    self.learn_request_to_end(now, signal);
                }
            }
            Event::OutputGone { errno } => self.learn_output_gone(now, errno),
            Event::TimeUp { limit } => self.learn_time_up(now, limit),
            Event::GuardLost => self.guard_lost = true,
            Event::Wanted { instance, want } => self.learn_want(&instance, want),
            Event::Reloaded(reload) => self.learn_reload(now, &reload),
            Event::FilesChanged { process, path } => self.learn_change(now, &process, &path),
            Event::ClockSet => self.learn_jump(),
            // What is due is looked for at every event.
            Event::Continued | Event::SignalWanted { .. } | Event::DeadlineReached => {}
        }
    }

    fn learn_begin(&mut self) {
        if self.shutdown.is_some() {
            return;
        }
        for instance in self.instances.iter_mut().filter(|one| one.is_main() && !one.leaving) {
            instance.want = Want::Up;
        }
        self.touch_all();
    }

    /// Has whoever the clock starts look at it again.
    fn learn_jump(&mut self) {
        let of_the_clock = self.instances.iter().enumerate().filter(|(_, instance)| instance.clock.is_some());
        self.touched.extend(of_the_clock.map(|(index, _)| index));
    }

    fn learn_want(&mut self, id: &InstanceId, want: Want) {
        let is_it = |instance: &Instance| instance.id == *id && instance.is_main() && !instance.leaving;
        let index = self.instances.iter().position(is_it);
        let (None, Some(index)) = (&self.shutdown, index) else { return };
        let instance = &mut self.instances[index];
        if (want, instance.want) == (Want::Up, Want::Bounce) {
            // It is about to run, as somebody else has wanted it: anew.
            return;
        }
        instance.changed = None;
        if let (Some(clock), Want::Up | Want::Bounce) = (&mut instance.clock, want) {
            clock.fires |= !matches!(instance.phase, Phase::Starting { .. } | Phase::Running { .. });
        }
        // What is ending or has ended needs a new run, and at once, also if its policy would wait.
        let ends = match instance.phase {
            Phase::Stopping { .. } | Phase::Backoff { .. } | Phase::Exited { .. } => true,
            Phase::Pending | Phase::Waiting | Phase::Starting { .. } | Phase::Running { .. } => false,
        };
        instance.now_wants(if want == Want::Up && ends { Want::Bounce } else { want });
        self.touched.insert(index);
    }

    fn learn_of_child(&mut self, now: Time, run: RunId, what: &ChildEvent) {
        let Some(&index) = self.runs.get(&run) else { return };
        let instance = &mut self.instances[index];
        match *what {
            ChildEvent::Spawned { pid } => instance.learn_pid(now, pid),
            ChildEvent::SpawnFailed { step, errno } => instance.learn_failed_start(now, step, errno),
            ChildEvent::Exited(exit) => {
                let killed_at = self.shutdown.as_ref().and_then(|it| drive::kills_at(instance, it));
                instance.learn_exit(now, exit, killed_at);
            }
            ChildEvent::Gone => instance.learn_gone(now),
            ChildEvent::OutputClosed { complaint } => {
                if let Some(run) = &mut instance.run {
                    run.output = Output::Closed { complaint };
                }
            }
            ChildEvent::ReadyLine => instance.learn_word(now, |probe| matches!(probe, Probe::Log(_))),
            ChildEvent::Notified(ref notice) => instance.learn_notice(now, notice),
            ChildEvent::Probed { check: Check::Ready, result } => instance.learn_look(now, result),
            ChildEvent::Probed { check: Check::Live, result } => instance.learn_pulse(now, result),
            ChildEvent::Measured(usage) => instance.learn_usage(now, usage),
            ChildEvent::OutOfMemory(certainty) => {
                if let Some(run) = &mut instance.run {
                    run.out_of_memory = Some(certainty);
                }
            }
        }
        self.touched.insert(index);
        self.in_the_news = Some(index);
    }
}

impl Instance {
    fn learn_notice(&mut self, now: Time, notice: &Notice) {
        if notice.ready {
            self.learn_word(now, |probe| matches!(probe, Probe::Notify));
        }
        if notice.watchdog {
            self.learn_beat(now);
        }
        let Some(run) = &mut self.run else { return };
        if let Some(status) = &notice.status {
            run.status = Some(status.chars().take(LONGEST_STATUS).collect());
        }
    }

    fn learn_pid(&mut self, now: Time, pid: i32) {
        let (Phase::Starting { run: id, since }, Some(run)) = (&self.phase, &mut self.run) else { return };
        run.pid = Some(pid);
        // It may have been given up as a launch that was never answered; here is the answer.
        run.given_up = false;
        let part = run.part;
        self.phase = Phase::Running { run: *id, pid, since: *since };
        if part == Part::Main {
            self.begin_to_look(now);
        }
    }

    fn learn_failed_start(&mut self, now: Time, step: Step, errno: i32) {
        let (Phase::Starting { .. }, Some(run)) = (&self.phase, &mut self.run) else { return };
        let exit = Exit::NeverStarted { step, errno };
        let sequel = if self.want == Want::Up { Sequel::Unjudged } else { Sequel::Asked };
        run.end = Some(End { exit, at: now, success: false, sequel });
        run.gone = Some(now);
        run.output = Output::Closed { complaint: None };
        self.phase = Phase::Exited { exit, at: now, judged: sequel == Sequel::Asked };
    }

    /// `killed_at` is when the end of the stack takes the grace from it.
    fn learn_exit(&mut self, now: Time, exit: Exit, killed_at: Option<Time>) {
        let grace = self.process.stop.grace;
        let Some((part, reason)) = self.run.as_ref().map(|run| (run.part, run.reason)) else { return };
        let success = self.succeeds(part, exit) && !reason.is_some_and(Reason::is_failure);
        let Some(run) = &mut self.run else { return };
        match &mut self.phase {
            Phase::Running { run: id, pid, since: _ } => {
                let sequel = if self.want == Want::Up { Sequel::Unjudged } else { Sequel::Asked };
                run.end = Some(End { exit, at: now, success, sequel });
                run.stop_began = Some(now);
                // What it left behind has got its signal from the guard; no other rung is for it.
                let rung = self.process.stop.signals.len().saturating_sub(1);
                // A hook that was let live on has used up some of its grace already.
                let until = killed_at.into_iter().chain([now + grace]).min();
                self.phase = Phase::Stopping { run: *id, pid: *pid, rung, until, exit: Some(exit) };
            }
            Phase::Stopping { until, exit: known @ None, .. } => {
                // An end by a rule is judged like one that came by itself.
                let by_rule = self.want == Want::Up && reason.is_some();
                let sequel = if by_rule { Sequel::Unjudged } else { Sequel::Asked };
                run.end = Some(End { exit, at: now, success, sequel });
                *known = Some(exit);
                // The time of all rungs together is for what it left behind too.
                if until.is_some() {
                    *until = Some(run.stop_began.unwrap_or(now) + grace);
                }
            }
            Phase::Pending
            | Phase::Waiting
            | Phase::Starting { .. }
            | Phase::Stopping { exit: Some(_), .. }
            | Phase::Backoff { .. }
            | Phase::Exited { .. } => {}
        }
    }

    fn learn_gone(&mut self, now: Time) {
        let (Phase::Stopping { exit: Some(exit), .. }, Some(run)) = (&self.phase, &mut self.run) else {
            return;
        };
        run.gone = Some(now);
        let judged = match run.end.map(|end| end.sequel) {
            Some(Sequel::Asked | Sequel::Stays) | None => true,
            Some(Sequel::Unjudged | Sequel::Again { .. }) => false,
        };
        self.phase = Phase::Exited { exit: *exit, at: now, judged };
        if let Some(process) = self.next_process.take() {
            self.become_like(process);
        }
    }
}
