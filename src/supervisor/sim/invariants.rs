//! What must hold in every world: some for each effect before it counts, some after every event.

mod of_effects;
mod of_life;
mod of_reload;
mod of_rest;

use std::time::Duration;

pub(super) use of_effects::OF_EFFECTS;
pub(super) use of_rest::OF_REST;

/// `Err` says what is wrong.
type Verdict = Result<(), String>;

/// More than the world is late.
const SLACK: Duration = Duration::from_millis(5);
pub(super) const OUTPUT_PATIENCE: Duration = Duration::from_millis(200);
pub(super) const KILL_PATIENCE: Duration = Duration::from_secs(2);

fn ensure(holds: bool, what: impl Fn() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(what()) }
}
