//! The last words of a process: what did it complain of before it ended?

use memchr::memmem;

use super::framer::Frame;
use super::ready_line::plain;
use super::record::Piece;
use crate::supervisor::Complaint;

/// How much of the end of an output is looked at.
const REMEMBERED_BYTES: usize = 4 * 1024;

/// How much of one last line is shown, in characters.
const LONGEST_SHOWN: usize = 200;

/// How "this address is taken" sounds, in small letters.
const ADDRESS_IN_USE: &[&str] = &[
    // The text of EADDRINUSE in every libc: Ruby, Python, Go, PHP, Java, nginx, and Rust's `Display`.
    "address already in use",
    "address in use",
    // Node and everything on it.
    "eaddrinuse",
    // Rust's `Debug`.
    "addrinuse",
    // Programs with words of their own: Django, Vite, Next, Rails' and others' front ends.
    "port is already in use",
    "is already in use by another process",
    "only one usage of each socket address",
];

/// Remembers the end of an output.
#[derive(Debug, Default)]
pub struct LastWords {
    heard: Vec<u8>,
}

impl LastWords {
    /// Takes the next bytes of the output.
    pub fn hear(&mut self, chunk: &[u8]) {
        let chunk = &chunk[chunk.len().saturating_sub(REMEMBERED_BYTES)..];
        // Twice the room, so that a process that writes little at a time does not move it all each time.
        if self.heard.len() + chunk.len() > 2 * REMEMBERED_BYTES {
            let forgotten = (self.heard.len() + chunk.len() - REMEMBERED_BYTES).min(self.heard.len());
            self.heard.drain(..forgotten);
        }
        self.heard.extend_from_slice(chunk);
    }

    /// Takes what comes out of a framer, as it is shown.
    pub fn hear_frame(&mut self, frame: Frame<'_>) {
        match frame {
            Frame::Lines(lines) => self.hear(lines.bytes()),
            Frame::Piece(Piece { text, ends, .. }) => {
                self.hear(text);
                if ends {
                    self.hear(b"\n");
                }
            }
        }
    }

    /// Returns the last lines as text, empty ones left out; what is long is cut.
    pub fn lines(&self, count: usize) -> Vec<String> {
        let lines = self.heard.rsplit(|byte| *byte == b'\n').map(plain).map(|line| cut(line.trim_end()));
        let mut lines: Vec<String> = lines.filter(|line| !line.is_empty()).take(count).collect();
        lines.reverse();
        lines
    }

    /// Says what the end of the output complained of.
    pub fn complaint(&self) -> Option<Complaint> {
        let heard = self.heard.to_ascii_lowercase();
        let end = &heard[heard.len().saturating_sub(REMEMBERED_BYTES)..];
        let said = |words: &&str| memmem::find(end, words.as_bytes()).is_some();
        (ADDRESS_IN_USE.iter().any(said) || end.split(|byte| *byte == b'\n').any(names_a_taken_port))
            .then_some(Complaint::AddressInUse)
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= LONGEST_SHOWN {
        return line.to_owned();
    }
    line.chars().take(LONGEST_SHOWN - 1).chain(['…']).collect()
}

/// Returns whether a line, in small letters, says `port 5173 is already in use` or `port 5173 is in use`.
fn names_a_taken_port(line: &[u8]) -> bool {
    memmem::find_iter(line, "port ").any(|at| {
        let rest = &line[at + "port ".len()..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = &rest[digits..];
        let is_a_word = at == 0 || !line[at - 1].is_ascii_alphanumeric();
        is_a_word
            && digits > 0
            && [" is already in use", " is in use", " already in use"]
                .iter()
                .any(|words| rest.starts_with(words.as_bytes()))
    })
}

#[cfg(test)]
mod tests;
