//! What goes between a test and its puppets: a message is a list of fields, each any bytes.
//!
//! Shared by both ends. A message is the number of its fields, then each field with its length in front, all
//! numbers little-endian `u32`.

use std::io::{self, ErrorKind, Read, Write};

/// A message: a verb, then what it is about.
pub(crate) type Message = Vec<Vec<u8>>;

/// Writes one message.
pub(crate) fn send(out: &mut impl Write, fields: &[&[u8]]) -> io::Result<()> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&length(fields.len()).to_le_bytes());
    for field in fields {
        bytes.extend_from_slice(&length(field.len()).to_le_bytes());
        bytes.extend_from_slice(field);
    }
    out.write_all(&bytes)
}

/// Reads one message; `None` at the end of the stream.
pub(crate) fn receive(input: &mut impl Read) -> io::Result<Option<Message>> {
    let count = match number(input) {
        Ok(count) => count,
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut message = Message::new();
    for _ in 0..count {
        let mut field = vec![0; number(input)?];
        input.read_exact(&mut field)?;
        message.push(field);
    }
    Ok(Some(message))
}

fn number(input: &mut impl Read) -> io::Result<usize> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes)?;
    usize::try_from(u32::from_le_bytes(bytes)).map_err(io::Error::other)
}

fn length(size: usize) -> u32 {
    u32::try_from(size).expect("a message of a test is far below 4 GiB")
}
