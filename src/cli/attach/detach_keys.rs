//! The keys that leave an attachment, and how they are found among those that are typed.

use std::fmt;
use std::str::FromStr;

/// Control characters by which others are known that are no letters.
const SIGNS: &[u8] = b"@[\\]^_";

/// The keys that leave, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DetachKeys(Vec<Key>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// With Ctrl; the letter is a small one.
    Control(u8),
    /// As it is.
    Plain(u8),
}

impl Key {
    /// What a terminal sends for it: usually one byte; where a program has asked for more, as kitty or as xterm would say it.
    fn spellings(self) -> Vec<Vec<u8>> {
        match self {
            Key::Plain(byte) => vec![vec![byte]],
            Key::Control(letter) => vec![
                vec![letter.to_ascii_uppercase() & 0x1f],
                format!("\x1b[{letter};5u").into_bytes(),
                format!("\x1b[27;5;{letter}~").into_bytes(),
            ],
        }
    }
}

impl Default for DetachKeys {
    fn default() -> DetachKeys {
        DetachKeys(vec![Key::Control(b']')])
    }
}

impl FromStr for DetachKeys {
    type Err = String;

    /// Reads what Docker reads: `ctrl-]`, `ctrl-p,ctrl-q`, `x`.
    fn from_str(text: &str) -> Result<DetachKeys, String> {
        let keys = text.split(',').map(key).collect::<Result<Vec<Key>, String>>()?;
        Ok(DetachKeys(keys))
    }
}

fn key(text: &str) -> Result<Key, String> {
    let text = text.trim();
    let control =
        text.get(..5).filter(|begin| begin.eq_ignore_ascii_case("ctrl-")).and_then(|_| text.get(5..));
    match (control.map(str::as_bytes), text.as_bytes()) {
        (Some(&[letter]), _) if letter.is_ascii_alphabetic() || SIGNS.contains(&letter) => {
            Ok(Key::Control(letter.to_ascii_lowercase()))
        }
        (None, &[letter @ b'!'..=b'~']) => Ok(Key::Plain(letter)),
        _ => Err(format!("`{text}` is no key: `ctrl-]`, `ctrl-p,ctrl-q`, or a letter")),
    }
}

impl fmt::Display for DetachKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, key) in self.0.iter().enumerate() {
            let between = if place > 0 { " " } else { "" };
            match key {
                Key::Control(letter) => {
                    write!(f, "{between}Ctrl-{}", char::from(letter.to_ascii_uppercase()))?;
                }
                Key::Plain(byte) => write!(f, "{between}{}", char::from(*byte))?,
            }
        }
        Ok(())
    }
}

/// Looks for the keys among what is typed.
#[derive(Debug)]
pub(super) struct Leaving {
    keys: Vec<Vec<Vec<u8>>>,
    /// The first of them, which have been typed and not been handed on.
    held: Vec<Vec<u8>>,
}

impl Leaving {
    pub(super) fn new(keys: &DetachKeys) -> Leaving {
        Leaving { keys: keys.0.iter().map(|key| key.spellings()).collect(), held: Vec::new() }
    }

    /// Adds to `out` what is for the process; returns whether the keys were typed. What is typed behind them is nobody's.
    pub(super) fn take(&mut self, typed: &[u8], out: &mut Vec<u8>) -> bool {
        let mut rest = typed;
        while !rest.is_empty() {
            let next = &self.keys[self.held.len()];
            if let Some(key) = next.iter().find(|key| rest.starts_with(key)) {
                self.held.push(key.clone());
                rest = &rest[key.len()..];
                if self.held.len() == self.keys.len() {
                    return true;
                }
            } else if self.held.is_empty() {
                out.push(rest[0]);
                rest = &rest[1..];
            } else {
                // It was something else; the key may be the first one again.
                out.extend(self.held.drain(..).flatten());
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
