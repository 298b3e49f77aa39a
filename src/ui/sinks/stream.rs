//! The stream as foreman shows it: `05:49:39 web.1    | text`.
//!
//! One line at a time stands open at the end. Whoever else speaks puts a line end behind it first, and what is
//! left of it goes on later on a new line with its prefix.

use crate::logs::{
    EscapeFilter, Escapes, Lines, Origin, Piece, Prefix, SYSTEM, Sink, StreamId, column_width,
    sgr_of_position,
};
use crate::project::{InstanceId, InstanceSpec, ProcessName, Project};
use crate::supervisor::Note;
use crate::time::WallTime;
use crate::ui::messages;

/// What the stream is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Whether it is a terminal.
    pub terminal: bool,
    /// Whether it has colour.
    pub colour: bool,
}

impl Screen {
    /// Returns what it makes of the escape sequences of processes.
    ///
    /// A terminal is guarded without prefixes, too: a process that was killed leaves it without a cursor, in its
    /// alternate screen or with a mouse that types.
    fn escapes(self) -> Escapes {
        match (self.terminal, self.colour) {
            (true, true) => Escapes::ColourOnly,
            (true, false) => Escapes::TextOnly,
            (false, true) => Escapes::Keep,
            (false, false) => Escapes::Strip,
        }
    }
}

/// Formats lines and remarks for people.
#[derive(Debug)]
pub struct StreamSink {
    pending: Vec<u8>,
    /// In the order of the streams.
    voices: Vec<Voice>,
    system: Prefix,
    prefixes: Prefixes,
    /// Whose line stands unfinished at the end.
    open: Option<StreamId>,
    /// All that run or have run.
    instances: Vec<InstanceSpec>,
    screen: Screen,
    quiet: Vec<ProcessName>,
}

/// How one stream is shown.
#[derive(Debug)]
struct Voice {
    prefix: Prefix,
    filter: EscapeFilter,
    /// Whether its lines are not shown (`-q`).
    quiet: bool,
}

/// What all prefixes have in common.
#[derive(Debug, Clone, Copy)]
struct Prefixes {
    shown: bool,
    timestamp: bool,
    colour: bool,
    width: usize,
}

impl Prefixes {
    fn of(self, name: &str, sgr: u8) -> Prefix {
        if !self.shown {
            return Prefix::none();
        }
        let prefix = Prefix::named(name, self.width);
        let prefix = if self.timestamp { prefix.timed() } else { prefix };
        if self.colour { prefix.coloured(sgr) } else { prefix }
    }

    fn of_instance(self, spec: &InstanceSpec) -> Prefix {
        self.of(&spec.id.to_string(), sgr_of_position(spec.process.position))
    }
}

impl StreamSink {
    /// Makes the sink for a project; the names of its instances make the width of the column.
    pub fn new(project: &Project, screen: Screen) -> StreamSink {
        let output = &project.output;
        let names: Vec<String> = project.instances.iter().map(|spec| spec.id.to_string()).collect();
        let prefixes = Prefixes {
            shown: output.prefix,
            timestamp: output.timestamp,
            colour: screen.colour,
            width: column_width(names.iter().map(String::as_str)),
        };
        StreamSink {
            pending: Vec::new(),
            voices: Vec::new(),
            system: prefixes.of("system", SYSTEM),
            prefixes,
            open: None,
            instances: project.instances.clone(),
            screen,
            quiet: output.quiet.clone(),
        }
    }

    /// Returns how many columns of a window the prefix takes.
    pub fn prefix_columns(&self) -> u16 {
        u16::try_from(self.system.columns()).unwrap_or(u16::MAX)
    }

    /// Puts a line end behind a line that stands unfinished.
    fn interrupt(&mut self) {
        if let Some(StreamId(open)) = self.open.take() {
            self.voices[open].filter.end_colour(&mut self.pending);
            self.pending.push(b'\n');
        }
    }

    fn show_prefix_of(&mut self, who: Option<&InstanceId>, at: WallTime) {
        let spec = who.and_then(|who| self.instances.iter().find(|spec| spec.id == *who));
        match spec {
            Some(spec) => self.pending.extend_from_slice(self.prefixes.of_instance(spec).at(at)),
            None => self.pending.extend_from_slice(self.system.at(at)),
        }
    }
}

impl Sink for StreamSink {
    fn begins(&mut self, _at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        let spec = origin.instance;
        if stream.0 == self.voices.len() {
            self.voices.push(Voice {
                prefix: self.prefixes.of_instance(spec),
                filter: EscapeFilter::new(self.screen.escapes()),
                quiet: self.quiet.contains(&spec.id.process),
            });
        }
        if !self.instances.iter().any(|known| known.id == spec.id) {
            self.instances.push(spec.clone());
        }
    }

    fn lines(&mut self, at: WallTime, stream: StreamId, lines: Lines<'_>) {
        let Voice { quiet, .. } = self.voices[stream.0];
        if quiet {
            return;
        }
        self.interrupt();
        let Voice { prefix, filter, .. } = &mut self.voices[stream.0];
        let prefix = prefix.at(at);
        let pending = &mut self.pending;
        // A guess that fits lines of ordinary length; the vector grows where they are short.
        pending.reserve(lines.bytes().len() * 3 / 2 + prefix.len());
        if self.screen.escapes().leave_alone(lines.bytes()) {
            for text in lines.texts() {
                pending.extend_from_slice(prefix);
                pending.extend_from_slice(text);
                pending.push(b'\n');
            }
        } else {
            for text in lines.texts() {
                pending.extend_from_slice(prefix);
                filter.filter(text, prefix, pending);
                filter.end_line(pending);
                pending.push(b'\n');
            }
        }
    }

    fn piece(&mut self, at: WallTime, stream: StreamId, piece: Piece<'_>) {
        if self.voices[stream.0].quiet {
            return;
        }
        let continues = self.open == Some(stream);
        if !continues {
            self.interrupt();
        }
        let Voice { prefix, filter, .. } = &mut self.voices[stream.0];
        let prefix = prefix.at(at);
        // The end of a line that was interrupted after its last byte needs no line of its own.
        let nothing_left = !continues && !piece.begins && piece.ends && piece.text.is_empty();
        if nothing_left {
            *filter = EscapeFilter::new(self.screen.escapes());
            return;
        }
        if !continues {
            self.pending.extend_from_slice(prefix);
        }
        filter.filter(piece.text, prefix, &mut self.pending);
        if piece.ends {
            filter.end_line(&mut self.pending);
            self.pending.push(b'\n');
        }
        self.open = (!piece.ends).then_some(stream);
    }

    fn note(&mut self, at: WallTime, note: &Note) {
        self.interrupt();
        if self.screen.terminal && matches!(note, Note::ShutdownBySignal { .. }) {
            // Over the `^C` that the terminal has shown for the key.
            self.pending.push(b'\r');
        }
        let (who, text) = messages::text(note, &self.instances);
        self.show_prefix_of(who, at);
        if let Some(who) = who
            && !self.prefixes.shown
        {
            self.pending.extend_from_slice(format!("{who} ").as_bytes());
        }
        self.pending.extend_from_slice(text.as_bytes());
        self.pending.push(b'\n');
    }

    fn open_line(&self) -> Option<StreamId> {
        self.open
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }
}

#[cfg(test)]
mod tests;
