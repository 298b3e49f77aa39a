//! What log files keep: the lines of each instance, exactly, and forge's remarks apart from them.
//!
//! It fills the buffer of `store::writer`, which brings it to the disk on a thread of its own.

use std::collections::BTreeMap;

use super::renew;
use crate::logs::when::Moment;
use crate::logs::{Channel, EscapeFilter, Escapes, Lines, Mask, Origin, Piece, Row, Sink, StreamId, rfc3339};
use crate::project::{InstanceId, InstanceSpec, Project};
use crate::store::frame::{put_bare, put_file, put_text};
use crate::store::index::{Kind, Record};
use crate::store::names::{EVENTS, SYSTEM};
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;
use crate::ui::{events, messages};

/// What a file keeps of the escape sequences of processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Every byte.
    Raw,
    /// Text without escape sequences.
    Text,
}

/// Formats lines and remarks for log files.
#[derive(Debug)]
pub struct FileSink {
    pending: Vec<u8>,
    escapes: Escapes,
    streams: Vec<Stream>,
    files: Vec<File>,
    by_instance: BTreeMap<InstanceId, usize>,
    instances: Vec<InstanceSpec>,
    /// For the words of forge, which may quote a command; what processes write comes without secrets.
    mask: Mask,
    /// The order of the last record.
    order: u64,
}

/// One stream.
#[derive(Debug)]
struct Stream {
    file: usize,
    channel: Channel,
    /// Which run of the instance in this session, counted from 1.
    run: u32,
    filter: EscapeFilter,
}

/// One file.
#[derive(Debug, Default)]
struct File {
    /// The runs that were heard.
    runs: Vec<RunId>,
    /// Whose line stands unfinished at its end.
    open: Option<StreamId>,
}

/// The files of forge's own remarks come first.
const SYSTEM_FILE: usize = 0;
const EVENTS_FILE: usize = 1;

impl FileSink {
    /// Makes the sink for a project.
    pub fn new(project: &Project, kept: Kept) -> FileSink {
        let mut pending = Vec::new();
        put_file(&mut pending, SYSTEM);
        put_file(&mut pending, EVENTS);
        FileSink {
            pending,
            escapes: match kept {
                Kept::Raw => Escapes::Keep,
                Kept::Text => Escapes::Strip,
            },
            streams: Vec::new(),
            files: vec![File::default(), File::default()],
            by_instance: BTreeMap::new(),
            instances: project.instances.clone(),
            mask: Mask::new(project.secrets.found.clone()),
            order: 0,
        }
    }

    /// Makes a record; its place in the order is close to its time, so that sessions follow one another.
    fn record(&mut self, at: WallTime, stream: Option<StreamId>, kind: Kind) -> Record {
        self.order = u64::try_from(Moment::of(at).0).unwrap_or(0).max(self.order + 1);
        let (file, channel, run) = match stream {
            Some(StreamId(stream)) => {
                let Stream { file, channel, run, .. } = self.streams[stream];
                (file, channel, run)
            }
            None => (SYSTEM_FILE, Channel::Both, 0),
        };
        Record { kind, channel, at, order: self.order, offset: file as u64, length: 0, run, missing: 0 }
    }

    fn file_of(&mut self, instance: &InstanceId) -> usize {
        if let Some(file) = self.by_instance.get(instance) {
            return *file;
        }
        put_file(&mut self.pending, &instance.to_string());
        self.files.push(File::default());
        let file = self.files.len() - 1;
        self.by_instance.insert(instance.clone(), file);
        file
    }

    /// Puts a line end behind a line of another output of the same instance that stands unfinished.
    fn interrupt(&mut self, at: WallTime, stream: StreamId) {
        let file = self.streams[stream.0].file;
        let Some(open) = self.files[file].open.filter(|open| *open != stream) else { return };
        self.files[file].open = None;
        let kind = Kind::Text { begins: false, ends: false, broken: true };
        let record = self.record(at, Some(open), kind);
        put_text(&mut self.pending, record, |out| out.push(b'\n'));
    }
}

impl Sink for FileSink {
    fn takes_over(&mut self, project: &Project) {
        renew(&mut self.instances, project);
        self.mask = self.mask.with(&project.secrets.found);
    }

