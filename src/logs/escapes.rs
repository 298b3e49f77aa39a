//! Escape sequences in the output of processes: which of them may reach a screen that many share.
//!
//! A sequence never reaches over the end of a line, so that a broken one cannot swallow what follows.
//!
//! A C1 control counts as the character it is in UTF-8. Its one byte alone (0x9b for `ESC [`) is no UTF-8, and terminals
//! show it as such; to guard one of another encoding, every `ë` would have to be taken away.

use memchr::memchr;

use super::palette::RESET;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const DEL: u8 = 0x7f;
/// The first of the two bytes of U+0080 to U+00BF, and so of the C1 controls (U+0080 to U+009F).
const C1_LEAD: u8 = 0xc2;

/// The longest sequence that is looked at as a whole; colours are much shorter.
const LONGEST_SEQUENCE: usize = 64;

/// Erases from the cursor to the end of the line.
const ERASE_LINE: &[u8] = b"\x1b[K";

/// What becomes of escape sequences and control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// Everything passes. For output with colour that is not a screen.
    Keep,
    /// No escape sequence passes; every other byte does. For files and pipes without colour.
    Strip,
    /// Colours pass (SGR, `ESC [ … m`) and nothing else that could damage a shared screen: no cursor movement,
    /// no clearing, no titles, no other controls than TAB and BEL. A lone CR draws the line anew behind its
    /// prefix, so that progress bars work. For a terminal.
    ColourOnly,
    /// As `ColourOnly`, but without colours. For a terminal where colour is not wanted.
    TextOnly,
}

impl Escapes {
    /// Whether the text goes to a screen on which other lines stand.
    fn guards_screen(self) -> bool {
        match self {
            Escapes::Keep | Escapes::Strip => false,
            Escapes::ColourOnly | Escapes::TextOnly => true,
        }
    }

    fn passes_colours(self) -> bool {
        match self {
            Escapes::Keep | Escapes::ColourOnly => true,
            Escapes::Strip | Escapes::TextOnly => false,
        }
    }

    /// Returns whether bytes that begin and end at line ends pass as they are. Fast, and right for almost all.
    pub fn leave_alone(self, lines: &[u8]) -> bool {
        if self.guards_screen() {
            // No early end: this compiles to vector instructions.
            !lines.iter().fold(false, |found, byte| found | harms_screen(*byte))
        } else {
            memchr(ESC, lines).is_none()
        }
    }
}

/// Returns whether a byte needs a closer look on its way to a screen.
fn harms_screen(byte: u8) -> bool {
    let control = byte < b' ';
    let harmless = (byte == b'\n') || (byte == b'\t') || (byte == BEL);
    control && !harmless || (byte == DEL) || (byte == C1_LEAD)
}

/// Where in a sequence the text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate byte, as in `ESC ( B`.
    Intermediate,
    /// After `ESC [`.
    Control,
    /// In a title, a link, an image: until BEL or `ESC \`.
    Payload,
    /// After ESC within such a string.
    PayloadEscape,
    /// After a CR that may be the last byte of the line.
    Return,
    /// After the first byte of what may be a C1 control.
    C1,
}

/// Filters the output of one process; the cuts between its pieces mean nothing.
#[derive(Debug)]
pub struct EscapeFilter {
    escapes: Escapes,
    state: State,
    /// The sequence so far.
    held: Vec<u8>,
    /// Whether a colour was set that nothing has ended.
    coloured: bool,
}

impl EscapeFilter {
    /// Makes a filter.
    pub fn new(escapes: Escapes) -> EscapeFilter {
        EscapeFilter { escapes, state: State::Text, held: Vec::new(), coloured: false }
    }

