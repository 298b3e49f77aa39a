use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Calendar;
use crate::project::lifecycle::{Missed, Overlap, Schedule, When};
use crate::supervisor::Calendar as _;

/// The next times after one, in UTC.
fn dues(when: When, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = Schedule {
        when,
        timezone: Some(Arc::from(zone)),
        overlap: Overlap::Skip,
        missed: Missed::Once,
        timeout: None,
    };
    let after: Timestamp = after.parse().expect("a time");
    let mut at = after.as_second();
    let mut due = || {
        at = Calendar.next(&schedule, at)?;
        Some(Timestamp::from_second(at).expect("a time").to_string())
    };
    (0..count).map_while(|_| due()).collect()
}

fn cron(expression: &str) -> When {
    When::Cron(expression.to_owned())
}

#[test]
fn every_night_in_its_zone() {
    let night = When::DailyAt { hour: 3, minute: 0 };
    // The clocks of Berlin go forward on 2026-03-29 at 2.
    assert_eq!(
        dues(night, "Europe/Berlin", "2026-03-27T12:00:00Z", 3),
        ["2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"]
    );
}

#[test]
fn an_hour_that_does_not_exist_is_made_up_for_once() {
    assert_eq!(
        dues(cron("30 2 * * *"), "America/New_York", "2026-03-07T12:00:00Z", 2),
        ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
    );
}

#[test]
fn an_hour_that_comes_twice_counts_once() {
    assert_eq!(
        dues(cron("30 1 * * *"), "America/New_York", "2026-11-01T00:00:00Z", 2),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
}

#[test]
fn every_half_hour_goes_through_both_hours() {
    assert_eq!(
        dues(cron("*/30 * * * *"), "America/New_York", "2026-11-01T05:15:00Z", 4),
        ["2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z"]
    );
}

#[test]
fn what_never_comes_and_what_is_unknown_is_never_due() {
    assert_eq!(dues(cron("0 0 31 2 *"), "UTC", "2026-01-01T00:00:00Z", 1), [""; 0]);
    assert_eq!(dues(cron("0 0 * * *"), "Nowhere/City", "2026-01-01T00:00:00Z", 1), [""; 0]);
    assert_eq!(dues(When::Every(Duration::from_secs(60)), "UTC", "2026-01-01T00:00:00Z", 1), [""; 0]);
}
