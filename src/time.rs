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
    /// Returns what the calendar and the clock on the wall show.
    pub fn local(self) -> Local {
        let seconds = self.seconds.saturating_add(i64::from(self.utc_offset));
        let (days, second) = (seconds.div_euclid(24 * 60 * 60), seconds.rem_euclid(24 * 60 * 60));
        let (year, month, day) = date_of(days);
        Local {
            year,
            month,
            day,
            day_of_year: days - days_before(year) + 1,
            // 1970-01-01 was a Thursday.
            weekday: (days + 3).rem_euclid(7),
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
        }
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

/// A moment as the calendar and the clock on the wall show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The year of the Gregorian calendar, also before there was one.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 1 to 366.
    pub day_of_year: i64,
    /// 0 is Monday.
    pub weekday: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59.
    pub second: i64,
}

/// Returns the date so many days after 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    // Counted from 1 March of the year 0, so that the day that may be missing is the last of a year. 400 years have
    // 146097 days, and from March on the months have 31 or 30 days in turns of five months.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// Returns how many days after 1970-01-01 a year begins; less than none before it.
fn days_before(year: i64) -> i64 {
    let before = year - 1;
    before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

#[cfg(test)]
mod tests;
