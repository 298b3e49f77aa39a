//! The `.foreman` file: `key: value` lines with foreman's long option names (compat section 4).
//!
//! foreman reads it as YAML; real files are flat lists of one to five options, and that is what is read here.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::settings::Settings;
use super::{Colour, duration, suggest};
use crate::diagnostic::{Checked, Diagnostic, Source, Span};

const KEYS: &[&str] = &["color", "env", "formation", "port", "procfile", "root", "timeout", "timestamp"];

/// Reads an options file. A line that cannot be understood is an error, an unknown key a warning.
pub(crate) fn parse(source: &Arc<Source>) -> Checked<Settings> {
    let mut settings = Settings::default();
    let mut diagnostics = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive(|byte| *byte == b'\n') {
        let range = start..start + line.len();
        start = range.end;
        let range = trim(&source.text, range);
        let text = &source.text[range.clone()];
        if text.is_empty() || text.starts_with(b"#") || text == b"---" || text == b"{}" {
            continue;
        }
        match split(source, range.clone()) {
            Some((key, value)) => understand(&key, value, &mut settings, &mut diagnostics),
            None => diagnostics.push(
                Diagnostic::error("bad-option-line", "this line is not `key: value`")
                    .at(Span::new(source, range), "")
                    .hint("for example `port: 3000`"),
            ),
        }
    }
    Checked { value: settings, diagnostics }
}

fn understand(key: &Span, value: Span, settings: &mut Settings, diagnostics: &mut Vec<Diagnostic>) {
    let name = String::from_utf8_lossy(key.text()).into_owned();
    let text = String::from_utf8_lossy(value.text()).into_owned();
    let mut refuse = |expected: &str| {
        diagnostics.push(
            Diagnostic::error("bad-option-value", format!("`{text}` is no value for `{name}`"))
                .at(value.clone(), expected),
        );
    };
    match name.as_str() {
        "formation" => settings.formation = Some(value),
        "port" => settings.port = Some(value),
        "procfile" | "root" | "env" if value.range.is_empty() && name != "env" => refuse("expected a path"),
        "procfile" => settings.procfile = Some(path(value.text())),
        "root" => settings.root = Some(path(value.text())),
        "env" => settings.env_files = Some(paths(value.text())),
        "timeout" => match duration::parse(&text) {
            Ok(timeout) => settings.timeout = Some(timeout),
            Err(expected) => refuse(&expected),
        },
        "timestamp" => match boolean(&text) {
            Some(timestamp) => settings.timestamp = Some(timestamp),
            None => refuse("expected true or false"),
        },
        "color" => match (boolean(&text), text.as_str()) {
            (Some(true), _) | (None, "always") => settings.colour = Some(Colour::Always),
            (Some(false), _) | (None, "never") => settings.colour = Some(Colour::Never),
            (None, "auto") => settings.colour = Some(Colour::Auto),
            (None, _) => refuse("expected true, false or auto"),
        },
        _ => diagnostics.push(unknown_key(&name, key)),
    }
}

/// Splits a comma list of env files; blanks around a name are not part of it (D11).
pub fn paths(list: &[u8]) -> Vec<PathBuf> {
    list.split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|name| !name.is_empty())
        .map(path)
        .collect()
}

fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

fn unknown_key(name: &str, key: &Span) -> Diagnostic {
    let diagnostic = Diagnostic::warning("unknown-option", format!("unknown option `{name}` is ignored"))
        .at(key.clone(), "");
    if name == "concurrency" {
        return diagnostic.hint("foreman ignores it too; `formation` is the name it has now");
    }
    match suggest::nearest(name, KEYS.iter().copied()) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint(format!("the options are {}", KEYS.join(", "))),
    }
}

/// Finds key and value of a line: a colon, then a blank or the end; quotes and a comment are taken off.
fn split(source: &Arc<Source>, line: Range<usize>) -> Option<(Span, Span)> {
    let text = &source.text[line.clone()];
    let colon = memchr::memchr(b':', text)?;
    let key = trim(&source.text, line.start..line.start + colon);
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let value_begins = text.get(colon + 1).is_none_or(|byte| matches!(byte, b' ' | b'\t'));
    if key.is_empty() || !source.text[key.clone()].iter().all(is_key) || !value_begins {
        return None;
    }
    let value = trim(&source.text, line.start + colon + 1..line.end);
    Some((Span::new(source, key), Span::new(source, unquote(&source.text, value)?)))
}

/// Takes quotes, or a comment, off a value. `None` if a quote is not closed, or if it is a list or a map.
fn unquote(text: &[u8], value: Range<usize>) -> Option<Range<usize>> {
    let bytes = &text[value.clone()];
    match bytes.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let end = memchr::memchr(*quote, &bytes[1..])? + 1;
            let rest = bytes[end + 1..].trim_ascii_start();
            (rest.is_empty() || rest.starts_with(b"#")).then_some(value.start + 1..value.start + end)
        }
        Some(b'[' | b'{' | b'|' | b'>' | b'&' | b'*') => None,
        Some(b'#') => Some(value.start..value.start),
        Some(_) | None => {
            let comment = memchr::memmem::find_iter(bytes, b"#")
                .find(|at| matches!(bytes.get(at.wrapping_sub(1)), Some(b' ' | b'\t')));
            Some(trim(text, value.start..value.start + comment.unwrap_or(bytes.len())))
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn trim(text: &[u8], range: Range<usize>) -> Range<usize> {
    let bytes = &text[range.clone()];
    let left = bytes.len() - bytes.trim_ascii_start().len();
    let start = range.start + left;
    start..start + bytes.trim_ascii().len()
}

#[cfg(test)]
mod tests;
