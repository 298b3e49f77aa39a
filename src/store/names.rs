//! What the files are called.

use std::fmt::Write;

/// The directory of the indexes, within that of the logs.
pub const INDEX: &str = "index";

/// What forge's own remarks are kept under.
pub const SYSTEM: &str = "system";

/// What the same remarks are kept under for programs, an object each.
pub const EVENTS: &str = "events";

/// Returns the name of a file without its ending. Whatever a process is called, it is one name within the directory.
pub fn stem(name: &str) -> String {
    let mut stem = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.') && !(stem.is_empty() && byte == b'.')
        {
            stem.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(stem, "%{byte:02X}");
        }
    }
    stem
}

/// Returns what was given to [`stem`].
pub fn name(stem: &str) -> String {
    let mut name = Vec::new();
    let mut rest = stem.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code =
            after.get(..2).and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        if let (b'%', Some(code)) = (byte, code) {
            name.push(code);
            rest = &after[2..];
        } else {
            name.push(*byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&name).into_owned()
}

/// Returns the name of a log file: `web.1.log`, and `web.1.log.2` for its second-newest older part.
pub fn text(stem: &str, age: u32) -> String {
    match age {
        0 => format!("{stem}.log"),
        age => format!("{stem}.log.{age}"),
    }
}

/// Returns the name of its index.
pub fn index(stem: &str, age: u32) -> String {
    text(stem, age) + ".idx"
}

/// Takes the name of an index apart: whose it is, and how old.
pub fn parts(name: &str) -> Option<(&str, u32)> {
    let name = name.strip_suffix(".idx")?;
    if let Some(stem) = name.strip_suffix(".log") {
        return Some((stem, 0));
    }
    let (before, age) = name.rsplit_once('.')?;
    let age = age.parse().ok().filter(|age| *age > 0)?;
    Some((before.strip_suffix(".log")?, age))
}

#[cfg(test)]
mod tests;
