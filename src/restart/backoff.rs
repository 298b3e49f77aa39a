//! How long to wait before a process is started again.

use std::time::Duration;

/// A wait that grows with each failure in a row.
///
/// The factors are in percent, so that specifications can be compared: 200 is a factor of 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// The longest wait.
    pub max: Duration,
    /// How much longer each wait is than the one before, in percent; 100 and more.
    pub factor_percent: u32,
    /// By how much a wait is shortened or lengthened at random, in percent of itself; 0 to 100.
    pub jitter_percent: u32,
    /// A run that lasted this long makes everything before it forgotten.
    pub reset_after: Duration,
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff {
            first: Duration::from_secs(1),
            max: Duration::from_secs(30),
            factor_percent: 200,
            jitter_percent: 20,
            reset_after: Duration::from_secs(60),
        }
    }
}
