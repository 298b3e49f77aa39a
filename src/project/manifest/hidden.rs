//! Which parts of a file no message shows: values that look secret by their names, or have passwords in them.
//!
//! It is found in the text, not in what the parser makes of it: messages about a broken line must not tell, either.

use std::ops::Range;

use super::super::secrets::SecretRules;

/// Returns the places of secrets in a text, sorted and apart.
pub fn hidden(text: &[u8]) -> Vec<Range<usize>> {
    let rules = SecretRules::default();
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        at = match text[at] {
            // A text on its own, as in a list, or a key.
            b'"' | b'\'' => {
                let (inside, next) = quoted(text, at);
                found.extend(parts(&rules, b"", text, inside));
                next
            }
            b'=' => {
                let name = name_before(text, at);
                let blanks = text[at + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                let start = at + 1 + blanks;
                match text.get(start) {
                    Some(b'"' | b'\'') => {
                        let (inside, next) = quoted(text, start);
                        found.extend(parts(&rules, name, text, inside));
                        next
                    }
                    // Tables and lists have names and texts of their own.
                    Some(b'{' | b'[') | None => start,
                    Some(_) => {
                        let length =
                            text[start..].iter().position(|byte| matches!(byte, b',' | b'}' | b'\n'));
                        let end = length.map_or(text.len(), |length| start + length);
                        found.extend(parts(&rules, name, text, start..end));
                        end
                    }
                }
            }
            _ => at + 1,
        };
    }
    joined(found)
}

/// The same places, sorted, none within another.
fn joined(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_by_key(|place| (place.start, place.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for place in places {
        match joined.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            Some(_) | None => joined.push(place),
        }
    }
    joined
}

fn parts(rules: &SecretRules, name: &[u8], text: &[u8], value: Range<usize>) -> Vec<Range<usize>> {
    let parts = rules.parts(name, &text[value.clone()]).into_iter();
    parts.map(|part| value.start + part.start..value.start + part.end).collect()
}

/// The last part of the key before the `=` at `end`: of `env."API_KEY"` it is `API_KEY`.
fn name_before(text: &[u8], end: usize) -> &[u8] {
    let before = text[..end].trim_ascii_end();
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    &before[before.iter().rposition(ends).map_or(0, |at| at + 1)..]
}

/// What stands between the quotes that begin at `start`, and where it goes on behind them. One that is never closed
/// ends with its line.
fn quoted(text: &[u8], start: usize) -> (Range<usize>, usize) {
    let quote = text[start];
    let triple = [quote; 3];
    if text[start..].starts_with(&triple) {
        let inside = start + 3;
        if let Some(length) = memchr::memmem::find(&text[inside..], &triple) {
            return (inside..inside + length, inside + length + 3);
        }
        // Nobody knows where it was meant to end: all of it may be the value, and all of it something else.
        let line = memchr::memchr(b'\n', &text[inside..]).map_or(text.len(), |length| inside + length);
        return (inside..text.len(), line);
    }
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\n' => return (start + 1..at, at),
            b'\\' if quote == b'"' => at += 2,
            byte if *byte == quote => return (start + 1..at, at + 1),
            _ => at += 1,
        }
    }
    (start + 1..text.len(), text.len())
}

#[cfg(test)]
mod tests;
