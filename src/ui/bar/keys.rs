//! Keys out of the bytes that a terminal sends for them.

use std::str;

const ESC: u8 = 0x1b;

/// What a terminal that was asked for it puts before and behind a text that is pasted.
const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// One key, as far as the bar knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Letter(char),
    /// Enter.
    Enter,
    /// Esc.
    Escape,
    /// Tab.
    Tab,
    /// Backspace.
    Erase,
    /// Ctrl-U and Ctrl-W.
    EraseAll,
    /// Any other: arrows, function keys, control characters.
    Other,
}

/// Makes keys of bytes, which come in any pieces.
#[derive(Debug, Default)]
pub struct Keys {
    /// The beginning of something whose end has not come.
    rest: Vec<u8>,
    is_pasted: bool,
}

impl Keys {
    /// Takes what the terminal has sent. What is pasted is no key: a word with a `q` in it would stop everything.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.rest.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.rest);
        let mut keys = Vec::new();
        let mut left = all.as_slice();
        while !left.is_empty() {
            if self.is_pasted {
                let Some(end) = memchr::memmem::find(left, PASTE_ENDS) else {
                    // As much as may be the beginning of its end.
                    let kept = left.len().saturating_sub(PASTE_ENDS.len() - 1);
                    self.rest = left[kept..].to_vec();
                    break;
                };
                self.is_pasted = false;
                left = &left[end + PASTE_ENDS.len()..];
                continue;
            }
            if let Some(pasted) = left.strip_prefix(PASTE_BEGINS) {
                self.is_pasted = true;
                left = pasted;
                continue;
            }
            let Some((key, length)) = next(left) else {
                self.rest = left.to_vec();
                break;
            };
            keys.push(key);
            left = &left[length..];
        }
        keys
    }
}

/// Returns the first key and how many bytes it has; `None` if it has not come to its end.
fn next(bytes: &[u8]) -> Option<(Key, usize)> {
    let key = match *bytes.first()? {
        b'\n' | b'\r' => Key::Enter,
        b'\t' => Key::Tab,
        0x7f | 0x08 => Key::Erase,
        // Ctrl-U, Ctrl-W.
        0x15 | 0x17 => Key::EraseAll,
        ESC => return Some(sequence(bytes)),
        0..0x20 => Key::Other,
        byte if byte.is_ascii() => Key::Letter(char::from(byte)),
        first => return letter(first, bytes),
    };
    Some((key, 1))
}

/// Reads what begins with ESC: the key itself, or what another key sends. All of that comes at once, as no person can type it.
fn sequence(bytes: &[u8]) -> (Key, usize) {
    match bytes.get(1) {
        None => (Key::Escape, 1),
        // ECMA-48, 5.4: parameters, and a last byte.
        Some(b'[') => {
            let length = bytes[2..].iter().take_while(|byte| (0x20..0x40).contains(*byte)).count();
            (Key::Other, (length + 3).min(bytes.len()))
        }
        Some(b'O') => (Key::Other, bytes.len().min(3)),
        // With Alt.
        Some(_) => (Key::Other, 2),
    }
}

fn letter(first: u8, bytes: &[u8]) -> Option<(Key, usize)> {
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some((Key::Other, 1)),
    };
    let is_begun = bytes.len() < length && bytes[1..].iter().all(|byte| (0x80..0xc0).contains(byte));
    if is_begun {
        return None;
    }
    let text = bytes.get(..length).and_then(|bytes| str::from_utf8(bytes).ok());
    Some(match text.and_then(|text| text.chars().next()) {
        Some(letter) if !letter.is_control() => (Key::Letter(letter), length),
        Some(_) => (Key::Other, length),
        None => (Key::Other, 1),
    })
}

#[cfg(test)]
mod tests;
