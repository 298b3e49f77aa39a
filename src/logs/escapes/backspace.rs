//! Backspaces: the cursor goes to the left, and what follows stands in place of what was there.

use super::{BEL, ESC};

pub(super) const BACKSPACE: u8 = 0x08;

/// In a longer line backspaces mean nothing: it would be searched again and again.
const LONGEST_LINE: usize = 4 * 1024;

/// Where in a line the next character goes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    /// How many characters stand before it.
    column: usize,
    /// How many steps to the left have come since the last character.
    back: usize,
}

impl Cursor {
    /// Takes a backspace, which does nothing before text follows: a question may end with it.
    pub(super) fn step_back(&mut self) {
        self.back = (self.back + 1).min(self.column);
    }

    /// Adds text where the cursor stands, to a line that begins at `begins_at` in the output; `None` where it stands on the
    /// screen already.
    pub(super) fn write(&mut self, text: &[u8], begins_at: Option<usize>, out: &mut Vec<u8>) {
        let characters = count(text);
        let back = std::mem::take(&mut self.back);
        if characters == 0 {
            self.back = back;
            return out.extend_from_slice(text);
        }
        match begins_at {
            // Never further than the line goes: the prefix stands before it.
            None => {
                out.extend(std::iter::repeat_n(BACKSPACE, back));
                out.extend_from_slice(text);
                self.column = self.column - back + characters;
            }
            Some(start) if out.len() - start <= LONGEST_LINE => {
                let all = count(&out[start..]);
                let at = self.column.saturating_sub(back).min(all);
                overwrite(out, start, at, text, characters);
                self.column = at + characters;
            }
            Some(_) => {
                out.extend_from_slice(text);
                self.column += characters;
            }
        }
    }
}

/// Puts text in place of as many characters, from the one with the number `at` on. Colours between them stay.
fn overwrite(out: &mut Vec<u8>, start: usize, at: usize, text: &[u8], characters: usize) {
    let mut seen = 0;
    let (mut from, mut to) = (out.len(), out.len());
    let mut kept = Vec::new();
    for (place, length, is_character) in parts(&out[start..]) {
        if is_character {
            if seen == at {
                from = start + place;
            }
            if seen == at + characters {
                to = start + place;
                break;
            }
            seen += 1;
        } else if seen > at {
            kept.extend_from_slice(&out[start + place..start + place + length]);
        }
    }
    out.splice(from..to, text.iter().chain(&kept).copied());
}

/// Counts characters, whatever their width.
fn count(text: &[u8]) -> usize {
    if memchr::memchr(ESC, text).is_some() {
        return parts(text).filter(|(_, _, is_character)| *is_character).count();
    }
    text.iter().filter(|byte| begins_character(**byte)).count()
}

/// Takes a line apart into characters and the escape sequences that may stand on a screen, colours and links: where each begins,
/// how long it is, and whether it is a character.
fn parts(line: &[u8]) -> impl Iterator<Item = (usize, usize, bool)> {
    let mut place = 0;
    std::iter::from_fn(move || {
        let rest = line.get(place..).filter(|rest| !rest.is_empty())?;
        let is_character = begins_character(rest[0]) && rest[0] != ESC;
        let length = if rest[0] != ESC {
            1 + rest[1..].iter().take_while(|byte| !begins_character(**byte)).count()
        } else if rest.get(1) == Some(&b']') {
            let end = rest.iter().enumerate().skip(2).find(|(_, byte)| matches!(**byte, BEL | ESC));
            end.map_or(rest.len(), |(at, byte)| (at + if *byte == BEL { 1 } else { 2 }).min(rest.len()))
        } else {
            rest.iter().position(|byte| *byte == b'm').map_or(rest.len(), |end| end + 1)
        };
        let part = (place, length, is_character);
        place += length;
        Some(part)
    })
}

fn begins_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}
