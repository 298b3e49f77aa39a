//! A text with the time in it, which stands before thousands of lines: made anew when the second changes, and between
//! that only the digits of the fraction, where it has any.

use crate::project::{TimeFormat, TimePart};
use crate::time::{Local, WallTime};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A text with the time in it.
#[derive(Debug)]
pub struct Stamped {
    before: Vec<u8>,
    format: Option<TimeFormat>,
    after: Vec<u8>,
    text: Vec<u8>,
    /// Where in `text` digits of the fraction stand, and how many.
    fractions: Vec<(usize, usize)>,
    /// What `text` shows.
    shows: Option<WallTime>,
}

impl Stamped {
    /// Makes a text of what stands before the time, the time (or none), and what stands behind it.
    pub fn new(before: Vec<u8>, format: Option<TimeFormat>, after: Vec<u8>) -> Stamped {
        Stamped { before, format, after, text: Vec::new(), fractions: Vec::new(), shows: None }
    }

    /// Puts something else behind the time.
    pub fn set_after(&mut self, after: Vec<u8>) {
        self.after = after;
        self.shows = None;
    }

    /// Returns the text with the time `at`.
    pub fn at(&mut self, at: WallTime) -> &[u8] {
        let nothing_to_do = match self.shows {
            None => false,
            Some(shown) if self.fractions.is_empty() => same_second(shown, at) || self.format.is_none(),
            Some(shown) => shown == at,
        };
        if !nothing_to_do {
            self.renew(at);
        }
        &self.text
    }

    fn renew(&mut self, at: WallTime) {
        if self.shows.is_some_and(|shown| same_second(shown, at)) {
            for (start, digits) in &self.fractions {
                put_fraction(&mut self.text[*start..*start + *digits], at.nanos);
            }
        } else {
            self.text.clear();
            self.fractions.clear();
            self.text.extend_from_slice(&self.before);
            if let Some(format) = &self.format {
                write(format, at, &mut self.text, &mut self.fractions);
            }
            self.text.extend_from_slice(&self.after);
        }
        self.shows = Some(at);
    }
}

/// Returns a time as RFC 3339 has it, with microseconds: `2026-11-21T14:30:05.123456+01:00`.
pub fn rfc3339(at: WallTime) -> String {
    alone(TimeFormat::rfc3339(), at)
}

/// Returns a time as it stands before lines: `14:30:05`.
pub fn time_of_day(at: WallTime) -> String {
    alone(TimeFormat::default(), at)
}

fn alone(format: TimeFormat, at: WallTime) -> String {
    String::from_utf8_lossy(Stamped::new(Vec::new(), Some(format), Vec::new()).at(at)).into_owned()
}

fn same_second(one: WallTime, other: WallTime) -> bool {
    one.seconds == other.seconds && one.utc_offset == other.utc_offset
}

/// Writes a time; says where the digits of its fraction stand.
fn write(format: &TimeFormat, at: WallTime, out: &mut Vec<u8>, fractions: &mut Vec<(usize, usize)>) {
    let local @ Local { year, month, day, hour, minute, second, .. } = at.local();
    for part in format.parts() {
        match part {
            TimePart::Char(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            TimePart::Year => put(out, year, 4, '0'),
            TimePart::ShortYear => put(out, year.rem_euclid(100), 2, '0'),
            TimePart::Month => put(out, month, 2, '0'),
            TimePart::MonthName => out.extend_from_slice(name(&MONTHS, month - 1)),
            TimePart::Day => put(out, day, 2, '0'),
            TimePart::BlankDay => put(out, day, 2, ' '),
            TimePart::DayOfYear => put(out, local.day_of_year, 3, '0'),
            TimePart::DayName => out.extend_from_slice(name(&DAYS, local.weekday)),
            TimePart::Hour => put(out, hour, 2, '0'),
            TimePart::HourOfTwelve => put(out, (hour + 11) % 12 + 1, 2, '0'),
            TimePart::Noon => out.extend_from_slice(if hour < 12 { b"AM" } else { b"PM" }),
            TimePart::Minute => put(out, minute, 2, '0'),
            TimePart::Second => put(out, second, 2, '0'),
            TimePart::Fraction(digits) => {
                let start = out.len();
                out.resize(start + digits, b'0');
                put_fraction(&mut out[start..], at.nanos);
                fractions.push((start, *digits));
            }
            TimePart::Epoch => put(out, at.seconds, 1, '0'),
            TimePart::Offset => put_offset(out, at.utc_offset, b""),
            TimePart::OffsetWithColon => put_offset(out, at.utc_offset, b":"),
        }
    }
}

fn name(names: &[&'static str], number: i64) -> &'static [u8] {
    usize::try_from(number).ok().and_then(|number| names.get(number)).map_or(b"???", |name| name.as_bytes())
}

/// Writes a number of at least so many digits.
fn put(out: &mut Vec<u8>, number: i64, width: usize, filled_with: char) {
    let text = match filled_with {
        ' ' => format!("{number:width$}"),
        _ => format!("{number:0width$}"),
    };
    out.extend_from_slice(text.as_bytes());
}

fn put_offset(out: &mut Vec<u8>, offset: i32, between: &[u8]) {
    let minutes = i64::from(offset.unsigned_abs() / 60);
    out.push(if offset < 0 { b'-' } else { b'+' });
    put(out, minutes / 60, 2, '0');
    out.extend_from_slice(between);
    put(out, minutes % 60, 2, '0');
}

/// Fills `digits`, nine at most, with the first digits of a fraction.
fn put_fraction(digits: &mut [u8], nanos: u32) {
    let mut rest = nanos;
    for _ in digits.len()..9 {
        rest /= 10;
    }
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

#[cfg(test)]
mod tests;
