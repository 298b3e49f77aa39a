//! When schedules are due: cron expressions and time zones, for the mind, which reads no zone files.

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::project::lifecycle::{Schedule, When};
use crate::sys::clock;

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

/// Returns when a schedule is due next, in seconds since 1970; nothing for one that counts from the start of the stack.
pub fn next(schedule: &Schedule) -> Option<i64> {
    crate::supervisor::Calendar::next(&Calendar, schedule, clock::wall().seconds)
}

/// Returns a moment as people in the zone of a schedule write it.
pub fn shown(schedule: &Schedule, due: i64) -> Option<String> {
    let zone = schedule
        .timezone
        .as_ref()
        .map_or_else(|| Some(TimeZone::system()), |name| TimeZone::get(name).ok())?;
    let moment = Zoned::new(Timestamp::from_second(due).ok()?, zone);
    Some(moment.strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string())
}

#[cfg(test)]
mod tests;
