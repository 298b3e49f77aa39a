//! For whoever follows a running stack: the lines that are wanted, and forge's remarks about whom they are, as objects.
//!
//! It sees what log files see: neither what the screen does not show nor what it is muted for makes a difference.

use super::json::JsonSink;
use crate::logs::{Escapes, Filter, Lines, Origin, Piece, Sink, StreamId, Wanted, level_of};
use crate::project::{InstanceSpec, Project};
use crate::supervisor::Note;
use crate::time::WallTime;
use crate::ui::messages;

/// Shows what is wanted, and nothing else.
#[derive(Debug)]
pub struct Sieve {
    wanted: Wanted,
    out: JsonSink,
    /// In the order of the streams.
    voices: Vec<Voice>,
    /// All that run or have run.
    instances: Vec<InstanceSpec>,
}

/// One stream.
#[derive(Debug)]
struct Voice {
    is_wanted: bool,
    /// Whether the line that has begun and not ended is shown.
    passes: bool,
    /// Finds reports, where levels are asked for.
    reports: Filter<Held>,
}

/// A line, or a piece of one, of a report.
#[derive(Debug)]
struct Held {
    at: WallTime,
    text: Vec<u8>,
    begins: bool,
    ends: bool,
}

impl Sieve {
    /// Makes it for the lines of a project.
    pub fn new(project: &Project, wanted: Wanted, escapes: Escapes) -> Sieve {
        Sieve {
            wanted,
            out: JsonSink::of_what_is_told(project, escapes),
            voices: Vec::new(),
            instances: project.instances.clone(),
        }
    }

    fn is_wanted(&self, at: WallTime, stream: StreamId) -> bool {
        self.voices[stream.0].is_wanted && self.wanted.is_in_time(at)
    }

    /// Shows what belongs to reports that are wanted.
    fn show(&mut self, stream: StreamId, held: Vec<Held>) {
        for Held { at, text, begins, ends } in held {
            self.out.piece(at, stream, Piece { text: &text, begins, ends });
        }
    }
}

impl Sink for Sieve {
    fn begins(&mut self, at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        self.out.begins(at, stream, origin);
        let instance = &origin.instance.id;
        if stream.0 == self.voices.len() {
            let reports = Filter::default();
            self.voices.push(Voice { is_wanted: false, passes: false, reports });
        }
        self.voices[stream.0].is_wanted =
            self.wanted.is_about(Some(instance)) && self.wanted.is_run(instance, origin.number);
        if !self.instances.iter().any(|known| known.id == *instance) {
            self.instances.push(origin.instance.clone());
        }
    }

    fn ends(&mut self, at: WallTime, stream: StreamId) {
        self.falls_silent(at, stream);
        self.out.ends(at, stream);
    }

    fn lines(&mut self, at: WallTime, stream: StreamId, lines: Lines<'_>) {
        if !self.is_wanted(at, stream) || self.wanted.question.rules_out(lines.bytes()) {
            return;
        }
        if self.wanted.question.is_open() {
            return self.out.lines(at, stream, lines);
        }
        for text in lines.texts() {
            self.piece(at, stream, Piece { text, begins: true, ends: true });
        }
    }

    fn piece(&mut self, at: WallTime, stream: StreamId, piece: Piece<'_>) {
        if !self.is_wanted(at, stream) {
            return;
        }
        let Voice { passes, reports, .. } = &mut self.voices[stream.0];
        let question = &self.wanted.question;
        let Piece { text, begins, ends } = piece;
        if question.level.is_none() {
            if begins {
                *passes = question.wants(text);
            }
            // Of a line whose beginning was not heard, nobody knows.
            if *passes || question.is_open() {
                self.out.piece(at, stream, piece);
            }
            return;
        }
        let mut out = Vec::new();
        let held = Held { at, text: text.to_vec(), begins, ends };
        if begins {
            reports.hear(question, text, held, &mut out);
        } else {
            reports.go_on(held, &mut out);
        }
        self.show(stream, out);
    }

    fn holds_back(&self, stream: StreamId) -> bool {
        self.voices.get(stream.0).is_some_and(|voice| voice.reports.waits())
    }

    fn falls_silent(&mut self, _at: WallTime, stream: StreamId) {
        let mut out = Vec::new();
        self.voices[stream.0].reports.end(&self.wanted.question, &mut out);
        self.show(stream, out);
    }

    fn misses(&mut self, at: WallTime, stream: Option<StreamId>, lines: u64) {
        if let Some(stream) = stream {
            if !self.is_wanted(at, stream) {
                return;
            }
            self.falls_silent(at, stream);
            self.voices[stream.0].passes = false;
        } else if !self.wanted.has_remarks() {
            return;
        }
        self.out.misses(at, stream, lines);
    }

    fn note(&mut self, at: WallTime, note: &Note) {
        let (about, text) = messages::text(note, &self.instances);
        let question = &self.wanted.question;
        let is_bad =
            question.level.is_none_or(|least| level_of(text.as_bytes()).is_some_and(|level| level >= least));
        if self.wanted.has_remarks()
            && self.wanted.is_about(about)
            && self.wanted.is_in_time(at)
            && is_bad
            && question.wants(text.as_bytes())
        {
            self.out.note(at, note);
        }
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        self.out.pending()
    }
}

#[cfg(test)]
mod tests;
