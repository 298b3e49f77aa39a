//! What the texts in `forge.toml` mean: sizes, signals, addresses, times of day, needs.
//!
//! Each error is a clause for a message: what was expected.

use std::time::Duration;

use super::super::lifecycle::{Milestone, When};
use super::super::suggest;

/// Reads a duration: a number and its unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let expected =
        || "expected a number and a unit, such as \"300ms\", \"5s\", \"10m\", \"1h\" or \"7d\"".to_owned();
    let has_unit = text.trim_end().ends_with(|letter: char| letter.is_ascii_alphabetic());
    let starts_right = text.trim_start().starts_with(|letter: char| letter.is_ascii_digit());
    if !has_unit || !starts_right {
        return Err(expected());
    }
    super::super::parse_duration(text).map_err(|_| expected())
}

/// Reads a size in bytes: a number and `K`, `M`, `G` or `T`, powers of 1024.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let expected = || "expected a number and a unit, such as \"512M\" or \"1G\"".to_owned();
    let text = text.trim();
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic()).ok_or_else(expected)?;
    let (number, unit) = text.split_at(unit_at);
    let unit = unit.to_ascii_uppercase();
    let unit = unit.strip_suffix("IB").or_else(|| unit.strip_suffix('B')).unwrap_or(&unit);
    let factor: u64 = match unit {
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        "T" => 1 << 40,
        _ => return Err(expected()),
    };
    let (whole, part) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !(part.is_empty() || digits(part)) || part.len() > 6 {
        return Err(expected());
    }
    let whole: u64 = whole.parse().map_err(|_| expected())?;
    let bytes = whole.checked_mul(factor).ok_or_else(expected)?;
    let scale = 10_u64.pow(u32::try_from(part.len()).unwrap_or(0));
    let part: u64 = if part.is_empty() { 0 } else { part.parse().map_err(|_| expected())? };
    let bytes = bytes.saturating_add(
        u64::try_from(u128::from(part) * u128::from(factor) / u128::from(scale)).unwrap_or(u64::MAX),
    );
    if bytes == 0 { Err("a size of nothing".to_owned()) } else { Ok(bytes) }
}

/// The signals that can be named, without `SIG`.
pub(crate) const SIGNALS: &[(&str, i32)] = &[
    ("ABRT", libc::SIGABRT),
    ("ALRM", libc::SIGALRM),
    ("CONT", libc::SIGCONT),
    ("HUP", libc::SIGHUP),
    ("INT", libc::SIGINT),
    ("KILL", libc::SIGKILL),
    ("PIPE", libc::SIGPIPE),
    ("QUIT", libc::SIGQUIT),
    ("STOP", libc::SIGSTOP),
    ("TERM", libc::SIGTERM),
    ("TSTP", libc::SIGTSTP),
    ("TTIN", libc::SIGTTIN),
    ("TTOU", libc::SIGTTOU),
    ("URG", libc::SIGURG),
    ("USR1", libc::SIGUSR1),
    ("USR2", libc::SIGUSR2),
    ("WINCH", libc::SIGWINCH),
];

/// Reads the name of a signal: `TERM` or `SIGTERM`, in any case.
pub(crate) fn signal(text: &str) -> Result<i32, String> {
    let name = text.trim().to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    if let Some((_, number)) = SIGNALS.iter().find(|(known, _)| *known == name) {
        return Ok(*number);
    }
    Err(match suggest::nearest(name, SIGNALS.iter().map(|(known, _)| *known)) {
        Some(near) => format!("no signal; did you mean \"{near}\"?"),
        None => "expected the name of a signal, such as \"TERM\", \"INT\" or \"QUIT\"".to_owned(),
    })
}

/// Reads `HOST:PORT`; an IPv6 address stands in brackets.
pub(crate) fn address(text: &str) -> Result<(String, u16), String> {
    let expected = || "expected HOST:PORT, such as \"127.0.0.1:5432\"".to_owned();
    let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(expected)?,
        None if host.contains(':') => return Err(expected()),
        None => host,
    };
    let port: u16 = port.parse().ok().filter(|port| *port > 0).ok_or_else(expected)?;
    let clean =
        !host.is_empty() && !host.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    if clean { Ok((host.to_owned(), port)) } else { Err(expected()) }
}

/// What `http` says: a path on the process's own port, or somewhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
}

