//! Randomness from a seed that was handed in: splitmix64, which needs no more than these lines.

use std::time::Duration;

/// A source of numbers; the same seed gives the same ones.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// Returns the next number.
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns anything from nothing to all of a time, in steps of 0.1 %.
    pub(super) fn part_of(&mut self, time: Duration) -> Duration {
        let parts = u32::try_from(self.roll() % 1001).unwrap_or(0);
        time.saturating_mul(parts) / 1000
    }
}
