//! The few lines of a source that a diagnostic shows: cut to size, readable, without secrets.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Label, Source, visible};

/// Stands for what is not shown.
const MASK: &str = "…";

/// Labels further apart than this are shown as two snippets, so that nothing is built for the lines between.
const FAR_APART: u32 = 1_000;

/// How many bytes a label may underline, and how many of its line are kept behind it.
const UNDERLINED: usize = 80;
const KEPT_BEHIND: usize = 200;

/// Consecutive lines of one source with the labels that point into them.
pub(super) struct Excerpt<'a> {
    /// What the source is called.
    pub(super) path: &'a str,
    /// The number of its first line.
    pub(super) first_line: u32,
    /// Its lines; those that no label needs are empty.
    pub(super) text: String,
    /// The labels, in bytes of `text`.
    pub(super) marks: Vec<Mark<'a>>,
}

/// A label, translated.
pub(super) struct Mark<'a> {
    pub(super) range: Range<usize>,
    pub(super) text: &'a str,
    pub(super) is_primary: bool,
}

/// A label with the line it begins in; `range` counts from the start of that line.
struct Placed<'a> {
    label: &'a Label,
    is_primary: bool,
    number: u32,
    line: &'a [u8],
    /// Where its line begins in the source.
    start: usize,
    range: Range<usize>,
}

/// Collects what the diagnostic points at, the source of its primary label first.
pub(super) fn excerpts(diagnostic: &Diagnostic) -> Vec<Excerpt<'_>> {
    let primary = diagnostic.primary.iter().map(|label| place(label, true));
    let mut waiting: Vec<Placed<'_>> =
        primary.chain(diagnostic.labels.iter().map(|label| place(label, false))).collect();
    let mut excerpts = Vec::new();
    while let Some(first) = waiting.first() {
        let (source, near) = (&first.label.span.source, first.number);
        let (mut together, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|placed| {
            placed.label.span.source == *source && placed.number.abs_diff(near) <= FAR_APART
        });
        together.sort_by_key(|placed| (placed.number, placed.range.start));
        excerpts.push(excerpt(&together));
        waiting = rest;
    }
    excerpts
}

fn place(label: &Label, is_primary: bool) -> Placed<'_> {
    let text = &label.span.source.text;
    let start = label.span.range.start.min(text.len());
    let from = memchr::memrchr(b'\n', &text[..start]).map_or(0, |newline| newline + 1);
    let to = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |newline| start + newline);
    let line = text[from..to].strip_suffix(b"\r").unwrap_or(&text[from..to]);
    let begin = (start - from).min(line.len());
    // Of a place that covers several lines, or a whole long one, the beginning is enough.
    let end = label.span.range.end.saturating_sub(from).clamp(begin, line.len()).min(begin + UNDERLINED);
    Placed { label, is_primary, number: label.span.line(), line, start: from, range: begin..end }
}

fn excerpt<'a>(placed: &[Placed<'a>]) -> Excerpt<'a> {
    let source: &'a Source = &placed[0].label.span.source;
    let first_line = placed[0].number;
    let mut text = String::new();
    let mut marks = Vec::new();
    let mut number = first_line;
    for on_line in placed.chunk_by(|one, other| one.number == other.number) {
        let between = on_line[0].number - number;
        // A single line between two labels is shown as it is; the renderer leaves out longer stretches itself.
        if between == 2 {
            text.push('\n');
            text.push_str(&unlabelled_line(source, placed, on_line[0].number - 1));
            text.push('\n');
        } else {
            text.extend(std::iter::repeat_n('\n', between as usize));
        }
        number = on_line[0].number;
        show_line(source, on_line, &mut text, &mut marks);
    }
    Excerpt { path: &source.name, first_line, text, marks }
}

/// The line with this number, which follows the one of some label in `placed`.
fn unlabelled_line(source: &Source, placed: &[Placed<'_>], number: u32) -> String {
    if source.secret {
        return MASK.to_owned();
    }
    let before = placed.iter().find(|one| one.number + 1 == number);
    let start = before.map_or(0, |one| one.start + one.line.len());
    let start = memchr::memchr(b'\n', &source.text[start..]).map_or(source.text.len(), |at| start + at + 1);
    let line = source.text[start..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = &line[..line.len().min(KEPT_BEHIND)];
    let hidden = hidden_in(source, start, line);
    let (mut text, mut from) = (String::new(), 0);
    for part in hidden {
        text.push_str(&shown(&line[from..part.start]));
        text.push_str(MASK);
        from = part.end;
    }
    text.push_str(&shown(&line[from..]));
    text
}

/// Appends one line with its labels, each in its readable form.
fn show_line<'a>(source: &Source, placed: &[Placed<'a>], text: &mut String, marks: &mut Vec<Mark<'a>>) {
    let line = placed[0].line;
    let start = text.len();
    // Every edge of a label is an edge of a piece, so that offsets stay right where bytes are replaced.
    let mut edges: Vec<usize> = placed.iter().flat_map(|one| [one.range.start, one.range.end]).collect();
    let kept = edges.iter().max().map_or(0, |end| (end + KEPT_BEHIND).min(line.len()));
    let hidden = hidden_in(source, placed[0].start, line);
    edges.extend([0, kept]);
    edges.extend(hidden.iter().flat_map(|part| [part.start.min(kept), part.end.min(kept)]));
    edges.sort_unstable();
    edges.dedup();
    let public_end =
        if source.secret { memchr::memchr(b'=', line).unwrap_or(line.len()) } else { line.len() };
    let mut offsets = vec![(edges[0], start)];
    for piece in edges.windows(2) {
        let (from, to) = (piece[0], piece[1]);
        let is_labelled = placed.iter().any(|one| one.range.start <= from && to <= one.range.end);
        let bytes = &line[from..to];
        if hidden.iter().any(|part| part.start <= from && to <= part.end) {
            text.push_str(MASK);
        } else if !source.secret || is_harmless(bytes) {
            text.push_str(&shown(bytes));
        } else if is_labelled {
            text.push_str(&shown(&line[from.min(public_end)..to.min(public_end)]));
        } else if from <= public_end && bytes.trim_ascii_start().starts_with(b"=") {
            text.push('=');
            text.push_str(MASK);
        } else {
            text.push_str(MASK);
        }
        offsets.push((to, text.len()));
    }
    let offset =
        |edge: usize| offsets.iter().find(|(at, _)| *at == edge).map_or(start, |(_, offset)| *offset);
    for one in placed {
        let range = offset(one.range.start)..offset(one.range.end);
        marks.push(Mark { range, text: &one.label.text, is_primary: one.is_primary });
    }
}

/// The parts of the line at `start` of a source that are not shown, counted from there.
fn hidden_in(source: &Source, start: usize, line: &[u8]) -> Vec<Range<usize>> {
    let end = start + line.len();
    let within = source.hidden.iter().filter(|part| part.start < end && start < part.end);
    within.map(|part| part.start.max(start) - start..part.end.min(end) - start).collect()
}

/// Whether a piece of a secret line outside all labels tells nothing: blanks, or the word `export`.
fn is_harmless(piece: &[u8]) -> bool {
    let piece = piece.trim_ascii();
    piece.is_empty() || piece == b"export"
}

/// Bytes as text: what is not UTF-8 becomes U+FFFD, what would do something to the terminal is written out, and a tab
/// stays one. A cut in the middle of a character does no harm.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.split('\t').map(visible).collect::<Vec<_>>().join("\t")
}
