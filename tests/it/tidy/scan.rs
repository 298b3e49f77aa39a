//! Reads Rust sources just well enough for the rules of `tidy`: comments and texts out, paths and words in.

use std::fs;
use std::path::Path;

/// One source file.
pub(super) struct Source {
    /// Its path from the top of the repository.
    pub(super) path: String,
    /// As it is written.
    pub(super) text: String,
    /// The same, byte for byte at the same place, but with blanks for what is in comments and texts.
    code: String,
}

/// Reads every `.rs` file below `directory`, sorted by path.
pub(super) fn read(directory: &str) -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![top.join(directory)];
    let mut sources = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of the repository") {
            let path = entry.expect("an entry of it").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name =
                    path.strip_prefix(top).expect("it is below the top").to_string_lossy().into_owned();
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                sources.push(Source::new(&name, &text));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned(), code: blank(text) }
    }

    /// Returns whether it holds tests only.
    pub(super) fn is_test(&self) -> bool {
        let test = |part: &str| {
            matches!(part, "tests" | "tests.rs" | "sim" | "sim.rs") || part.ends_with("_tests.rs")
        };
        self.path.split('/').any(test)
    }

    /// Returns the room that it belongs to; `lib.rs` and `main.rs` belong to none.
    pub(super) fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let room = inside.split('/').next()?.trim_end_matches(".rs");
        (!matches!(room, "lib" | "main")).then_some(room)
    }

    /// Returns how many `super` lead from this file to the top of the crate.
    fn depth(&self) -> usize {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let parts = inside.trim_end_matches(".rs").split('/');
        parts.filter(|part| *part != "mod" && *part != "lib").count()
    }

    /// Returns every path that is named, groups taken apart, with its line: `use a::{b, c::d}` is `a::b` and `a::c::d`.
    pub(super) fn paths(&self) -> Vec<(usize, String)> {
        let mut paths = Vec::new();
        let mut rest = self.code.as_str();
        while let Some(start) = rest.find("::") {
            // From the beginning of the word before the first `::`.
            let before = rest[..start].rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1);
            let offset = self.code.len() - rest.len() + before;
            let line = self.line(offset);
            let (found, length) = expand(&self.code[offset..]);
            paths.extend(found.into_iter().map(|path| (line, path)));
            rest = &self.code[offset + length.max(start - before + 2)..];
        }
        paths
    }

    /// Returns every path that begins at the top of the crate, without `crate::`.
    pub(super) fn paths_inside_forge(&self) -> Vec<(usize, String)> {
        let up = "super::".repeat(self.depth());
        let inside = |path: &str| {
            path.strip_prefix("crate::")
                .or_else(|| path.strip_prefix(&up).filter(|_| !up.is_empty()))
                .map(str::to_owned)
        };
        self.paths().into_iter().filter_map(|(line, path)| Some((line, inside(&path)?))).collect()
    }

    /// Returns every word of the code with its line.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.lines().enumerate();
        lines.flat_map(|(index, line)| line.split(|c| !is_word(c)).map(move |word| (index + 1, word)))
    }

    /// Returns the lines whose code has `part` in it.
    pub(super) fn lines_with(&self, part: &str) -> impl Iterator<Item = usize> {
        self.code.lines().enumerate().filter(move |(_, line)| line.contains(part)).map(|(index, _)| index + 1)
    }

    /// Returns, for each call that begins with `call`, its line and its first argument if that is a plain text.
    pub(super) fn first_texts_after(&self, call: &str) -> Vec<(usize, Option<String>)> {
        let text_at = |from: usize| {
            let text = self.text[from..].trim_start().strip_prefix('"')?;
            text.split_once('"').map(|(code, _)| code.to_owned())
        };
        let ends = self.code.match_indices(call).map(|(start, _)| start + call.len());
        ends.map(|end| (self.line(end), text_at(end))).collect()
    }

    fn line(&self, offset: usize) -> usize {
        self.code[..offset].matches('\n').count() + 1
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Takes a path at the beginning of `text` apart; returns the single paths and how many bytes they take.
fn expand(text: &str) -> (Vec<String>, usize) {
    let word = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    let head = &text[..word];
    let Some(tail) = text[word..].strip_prefix("::") else { return (vec![head.to_owned()], word) };
    let after = word + 2;
    if tail.starts_with('{') {
        let mut paths = Vec::new();
        let mut at = after + 1;
        loop {
            at += text[at..].len()
                - text[at..].trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
            if at >= text.len() || text[at..].starts_with('}') {
                return (paths, (at + 1).min(text.len()));
            }
            let (inner, length) = expand(&text[at..]);
            paths.extend(inner.into_iter().map(|path| format!("{head}::{path}")));
            // `as name` and the like: on to the next one.
            let step = text[at + length..].find([',', '}']).unwrap_or(text.len() - at - length);
            at += length + step;
        }
    }
    let (inner, length) = expand(tail);
    (inner.into_iter().map(|path| format!("{head}::{path}")).collect(), after + length)
}

/// Puts blanks where comments, texts and characters are; line ends stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = at + skip(&text[at..], at > 0 && is_word(char::from(bytes[at - 1])));
        if end == at {
            let width = text[at..].chars().next().map_or(1, char::len_utf8);
            out.extend_from_slice(&bytes[at..at + width]);
            at += width;
        } else {
            out.extend(bytes[at..end].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
            at = end;
        }
    }
    String::from_utf8(out).expect("whole characters were kept or made blanks")
}

/// Returns how many bytes at the beginning of `text` are a comment, a text or a character; 0 if it is code.
fn skip(text: &str, inside_word: bool) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return text.find("*/").map_or(text.len(), |end| end + 2);
    }
    if text.starts_with('"') {
        return quoted(text, '"');
    }
    if !inside_word && (text.starts_with("r\"") || text.starts_with("r#") || text.starts_with("br")) {
        let start = text.find('r').unwrap_or(0) + 1;
        let hashes = text[start..].len() - text[start..].trim_start_matches('#').len();
        if text[start + hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let from = start + hashes + 1;
            return text[from..].find(&close).map_or(text.len(), |end| from + end + close.len());
        }
    }
    if let Some(rest) = text.strip_prefix('\'') {
        // A character, not a lifetime: a quote closes it after one character or an escape.
        let mut characters = rest.chars();
        let first = characters.next();
        if first == Some('\\') || characters.next() == Some('\'') {
            return quoted(text, '\'');
        }
    }
    0
}

/// Returns the length of a text in `quote`s, both included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn comments_and_texts_become_blanks() {
    assert_eq!(blank("a // b\nc"), "a     \nc");
    assert_eq!(blank("a(\"b\\\"c\") /* d */ e"), "a(      )         e");
    assert_eq!(blank("r#\"a\"b\"# c, br\"d\" var\"e\""), "         c,       var   ");
    assert_eq!(blank("'a' '\\'' &'a str 'ü'"), "         &'a str     ");
}

#[test]
fn paths_are_taken_apart() {
    let paths = |text: &str| {
        Source::new("src/a.rs", text).paths().into_iter().map(|(_, path)| path).collect::<Vec<_>>()
    };
    assert_eq!(paths("use a::{b, c::{d, e as f}, self};"), ["a::b", "a::c::d", "a::c::e", "a::self"]);
    assert_eq!(paths("x::y(z::w) + Vec::<u8>::new()"), ["x::y", "z::w", "Vec::", "::new"]);
    assert_eq!(paths("use crate::{\n  a,\n};"), ["crate::a"]);
}
