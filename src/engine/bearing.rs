//! What an event means for the hands, beside what the mind makes of it.

use crate::supervisor::{Check, ChildEvent, Event, RunId};

/// What the hands do when the mind has heard of an event.
#[derive(Debug, Default)]
pub(super) struct Bearing {
    /// This run has started, as this process: its output is to be heard.
    pub(super) started: Option<(RunId, i32)>,
    /// Of this run nobody is left: what is held of it can go.
    pub(super) gone: Option<RunId>,
    /// This look at this run has its answer.
    pub(super) looked: Option<(RunId, Check)>,
    /// Nobody of a run is left, or its output has ended: with the later of the two all is known of it.
    pub(super) is_over: bool,
}

impl Bearing {
    pub(super) fn of(event: &Event) -> Bearing {
        let Event::Child { run, what } = event else { return Bearing::default() };
        match what {
            ChildEvent::Spawned { pid } => Bearing { started: Some((*run, *pid)), ..Bearing::default() },
            ChildEvent::Gone => Bearing { gone: Some(*run), is_over: true, ..Bearing::default() },
            ChildEvent::Probed { check, .. } => {
                Bearing { looked: Some((*run, *check)), ..Bearing::default() }
            }
            ChildEvent::OutputClosed { .. } => Bearing { is_over: true, ..Bearing::default() },
            ChildEvent::SpawnFailed { .. }
            | ChildEvent::Exited(_)
            | ChildEvent::ReadyLine
            | ChildEvent::Notified(_)
            | ChildEvent::Measured(_)
            | ChildEvent::OutOfMemory(_) => Bearing::default(),
        }
    }
}
