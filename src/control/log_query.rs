//! The query of `GET /v1/logs`: which lines somebody wants, as text in a path. Pure.

use std::fmt::Write;

use crate::control::protocol::{Code, Refusal};
use crate::logs::when::{self, Moment};
use crate::logs::{Escapes, Level, Pattern, Question};
use crate::time::WallTime;

/// Which lines are wanted.
#[derive(Debug, Clone)]
pub struct LogQuery {
    /// Of whom; nobody means everybody.
    pub names: Vec<String>,
    /// How many lines that were there before, at most; `None`: all that are still known.
    pub lines: Option<usize>,
    /// Not those that came earlier.
    pub since: Option<Moment>,
    /// Not those that came later.
    pub until: Option<Moment>,
    /// What must be in them.
    pub question: Question,
    /// Only this run of each, counted from 1 or, if it is negative, from the newest.
    pub run: Option<i64>,
    /// What becomes of the escape sequences of processes.
    pub escapes: Escapes,
    /// Whether those that come later are wanted, too.
    pub follow: bool,
}

impl Default for LogQuery {
    fn default() -> LogQuery {
        LogQuery {
            names: Vec::new(),
            lines: None,
            since: None,
            until: None,
            question: Question::default(),
            run: None,
            escapes: Escapes::Strip,
            follow: false,
        }
    }
}

impl LogQuery {
    /// Reads it. `offset_at` is for times without a zone, see [`when::parse`].
    ///
    /// # Errors
    /// A key or a value is none.
    pub fn read(
        query: Option<&str>,
        now: WallTime,
        offset_at: &dyn Fn(i64) -> i32,
    ) -> Result<LogQuery, Refusal> {
        let mut wanted = LogQuery::default();
        let bad = |key: &str, value: &str, expected: &str| {
            Err(Refusal::new(Code::BadRequest, format!("`{key}` is `{value}`: {expected}")))
        };
        for (key, value) in pairs(query.unwrap_or_default()) {
            let (key, value) = (key.as_str(), value.as_str());
            let moment = || when::parse(value, now, offset_at);
            let pattern = || Pattern::new(value);
            match key {
                "name" => {
                    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
                    wanted.names.extend(names.map(str::to_owned));
                }
                "lines" if value == "all" => wanted.lines = None,
                "lines" => match value.parse() {
                    Ok(lines) => wanted.lines = Some(lines),
                    Err(_) => return bad(key, value, "expected a number of lines, or `all`"),
                },
                "since" | "until" => match moment() {
                    Ok(moment) if key == "since" => wanted.since = Some(moment),
                    Ok(moment) => wanted.until = Some(moment),
                    Err(expected) => return bad(key, value, &expected),
                },
                "grep" | "not" => match pattern() {
                    Ok(pattern) if key == "grep" => wanted.question.grep.push(pattern),
                    Ok(pattern) => wanted.question.not.push(pattern),
                    Err(error) => return bad(key, value, &format!("no regular expression: {error}")),
                },
                "level" => match Level::called(value) {
                    Some(level) => wanted.question.level = Some(level),
                    None => {
                        return bad(key, value, "expected trace, debug, info, warn, error or fatal");
                    }
                },
                "run" => match value.parse() {
                    Ok(run) if run != 0 => wanted.run = Some(run),
                    Ok(_) | Err(_) => {
                        return bad(key, value, "expected a number from 1 on, or -1 for the last run");
                    }
                },
                "colour" | "color" => match value {
                    "true" => wanted.escapes = Escapes::Keep,
                    "false" => wanted.escapes = Escapes::Strip,
                    _ => return bad(key, value, "expected `true` or `false`"),
                },
                "follow" => match value {
                    "true" => wanted.follow = true,
                    "false" => wanted.follow = false,
                    _ => return bad(key, value, "expected `true` or `false`"),
                },
                _ => {
                    let known = "name, lines, since, until, grep, not, level, run, colour and follow";
                    let message = format!("there is no `{key}` in the query; there are {known}");
                    return Err(Refusal::new(Code::BadRequest, message));
                }
            }
        }
        Ok(wanted)
    }
}

/// Returns keys and values as they can stand in a path.
pub fn written<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = String::new();
    for (key, value) in pairs {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(key);
        query.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    query.push(byte.into());
                }
                _ => {
                    let _ = write!(query, "%{byte:02X}");
                }
            }
        }
    }
    query
}

/// Takes keys and values out of a path; a key alone is `true`.
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, "true"));
        (unquoted(key), unquoted(value))
    })
}

/// Reads `%2B` and `+` as they are meant. What is no such thing is taken as it stands.
fn unquoted(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(hex[0])? * 16 + digit(hex[1])?).ok()
        });
        match (byte, hex) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                at += 2;
            }
            (b'+', _) => plain.push(b' '),
            (byte, _) => plain.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests;
