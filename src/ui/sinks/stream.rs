//! The stream as foreman shows it: `05:49:39 web.1    | text`.
//!
//! One line at a time stands open at the end. Whoever else speaks puts a line end behind it first, and what is
//! left of it goes on later on a new line with its prefix.

use super::gate::Gate;
use crate::logs::{
    Bar, EscapeFilter, Escapes, Lines, Piece, Prefix, PrefixStyle, Row, SYSTEM, Sink, StreamId, column_width,
    sgr_of_position,
};
use crate::project::{InstanceId, InstanceSpec, Project};
use crate::supervisor::Note;
use crate::time::WallTime;
use crate::ui::messages;

/// How many empty lines of a process are held back at most; more than any window has rows.
const MOST_BLANKS: usize = 250;

/// How much that nobody would see is held back at the beginning of a line at most.
const MOST_UNSEEN_BYTES: usize = 1024;

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
    gate: Gate,
    voices: Vec<Voice>,
    system: Prefix,
    escapes: Escapes,
    /// Whose line stands unfinished at the end.
    open: Option<StreamId>,
    /// In the order of the streams.
    instances: Vec<InstanceSpec>,
    prefixed: bool,
    terminal: bool,
}

/// How one stream is shown.
#[derive(Debug)]
struct Voice {
    prefix: Prefix,
    filter: EscapeFilter,
    /// On a terminal: how many empty lines have come since the last line with something in it. They are shown before the
    /// next one, unless that clears the screen: then they were there to push away what it showed.
    blanks: usize,
    /// On a terminal: whether something of the line that has not ended is shown.
    begun: bool,
    /// On a terminal: what the line that has not ended begins with and nobody would see, as a colour.
    unseen: Vec<u8>,
}

impl StreamSink {
    /// Makes the sink for the instances of a project, whose streams are numbered in their order.
    pub fn new(project: &Project, screen: Screen) -> StreamSink {
        let output = &project.output;
        let names: Vec<String> = project.instances.iter().map(|spec| spec.id.to_string()).collect();
        let escapes = screen.escapes();
        let style = PrefixStyle {
            time: output.timestamp.then(|| output.time_format.clone()),
            width: column_width(names.iter().map(String::as_str)),
            coloured: screen.colour,
        };
        let prefix = |name: &str, sgr: u8, bar: Bar| {
            if output.prefix { Prefix::new(&style, name, sgr, bar) } else { Prefix::none() }
        };
        let voice = |(spec, name): (&InstanceSpec, &String)| Voice {
            prefix: prefix(name, sgr_of_position(spec.process.position), Bar::Plain),
            filter: EscapeFilter::new(escapes),
            blanks: 0,
            begun: false,
            unseen: Vec::new(),
        };
        StreamSink {
            pending: Vec::new(),
            gate: Gate::new(project),
            voices: project.instances.iter().zip(&names).map(voice).collect(),
            system: prefix("system", SYSTEM, Bar::Plain),
            escapes,
            open: None,
            instances: project.instances.clone(),
            prefixed: output.prefix,
            terminal: screen.terminal,
        }
    }

    /// Returns how many columns of a window the prefix takes.
    pub fn prefix_columns(&self) -> u16 {
        u16::try_from(self.system.columns()).unwrap_or(u16::MAX)
    }

    /// Puts a line end behind a line that stands unfinished.
    fn interrupt(&mut self) {
        if let Some(StreamId(open)) = self.open.take() {
            self.voices[open].filter.break_line(&mut self.pending);
            self.pending.push(b'\n');
        }
    }

    fn place_of(&self, who: &InstanceId) -> Option<usize> {
        self.instances.iter().position(|spec| spec.id == *who)
    }

    /// Shows lines that pass.
    fn show(&mut self, at: WallTime, stream: StreamId, lines: Lines<'_>) {
        self.interrupt();
        let voice = &mut self.voices[stream.0];
        let pending = &mut self.pending;
        let plain = self.escapes.leave_alone(lines.bytes());
        if self.escapes.guards_screen() {
            if plain {
                voice.show_plain(at, lines, pending)
            } else {
                voice.show_guarded(at, lines, pending)
            }
            return;
        }
        let Voice { prefix, filter, .. } = voice;
        let prefix = prefix.at(at);
        // A guess that fits lines of ordinary length; the vector grows where they are short.
        pending.reserve(lines.bytes().len() * 3 / 2 + prefix.len());
        if plain {
            for text in lines.texts() {
                pending.extend_from_slice(prefix);
                pending.extend_from_slice(text);
                pending.push(b'\n');
            }
        } else {
            for text in lines.texts() {
                pending.extend_from_slice(prefix);
                filter.filter(text, Row { prefix, begins_at: Some(pending.len()) }, pending);
                filter.end_line(pending);
                pending.push(b'\n');
            }
        }
    }

