//! How bad a line is, in the words of those who print lines: text, JSON and logfmt.
//!
//! Only what stands where a logger puts it counts: `no error so far` is no error, `[error]` and `ERROR` are.

use std::fmt;

use memchr::{memchr, memmem};
use serde_json::Value;

/// How bad a line is, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Finer than debug.
    Trace,
    /// For whoever looks for a mistake.
    Debug,
    /// For everybody.
    Info,
    /// Something may be wrong.
    Warn,
    /// Something went wrong.
    Error,
    /// Nothing can go on.
    Fatal,
}

/// What loggers call the levels, in small letters. `fail`, `crit`, `dbug` and `trce` are .NET's.
const WORDS: &[(&str, Level)] = &[
    ("trace", Level::Trace),
    ("trce", Level::Trace),
    ("verbose", Level::Trace),
    ("silly", Level::Trace),
    ("finest", Level::Trace),
    ("debug", Level::Debug),
    ("dbug", Level::Debug),
    ("dbg", Level::Debug),
    ("fine", Level::Debug),
    ("info", Level::Info),
    ("inf", Level::Info),
    ("information", Level::Info),
    ("informational", Level::Info),
    ("notice", Level::Info),
    ("log", Level::Info),
    ("warn", Level::Warn),
    ("warning", Level::Warn),
    ("wrn", Level::Warn),
    ("error", Level::Error),
    ("err", Level::Error),
    ("eror", Level::Error),
    ("fail", Level::Error),
    ("failure", Level::Error),
    ("severe", Level::Error),
    ("fatal", Level::Fatal),
    ("ftl", Level::Fatal),
    ("critical", Level::Fatal),
    ("crit", Level::Fatal),
    ("alert", Level::Fatal),
    ("emerg", Level::Fatal),
    ("emergency", Level::Fatal),
    ("panic", Level::Fatal),
    ("dpanic", Level::Fatal),
];

/// How far into a line a level is looked for: behind a time, a host, a thread and a class.
const HEAD_BYTES: usize = 160;

impl Level {
    /// Returns the level that somebody calls so, in any case of letters; also a number of syslog or pino.
    pub fn called(word: &str) -> Option<Level> {
        let word = word.trim();
        if let Ok(number) = word.parse() {
            return Level::numbered(number);
        }
        WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
    }

    /// Returns the level of a number: 0 to 7 are syslog's (RFC 5424), 0 the worst; from 10 on they are those of pino and
    /// bunyan, in tens.
    pub fn numbered(number: i64) -> Option<Level> {
        Some(match number {
            0..=2 | 60..=100 => Level::Fatal,
            3 | 50..60 => Level::Error,
            4 | 40..50 => Level::Warn,
            5 | 6 | 30..40 => Level::Info,
            7 | 20..30 => Level::Debug,
            10..20 => Level::Trace,
            _ => return None,
        })
    }

    /// Returns its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
            Level::Fatal => "fatal",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Returns the level of a line without escape sequences; `None` if it names none.
pub fn level_of(line: &[u8]) -> Option<Level> {
    let line = line.trim_ascii_start();
    if line.first() == Some(&b'{')
        && let Ok(object) = serde_json::from_slice(line)
    {
        return json(&object);
    }
    let head = &line[..line.len().min(HEAD_BYTES)];
    syslog(head)
        .or_else(|| logfmt(line))
        .or_else(|| glog(head))
        .or_else(|| special(line))
        .or_else(|| words(head))
}

/// `<3>text`: syslog's number in front, as systemd takes it (sd-daemon(3)).
fn syslog(head: &[u8]) -> Option<Level> {
    let rest = head.strip_prefix(b"<")?;
    let end = memchr(b'>', &rest[..rest.len().min(4)])?;
    let number: i64 = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    Level::numbered(number & 7)
}

/// `level=warn`, `lvl="error"`, wherever it stands.
fn logfmt(line: &[u8]) -> Option<Level> {
    // Far behind is a message that quotes somebody else.
    let line = &line[..line.len().min(4 * HEAD_BYTES)];
    memmem::find_iter(line, "=").find_map(|equals| {
        let key_at = line[..equals].iter().rposition(|byte| !is_key_byte(*byte)).map_or(0, |at| at + 1);
        let key = std::str::from_utf8(&line[key_at..equals]).ok()?;
        let is_level = KEYS.iter().any(|name| key.eq_ignore_ascii_case(name));
        let value = line[equals + 1..].strip_prefix(b"\"").unwrap_or(&line[equals + 1..]);
        let end = value.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(value.len());
        let value = std::str::from_utf8(&value[..end]).ok()?;
        if is_level && !value.is_empty() { Level::called(value) } else { None }
    })
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@')
}

/// The names that a level has in JSON and logfmt.
const KEYS: &[&str] = &[
    "level",
    "lvl",
    "severity",
    "loglevel",
    "log_level",
    "log.level",
    "levelname",
    "level_name",
    "severity_text",
    "severitytext",
    "@level",
    "@l",
    "priority",
];

/// `E1121 15:29:05.123456`: Google's loggers, klog.
fn glog(head: &[u8]) -> Option<Level> {
    let (letter, rest) = head.split_first()?;
    let is_date = rest.len() > 5 && rest[..4].iter().all(u8::is_ascii_digit) && rest[4] == b' ';
    match letter {
        b'I' if is_date => Some(Level::Info),
        b'W' if is_date => Some(Level::Warn),
        b'E' if is_date => Some(Level::Error),
        b'F' if is_date => Some(Level::Fatal),
        _ => None,
    }
}

/// What begins a report of languages and tools that use no logger for it.
fn special(line: &[u8]) -> Option<Level> {
    const BEGINNINGS: &[(&str, Level)] = &[
        ("Traceback (most recent call last)", Level::Error),
        ("Exception in thread ", Level::Error),
        ("Exception ignored in", Level::Error),
        ("Unhandled ", Level::Error),
        ("Uncaught ", Level::Error),
        ("panic: ", Level::Fatal),
        ("fatal error: ", Level::Fatal),
        ("Fatal error: ", Level::Fatal),
        ("PHP Fatal error", Level::Fatal),
        ("PHP Parse error", Level::Fatal),
        ("PHP Warning", Level::Warn),
        ("npm ERR!", Level::Error),
        ("npm error", Level::Error),
        ("npm WARN", Level::Warn),
        ("npm warn", Level::Warn),
        ("Segmentation fault", Level::Fatal),
        ("** (", Level::Error),
    ];
    if let Some((_, level)) = BEGINNINGS.iter().find(|(words, _)| line.starts_with(words.as_bytes())) {
        return Some(*level);
    }
    if (line.starts_with(b"thread '") && memmem::find(line, b"' panicked at").is_some())
        || names_exception(line)
        || is_ruby_end(line)
    {
        return Some(Level::Error);
    }
    None
}

/// `TypeError: x`, `java.lang.NullPointerException`, `ActionView::Template::Error (x):`.
pub(super) fn names_exception(line: &[u8]) -> bool {
    let is_part =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'$' | b'/');
    let end = line.iter().position(|byte| !is_part(byte)).unwrap_or(line.len());
    let (name, rest) = (&line[..end], &line[end..]);
    let (name, colon) = name.strip_suffix(b":").map_or((name, false), |name| (name, true));
    let ends_well = ["Error", "Exception"].iter().any(|word| {
        name.strip_suffix(word.as_bytes()).is_some_and(|before| {
            before.last().is_none_or(|last| {
                last.is_ascii_lowercase() || last.is_ascii_digit() || !last.is_ascii_alphanumeric()
            })
        })
    });
    ends_well
        && name.first().is_some_and(u8::is_ascii_alphabetic)
        && (colon || rest.is_empty() || rest.starts_with(b" (") || rest.starts_with(b" ["))
}

