//! Monotonic time, as the mind sees it, and the time of day, as people see it.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Monotonic time since forge started, with forge's own suspensions (Ctrl-Z) left out.
///
/// It is made by `sys::clock` and handed to whoever needs it; nobody below the engine reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Deserialize, Serialize)]
pub struct Time(pub Duration);

impl Time {
    /// The moment forge started.
    pub const ZERO: Time = Time(Duration::ZERO);

    /// Returns how long ago `earlier` was; zero if it is still to come.
    pub fn since(self, earlier: Time) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, wait: Duration) -> Time {
        Time(self.0.saturating_add(wait))
    }
}

impl Sub for Time {
    type Output = Duration;

    fn sub(self, earlier: Time) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0.as_millis())
    }
}

/// A moment of the calendar, with the offset that made it local time just then.
///
/// It carries its offset, so that whoever formats it needs neither a clock nor a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WallTime {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
    /// How many seconds local time is ahead of UTC.
    pub utc_offset: i32,
}

impl WallTime {
    /// Returns the local time of day as `HH:MM:SS`.
    pub fn time_of_day(self) -> [u8; 8] {
        let second = (self.seconds + i64::from(self.utc_offset)).rem_euclid(24 * 60 * 60);
        let digit = |number: i64| b'0' + u8::try_from(number % 10).unwrap_or(0);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        [
            digit(hour / 10),
            digit(hour),
            b':',
            digit(minute / 10),
            digit(minute),
            b':',
            digit(second / 10),
            digit(second),
        ]
    }
}

/// One moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// What everything but a schedule goes by.
    pub time: Time,
    /// What people and schedules go by. It can jump: the machine slept, or its clock was set.
    pub wall: WallTime,
}

#[cfg(test)]
mod tests;
