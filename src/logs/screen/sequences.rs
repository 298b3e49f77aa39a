//! Cuts what a process writes into text and escape sequences, wherever the pieces were cut in which it came.

use memchr::memchr2;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
/// A question to very old terminals.
pub(super) const ENQ: u8 = 0x05;

/// A sequence that is longer is handed on in pieces, as text: an image, a whole clipboard.
const LONGEST: usize = 1024;

/// A piece of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Anything that is no escape sequence.
    Text(&'a [u8]),
    /// A whole escape sequence, from its ESC to its last byte.
    Sequence(&'a [u8]),
}

/// Where in a sequence the output stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Text,
    /// After ESC, and after blanks and the like behind it.
    Escape,
    /// After `ESC [`.
    Control,
    /// In a string: until BEL or `ESC \`.
    String,
    /// After ESC in a string.
    StringEscape,
    /// In a string of which the beginning was handed on.
    LongString,
    /// After ESC in such a string.
    LongStringEscape,
}

/// Cuts one output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sequences {
    state: State,
    /// The sequence so far.
    held: Vec<u8>,
}

impl Sequences {
    /// Cuts the next bytes. What may be the beginning of a sequence is kept until its end comes.
    pub(super) fn cut(&mut self, bytes: &[u8], take: &mut dyn FnMut(Token<'_>)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.state == State::Text {
                let plain = memchr2(ESC, ENQ, rest).unwrap_or(rest.len());
                if plain > 0 {
                    take(Token::Text(&rest[..plain]));
                }
                rest = &rest[plain..];
            }
            let Some((byte, after)) = rest.split_first() else { return };
            self.step(*byte, take);
            rest = after;
        }
    }

    fn step(&mut self, byte: u8, take: &mut dyn FnMut(Token<'_>)) {
        match (self.state, byte) {
            (State::Text, ENQ) => return take(Token::Sequence(&[ENQ])),
            // A sequence that is broken off by another one, or by those that are there for it.
            (State::Text | State::Escape | State::Control, ESC) => {
                self.give_up(take);
                self.state = State::Escape;
            }
            (State::Escape | State::Control | State::String | State::StringEscape, CAN | SUB)
            | (State::LongString, BEL)
            | (State::LongStringEscape, _) => {
                self.held.push(byte);
                return self.give_up(take);
            }
            (State::Escape, b'[') if self.held.len() == 1 => self.state = State::Control,
            (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') if self.held.len() == 1 => {
                self.state = State::String;
            }
            (State::Escape, b' '..=b'/') | (State::Control, b' '..=b'?') | (State::String, _)
                if byte != BEL =>
            {
                if byte == ESC {
                    self.state = State::StringEscape;
                }
            }
            (State::Escape | State::Control, 0x30..=0x7e)
            | (State::String, BEL)
            | (State::StringEscape, b'\\') => {
                self.held.push(byte);
                take(Token::Sequence(&self.held));
                return self.forget();
            }
            // A string without an end, and behind it something else.
            (State::StringEscape, _) => {
                self.held.pop();
                self.give_up(take);
                self.state = State::Escape;
                self.held.push(ESC);
                return self.step(byte, take);
            }
            (State::LongString, ESC) => self.state = State::LongStringEscape,
            (State::LongString, _) => {}
            // A control character within a sequence, which does its work all the same, or damage.
            (State::Text | State::Escape | State::Control | State::String, _) => {
                self.held.push(byte);
                return self.give_up(take);
            }
        }
        self.held.push(byte);
        if self.held.len() >= LONGEST {
            let goes_on = matches!(self.state, State::String | State::LongString);
            self.give_up(take);
            if goes_on {
                self.state = State::LongString;
            }
        }
    }

    /// What is held is handed on as it is.
    fn give_up(&mut self, take: &mut dyn FnMut(Token<'_>)) {
        if !self.held.is_empty() {
            take(Token::Text(&self.held));
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.held.clear();
        self.state = State::Text;
    }
}