/// `app.rb:3:in 'f': message (RuntimeError)`.
fn is_ruby_end(line: &[u8]) -> bool {
    line.ends_with(b")") && memmem::find(line, b":in ").is_some() && {
        let open = line.iter().rposition(|byte| *byte == b'(').unwrap_or(0);
        let name = &line[open + 1..line.len() - 1];
        name.ends_with(b"Error") || name.ends_with(b"Exception")
    }
}

/// The first word that a logger could have put there.
fn words(head: &[u8]) -> Option<Level> {
    let mut at = 0;
    while at < head.len() {
        if !head[at].is_ascii_alphabetic() {
            at += 1;
            continue;
        }
        let length = head[at..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = &head[at..at + length];
        if let Some(level) = known(word)
            && stands_where_levels_stand(head, at, word)
        {
            return Some(level);
        }
        at += length;
    }
    None
}

fn known(word: &[u8]) -> Option<Level> {
    if word.len() > "informational".len() {
        return None;
    }
    WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())).map(|(_, level)| *level)
}

fn stands_where_levels_stand(head: &[u8], at: usize, word: &[u8]) -> bool {
    let before = &head[..at];
    let after = &head[at + word.len()..];
    let last = before.last().copied();
    let next = after.first().copied();
    let shouted = word.iter().all(u8::is_ascii_uppercase);
    // `log` and `fine` are ordinary words, too.
    if !shouted
        && matches!(
            word.to_ascii_lowercase().as_slice(),
            b"log" | b"fine" | b"inf" | b"alert" | b"fail" | b"failure"
        )
    {
        return (last.is_none() && next == Some(b':')) || (last == Some(b'[') && next == Some(b']'));
    }
    let opened = matches!(last, Some(b'[' | b'(' | b'<' | b'|'));
    let closed = matches!(next, Some(b']' | b')' | b'>' | b'|'));
    if opened && closed {
        return true;
    }
    let free_before = matches!(last, None | Some(b' ' | b'\t' | b'[' | b'(' | b'<' | b'|' | b':'));
    let free_after =
        matches!(next, None | Some(b' ' | b'\t' | b']' | b')' | b'>' | b'|' | b':' | b',' | b'!' | b'['));
    if !free_before || !free_after {
        return false;
    }
    if shouted || last.is_none() {
        return true;
    }
    // `src/x.ts(3,5): error TS2304`, `[app] warning: x`, `12:00:01 - error: x`.
    let behind_a_place = [&b": "[..], b"] ", b") ", b"| ", b"- "].iter().any(|end| before.ends_with(end));
    let behind_a_time = before.ends_with(b" ")
        && before.trim_ascii_end().last().is_some_and(u8::is_ascii_digit)
        && memchr(b':', before).is_some();
    (behind_a_place || behind_a_time) && matches!(next, Some(b' ' | b':' | b'[' | b'\t'))
        || (last == Some(b'\t') && next == Some(b'\t'))
}

/// `{"level":"error"}`, `{"level":50}`; Elastic's common schema may nest it in `log`.
fn json(object: &serde_json::Map<String, Value>) -> Option<Level> {
    let is_level = |key: &str| KEYS.iter().any(|name| key.eq_ignore_ascii_case(name));
    let said = object.iter().filter(|(key, _)| is_level(key)).find_map(|(_, value)| {
        let number = || value.as_i64().and_then(Level::numbered);
        value.as_str().map_or_else(number, Level::called)
    });
    said.or_else(|| object.get("log").and_then(Value::as_object).and_then(json))
}

#[cfg(test)]
mod tests;
