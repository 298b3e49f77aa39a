//! The artifacts of a run: a file for each process with all it printed, and one with forge's remarks.
//!
//! The sink packs lines, each behind the name of its file; the writer unpacks them on its own thread.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::logs::{EscapeFilter, Escapes, Lines, Origin, Piece, Sink, StreamId, Writer};
use crate::project::{InstanceSpec, Project};
use crate::supervisor::Note;
use crate::time::WallTime;
use crate::ui::messages;

/// The file of forge's own remarks; no process is called so, because processes have a number.
const REMARKS: &str = "forge";

/// What went wrong with the files, if anything did.
#[derive(Debug, Clone, Default)]
pub struct Trouble(Arc<Mutex<Option<String>>>);

impl Trouble {
    /// Returns it in words.
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Packs lines and remarks.
#[derive(Debug)]
pub struct ArtifactSink {
    pending: Vec<u8>,
    streams: Vec<(String, EscapeFilter)>,
    instances: Vec<InstanceSpec>,
    packed: Vec<u8>,
}

impl ArtifactSink {
    /// Makes the sink for a project.
    pub fn new(project: &Project) -> ArtifactSink {
        ArtifactSink {
            pending: Vec::new(),
            streams: Vec::new(),
            instances: project.instances.clone(),
            packed: Vec::new(),
        }
    }

    fn pack(&mut self, stream: StreamId, texts: &mut dyn Iterator<Item = (&[u8], bool)>) {
        let Some((name, filter)) = self.streams.get_mut(stream.0) else { return };
        self.packed.clear();
        for (text, ends) in texts {
            filter.filter(text, b"", &mut self.packed);
            if ends {
                filter.end_line(&mut self.packed);
                self.packed.push(b'\n');
            }
        }
        put(&mut self.pending, name, &self.packed);
    }
}

/// A name, a length and as many bytes.
fn put(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    for part in [name.as_bytes(), bytes] {
        out.extend_from_slice(&(part.len() as u64).to_le_bytes());
        out.extend_from_slice(part);
    }
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

impl Sink for ArtifactSink {
    fn begins(&mut self, _at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        let new = (origin.instance.id.to_string(), EscapeFilter::new(Escapes::TextOnly));
        match self.streams.get_mut(stream.0) {
            Some(known) => *known = new,
            None => self.streams.push(new),
        }
    }

    fn lines(&mut self, _at: WallTime, stream: StreamId, lines: Lines<'_>) {
        self.pack(stream, &mut lines.texts().map(|text| (text, true)));
    }

    fn piece(&mut self, _at: WallTime, stream: StreamId, piece: Piece<'_>) {
        self.pack(stream, &mut std::iter::once((piece.text, piece.ends)));
    }

    fn note(&mut self, _at: WallTime, note: &Note) {
        let (who, text) = messages::text(note, &self.instances);
        let line = who.map_or_else(|| format!("{text}\n"), |who| format!("{who} {text}\n"));
        put(&mut self.pending, REMARKS, line.as_bytes());
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }
}

/// Writes the files.
#[derive(Debug)]
pub struct ArtifactWriter {
    directory: PathBuf,
    files: BTreeMap<Vec<u8>, File>,
    trouble: Trouble,
}

impl ArtifactWriter {
    /// Makes the writer for a directory that is there.
    pub fn new(directory: PathBuf, trouble: Trouble) -> ArtifactWriter {
        ArtifactWriter { directory, files: BTreeMap::new(), trouble }
    }

    fn file(&mut self, name: &[u8]) -> io::Result<&mut File> {
        if !self.files.contains_key(name) {
            #[expect(
                clippy::disallowed_methods,
                reason = "a file that the user has asked for, in the room of outputs"
            )]
            let file = File::create(self.directory.join(format!("{}.log", String::from_utf8_lossy(name))))?;
            self.files.insert(name.to_vec(), file);
        }
        self.files.get_mut(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Writer for ArtifactWriter {
    fn write(&mut self, bytes: &[u8], _notes: &mut Vec<Note>) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some((name, after)) = part(rest)
            && let Some((text, after)) = part(after)
        {
            if let Err(error) = self.file(name).and_then(|file| file.write_all(text)) {
                let words = format!(
                    "could not write `{}/{}.log`: {error}",
                    self.directory.display(),
                    String::from_utf8_lossy(name)
                );
                self.trouble.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(words);
                return Err(error);
            }
            rest = after;
        }
        Ok(bytes.len())
    }
}
