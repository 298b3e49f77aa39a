//! The frames of an attachment, once `POST /v1/attach/NAME` has been answered with `101 Switching Protocols`. Pure.
//!
//! A frame is a letter, the length of its content (four bytes, the highest first), and the content. Letters and contents stay what they
//! are; a letter that is not known is passed over, so that later versions can say more.

use serde::{Deserialize, Serialize};

use crate::exit::Exit;

/// The version of these frames, as [`Entered`] tells it.
pub const VERSION: u32 = 1;

/// What stands in the `Upgrade` header.
pub const PROTOCOL: &str = "forge-attach";

/// The longest content of a frame. Whoever says that more is to come is not listened to any longer.
pub const LONGEST: usize = 256 << 10;

/// How much of what is typed or shown goes into one frame.
pub const USUAL: usize = 32 << 10;

const HEAD: usize = 5;

/// What one who is attached does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// `d`: keys, as bytes.
    Keys(Vec<u8>),
    /// `w`: the window has this size now. Columns, then rows, two bytes each, the higher first.
    Window {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
    /// `q`: that was all. What was typed before is still delivered, then the attachment ends.
    Last,
}

/// What one who is attached sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// `i`: who it is. The first frame.
    Entered(Entered),
    /// `d`: what the process prints, or what draws its screen.
    Output(Vec<u8>),
    /// `e`: the process has ended. It may be started again.
    Ended(Ended),
    /// `r`: it was started again; from here on it is the new run.
    Restarted(Restarted),
    /// `x`: the attachment is over, and why. The last frame.
    Exit(Why),
}

/// Who one is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// [`VERSION`].
    pub version: u32,
    /// `web.1`.
    pub name: String,
    /// Its process; `None` where it does not run at the moment.
    pub pid: Option<i32>,
    /// Whether what is typed is thrown away.
    pub read_only: bool,
    /// How many others are attached to it.
    pub others: usize,
}

/// How a process has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How, if that is known already.
    pub exit: Option<Exit>,
}

/// What runs now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarted {
    /// Its process.
    pub pid: i32,
}

/// Why an attachment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The reason.
    pub why: Reason,
}

/// The reasons for the end of an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Whoever was attached has left.
    Left,
    /// The stack has come to its end.
    StackEnded,
    /// The stack goes on without it: it was scaled away, or a reload has taken it out.
    Removed,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

impl Typed {
    /// Returns the frames; more than one for many keys.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Typed::Keys(keys) => in_pieces(keys),
            Typed::Window { columns, rows } => {
                frame(b'w', &[columns.to_be_bytes(), rows.to_be_bytes()].concat())
            }
            Typed::Last => frame(b'q', b""),
        }
    }

    /// Reads the content of a frame; nothing if its letter is not known, or the content makes no sense.
    pub fn decode(letter: u8, content: &[u8]) -> Option<Typed> {
        match (letter, content) {
            (b'd', keys) => Some(Typed::Keys(keys.to_vec())),
            (b'w', &[c1, c0, r1, r0]) => Some(Typed::Window {
                columns: u16::from_be_bytes([c1, c0]),
                rows: u16::from_be_bytes([r1, r0]),
            }),
            (b'q', _) => Some(Typed::Last),
            _ => None,
        }
    }
}

impl Shown {
    /// Returns the frames; more than one for much output.
    pub fn encode(&self) -> Vec<u8> {
        fn json(letter: u8, content: &impl Serialize) -> Vec<u8> {
            frame(letter, &serde_json::to_vec(content).unwrap_or_default())
        }
        match self {
            Shown::Entered(entered) => json(b'i', entered),
            Shown::Output(bytes) => in_pieces(bytes),
            Shown::Ended(ended) => json(b'e', ended),
            Shown::Restarted(restarted) => json(b'r', restarted),
            Shown::Exit(why) => json(b'x', why),
        }
    }

    /// Reads the content of a frame; nothing if its letter is not known, or the content makes no sense.
    pub fn decode(letter: u8, content: &[u8]) -> Option<Shown> {
        match letter {
            b'i' => serde_json::from_slice(content).ok().map(Shown::Entered),
            b'd' => Some(Shown::Output(content.to_vec())),
            b'e' => serde_json::from_slice(content).ok().map(Shown::Ended),
            b'r' => serde_json::from_slice(content).ok().map(Shown::Restarted),
            b'x' => serde_json::from_slice(content).ok().map(Shown::Exit),
            _ => None,
        }
    }
}

fn in_pieces(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(USUAL).flat_map(|piece| frame(b'd', piece)).collect()
}

fn frame(letter: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(HEAD + content.len());
    frame.push(letter);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(content);
    frame
}

/// Cuts what comes into frames, wherever the pieces were cut in which it came.
#[derive(Debug, Default)]
pub struct Frames(Vec<u8>);

/// Somebody says something that is none of these frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl Frames {
    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Returns the letter and the content of the next frame, if all of it is there.
    ///
    /// # Errors
    /// It is longer than any frame may be.
    pub fn next_frame(&mut self) -> Result<Option<(u8, Vec<u8>)>, TooLong> {
        let Some((&[letter, l3, l2, l1, l0], rest)) = self.0.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([l3, l2, l1, l0]) as usize;
        if length > LONGEST {
            return Err(TooLong);
        }
        let Some(content) = rest.get(..length) else { return Ok(None) };
        let content = content.to_vec();
        self.0.drain(..HEAD + length);
        Ok(Some((letter, content)))
    }
}

#[cfg(test)]
mod tests;