    fn begins(&mut self, at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        let spec = origin.instance;
        if !self.instances.iter().any(|known| known.id == spec.id) {
            self.instances.push(spec.clone());
        }
        let file = self.file_of(&spec.id);
        let runs = &mut self.files[file].runs;
        let is_new = !runs.contains(&origin.run);
        if is_new {
            runs.push(origin.run);
        }
        let place = runs.iter().position(|run| *run == origin.run).map_or(0, |place| place + 1);
        let run = u32::try_from(place).unwrap_or(u32::MAX);
        let new = Stream { file, channel: origin.channel, run, filter: EscapeFilter::new(self.escapes) };
        if stream.0 < self.streams.len() {
            self.streams[stream.0] = new;
        } else {
            self.streams.push(new);
        }
        if is_new {
            let record = Record {
                length: u64::try_from(origin.pid).unwrap_or(0),
                missing: u32::try_from(spec.process.position).unwrap_or(0),
                ..self.record(at, Some(stream), Kind::Run)
            };
            put_bare(&mut self.pending, &record);
        }
    }

    fn ends(&mut self, at: WallTime, stream: StreamId) {
        let record = self.record(at, Some(stream), Kind::End);
        put_bare(&mut self.pending, &record);
    }

    fn lines(&mut self, at: WallTime, stream: StreamId, lines: Lines<'_>) {
        self.interrupt(at, stream);
        let record = self.record(at, Some(stream), Kind::Text { begins: true, ends: true, broken: false });
        let filter = &mut self.streams[stream.0].filter;
        let bytes = lines.bytes();
        let (has_cr, leave_alone) = (
            memchr::memchr(b'\r', bytes).is_some(),
            self.escapes == Escapes::Keep || self.escapes.leave_alone(bytes),
        );
        put_text(&mut self.pending, record, |out| {
            if leave_alone && !has_cr {
                return out.extend_from_slice(bytes);
            }
            out.reserve(bytes.len());
            for text in lines.texts() {
                if leave_alone {
                    out.extend_from_slice(text);
                } else {
                    let row = Row { prefix: b"", begins_at: Some(out.len()) };
                    filter.filter(text, row, out);
                    filter.end_line(out);
                }
                out.push(b'\n');
            }
        });
    }

    fn piece(&mut self, at: WallTime, stream: StreamId, piece: Piece<'_>) {
        self.interrupt(at, stream);
        let file = self.streams[stream.0].file;
        let goes_on = self.files[file].open == Some(stream);
        if !goes_on && !piece.begins && piece.ends && piece.text.is_empty() {
            // The end of a line that was interrupted after its last byte.
            return;
        }
        let kind = Kind::Text { begins: piece.begins, ends: piece.ends, broken: false };
        let record = self.record(at, Some(stream), kind);
        self.files[file].open = (!piece.ends).then_some(stream);
        let (filter, keep) = (&mut self.streams[stream.0].filter, self.escapes == Escapes::Keep);
        put_text(&mut self.pending, record, |out| {
            if keep {
                out.extend_from_slice(piece.text);
            } else {
                // What was written of a line is not taken back.
                let begins_at = (piece.begins && piece.ends).then_some(out.len());
                filter.filter(piece.text, Row { prefix: b"", begins_at }, out);
                if piece.ends {
                    filter.end_line(out);
                }
            }
            if piece.ends {
                out.push(b'\n');
            }
        });
    }

    fn note(&mut self, at: WallTime, note: &Note) {
        let (who, text) = messages::text(note, &self.instances);
        let name = who.map_or_else(|| SYSTEM.to_owned(), InstanceId::to_string);
        let time = rfc3339(at);
        let shown = format!("{time} {name} | {}\n", self.mask.text(&text));
        let event = format!("{{\"time\":\"{time}\"{}}}\n", events::members(note, who, &text, &self.mask));
        let kind = Kind::Text { begins: true, ends: true, broken: false };
        for (file, text) in [(SYSTEM_FILE, shown), (EVENTS_FILE, event)] {
            let record = Record { offset: file as u64, ..self.record(at, None, kind) };
            put_text(&mut self.pending, record, |out| out.extend_from_slice(text.as_bytes()));
        }
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }
}

#[cfg(test)]
mod tests;
