//! How a time is written: the part of strftime(3) that a log wants, as in `--timestamp-format '%F %T.%3f'`.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Span};

/// What a format is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePart {
    /// Just this character.
    Char(char),
    /// `%Y`: the year, of four digits or more.
    Year,
    /// `%y`: its last two digits.
    ShortYear,
    /// `%m`: 01 to 12.
    Month,
    /// `%b`: Jan to Dec.
    MonthName,
    /// `%d`: 01 to 31.
    Day,
    /// `%e`: the same, with a blank in place of the zero.
    BlankDay,
    /// `%j`: 001 to 366.
    DayOfYear,
    /// `%a`: Mon to Sun.
    DayName,
    /// `%H`: 00 to 23.
    Hour,
    /// `%I`: 01 to 12.
    HourOfTwelve,
    /// `%p`: AM or PM.
    Noon,
    /// `%M`: 00 to 59.
    Minute,
    /// `%S`: 00 to 59.
    Second,
    /// `%3f`, `%6f`, `%9f`: so many digits of the fraction of the second.
    Fraction(usize),
    /// `%s`: seconds since 1970.
    Epoch,
    /// `%z`: `+0100`.
    Offset,
    /// `%:z`: `+01:00`.
    OffsetWithColon,
}

use TimePart::{
    BlankDay, Char, Day, DayName, DayOfYear, Epoch, Fraction, Hour, HourOfTwelve, Minute, Month, MonthName,
    Noon, Offset, OffsetWithColon, Second, ShortYear, Year,
};

/// What may follow a `%`, and what it stands for, in the order in which messages list it.
const KNOWN: &[(&str, &[TimePart])] = &[
    ("H", &[Hour]),
    ("M", &[Minute]),
    ("S", &[Second]),
    ("T", &[Hour, Char(':'), Minute, Char(':'), Second]),
    ("R", &[Hour, Char(':'), Minute]),
    ("f", &[Fraction(6)]),
    ("3f", &[Fraction(3)]),
    ("6f", &[Fraction(6)]),
    ("9f", &[Fraction(9)]),
    ("L", &[Fraction(3)]),
    ("I", &[HourOfTwelve]),
    ("p", &[Noon]),
    ("Y", &[Year]),
    ("y", &[ShortYear]),
    ("m", &[Month]),
    ("d", &[Day]),
    ("F", &[Year, Char('-'), Month, Char('-'), Day]),
    ("e", &[BlankDay]),
    ("j", &[DayOfYear]),
    ("a", &[DayName]),
    ("b", &[MonthName]),
    ("z", &[Offset]),
    (":z", &[OffsetWithColon]),
    ("s", &[Epoch]),
    ("%", &[Char('%')]),
];

/// How a time is written. Cheap to copy: every prefix has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeFormat(Arc<[TimePart]>);

impl TimeFormat {
    /// What RFC 3339 asks for, to the microsecond: `2026-11-21T15:29:05.123456+00:00`.
    pub fn rfc3339() -> TimeFormat {
        let date = [Year, Char('-'), Month, Char('-'), Day, Char('T')];
        let time = [Hour, Char(':'), Minute, Char(':'), Second, Char('.'), Fraction(6), OffsetWithColon];
        TimeFormat(date.into_iter().chain(time).collect())
    }

    /// `2026-11-21`.
    pub fn date() -> TimeFormat {
        TimeFormat([Year, Char('-'), Month, Char('-'), Day].into())
    }

    /// Reads a format that stands nowhere; nothing if it is wrong.
    #[cfg(test)]
    pub fn of(text: &str) -> Option<TimeFormat> {
        parse(&Span::new(&crate::diagnostic::Source::new("a format", text), 0..text.len())).ok()
    }

    /// Returns what it is made of, in order.
    pub fn parts(&self) -> &[TimePart] {
        &self.0
    }
}

impl Default for TimeFormat {
    /// foreman's: `%H:%M:%S`.
    fn default() -> TimeFormat {
        TimeFormat([Hour, Char(':'), Minute, Char(':'), Second].into())
    }
}

/// Reads a format.
pub(crate) fn parse(written: &Span) -> Result<TimeFormat, Box<Diagnostic>> {
    let complaint = |message: String, range: std::ops::Range<usize>| {
        let place = written.range.start + range.start..written.range.start + range.end;
        Diagnostic::error("bad-timestamp-format", message).at(Span::new(&written.source, place), "")
    };
    let Ok(text) = std::str::from_utf8(written.text()) else {
        return Err(complaint("the format of the time is no UTF-8".to_owned(), 0..written.range.len()).into());
    };
    if text.is_empty() {
        return Err(complaint("the format of the time is empty".to_owned(), 0..0)
            .hint("for no time at all there is `--no-timestamp`")
            .into());
    }
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let end = at + character.len_utf8();
        if character.is_control() {
            let message = "a control character in the format of the time would damage the lines";
            return Err(complaint(message.to_owned(), at..end).into());
        }
        if character != '%' {
            parts.push(Char(character));
            at = end;
            continue;
        }
        let rest = &text[end..];
        if let Some((name, meant)) = KNOWN.iter().find(|(name, _)| rest.starts_with(name)) {
            parts.extend_from_slice(meant);
            at = end + name.len();
            continue;
        }
        let unknown = &text[at..end + unknown_length(rest)];
        let message = if rest.is_empty() {
            "the format of the time ends with a lone `%`".to_owned()
        } else {
            format!("`{unknown}` is unknown in the format of the time")
        };
        return Err(complaint(message, at..at + unknown.len()).hint(format!("there are {}", known())).into());
    }
    Ok(TimeFormat(parts.into()))
}

/// Returns how much of what follows a `%` was meant to belong to it: up to its letter.
fn unknown_length(rest: &str) -> usize {
    let letter =
        rest.char_indices().find(|(_, c)| !c.is_ascii_digit() && !matches!(c, ':' | '-' | '.' | '_'));
    letter.map_or(rest.len(), |(at, c)| at + c.len_utf8())
}

fn known() -> String {
    KNOWN.iter().map(|(name, _)| format!("%{name}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
