//! The stream as foreman shows it: `05:49:39 web.1    | text`.
//!
//! One line at a time stands open at the end. Whoever else speaks puts a line end behind it first, and what is
//! left of it goes on later on a new line with its prefix.

mod block;
mod voice;

use self::voice::Voice;
use super::gate::Gate;
use super::renew;
use crate::logs::{
    Bar, Channel, EscapeFilter, Escapes, Lines, Mask, Origin, Palette, Piece, Prefix, PrefixStyle, Row,
    SYSTEM, ScreenWish, Sink, StreamId, column_width,
};
use crate::project::{InstanceId, InstanceSpec, Project, Stderr};
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
    pub fn escapes(self) -> Escapes {
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
    /// In the order of the streams.
    voices: Vec<Voice>,
    /// Whose they are, in the same order.
    speakers: Vec<(InstanceId, Channel)>,
    system: Prefix,
    prefixes: Prefixes,
    escapes: Escapes,
    /// Whose line stands unfinished at the end.
    open: Option<StreamId>,
    /// All that run or have run.
    instances: Vec<InstanceSpec>,
    screen: Screen,
    /// For the words of forge, which may quote a command; what processes write comes without secrets.
    mask: Mask,
}

/// What all prefixes have in common.
#[derive(Debug)]
struct Prefixes {
    shown: bool,
    style: PrefixStyle,
    palette: Palette,
    stderr: Stderr,
}

impl Prefixes {
    fn of(&self, name: &str, sgr: u8, bar: Bar) -> Prefix {
        if self.shown { Prefix::new(&self.style, name, sgr, bar) } else { Prefix::none() }
    }

    fn of_instance(&self, spec: &InstanceSpec, channel: Channel) -> Prefix {
        let bar = match (channel, self.stderr) {
            (Channel::Error, Stderr::Mark) => Bar::Stderr,
            (Channel::Both | Channel::Out, _) | (Channel::Error, Stderr::Plain) => Bar::Plain,
        };
        self.of(&spec.id.to_string(), self.palette.sgr(spec.process.position), bar)
    }
}

impl StreamSink {
    /// Makes the sink for a project; the names of its instances make the width of the column.
    pub fn new(project: &Project, screen: Screen) -> StreamSink {
        let output = &project.output;
        let names: Vec<String> = project.instances.iter().map(|spec| spec.id.to_string()).collect();
        let style = PrefixStyle {
            time: output.timestamp.then(|| output.time_format.clone()),
            width: column_width(names.iter().map(String::as_str)),
            coloured: screen.colour,
        };
        let prefixes = Prefixes {
            shown: output.prefix,
            style,
            palette: Palette::new(&output.colours),
            stderr: output.stderr,
        };
        StreamSink {
            pending: Vec::new(),
            gate: Gate::new(output),
            voices: Vec::new(),
            speakers: Vec::new(),
            system: prefixes.of("system", SYSTEM, Bar::Plain),
            prefixes,
            escapes: screen.escapes(),
            open: None,
            instances: project.instances.clone(),
            screen,
            mask: Mask::new(project.secrets.found.clone()),
        }
    }

    /// Puts a line end behind a line that stands unfinished.
    fn interrupt(&mut self) {
        if let Some(StreamId(open)) = self.open.take() {
            self.voices[open].filter.break_line(&mut self.pending);
            self.pending.push(b'\n');
        }
    }

    fn show_prefix_of(&mut self, who: Option<&InstanceId>, at: WallTime) {
        let spec = who.and_then(|who| self.instances.iter().find(|spec| spec.id == *who));
        match spec {
            Some(spec) => {
                let mut prefix = self.prefixes.of_instance(spec, Channel::Both);
                self.pending.extend_from_slice(prefix.at(at));
            }
            None => self.pending.extend_from_slice(self.system.at(at)),
        }
    }

