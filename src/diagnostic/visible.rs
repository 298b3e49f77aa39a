//! Text that others wrote, made harmless on one line of a terminal.
//!
//! Names of files and directories, commands, values and what other programs are called come from outside: a sequence in one
//! of them could rename the window, hide a line or type into the shell. Everything that forge says in its own
//! lines goes through here; what processes print has a filter of its own (`logs::escapes`).

use std::borrow::Cow;
use std::fmt::Write;

/// Returns the text with everything that is no printable character written as in Rust: `\n`, `\x1b`, `\u{202e}`.
///
/// That includes the C1 controls, and the characters that turn the direction of text round, which show a line other than it
/// is. A backslash stays one: this is for reading, not for reading back.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(misleads) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\t' | '\n' | '\r' => shown.extend(character.escape_default()),
            // Writing into a String cannot fail.
            _ if character.is_control() => {
                let _ = write!(shown, "\\x{:02x}", u32::from(character));
            }
            _ if misleads(character) => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    shown.into()
}

/// Returns bytes as visible text; those that are not UTF-8 are written as `\xff`.
pub fn visible_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return visible(text);
    }
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        shown.push_str(&visible(chunk.valid()));
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown.into()
}

/// Returns whether a terminal does something else with a character than to draw it where it stands.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Line and paragraph separators; marks, embeddings, overrides and isolates of direction.
            '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests;