    /// Shows a piece of a line on a screen.
    fn show_guarded_piece(&mut self, at: WallTime, stream: StreamId, piece: Piece<'_>) {
        let continues = self.open == Some(stream);
        let voice = &mut self.voices[stream.0];
        let prefix = voice.prefix.at(at);
        if continues {
            voice.filter.filter(piece.text, Row { prefix, begins_at: None }, &mut self.pending);
            if piece.ends {
                voice.end_line(&mut self.pending);
                self.pending.push(b'\n');
                self.open = None;
            }
            return;
        }
        let mut text = std::mem::take(&mut voice.unseen);
        voice.filter.filter(piece.text, Row { prefix, begins_at: Some(0) }, &mut text);
        let seen = voice.filter.is_inked() || text.len() > MOST_UNSEEN_BYTES;
        if voice.filter.has_cleared() {
            voice.blanks = 0;
        }
        if seen {
            self.interrupt();
            let voice = &mut self.voices[stream.0];
            voice.show_blanks(at, &mut self.pending);
            self.pending.extend_from_slice(voice.prefix.at(at));
            self.pending.append(&mut text);
            voice.begun = true;
            if piece.ends {
                voice.end_line(&mut self.pending);
                self.pending.push(b'\n');
            }
            self.open = (!piece.ends).then_some(stream);
        } else if piece.ends {
            // The end of a line that was interrupted after its last byte needs no line of its own.
            let is_blank = !voice.begun && !voice.filter.has_cleared();
            voice.end_line(&mut Vec::new());
            if is_blank {
                voice.blank(at, &mut self.pending);
            }
        } else {
            voice.unseen = text;
        }
    }
}

impl Voice {
    /// Shows lines without escape sequences on a screen.
    fn show_plain(&mut self, at: WallTime, lines: Lines<'_>, out: &mut Vec<u8>) {
        for text in lines.texts() {
            if text.is_empty() {
                self.blank(at, out);
                continue;
            }
            if self.blanks > 0 {
                self.show_blanks(at, out);
            }
            out.extend_from_slice(self.prefix.at(at));
            out.extend_from_slice(text);
            out.push(b'\n');
        }
    }

    /// Shows lines on a screen, and lets nothing through that could damage it.
    fn show_guarded(&mut self, at: WallTime, lines: Lines<'_>, out: &mut Vec<u8>) {
        // Filtered apart, as only then it is known what stands before it.
        let mut shown = Vec::new();
        for text in lines.texts() {
            let row = Row { prefix: self.prefix.at(at), begins_at: Some(0) };
            self.filter.filter(text, row, &mut shown);
            let (is_inked, has_cleared) = (self.filter.is_inked(), self.filter.has_cleared());
            self.filter.end_line(&mut shown);
            if has_cleared {
                self.blanks = 0;
            }
            if is_inked {
                self.show_blanks(at, out);
                out.extend_from_slice(self.prefix.at(at));
                out.extend_from_slice(&shown);
                out.push(b'\n');
            } else if !has_cleared {
                self.blank(at, out);
            }
            shown.clear();
        }
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        self.filter.end_line(out);
        self.begun = false;
    }

    /// Takes an empty line.
    fn blank(&mut self, at: WallTime, out: &mut Vec<u8>) {
        self.blanks += 1;
        if self.blanks == MOST_BLANKS {
            self.show_blanks(at, out);
        }
    }

    /// Shows the empty lines that were held back.
    fn show_blanks(&mut self, at: WallTime, out: &mut Vec<u8>) {
        for _ in 0..std::mem::take(&mut self.blanks) {
            out.extend_from_slice(self.prefix.at(at));
            out.push(b'\n');
        }
    }
}

impl Sink for StreamSink {
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
        if self.escapes.guards_screen() {
            return self.show_guarded_piece(at, stream, piece);
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
            *filter = EscapeFilter::new(self.escapes);
            return;
        }
        if !continues {
            self.pending.extend_from_slice(prefix);
        }
        // Such a line is never drawn anew, so nobody asks where it began.
        filter.filter(piece.text, Row { prefix, begins_at: None }, &mut self.pending);
        if piece.ends {
            filter.end_line(&mut self.pending);
            self.pending.push(b'\n');
        }
        self.open = (!piece.ends).then_some(stream);
    }

    fn note(&mut self, at: WallTime, note: &Note) {
        self.interrupt();
        if self.terminal && matches!(note, Note::ShutdownBySignal { .. }) {
            // Over the `^C` that the terminal has shown for the key.
            self.pending.push(b'\r');
        }
        let (who, text) = messages::text(note, &self.instances);
        match who.and_then(|who| self.place_of(who)) {
            Some(place) => {
                self.voices[place].show_blanks(at, &mut self.pending);
                self.pending.extend_from_slice(self.voices[place].prefix.at(at));
            }
            None => self.pending.extend_from_slice(self.system.at(at)),
        }
        if let Some(who) = who
            && !self.prefixed
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
pub(super) mod tests;
