//! What a program has switched on in its terminal, and what switches all of it off again.
//!
//! The numbers are those of xterm's control sequences (ctlseqs); the keyboard protocol (`CSI > … u`) is kitty's.

use std::collections::BTreeMap;
use std::io::Write;

use super::sequences::{Sequences, Token};

/// The private modes that matter to whoever takes the terminal over, with what is usual: cursor keys (1), wrapping (7), mice (9, 1000 to
/// 1016), a blinking cursor (12), a visible one (25), the keypad (66), focus (1004), bracketed paste (2004), drawing
/// that is held back (2026), themes and sizes that are told (2031, 2048).
const PRIVATE: &[(u16, bool)] = &[
    (1, false),
    (7, true),
    (9, false),
    (12, false),
    (25, true),
    (66, false),
    (1000, false),
    (1001, false),
    (1002, false),
    (1003, false),
    (1004, false),
    (1005, false),
    (1006, false),
    (1007, false),
    (1015, false),
    (1016, false),
    (2004, false),
    (2026, false),
    (2031, false),
    (2048, false),
];

/// Which of them ends by itself: a program that draws without showing goes on to show.
const HELD_BACK: u16 = 2026;

/// The ways to ask for the other screen.
const SCREENS: [u16; 3] = [47, 1047, 1049];

/// How many settings of the keyboard are remembered below the present one.
const KEYBOARDS: usize = 8;

/// How a terminal is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modes {
    sequences: Sequences,
    set: Set,
}

/// What differs from what is usual.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the terminal")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Set {
    private: BTreeMap<u16, bool>,
    /// By which mode the program has asked for a screen of its own.
    alternate: Option<u16>,
    /// The rows that scroll.
    region: Option<(u16, u16)>,
    insert: bool,
    keypad: bool,
    /// G0 and G1 draw lines instead of letters.
    drawing: [bool; 2],
    shifted: bool,
    /// The shape of the cursor.
    cursor: Option<u16>,
    /// What keys are reported as, by the kitty protocol.
    keyboard: Vec<u16>,
    /// What keys are reported as, by xterm's.
    other_keys: Option<u16>,
    /// Something was coloured.
    coloured: bool,
    /// Whether the last thing was a line end.
    midline: bool,
}

impl Modes {
    /// Takes notice of what a program has written.
    pub fn learn(&mut self, output: &[u8]) {
        let Modes { sequences, set } = self;
        sequences.cut(output, &mut |token| match token {
            Token::Text(text) => set.read(text),
            Token::Sequence(sequence) => set.obey(sequence),
        });
    }

    /// Returns whether the program has the screen for itself.
    pub fn is_full_screen(&self) -> bool {
        self.set.alternate.is_some()
    }

    /// Returns whether the cursor stands behind something in its row, as far as line ends tell.
    pub fn is_in_line(&self) -> bool {
        self.set.midline
    }

    pub(super) fn alternate(&self) -> Option<u16> {
        self.set.alternate
    }

    pub(super) fn region(&self) -> Option<(u16, u16)> {
        self.set.region
    }

    /// Returns what sets a terminal in this way.
    pub(super) fn entry(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(screen) = self.set.alternate {
            let _ = write!(out, "\x1b[?{screen}h");
        }
        if let Some((top, bottom)) = self.set.region {
            let _ = write!(out, "\x1b[{top};{bottom}r");
        }
        out.extend(self.finish());
        out
    }

    /// The same for one on which all is drawn.
    pub(super) fn finish(&self) -> Vec<u8> {
        let Set { private, insert, keypad, drawing, shifted, cursor, keyboard, other_keys, .. } = &self.set;
        let mut out = Vec::new();
        for (mode, is_on) in private.iter().filter(|(mode, _)| **mode != HELD_BACK) {
            let _ = write!(out, "\x1b[?{mode}{}", if *is_on { 'h' } else { 'l' });
        }
        let flags: [(bool, &[u8]); 5] = [
            (*insert, b"\x1b[4h"),
            (*keypad, b"\x1b="),
            (drawing[0], b"\x1b(0"),
            (drawing[1], b"\x1b)0"),
            (*shifted, b"\x0e"),
        ];
        for (_, sequence) in flags.iter().filter(|(is_set, _)| *is_set) {
            out.extend_from_slice(sequence);
        }
        if let Some(shape) = cursor {
            let _ = write!(out, "\x1b[{shape} q");
        }
        for setting in keyboard {
            let _ = write!(out, "\x1b[>{setting}u");
        }
        if let Some(level) = other_keys {
            let _ = write!(out, "\x1b[>4;{level}m");
        }
        out
    }