    /// Adds to `out` what passes of `text`, a piece of a line. `redraw` stands before the line.
    pub fn filter(&mut self, text: &[u8], redraw: &[u8], out: &mut Vec<u8>) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.state == State::Text {
                let plain = self.plain_length(rest);
                out.extend_from_slice(&rest[..plain]);
                rest = &rest[plain..];
            }
            let Some((byte, after)) = rest.split_first() else { return };
            if self.step(*byte, redraw, out) {
                rest = after;
            }
        }
    }

    /// Ends a line: what was begun is over, and no colour reaches the next line.
    pub fn end_line(&mut self, out: &mut Vec<u8>) {
        self.abandon(out);
        self.end_colour(out);
    }

    /// Ends the colour without ending the line, because somebody else interrupts it.
    pub fn end_colour(&mut self, out: &mut Vec<u8>) {
        if self.coloured {
            out.extend_from_slice(RESET);
            self.coloured = false;
        }
    }

    /// Returns how many bytes at the beginning need no look.
    fn plain_length(&self, text: &[u8]) -> usize {
        let special = if self.escapes.guards_screen() {
            text.iter().position(|byte| harms_screen(*byte))
        } else {
            memchr(ESC, text)
        };
        special.unwrap_or(text.len())
    }

    /// Takes one byte. Returns false if it has only ended something and must be looked at again.
    fn step(&mut self, byte: u8, redraw: &[u8], out: &mut Vec<u8>) -> bool {
        match self.state {
            State::Text => self.begin(byte),
            State::Escape => match byte {
                b'[' => self.go_on(State::Control, byte, out),
                b']' | b'P' | b'X' | b'^' | b'_' => {
                    self.held.push(byte);
                    self.release(out);
                    self.state = State::Payload;
                }
                b' '..=b'/' => self.go_on(State::Intermediate, byte, out),
                b'0'..=b'~' => self.complete(byte, out),
                _ => return self.abandon(out),
            },
            State::Intermediate => match byte {
                b' '..=b'/' => self.go_on(State::Intermediate, byte, out),
                b'0'..=b'~' => self.complete(byte, out),
                _ => return self.abandon(out),
            },
            State::Control => match byte {
                b' '..=b'?' => self.go_on(State::Control, byte, out),
                b'@'..=b'~' => self.complete(byte, out),
                _ => return self.abandon(out),
            },
            State::Payload => match byte {
                ESC => {
                    self.held.push(byte);
                    self.state = State::PayloadEscape;
                }
                BEL | CAN | SUB => self.complete(byte, out),
                _ => {
                    self.held.push(byte);
                    self.release(out);
                }
            },
            State::PayloadEscape => {
                if byte == b'\\' {
                    self.complete(byte, out);
                } else {
                    // The string is over without its end, and another sequence begins.
                    self.state = State::Escape;
                    return false;
                }
            }
            State::Return => {
                self.state = State::Text;
                if byte == b'\r' {
                    return false;
                }
                self.end_colour(out);
                out.push(b'\r');
                out.extend_from_slice(redraw);
                out.extend_from_slice(ERASE_LINE);
                return false;
            }
            State::C1 => match byte {
                // U+009B is `ESC [` to some terminals; the others begin strings.
                0x9b => {
                    self.held.clear();
                    self.state = State::Control;
                }
                0x90 | 0x98 | 0x9d..=0x9f => {
                    self.held.clear();
                    self.state = State::Payload;
                }
                0x80..=0x9f => {
                    self.held.clear();
                    self.state = State::Text;
                }
                0xa0..=0xbf => {
                    out.append(&mut self.held);
                    out.push(byte);
                    self.state = State::Text;
                }
                // Half a character would make another one of what follows, should something between them vanish.
                _ => return self.abandon(out),
            },
        }
        true
    }

    /// Leaves plain text.
    fn begin(&mut self, byte: u8) {
        match byte {
            ESC => {
                self.held.push(byte);
                self.state = State::Escape;
            }
            b'\r' => self.state = State::Return,
            C1_LEAD => {
                self.held.push(byte);
                self.state = State::C1;
            }
            // A control that is not wanted on a screen vanishes.
            _ => {}
        }
    }

    /// Takes one more byte of a sequence.
    fn go_on(&mut self, state: State, byte: u8, out: &mut Vec<u8>) {
        self.state = state;
        if self.held.len() < LONGEST_SEQUENCE {
            self.held.push(byte);
        } else if self.escapes == Escapes::Keep {
            self.release(out);
            out.push(byte);
        }
    }

    /// Takes the last byte of a sequence, and decides about all of it.
    fn complete(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.held.push(byte);
        let is_colour =
            self.state == State::Control && self.held.len() <= LONGEST_SEQUENCE && is_sgr(&self.held);
        if is_colour && self.escapes.passes_colours() {
            self.coloured = !is_reset(&self.held);
            out.extend_from_slice(&self.held);
            self.held.clear();
        } else {
            self.release(out);
        }
        self.state = State::Text;
    }

    /// Gives up a sequence that goes on in no way it could. Returns false: the byte is still to be looked at.
    fn abandon(&mut self, out: &mut Vec<u8>) -> bool {
        self.release(out);
        self.state = State::Text;
        false
    }

    /// Lets go of the sequence so far: out where everything passes, else nowhere.
    fn release(&mut self, out: &mut Vec<u8>) {
        if self.escapes == Escapes::Keep {
            out.append(&mut self.held);
        } else {
            self.held.clear();
        }
    }
}

/// Returns whether a complete control sequence sets colours: only numbers between `ESC [` and `m`.
fn is_sgr(sequence: &[u8]) -> bool {
    parameters(sequence).is_some_and(|parameters| {
        parameters.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':'))
    })
}

/// Returns whether a colour sequence ends all colour: nothing but zeros.
fn is_reset(sequence: &[u8]) -> bool {
    parameters(sequence).is_some_and(|parameters| parameters.iter().all(|byte| matches!(byte, b'0' | b';')))
}

fn parameters(sequence: &[u8]) -> Option<&[u8]> {
    sequence.strip_prefix(b"\x1b[")?.strip_suffix(b"m")
}

#[cfg(test)]
mod tests;
