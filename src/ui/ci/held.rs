//! Lines that are kept until the end, when it is known who of the processes is to blame.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::github;
use crate::logs::{EscapeFilter, Escapes, Lines, Origin, Piece, Row, Sink, StreamId};
use crate::project::{InstanceId, Project};
use crate::supervisor::Note;
use crate::time::WallTime;
use crate::ui::sinks::StreamSink;

/// How much is kept of one process, in bytes: the end of what it printed.
const KEPT_BYTES: usize = 512 * 1024;
/// How much of it the file of `JUnit` gets.
const TAIL_BYTES: usize = 64 * 1024;

/// A line with nothing before it, of which nothing is taken back.
const UNSTYLED: Row<'static> = Row { prefix: b"", begins_at: None };

/// What the processes have printed.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Mutex<BTreeMap<InstanceId, Page>>>);

/// What one of them has printed.
#[derive(Debug, Default)]
struct Page {
    text: Vec<u8>,
    /// How many lines before that are not kept.
    lost: usize,
}

impl Page {
    /// Forgets the oldest lines, once there are twice as many as are kept.
    fn trim(&mut self) {
        if self.text.len() <= 2 * KEPT_BYTES {
            return;
        }
        let from = self.text.len() - KEPT_BYTES;
        let cut = memchr::memchr(b'\n', &self.text[from..]).map_or(from, |end| from + end + 1);
        self.lost += memchr::memchr_iter(b'\n', &self.text[..cut]).count();
        self.text.drain(..cut);
    }
}

impl Held {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<InstanceId, Page>> {
        // Nothing that could panic leaves it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is kept of a process, as whole lines.
    pub fn text(&self, id: &InstanceId) -> String {
        let pages = self.lock();
        let Some(page) = pages.get(id) else { return String::new() };
        let mut text = match page.lost {
            0 => String::new(),
            lost => format!("({lost} earlier lines are left out)\n"),
        };
        text.push_str(&String::from_utf8_lossy(&page.text));
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// Returns the end of what a process printed, without escape sequences.
    pub(super) fn tail(&self, id: &InstanceId) -> String {
        let pages = self.lock();
        let Some(page) = pages.get(id) else { return String::new() };
        let from = page.text.len().saturating_sub(TAIL_BYTES);
        let cut = if from == 0 {
            0
        } else {
            memchr::memchr(b'\n', &page.text[from..]).map_or(from, |end| from + end + 1)
        };
        let mut plain = Vec::new();
        let mut filter = EscapeFilter::new(Escapes::TextOnly);
        filter.filter(&page.text[cut..], UNSTYLED, &mut plain);
        filter.end_line(&mut plain);
        String::from_utf8_lossy(&plain).into_owned()
    }
}

/// Keeps the lines of processes, and shows them too unless they are held back for groups.
#[derive(Debug)]
pub struct HeldSink {
    shown: StreamSink,
    holds_back: HoldsBack,
    held: Held,
    streams: Vec<(InstanceId, EscapeFilter)>,
}

/// Whether lines are shown at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldsBack {
    /// They are.
    Nothing,
    /// Only remarks are.
    Lines,
}

impl HeldSink {
    /// Makes the sink; what it keeps is found in `held`.
    pub fn new(shown: StreamSink, holds_back: HoldsBack, held: Held) -> HeldSink {
        HeldSink { shown, holds_back, held, streams: Vec::new() }
    }

    fn keep(&mut self, stream: StreamId, texts: &mut dyn Iterator<Item = (&[u8], bool)>) {
        let Some((id, filter)) = self.streams.get_mut(stream.0) else { return };
        let mut pages = self.held.lock();
        let page = match pages.get_mut(id) {
            Some(page) => page,
            None => pages.entry(id.clone()).or_default(),
        };
        for (text, ends) in texts {
            filter.filter(text, UNSTYLED, &mut page.text);
            if ends {
                filter.end_line(&mut page.text);
                page.text.push(b'\n');
            }
        }
        page.trim();
    }
}

impl Sink for HeldSink {
    fn takes_over(&mut self, project: &Project) {
        self.shown.takes_over(project);
    }

    fn prefix_columns(&self) -> u16 {
        self.shown.prefix_columns()
    }

    fn begins(&mut self, at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        let new = (origin.instance.id.clone(), EscapeFilter::new(Escapes::ColourOnly));
        match self.streams.get_mut(stream.0) {
            Some(known) => *known = new,
            None => self.streams.push(new),
        }
        self.shown.begins(at, stream, origin);
    }

    fn lines(&mut self, at: WallTime, stream: StreamId, lines: Lines<'_>) {
        if self.holds_back == HoldsBack::Nothing {
            self.shown.lines(at, stream, lines);
        }
        self.keep(stream, &mut lines.texts().map(|text| (text, true)));
    }

    fn piece(&mut self, at: WallTime, stream: StreamId, piece: Piece<'_>) {
        if self.holds_back == HoldsBack::Nothing {
            self.shown.piece(at, stream, piece);
        }
        self.keep(stream, &mut std::iter::once((piece.text, piece.ends)));
    }

    fn note(&mut self, at: WallTime, note: &Note) {
        let from = self.shown.pending().len();
        self.shown.note(at, note);
        if self.holds_back == HoldsBack::Lines {
            let pending = self.shown.pending();
            let text = String::from_utf8_lossy(&pending[from..]).into_owned();
            pending.truncate(from);
            pending.extend_from_slice(github::harmless(&text).as_bytes());
        }
    }

    fn open_line(&self) -> Option<StreamId> {
        self.shown.open_line()
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        self.shown.pending()
    }
}
