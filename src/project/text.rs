//! What Procfiles and env files have in common: lines of bytes, and the encodings that cannot be read.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};

/// One line of a file.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: u32,
    /// Its bytes in the file, without the line end (LF, or CR LF; a CR alone ends no line).
    pub(super) range: Range<usize>,
}

/// Splits a text into lines; a byte order mark before the first is no part of it.
///
/// Behind the last newline there is no further line.
pub(super) fn lines(text: &[u8]) -> Vec<Line> {
    let mut start = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut lines = Vec::new();
    let mut number = 0;
    while start < text.len() {
        let newline = memchr::memchr(b'\n', &text[start..]).map(|length| start + length);
        let end = match newline {
            Some(newline) if newline > start && text[newline - 1] == b'\r' => newline - 1,
            Some(newline) => newline,
            None => text.len(),
        };
        number += 1;
        lines.push(Line { number, range: start..end });
        start = newline.map_or(text.len(), |newline| newline + 1);
    }
    lines
}

/// Whether a byte is what `\s` means in Foreman's pattern, as far as it can stand inside a line.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

/// Complains about UTF-16, which no reader of these files understands.
///
/// Without a byte order mark it is recognized by its first two characters, if they are ASCII.
pub(super) fn refuse_utf16(source: &Arc<Source>) -> Option<Diagnostic> {
    let text = &source.text;
    let has_mark = text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff");
    let is_wide = match text.as_slice() {
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] => *a != 0 && *b != 0,
        _ => false,
    };
    if !has_mark && !is_wide {
        return None;
    }
    let found = if has_mark { " (it begins with a UTF-16 byte order mark)" } else { "" };
    let message = format!("`{}` is UTF-16, not UTF-8 text{found}", source.name);
    let span = Span::new(source, 0..0);
    Some(Diagnostic::error("utf-16", message).at(span, "").hint(
        "save it as UTF-8; in Windows PowerShell, `>` writes UTF-16, and `| Out-File -Encoding utf8` does not",
    ))
}

/// Complains about the NUL byte at `offset`, which no argument and no variable of a process can hold.
pub(super) fn nul_byte(source: &Arc<Source>, offset: usize) -> Diagnostic {
    Diagnostic::error("nul-byte", "a NUL byte stands in this line")
        .at(Span::new(source, offset..offset + 1), "")
        .hint("no program can be given one; a file with NUL bytes is often UTF-16 or no text at all")
}

/// Takes `.` and `..` out of an absolute path, as foreman does, without asking the file system.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(component),
        }
    }
    clean
}
