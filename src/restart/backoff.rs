//! How long to wait before a process is started again.

use std::time::Duration;

/// No wait is shorter, whatever is configured: a process that ends at once must not keep a core busy with starting it.
const SHORTEST: Duration = Duration::from_millis(100);

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

impl Backoff {
    /// Returns the wait after `before` restarts in a row; `chance` is any number, the jitter is made of it.
    pub fn wait(&self, before: u32, chance: u64) -> Duration {
        let mut wait = self.first.min(self.max);
        for _ in 0..before {
            let longer = wait.saturating_mul(self.factor_percent) / 100;
            if longer <= wait || longer >= self.max {
                wait = wait.max(longer.min(self.max));
                break;
            }
            wait = longer;
        }
        let jitter = wait.saturating_mul(self.jitter_percent.min(100)) / 100;
        // From -100 % to +100 % of the jitter, in steps of 0.1 %.
        let parts = u32::try_from(chance % 2001).unwrap_or(0);
        let shifted = wait.saturating_sub(jitter).saturating_add(jitter.saturating_mul(parts) / 1000);
        shifted.max(SHORTEST)
    }
}
