//! Questions that programs ask their terminal: where the cursor is, what kind of terminal it is.
//!
//! A terminal answers as if somebody had typed the answer. So of several that show the same output one alone may see the
//! questions, and where there is none, forge itself answers what a program may wait for.

use super::sequences::{ENQ, Sequences, Token};

/// The questions that are answered.
const QUESTIONS: &[(&[u8], Answer)] = &[
    (b"\x1b[6n", Answer::Cursor),
    (b"\x1b[5n", Answer::Well),
    (b"\x1b[c", Answer::Kind),
    (b"\x1b[0c", Answer::Kind),
];

/// What forge answers where nobody is there: the questions after which programs wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Where the cursor is.
    Cursor,
    /// That all is well.
    Well,
    /// What kind of terminal it is. Programs ask it last of many questions, so that they know when to wait no longer.
    Kind,
}

impl Answer {
    /// Returns the questions in a piece of output that are to be answered, each with the place behind it.
    pub fn wanted_in(output: &[u8]) -> impl Iterator<Item = (Answer, usize)> {
        memchr::memchr_iter(0x1b, output).filter_map(|place| {
            QUESTIONS
                .iter()
                .find(|(text, _)| output[place..].starts_with(text))
                .map(|(text, answer)| (*answer, place + text.len()))
        })
    }

    /// Returns the answer, with the row and the column of the cursor, counted from 1.
    pub fn text(self, (row, column): (usize, usize)) -> Vec<u8> {
        match self {
            Answer::Cursor => format!("\x1b[{row};{column}R").into_bytes(),
            Answer::Well => b"\x1b[0n".to_vec(),
            // A VT220 with colours.
            Answer::Kind => b"\x1b[?62;22c".to_vec(),
        }
    }
}

/// Takes questions out of one output.
#[derive(Debug, Clone, Default)]
pub struct Queries(Sequences);

impl Queries {
    /// Adds to `out` everything but questions.
    pub fn strip(&mut self, output: &[u8], out: &mut Vec<u8>) {
        self.0.cut(output, &mut |token| match token {
            Token::Sequence(sequence) if is_question(sequence) => {}
            Token::Sequence(bytes) | Token::Text(bytes) => out.extend_from_slice(bytes),
        });
    }
}

/// Whether a terminal would answer it.
fn is_question(sequence: &[u8]) -> bool {
    match sequence {
        [ENQ] | [0x1b, b'Z'] | [0x1b, b'[', b'?', b'u']
        // What it is; where the cursor is and how it does; its parameters; its modes; its name.
        | [0x1b, b'[', .., b'c' | b'n' | b'x']
        | [0x1b, b'[', .., b'$', b'p']
        | [0x1b, b'[', b'>', .., b'q']
        // Settings and capabilities (DCS).
        | [0x1b, b'P', b'$' | b'+', b'q', ..] => true,
        // Its window.
        [0x1b, b'[', parameters @ .., b't'] => {
            matches!(parameters, b"11" | b"13" | b"14" | b"15" | b"16" | b"18" | b"19" | b"20" | b"21")
                || parameters.starts_with(b"13;")
                || parameters.starts_with(b"14;")
                || parameters.starts_with(b"15;")
        }
        // Colours and the clipboard (OSC).
        [0x1b, b']', rest @ ..] => {
            let text = rest.strip_suffix(b"\x07").or_else(|| rest.strip_suffix(b"\x1b\\")).unwrap_or(rest);
            text.ends_with(b";?")
        }
        _ => false,
    }
}
