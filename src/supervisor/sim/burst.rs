//! A great many instances: what happens to all of them at once must not cost the square of their number.

use std::time::Duration;

use super::story::process;
use super::{given, moment, project};
use crate::exit::Exit;
use crate::project::ExitOn;
use crate::supervisor::{ChildEvent, Effect, Event, Outcome, RunId, Supervisor};
use crate::time::Time;

#[test]
fn five_hundred_start_and_end_together() {
    let project = project(vec![(process("web", 0), 500)], ExitOn::All);
    let mut mind = Supervisor::new(&project, given());
    let mut effects = Vec::new();
    let mut hear = |at: u64, event: Event| {
        let now = Time::ZERO + Duration::from_millis(at);
        mind.handle(moment(now), event, &mut effects);
        // As the engine does after every event.
        std::hint::black_box(mind.deadline());
    };
    let to_all = |hear: &mut dyn FnMut(u64, Event), at, what: ChildEvent| {
        for run in 1..=500 {
            hear(at, Event::Child { run: RunId(run), what: what.clone() });
        }
    };
    hear(0, Event::Begin);
    to_all(&mut hear, 1, ChildEvent::Spawned { pid: 7 });
    to_all(&mut hear, 2, ChildEvent::Exited(Exit::Code(0)));
    to_all(&mut hear, 3, ChildEvent::OutputClosed { complaint: None });
    to_all(&mut hear, 4, ChildEvent::Gone);
    assert_eq!(effects.len(), 500 * 3 + 1, "spawn, started and ended for each, and the finish");
    assert_eq!(effects.last(), Some(&Effect::Finish(Outcome::Done)));
}