/// Reads a path (`/up`) or a URL (`http://localhost:3000/up`).
pub(crate) fn http(text: &str) -> Result<Target, String> {
    let expected = || "expected a path such as \"/up\", or \"http://HOST:PORT/PATH\"".to_owned();
    if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(expected());
    }
    if text.starts_with("https://") {
        return Err("forge asks without TLS: expected \"/up\", or \"http://HOST:PORT/PATH\"".to_owned());
    }
    if text.starts_with('/') {
        return Ok(Target { host: None, port: None, path: text.to_owned() });
    }
    let rest = text.strip_prefix("http://").ok_or_else(expected)?;
    let (authority, path) = match rest.find('/') {
        Some(slash) => (&rest[..slash], &rest[slash..]),
        None => (rest, "/"),
    };
    let has_port = !authority.ends_with(']') && authority.rsplit_once(':').is_some();
    let (host, port) = if has_port { address(authority)? } else { address(&format!("{authority}:80"))? };
    Ok(Target { host: Some(host), port: Some(port), path: path.to_owned() })
}

/// Reads a time of day: `03:00`.
pub(crate) fn time_of_day(text: &str) -> Result<When, String> {
    let expected = || "expected a time of day from \"00:00\" to \"23:59\"".to_owned();
    let (hour, minute) = text.split_once(':').ok_or_else(expected)?;
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || minute.len() != 2 || !digits(minute) {
        return Err(expected());
    }
    let hour: u8 = hour.parse().map_err(|_| expected())?;
    let minute: u8 = minute.parse().map_err(|_| expected())?;
    if hour < 24 && minute < 60 { Ok(When::DailyAt { hour, minute }) } else { Err(expected()) }
}

/// Judges a cron expression of five fields, or a word such as `@daily`.
pub(crate) fn cron(text: &str) -> Result<(), String> {
    use croner::parser::{CronParser, Seconds, Year};
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let fields = text.split_whitespace().count();
    if !text.trim().starts_with('@') && fields != 5 {
        return Err(format!(
            "expected five fields (minute, hour, day, month, weekday) such as \"0 3 * * *\", and these are {fields}"
        ));
    }
    // The words of the parser are its own; the place and an example say more.
    parser
        .parse(text)
        .map(|_| ())
        .map_err(|_| "no cron expression; for example \"0 3 * * *\" is each day at three".to_owned())
}

/// Reads `NAME[:started|ready|done]`; without a milestone it depends on what the other one is.
pub(crate) fn need(text: &str) -> Result<(&str, Option<Milestone>), String> {
    let (name, milestone) = match text.split_once(':') {
        Some((name, milestone)) => (name, Some(milestone)),
        None => (text, None),
    };
    if name.is_empty() {
        return Err("expected the name of a process".to_owned());
    }
    let milestone = match milestone {
        None => None,
        Some("started") => Some(Milestone::Started),
        Some("ready") => Some(Milestone::Ready),
        Some("done") => Some(Milestone::Done),
        Some(word) => {
            let words = ["started", "ready", "done"];
            return Err(match suggest::nearest(word, words) {
                Some(near) => format!("did you mean \"{name}:{near}\"?"),
                None => "expected NAME, or NAME:started, NAME:ready or NAME:done".to_owned(),
            });
        }
    };
    Ok((name, milestone))
}

/// Judges a glob: brackets and braces must be closed.
pub(crate) fn glob(text: &str) -> Result<(), String> {
    let mut letters = text.chars();
    let (mut braces, mut in_brackets) = (0_usize, false);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.next().is_none() => {
                return Err("a `\\` at the end has nothing to escape".to_owned());
            }
            '[' if !in_brackets => in_brackets = true,
            ']' => in_brackets = false,
            '{' if !in_brackets => braces += 1,
            '}' if !in_brackets && braces == 0 => return Err("a `}` without its `{`".to_owned()),
            '}' if !in_brackets => braces -= 1,
            '\0' => return Err("no file name has a NUL in it".to_owned()),
            _ => {}
        }
    }
    match (text.is_empty(), in_brackets, braces) {
        (true, _, _) => Err("an empty pattern matches nothing".to_owned()),
        (_, true, _) => Err("a `[` that is never closed".to_owned()),
        (_, _, 1..) => Err("a `{` that is never closed".to_owned()),
        _ => Ok(()),
    }
}

/// Returns whether a name can be that of a process: letters, digits, `-` and `_`, and between them dots.
pub(crate) fn is_process_name(name: &str) -> bool {
    name.split('.').all(is_word) && name != "all"
}

/// Returns whether a text is letters, digits, `-` and `_`.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
