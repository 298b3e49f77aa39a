//! News to facts. It records, it never decides: what follows from a fact is the business of `drive`.
//!
//! News that does not fit what is known (a second end, an end before a start) is dropped.

use super::instance::Instance;
use super::run::{End, Output, Sequel};
use super::{ChildEvent, Event, Phase, RunId, Supervisor, Want, shutdown};
use crate::exit::{Exit, Step};
use crate::project::InstanceId;
use crate::time::Time;

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
            Event::GuardLost => self.guard_lost = true,
            Event::Wanted { instance, want } => self.learn_want(&instance, want),
            Event::FilesChanged { .. } => {}
            // What is due is looked for at every event.
            Event::Continued | Event::DeadlineReached => {}
        }
    }

    fn learn_begin(&mut self) {
        if self.shutdown.is_some() {
            return;
        }
        for instance in &mut self.instances {
            instance.want = Want::Up;
        }
        self.touch_all();
    }

    fn learn_want(&mut self, id: &InstanceId, want: Want) {
        let index = self.instances.iter().position(|instance| instance.id == *id);
        let (None, Some(index)) = (&self.shutdown, index) else { return };
        let instance = &mut self.instances[index];
        // What is ending or has ended needs a new run, and at once, also if its policy would wait.
        let ends = match instance.phase {
            Phase::Stopping { .. } | Phase::Backoff { .. } | Phase::Exited { .. } => true,
            Phase::Pending | Phase::Waiting | Phase::Starting { .. } | Phase::Running { .. } => false,
        };
        instance.want = if want == Want::Up && ends { Want::Bounce } else { want };
        self.touched.insert(index);
    }

    fn learn_of_child(&mut self, now: Time, run: RunId, what: &ChildEvent) {
        let Some(&index) = self.runs.get(&run) else { return };
        let instance = &mut self.instances[index];
        match *what {
            ChildEvent::Spawned { pid } => instance.learn_pid(pid),
            ChildEvent::SpawnFailed { step, errno } => instance.learn_failed_start(now, step, errno),
            ChildEvent::Exited(exit) => instance.learn_exit(now, exit),
            ChildEvent::Gone => instance.learn_gone(now),
            ChildEvent::OutputClosed { complaint } => {
                if let Some(run) = &mut instance.run {
                    run.output = Output::Closed { complaint };
                }
            }
            ChildEvent::ReadyLine
            | ChildEvent::Notified(_)
            | ChildEvent::Probed { .. }
            | ChildEvent::Measured(_)
            | ChildEvent::OutOfMemory => {}
        }
        self.touched.insert(index);
    }
}

impl Instance {
    fn learn_pid(&mut self, pid: i32) {
        let (Phase::Starting { run: id, since }, Some(run)) = (&self.phase, &mut self.run) else { return };
        run.pid = Some(pid);
        // It may have been given up as a launch that was never answered; here is the answer.
        run.given_up = false;
        self.phase = Phase::Running { run: *id, pid, since: *since };
    }

    fn learn_failed_start(&mut self, now: Time, step: Step, errno: i32) {
        let (Phase::Starting { .. }, Some(run)) = (&self.phase, &mut self.run) else { return };
        let exit = Exit::NeverStarted { step, errno };
        let sequel = if self.want == Want::Up { Sequel::Unjudged } else { Sequel::Asked };
        run.end = Some(End { exit, at: now, sequel });
        run.gone = Some(now);
        run.output = Output::Closed { complaint: None };
        self.phase = Phase::Exited { exit, at: now, judged: sequel == Sequel::Asked };
    }

    fn learn_exit(&mut self, now: Time, exit: Exit) {
        let grace = self.process.stop.grace;
        let Some(run) = &mut self.run else { return };
        match &mut self.phase {
            Phase::Running { run: id, pid, since: _ } => {
                let sequel = if self.want == Want::Up { Sequel::Unjudged } else { Sequel::Asked };
                run.end = Some(End { exit, at: now, sequel });
                run.stop_began = Some(now);
                // What it left behind has got its signal from the guard; no other rung is for it.
                let rung = self.process.stop.signals.len().saturating_sub(1);
                let until = Some(now + grace);
                self.phase = Phase::Stopping { run: *id, pid: *pid, rung, until, exit: Some(exit) };
            }
            Phase::Stopping { until, exit: known @ None, .. } => {
                run.end = Some(End { exit, at: now, sequel: Sequel::Asked });
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
    }
}
