//! What a complete escape sequence asks a terminal for, as far as it matters here.

/// What a sequence asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Another colour (SGR, `ESC [ … m`).
    Colour,
    /// The end of all colour.
    ColourEnd,
    /// The beginning of a link (OSC 8).
    Link,
    /// The end of a link.
    LinkEnd,
    /// The cursor at the beginning of the line, as CR.
    LineStart,
    /// An empty screen, another screen, or the cursor in its first row.
    Clear,
    /// Something else.
    Other,
}

/// A movement to the left by so many columns is meant to reach the beginning of the line, however wide the screen.
const FAR_LEFT: u32 = 500;

/// Says what a complete sequence asks for.
pub(super) fn meaning(sequence: &[u8]) -> Meaning {
    match sequence {
        [0x1b, b'[', parameters @ .., letter] => control(parameters, *letter),
        [0x1b, b']', b'8', b';', rest @ ..] => link(rest),
        [0x1b, b'c'] => Meaning::Clear,
        _ => Meaning::Other,
    }
}

/// Returns whether the beginning of a sequence may still become a link.
pub(super) fn may_be_link(begun: &[u8]) -> bool {
    const LINK: &[u8] = b"\x1b]8;";
    begun.starts_with(LINK) || (!begun.is_empty() && LINK.starts_with(begun))
}

/// `ESC [ parameters letter`.
fn control(parameters: &[u8], letter: u8) -> Meaning {
    match (letter, parameters) {
        (b'm', _) if parameters.iter().all(|byte| matches!(byte, b'0' | b';')) => Meaning::ColourEnd,
        (b'm', _) if parameters.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':')) => {
            Meaning::Colour
        }
        (b'G' | b'`', b"" | b"0" | b"1") => Meaning::LineStart,
        (b'D', _) if number(parameters).is_some_and(|columns| columns >= FAR_LEFT) => Meaning::LineStart,
        (b'J', b"" | b"0" | b"2" | b"3")
        | (b'H' | b'f', b"" | b"0" | b"1" | b";" | b"1;" | b";1" | b"0;0" | b"1;1")
        | (b'h' | b'l', b"?47" | b"?1047" | b"?1049") => Meaning::Clear,
        _ => Meaning::Other,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// `parameters ; address`, and the end of the string. Both are printable ASCII, or it is no link.
fn link(rest: &[u8]) -> Meaning {
    let Some(text) = rest.strip_suffix(b"\x1b\\").or_else(|| rest.strip_suffix(b"\x07")) else {
        return Meaning::Other;
    };
    match memchr::memchr(b';', text) {
        Some(semicolon) if text.iter().all(|byte| (b' '..=b'~').contains(byte)) => {
            if semicolon + 1 == text.len() { Meaning::LinkEnd } else { Meaning::Link }
        }
        Some(_) | None => Meaning::Other,
    }
}
