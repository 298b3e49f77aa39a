//! What the hub knows of one stream.

use std::time::Duration;

use tokio::time::Instant;

use super::tap::Tapped;
use crate::logs::{Channel, Framer, Origin};
use crate::project::InstanceId;

/// One output of a run, as far as it has come.
pub(super) struct Stream {
    pub(super) instance: InstanceId,
    pub(super) channel: Channel,
    /// Whether a run is heard on it.
    pub(super) heard: bool,
    pub(super) framer: Framer,
    /// When something came last.
    pub(super) spoke: Instant,
    /// Which line is being kept back, counted as the framer does, and since when something of it is.
    pub(super) kept_since: Option<(u64, Instant)>,
    /// When the line began that is being shown in pieces.
    pub(super) begun: Option<Instant>,
    /// Its reader is held back until an outlet has taken more.
    pub(super) waits_for_room: bool,
    /// What came as it came, where it comes from a terminal.
    pub(super) tapped: Option<Box<Tapped>>,
}

impl Stream {
    /// Makes the stream of a run that is heard from now on.
    pub(super) fn new(origin: &Origin<'_>) -> Stream {
        Stream {
            instance: origin.instance.id.clone(),
            channel: origin.channel,
            heard: true,
            framer: Framer::default(),
            spoke: Instant::now(),
            kept_since: None,
            begun: None,
            waits_for_room: false,
            tapped: None,
        }
    }

    /// Returns for how long something of an unfinished line has been kept back; nothing if nothing is.
    pub(super) fn kept_for(&mut self) -> Option<Duration> {
        let line = self.framer.ended_lines();
        if !self.framer.has_kept() {
            self.kept_since = None;
        } else if self.kept_since.is_none_or(|(kept, _)| kept != line) {
            self.kept_since = Some((line, Instant::now()));
        }
        self.kept_since.map(|(_, since)| since.elapsed())
    }

    /// Returns whether a run that begins now can have it.
    pub(super) fn is_free_for(&self, origin: &Origin<'_>) -> bool {
        !self.heard && self.instance == origin.instance.id && self.channel == origin.channel
    }
}