    /// Returns what brings a terminal back to what is usual: nothing that is not needed, as some of it moves the cursor.
    pub fn leave(&self) -> Vec<u8> {
        let Set { private, alternate, region, insert, keypad, drawing, shifted, cursor, keyboard, .. } =
            &self.set;
        let mut out = Vec::new();
        if !keyboard.is_empty() {
            let _ = write!(out, "\x1b[<{}u", keyboard.len());
        }
        if self.set.other_keys.is_some() {
            out.extend_from_slice(b"\x1b[>4m");
        }
        // Last of all the screen: before that, what is shown is still that of the program.
        for (mode, is_on) in private.iter().rev() {
            let _ = write!(out, "\x1b[?{mode}{}", if *is_on { 'l' } else { 'h' });
        }
        let flags: [(bool, &[u8]); 6] = [
            (*insert, b"\x1b[4l"),
            (*keypad, b"\x1b>"),
            (drawing[0], b"\x1b(B"),
            (drawing[1], b"\x1b)B"),
            (*shifted, b"\x0f"),
            // It moves the cursor to the first row, which is put back.
            (region.is_some(), b"\x1b7\x1b[r\x1b8"),
        ];
        for (_, sequence) in flags.iter().filter(|(is_set, _)| *is_set) {
            out.extend_from_slice(sequence);
        }
        if cursor.is_some() {
            out.extend_from_slice(b"\x1b[0 q");
        }
        if let Some(screen) = alternate {
            let _ = write!(out, "\x1b[?{screen}l");
        }
        if self.set.coloured {
            out.extend_from_slice(b"\x1b[0m");
        }
        out
    }
}

impl Set {
    fn read(&mut self, text: &[u8]) {
        if let Some(last) = text.last() {
            self.midline = !matches!(last, b'\n' | b'\r');
        }
        if let Some(place) = memchr::memrchr2(0x0e, 0x0f, text) {
            self.shifted = text[place] == 0x0e;
        }
    }

    fn obey(&mut self, sequence: &[u8]) {
        match sequence {
            b"\x1bc" => *self = Set::default(),
            b"\x1b[!p" => *self = Set { alternate: self.alternate, midline: self.midline, ..Set::default() },
            b"\x1b=" => self.keypad = true,
            b"\x1b>" => self.keypad = false,
            [0x1b, slot @ (b'(' | b')'), charset] => {
                self.drawing[usize::from(*slot == b')')] = *charset == b'0';
            }
            [0x1b, b'[', b'?', parameters @ .., letter @ (b'h' | b'l')] => {
                for mode in numbers(parameters) {
                    self.switch(mode, *letter == b'h');
                }
            }
            [0x1b, b'[', parameters @ .., letter @ (b'h' | b'l')]
                if numbers(parameters).any(|mode| mode == 4) =>
            {
                self.insert = *letter == b'h';
            }
            [0x1b, b'[', parameters @ .., b' ', b'q'] => {
                self.cursor = numbers(parameters).next().filter(|shape| *shape > 0);
            }
            [0x1b, b'[', b'>', parameters @ .., b'u'] => {
                if self.keyboard.len() == KEYBOARDS {
                    self.keyboard.remove(0);
                }
                self.keyboard.push(numbers(parameters).next().unwrap_or(0));
            }
            [0x1b, b'[', b'<', parameters @ .., b'u'] => {
                let count = numbers(parameters).next().unwrap_or(1).max(1);
                let left = self.keyboard.len().saturating_sub(usize::from(count));
                self.keyboard.truncate(left);
            }
            [0x1b, b'[', b'>', parameters @ .., b'm'] => {
                let mut numbers = numbers(parameters);
                if numbers.next().is_none_or(|first| first == 4) {
                    self.other_keys = numbers.next().filter(|level| *level > 0);
                }
            }
            [0x1b, b'[', first, .., b'm'] if *first > b';' => {}
            [0x1b, b'[', parameters @ .., b'm'] => {
                self.coloured = numbers(parameters).any(|number| number != 0);
            }
            // To the right, to a column, to a place.
            [0x1b, b'[', .., b'C'] => self.midline = true,
            [0x1b, b'[', parameters @ .., b'G'] => self.midline = numbers(parameters).next().unwrap_or(1) > 1,
            [0x1b, b'[', parameters @ .., b'H' | b'f'] => {
                self.midline = numbers(parameters).nth(1).unwrap_or(1) > 1;
            }
            [0x1b, b'[', parameters @ .., b'r']
                if parameters.iter().all(|byte| matches!(byte, b'0'..=b';')) =>
            {
                let mut numbers = numbers(parameters);
                let (top, bottom) = (numbers.next().unwrap_or(1).max(1), numbers.next().unwrap_or(0));
                self.region = (bottom > top).then_some((top, bottom));
            }
            _ => {}
        }
    }

    fn switch(&mut self, mode: u16, is_on: bool) {
        if SCREENS.contains(&mode) {
            self.alternate = is_on.then_some(mode);
        } else if let Some((_, usual)) = PRIVATE.iter().find(|(number, _)| *number == mode) {
            if is_on == *usual {
                self.private.remove(&mode);
            } else {
                self.private.insert(mode, is_on);
            }
        }
    }
}

/// The numbers between semicolons; one that is missing or is none is 0.
fn numbers(parameters: &[u8]) -> impl Iterator<Item = u16> {
    let parts = parameters.split(|byte| *byte == b';').take(32);
    parts
        .map(|part| std::str::from_utf8(part).ok().and_then(|part| part.parse().ok()).unwrap_or(0))
        .take(if parameters.is_empty() { 0 } else { 32 })
}