    /// Shows lines that have passed the gate.
    fn show(&mut self, at: WallTime, stream: StreamId, lines: Lines<'_>) {
        let plain = self.escapes.leave_alone(lines.bytes());
        self.interrupt();
        if self.escapes.guards_screen() {
            let voice = &mut self.voices[stream.0];
            if plain && !voice.has_block() {
                voice.show_plain(at, lines, &mut self.pending);
            } else {
                voice.show_guarded(at, lines.texts(), &mut self.pending);
            }
            return;
        }
        let Voice { prefix, filter, .. } = &mut self.voices[stream.0];
        let prefix = prefix.at(at);
        let pending = &mut self.pending;
        // A guess that fits lines of ordinary length; the vector grows where they are short.
        pending.reserve(lines.bytes().len() * 3 / 2 + prefix.len());
        if plain {
            for line in lines.whole() {
                pending.extend_from_slice(prefix);
                pending.extend_from_slice(line);
                if line.ends_with(b"\r\n") {
                    pending.truncate(pending.len() - b"\r\n".len());
                    pending.push(b'\n');
                }
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

    /// Shows a piece of a line on a terminal, which begins no line before there is something to be seen in it.
    fn show_guarded_piece(&mut self, at: WallTime, stream: StreamId, piece: Piece<'_>) {
        let voice = &self.voices[stream.0];
        if piece.begins && piece.ends && (voice.has_block() || block::split_at_up(piece.text).is_some()) {
            self.interrupt();
            let whole = std::iter::once(piece.text);
            return self.voices[stream.0].show_guarded(at, whole, &mut self.pending);
        }
        if voice.has_block() {
            self.interrupt();
            self.voices[stream.0].leave_block(at, &mut self.pending);
        }
        if self.open == Some(stream) {
            self.voices[stream.0].go_on(at, piece, &mut self.pending);
            self.open = (!piece.ends).then_some(stream);
        } else if let Some(text) = self.voices[stream.0].begin(at, piece, &mut self.pending) {
            self.interrupt();
            self.voices[stream.0].show_begun(at, piece, &text, &mut self.pending);
            self.open = (!piece.ends).then_some(stream);
        }
    }
}

impl StreamSink {
    /// Makes room for longer names; the column never becomes narrower.
    fn widen(&mut self) {
        let names: Vec<String> = self.instances.iter().map(|spec| spec.id.to_string()).collect();
        let width = column_width(names.iter().map(String::as_str));
        if width <= self.prefixes.style.width {
            return;
        }
        self.prefixes.style.width = width;
        self.system = self.prefixes.of("system", SYSTEM, Bar::Plain);
        for (voice, (id, channel)) in self.voices.iter_mut().zip(&self.speakers) {
            if let Some(spec) = self.instances.iter().find(|spec| spec.id == *id) {
                voice.prefix = self.prefixes.of_instance(spec, *channel);
            }
        }
    }
}

impl Sink for StreamSink {
    fn takes_over(&mut self, project: &Project) {
        renew(&mut self.instances, project);
        self.mask = self.mask.with(&project.secrets.found);
        self.widen();
    }

    fn prefix_columns(&self) -> u16 {
        u16::try_from(self.system.columns()).unwrap_or(u16::MAX)
    }

    fn begins(&mut self, _at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        let spec = origin.instance;
        self.gate.begins(stream, &spec.id);
        if stream.0 == self.voices.len() {
            self.voices.push(Voice::new(self.prefixes.of_instance(spec, origin.channel), self.escapes));
            self.speakers.push((spec.id.clone(), origin.channel));
        }
        if !self.instances.iter().any(|known| known.id == spec.id) {
            self.instances.push(spec.clone());
        }
    }

    fn ends(&mut self, at: WallTime, stream: StreamId) {
        self.falls_silent(at, stream);
        let voice = &mut self.voices[stream.0];
        voice.leave_block(at, &mut self.pending);
        if voice.holds_blanks() {
            self.interrupt();
            self.voices[stream.0].show_blanks(at, &mut self.pending);
        }
    }

    fn holds_back(&self, stream: StreamId) -> bool {
        self.voices.get(stream.0).is_some_and(Voice::holds_rows)
    }

    fn falls_silent(&mut self, at: WallTime, stream: StreamId) {
        if self.holds_back(stream) {
            self.interrupt();
            self.voices[stream.0].show_block(at, &mut self.pending);
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

    fn screen(&mut self, wish: &ScreenWish) {
        // It may be a line of somebody who is not shown any more.
        self.interrupt();
        self.gate.screen(wish);
    }

    fn say(&mut self, at: WallTime, lines: &[String]) {
        self.interrupt();
        for line in lines {
            self.show_prefix_of(None, at);
            self.pending.extend_from_slice(self.mask.text(line).as_bytes());
            self.pending.push(b'\n');
        }
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
        self.pending.extend_from_slice(self.mask.text(&text).as_bytes());
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
