//! What only passes through: signals for the processes, and the suspension of everything.

use super::instance::Instance;
use super::{Effect, Event, Note, Phase, Reach, Supervisor};
use crate::project::InstanceId;

impl Supervisor {
    /// Passes on a signal that is not about the end of the stack, and the news that forge runs again.
    pub(super) fn relay(&self, event: &Event, effects: &mut Vec<Effect>) {
        match *event {
            Event::Signal { signal: libc::SIGTSTP, .. } => effects.push(Effect::Suspend),
            Event::Signal { signal: libc::SIGCONT, .. } | Event::Continued => effects.push(Effect::Resume),
            Event::Signal { signal: signal @ (libc::SIGUSR1 | libc::SIGUSR2), .. } => {
                self.forward(signal, effects);
            }
            Event::SignalWanted { ref instance, signal } => self.forward_to(instance, signal, effects),
            Event::Begin
            | Event::Child { .. }
            | Event::Signal { .. }
            | Event::OutputGone { .. }
            | Event::TimeUp { .. }
            | Event::GuardLost
            | Event::Wanted { .. }
            | Event::FilesChanged { .. }
            | Event::ClockSet
            | Event::DeadlineReached => {}
        }
    }

    /// Sends a user's signal to every leader that runs. Nobody who is asked to end is disturbed by it: many
    /// programs die of USR1 and would not finish what they are about.
    fn forward(&self, signal: i32, effects: &mut Vec<Effect>) {
        if self.shutdown.is_some() {
            return;
        }
        effects.push(Effect::Note(Note::Forwarding { signal }));
        for instance in self.instances.iter().filter(|instance| instance.is_main()) {
            pass_on(instance, signal, effects);
        }
    }

    /// Sends a signal to one leader, if that runs.
    fn forward_to(&self, id: &InstanceId, signal: i32, effects: &mut Vec<Effect>) {
        let meant = self.instances.iter().find(|instance| instance.is_main() && instance.id == *id);
        if let (None, Some(instance)) = (&self.shutdown, meant) {
            pass_on(instance, signal, effects);
        }
    }
}

fn pass_on(instance: &Instance, signal: i32, effects: &mut Vec<Effect>) {
    match instance.phase {
        Phase::Running { run, .. } => {
            effects.push(Effect::Signal { run, signal, reach: Reach::Leader });
        }
        Phase::Pending
        | Phase::Waiting
        | Phase::Starting { .. }
        | Phase::Stopping { .. }
        | Phase::Backoff { .. }
        | Phase::Exited { .. } => {}
    }
}
