//! What all targets check about messages, and how they cut their input into fields.

use std::sync::Arc;

use forge::diagnostic::{Diagnostic, Source, render_all};

/// Checks that messages can be shown: places lie in their sources, and no control character of the input reaches
/// the screen.
pub fn check_messages(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.message.is_empty() && !diagnostic.code.is_empty());
        for label in diagnostic.primary.iter().chain(&diagnostic.labels) {
            let (range, length) = (&label.span.range, label.span.source.text.len());
            assert!(range.start <= range.end && range.end <= length, "{range:?} of {length}");
        }
    }
    let plain = render_all(diagnostics, false);
    for letter in plain.chars() {
        assert!(letter == '\n' || !letter.is_control(), "{letter:?} in a message: {plain:?}");
    }
    let _ = render_all(diagnostics, true);
}

/// Makes a source of bytes, as if they stood in a file.
pub fn source(name: &str, text: &[u8]) -> Arc<Source> {
    Source::new(name, text)
}

/// Cuts an input into fields at this byte; the last field is the rest.
pub fn fields<const COUNT: usize>(input: &[u8], at: u8) -> [&[u8]; COUNT] {
    let mut parts = input.splitn(COUNT, |byte| *byte == at);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// Cuts `bytes` in pieces whose lengths `lengths` says, and the rest.
pub fn pieces<'a>(bytes: &'a [u8], lengths: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = bytes;
    let mut lengths = lengths.iter();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length = lengths.next().map_or(rest.len(), |length| usize::from(*length).min(rest.len()));
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some(piece)
    })
}
