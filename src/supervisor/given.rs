//! What the mind is given besides the project: the calendar, and chance.

use std::fmt::Debug;
use std::sync::Arc;

use crate::project::lifecycle::Schedule;

/// Knows when a schedule is due. It reads time zones, so it is not the mind's own.
pub trait Calendar: Debug + Send + Sync {
    /// Returns the first time after `after` at which `schedule` is due, both in seconds since 1970-01-01 00:00:00 UTC;
    /// `None` if there is none. Never asked for `When::Every`.
    fn next(&self, schedule: &Schedule, after: i64) -> Option<i64>;
}

/// Everything that does not follow from events.
#[derive(Debug, Clone)]
pub struct Given {
    /// Tells when schedules are due.
    pub calendar: Arc<dyn Calendar>,
    /// The seed of all randomness: the jitter of waits and ages. The same seed gives the same effects.
    pub seed: u64,
}
