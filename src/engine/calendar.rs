//! When schedules are due: cron expressions and time zones, for the mind, which reads no zone files.

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::project::lifecycle::{Schedule, When};

/// The calendar of this machine. It reads zone files when a schedule asks for one, not before.
#[derive(Debug)]
pub(super) struct Calendar;

impl crate::supervisor::Calendar for Calendar {
    fn next(&self, schedule: &Schedule, after: i64) -> Option<i64> {
        let expression = match &schedule.when {
            // The mind counts these by itself.
            When::Every(_) => return None,
            When::Cron(expression) => expression.clone(),
            When::DailyAt { hour, minute } => format!("{minute} {hour} * * *"),
        };
        let zone = match &schedule.timezone {
            Some(name) => TimeZone::get(name).ok()?,
            None => TimeZone::system(),
        };
        let after = Zoned::new(Timestamp::from_second(after).ok()?, zone);
        let cron: Cron = expression.parse().ok()?;
        let next = cron.find_next_occurrence(&after, false).ok()?;
        Some(next.timestamp().as_second())
    }
}

#[cfg(test)]
mod tests;
