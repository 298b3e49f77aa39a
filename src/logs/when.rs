//! Moments as people write them: `10m`, `14:30`, `2026-11-21 14:30`, RFC 3339.

use crate::project::parse_duration;
use crate::time::WallTime;

/// A moment, in nanoseconds since 1970-01-01 00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

const SECOND: i64 = 1_000_000_000;
const DAY_SECONDS: i64 = 24 * 60 * 60;

impl Moment {
    /// Returns the moment of a time of day.
    pub fn of(at: WallTime) -> Moment {
        Moment(at.seconds.saturating_mul(SECOND).saturating_add(i64::from(at.nanos)))
    }

    /// Returns it as a time of day, with the offset that local time has then, in seconds.
    pub fn wall(self, utc_offset: i32) -> WallTime {
        let nanos = u32::try_from(self.0.rem_euclid(SECOND)).unwrap_or(0);
        WallTime { seconds: self.0.div_euclid(SECOND), nanos, utc_offset }
    }
}

/// Reads a moment. `offset_at` says how many seconds local time is ahead of UTC at a second since 1970.
///
/// A duration means so long before `now`, and a time of day the last time that it was so late.
///
/// # Errors
/// A clause for a message: what was expected.
pub fn parse(text: &str, now: WallTime, offset_at: &dyn Fn(i64) -> i32) -> Result<Moment, String> {
    let text = text.trim();
    let midnight = |days_ago: i64| {
        let local = now.seconds + i64::from(now.utc_offset);
        from_local((local.div_euclid(DAY_SECONDS) - days_ago) * DAY_SECONDS, offset_at)
    };
    match text {
        "now" => return Ok(Moment::of(now)),
        "today" => return Ok(Moment(midnight(0).saturating_mul(SECOND))),
        "yesterday" => return Ok(Moment(midnight(1).saturating_mul(SECOND))),
        _ => {}
    }
    if let Ok(before) = parse_duration(text.strip_suffix(" ago").unwrap_or(text)) {
        let before = i64::try_from(before.as_nanos()).unwrap_or(i64::MAX);
        return Ok(Moment(Moment::of(now).0.saturating_sub(before)));
    }
    if let Some(clock) = clock(text) {
        let seconds = |days_ago: i64| {
            let day = (now.seconds + i64::from(now.utc_offset)).div_euclid(DAY_SECONDS) - days_ago;
            from_local(day * DAY_SECONDS + clock.seconds, offset_at)
        };
        let today = Moment(seconds(0) * SECOND + clock.nanos);
        let last = if today > Moment::of(now) { Moment(seconds(1) * SECOND + clock.nanos) } else { today };
        return Ok(last);
    }
    date(text, offset_at).ok_or_else(|| {
        "expected a duration such as 10m, a time of day such as 14:30, or a date such as 2026-11-21 14:30 or \
         2026-11-21T14:30:00Z"
            .to_owned()
    })
}

/// `2026-11-21`, `2026-11-21 14:30`, `2026-11-21T14:30:05.123+01:00`.
fn date(text: &str, offset_at: &dyn Fn(i64) -> i32) -> Option<Moment> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = date.split('-');
    let (year, month, day) =
        (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * DAY_SECONDS;
    if rest.is_empty() {
        return Some(Moment(from_local(midnight, offset_at).saturating_mul(SECOND)));
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(zone_at);
    let clock = clock(time.trim_end())?;
    let local = midnight + clock.seconds;
    let seconds = match zone {
        "" => from_local(local, offset_at),
        "Z" | "z" => local,
        zone => local - self::zone(zone)?,
    };
    Some(Moment(seconds.checked_mul(SECOND)?.checked_add(clock.nanos)?))
}

/// `+01:00`, `-0530`, `+01`; in seconds.
fn zone(zone: &str) -> Option<i64> {
    let (sign, digits) = zone.split_at_checked(1)?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    let seconds = hours * 3600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some(if sign == "-" { -seconds } else { seconds })
}

/// A time of day.
struct Clock {
    seconds: i64,
    nanos: i64,
}

/// `14:30`, `9:05:07`, `14:30:05.123456`.
fn clock(text: &str) -> Option<Clock> {
    let mut parts = text.split(':');
    let hour = parts
        .next()
        .filter(|part| (1..=2).contains(&part.len()))
        .and_then(|part| number(part, part.len()))?;
    let minute = number(parts.next()?, 2)?;
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(second) => {
            let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, ""));
            (number(second, 2)?, nanos(fraction)?)
        }
    };
    let is_time = parts.next().is_none() && hour < 24 && minute < 60 && second <= 60;
    is_time.then_some(Clock { seconds: hour * 3600 + minute * 60 + second, nanos })
}

/// The digits behind the point, as nanoseconds.
fn nanos(fraction: &str) -> Option<i64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let digits = &fraction[..fraction.len().min(9)];
    let value = number(digits, digits.len())?;
    let missing = u32::try_from(9 - digits.len()).ok()?;
    fraction.bytes().all(|byte| byte.is_ascii_digit()).then_some(value * 10_i64.pow(missing))
}

fn number(digits: &str, length: usize) -> Option<i64> {
    (digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}

/// Local time as seconds since 1970 to those of UTC. Where the clock is set back, the later of the two moments.
fn from_local(local: i64, offset_at: &dyn Fn(i64) -> i32) -> i64 {
    let guess = local - i64::from(offset_at(local));
    local - i64::from(offset_at(guess))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar; the year is taken to begin in March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests;
