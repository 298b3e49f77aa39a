//! What the sink tells its writer: records, each with the bytes that it speaks of, one behind the other.
//!
//! The offset of a record is not known yet; the number of its file stands in its place.

use super::index::{RECORD_BYTES, Record};

/// Begins a frame that gives a number to a file, by its name.
const NAME: u8 = 0xff;

/// One thing that the sink says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The next number is the file of this name.
    File(&'a str),
    /// Bytes, or a run. `offset` is the number of the file, and `run` counts from 1 in this session.
    Record(Record, &'a [u8]),
}

/// Says that the next file is this one. Files are numbered in the order in which they are named, from 0.
pub fn put_file(out: &mut Vec<u8>, name: &str) {
    let length = u32::try_from(name.len()).unwrap_or(0);
    out.push(NAME);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&name.as_bytes()[..length as usize]);
}

/// Says a record; `fill` adds its bytes, whose length is entered here.
pub fn put_text(out: &mut Vec<u8>, record: Record, fill: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; RECORD_BYTES]);
    fill(out);
    let length = (out.len() - at - RECORD_BYTES) as u64;
    let record = Record { length, ..record };
    out[at..at + RECORD_BYTES].copy_from_slice(&record.encode());
}

/// Says a record without bytes: a run begins, or ends.
pub fn put_bare(out: &mut Vec<u8>, record: &Record) {
    out.extend_from_slice(&record.encode());
}

/// Takes the first frame; `None` at the end, or where it is none.
pub fn take<'a>(bytes: &mut &'a [u8]) -> Option<Frame<'a>> {
    let all = *bytes;
    if all.first() == Some(&NAME) {
        let length = u32::from_le_bytes(all.get(1..5)?.try_into().ok()?) as usize;
        let name = std::str::from_utf8(all.get(5..5 + length)?).ok()?;
        *bytes = &all[5 + length..];
        return Some(Frame::File(name));
    }
    let record = Record::decode(all)?;
    let end = RECORD_BYTES.checked_add(usize::try_from(record.text_bytes()).ok()?)?;
    let text = all.get(RECORD_BYTES..end)?;
    *bytes = &all[RECORD_BYTES + text.len()..];
    Some(Frame::Record(record, text))
}

#[cfg(test)]
mod tests;
