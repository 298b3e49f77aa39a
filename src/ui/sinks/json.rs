//! The stream for programs: a JSON object for each line and for each remark of forge, each on a line of its own.
//!
//! `docs/output.md` says what is in an object. Lines are written by hand: what is the same for many lines of a stream is
//! made once, and most text is copied as it is.

use std::str;

use super::gate::Gate;
use crate::logs::{
    EscapeFilter, Escapes, Lines, Mask, Origin, Piece, Row, ScreenWish, Sink, Stamped, StreamId, json,
};
use crate::project::{InstanceId, InstanceSpec, Project, TimeFormat};
use crate::supervisor::Note;
use crate::time::WallTime;
use crate::ui::objects::{self, End};
use crate::ui::{events, messages};

/// What stands behind the text of a whole line.
const END: &[u8] = b"\"}\n";

/// Formats lines and remarks for programs.
#[derive(Debug)]
pub struct JsonSink {
    pending: Vec<u8>,
    gate: Gate,
    voices: Vec<Voice>,
    /// What every object begins with.
    time: Stamped,
    escapes: Escapes,
    /// A line without its escape sequences, while it is written.
    plain: Vec<u8>,
    /// All that run or have run.
    instances: Vec<InstanceSpec>,
    /// For the words of forge, which may quote a command; what processes write comes without secrets.
    mask: Mask,
}

/// One stream.
#[derive(Debug)]
struct Voice {
    /// An object up to its text.
    head: Stamped,
    /// Takes escape sequences away, unless they are wanted.
    filter: Option<EscapeFilter>,
    /// The first bytes of a character whose last ones have not come yet.
    half: Vec<u8>,
}

impl JsonSink {
    /// Makes the sink for a project. It begins with an object that says which version this is, at `at`.
    pub fn new(project: &Project, escapes: Escapes, at: WallTime) -> JsonSink {
        let mut sink = JsonSink {
            pending: Vec::new(),
            gate: Gate::new(&project.output),
            voices: Vec::new(),
            time: Stamped::new(begin(), Some(TimeFormat::rfc3339()), b"\"".to_vec()),
            escapes,
            plain: Vec::new(),
            instances: project.instances.clone(),
            mask: Mask::new(project.secrets.found.clone()),
        };
        let version = env!("CARGO_PKG_VERSION");
        let fields = [("version", events::VERSION.into()), ("forge", version.into())];
        sink.remark(at, None, "begin", &fields, &format!("forge {version}"));
        sink
    }

    fn remark(
        &mut self,
        at: WallTime,
        about: Option<&InstanceId>,
        name: &str,
        fields: &[(&str, serde_json::Value)],
        text: &str,
    ) {
        let members = events::written(about, name, fields, text, &self.mask);
        self.pending.extend_from_slice(self.time.at(at));
        self.pending.extend_from_slice(members.as_bytes());
        self.pending.extend_from_slice(b"}\n");
    }

    /// Writes lines that pass.
    fn show(&mut self, at: WallTime, stream: StreamId, lines: Lines<'_>) {
        let Voice { head, filter, .. } = &mut self.voices[stream.0];
        let head = head.at(at);
        let pending = &mut self.pending;
        let bytes = lines.bytes();
        // A guess that fits lines of ordinary length; the vector grows where they are short.
        pending.reserve(bytes.len() * 2 + head.len());
        match str::from_utf8(bytes) {
            Ok(text) if filter.is_none() || self.escapes.leave_alone(bytes) => {
                let is_plain = json::are_plain_lines(bytes);
                for line in text.split_terminator('\n') {
                    pending.extend_from_slice(head);
                    if is_plain {
                        pending.extend_from_slice(line.as_bytes());
                    } else {
                        json::escape(line.strip_suffix('\r').unwrap_or(line), pending);
                    }
                    pending.extend_from_slice(END);
                }
            }
            Ok(_) | Err(_) => {
                for line in lines.texts() {
                    pending.extend_from_slice(head);
                    write(line, End::OfLine, filter.as_mut(), &mut self.plain, pending);
                }
            }
        }
    }
}

/// Writes the text of an object and all behind it.
fn write(text: &[u8], end: End, filter: Option<&mut EscapeFilter>, plain: &mut Vec<u8>, out: &mut Vec<u8>) {
    if let Some(filter) = filter {
        plain.clear();
        filter.filter(text, Row { prefix: b"", begins_at: None }, plain);
        if end == End::OfLine {
            filter.end_line(plain);
        }
        json::escape(&String::from_utf8_lossy(plain), out);
    } else {
        json::escape(&String::from_utf8_lossy(text), out);
    }
    objects::tail(text, end, out);
}

impl Sink for JsonSink {
    fn begins(&mut self, _at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        let spec = origin.instance;
        self.gate.begins(stream, &spec.id);
        if stream.0 == self.voices.len() {
            self.voices.push(Voice {
                head: Stamped::new(begin(), Some(TimeFormat::rfc3339()), Vec::new()),
                filter: (self.escapes != Escapes::Keep).then(|| EscapeFilter::new(self.escapes)),
                half: Vec::new(),
            });
        }
        self.voices[stream.0].head.set_after(objects::head(&objects::About {
            instance: &origin.instance.id.to_string(),
            pid: Some(origin.pid),
            channel: origin.channel,
            run: None,
            event: None,
        }));
        if !self.instances.iter().any(|known| known.id == spec.id) {
            self.instances.push(spec.clone());
        }
    }

    fn lines(&mut self, at: WallTime, stream: StreamId, lines: Lines<'_>) {
        if self.gate.is_muted(stream) {
            return;
        }
        if self.gate.drops_nothing() {
            return self.show(at, stream, lines);
        }
        let kept = self.gate.sift(lines);
        if let Some(lines) = Lines::new(&kept) {
            self.show(at, stream, lines);
        }
        self.gate.give_back(kept);
    }

    fn piece(&mut self, at: WallTime, stream: StreamId, piece: Piece<'_>) {
        if !self.gate.passes(stream, piece) {
            return;
        }
        let Voice { head, filter, half } = &mut self.voices[stream.0];
        let mut text = std::mem::take(half);
        text.extend_from_slice(piece.text);
        if !piece.ends {
            half.extend(text.drain(whole_characters(&text)..));
            if text.is_empty() {
                return;
            }
        }
        self.pending.extend_from_slice(head.at(at));
        let end = if piece.ends { End::OfLine } else { End::OfPiece };
        write(&text, end, filter.as_mut(), &mut self.plain, &mut self.pending);
    }

    fn screen(&mut self, wish: &ScreenWish) {
        self.gate.screen(wish);
    }

    fn note(&mut self, at: WallTime, note: &Note) {
        let (who, text) = messages::text(note, &self.instances);
        let events::Event { name, fields } = events::event(note);
        self.remark(at, who, name, &fields, &text);
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }
}

/// Returns how much of a text is left without the beginning of a character at its end.
fn whole_characters(text: &[u8]) -> usize {
    // A character has four bytes at most; what is wrong before is no beginning.
    let end = &text[text.len().saturating_sub(3)..];
    let unfinished = (1..=end.len()).rev().find(|length| {
        let tail = &end[end.len() - length..];
        matches!(str::from_utf8(tail), Err(error) if error.valid_up_to() == 0 && error.error_len().is_none())
    });
    text.len() - unfinished.unwrap_or(0)
}

fn begin() -> Vec<u8> {
    b"{\"time\":\"".to_vec()
}

#[cfg(test)]
mod tests;
