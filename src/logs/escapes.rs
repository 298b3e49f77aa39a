//! Escape sequences in the output of processes: which of them may reach a screen that many share.
//!
//! A sequence never reaches over the end of a line, so that a broken one cannot swallow what follows.
//!
//! A C1 control counts as the character it is in UTF-8. Its one byte alone (0x9b for `ESC [`) is no UTF-8, and terminals
//! show it as such; to guard one of another encoding, every `ë` would have to be taken away.

mod sequence;

use memchr::memchr;

use self::sequence::{Meaning, may_be_link, meaning};
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

/// The longest link that passes, in bytes; terminals set such a limit, too.
const LONGEST_LINK: usize = 2 * 1024;

/// Ends a link (OSC 8).
const LINK_END: &[u8] = b"\x1b]8;;\x1b\\";

/// Erases from the cursor to the end of the line.
const ERASE_LINE: &[u8] = b"\x1b[K";

/// What becomes of escape sequences and control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// Everything passes. For output with colour that is not a screen.
    Keep,
    /// No escape sequence passes; every other byte does. For files and pipes without colour.
    Strip,
    /// Colours (SGR, `ESC [ … m`) and links (OSC 8) pass and nothing else that could damage a shared screen: no cursor
    /// movement, no clearing, no titles, no other controls than TAB and BEL. A lone CR, and what moves the cursor to the
    /// beginning of its line, draws the line anew behind its prefix, so that progress bars work. For a terminal.
    ColourOnly,
    /// As `ColourOnly`, but without colours and links. For a terminal where colour is not wanted.
    TextOnly,
}

impl Escapes {
    /// Whether the text goes to a screen on which other lines stand.
    pub fn guards_screen(self) -> bool {
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
    open: Open,
    /// Whether there is text in the line as it stands now.
    inked: bool,
    /// Whether the line asked for an empty screen.
    cleared: bool,
}

/// What has begun that nothing has ended.
#[derive(Debug, Clone, Copy, Default)]
struct Open {
    colour: bool,
    link: bool,
}

/// Where a line stands on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// What stands before it.
    pub prefix: &'a [u8],
    /// Where in the output it begins, behind its prefix; `None` if that has been handed on already.
    pub begins_at: Option<usize>,
}

impl Row<'_> {
    /// A line with nothing before it, at the beginning of the output.
    pub const ALONE: Row<'static> = Row { prefix: b"", begins_at: Some(0) };
}

impl EscapeFilter {
    /// Makes a filter.
    pub fn new(escapes: Escapes) -> EscapeFilter {
        EscapeFilter {
            escapes,
            state: State::Text,
            held: Vec::new(),
            open: Open::default(),
            inked: false,
            cleared: false,
        }
    }

    /// Adds to `out` what passes of `text`, a piece of a line. Where the line is drawn anew, what `out` has of it
    /// already is taken back, so that of many states of a progress bar only the last one is written.
    pub fn filter(&mut self, text: &[u8], mut row: Row<'_>, out: &mut Vec<u8>) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.state == State::Text {
                let plain = self.plain_length(rest);
                self.inked |= plain > 0;
                out.extend_from_slice(&rest[..plain]);
                rest = &rest[plain..];
            }
            let Some((byte, after)) = rest.split_first() else { return };
            if self.step(*byte, &mut row, out) {
                rest = after;
            }
        }
    }

    /// Returns whether the line as it stands now, or what has come of it since it was broken, can be seen.
    pub fn is_inked(&self) -> bool {
        self.inked
    }

    /// Returns whether the line has asked for an empty screen, which it does not get.
    pub fn has_cleared(&self) -> bool {
        self.cleared
    }

    /// Ends a line: what was begun is over, and no colour reaches the next line.
    pub fn end_line(&mut self, out: &mut Vec<u8>) {
        self.abandon(out);
        self.break_line(out);
        self.cleared = false;
    }

    /// Ends colours and links without ending the line, because somebody else interrupts it.
    pub fn break_line(&mut self, out: &mut Vec<u8>) {
        if self.open.link {
            out.extend_from_slice(LINK_END);
            self.open.link = false;
        }
        if self.open.colour {
            out.extend_from_slice(RESET);
            self.open.colour = false;
        }
        self.inked = false;
    }

    /// Begins the line anew.
    fn redraw(&mut self, row: &mut Row<'_>, out: &mut Vec<u8>) {
        if let Some(start) = row.begins_at {
            out.truncate(start);
            self.open = Open::default();
        } else {
            self.break_line(out);
            out.push(b'\r');
            out.extend_from_slice(row.prefix);
            out.extend_from_slice(ERASE_LINE);
            row.begins_at = Some(out.len());
        }
        self.inked = false;
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
    fn step(&mut self, byte: u8, row: &mut Row<'_>, out: &mut Vec<u8>) -> bool {
        match self.state {
            State::Text => self.begin(byte),
            State::Escape => match byte {
                b'[' => self.go_on(State::Control, byte, out),
                b']' | b'P' | b'X' | b'^' | b'_' => {
                    self.state = State::Payload;
                    self.go_on_with_payload(byte, out);
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
                _ => self.go_on_with_payload(byte, out),
            },
            State::PayloadEscape => {
                if byte == b'\\' {
                    self.complete(byte, out);
                } else {
                    // The string is over without its end, and another sequence begins with the ESC.
                    self.held.pop();
                    self.release(out);
                    self.held.push(ESC);
                    self.state = State::Escape;
                    return false;
                }
            }
            State::Return => {
                self.state = State::Text;
                if byte == b'\r' {
                    return false;
                }
                self.redraw(row, out);
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
                    self.inked = true;
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

    /// Takes one more byte of a string, and holds it only if it may become a link.
    fn go_on_with_payload(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.held.push(byte);
        if may_be_link(&self.held) && self.held.len() < LONGEST_LINK {
            return;
        }
        // Too long to be held, and yet a link that must not go on behind the line.
        self.open.link |= self.escapes == Escapes::Keep && self.held.len() >= LONGEST_LINK;
        self.release(out);
    }

    /// Takes the last byte of a sequence, and decides about all of it.
    fn complete(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.held.push(byte);
        let too_long = self.state == State::Control && self.held.len() > LONGEST_SEQUENCE;
        let meaning = if too_long { Meaning::Other } else { meaning(&self.held) };
        self.state = State::Text;
        let passes = match meaning {
            Meaning::Colour | Meaning::ColourEnd => {
                self.open.colour = meaning == Meaning::Colour && self.escapes.passes_colours();
                self.escapes.passes_colours()
            }
            Meaning::Link | Meaning::LinkEnd => {
                self.open.link = meaning == Meaning::Link && self.escapes.passes_colours();
                self.escapes.passes_colours()
            }
            Meaning::LineStart => {
                if self.escapes.guards_screen() {
                    self.state = State::Return;
                }
                self.escapes == Escapes::Keep
            }
            Meaning::Clear => {
                self.cleared = true;
                self.escapes == Escapes::Keep
            }
            Meaning::Other => self.escapes == Escapes::Keep,
        };
        if passes {
            out.append(&mut self.held);
        } else {
            self.held.clear();
        }
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

#[cfg(test)]
mod tests;
