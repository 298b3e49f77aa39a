//! A line that stands unfinished at the end of the output, and how long others wait for its end.

use std::time::Duration;

use tokio::time::Instant;

use crate::logs::StreamId;

/// How long others wait for the end of a flowing line since it began.
const LONGEST_FLOW: Duration = Duration::from_millis(250);

/// How long a flowing line may pause before it is interrupted.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// A line that stands unfinished at the end of the output.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenLine {
    pub(super) stream: StreamId,
    /// When others may interrupt it.
    pub(super) until: Instant,
}

impl OpenLine {
    /// A line that began to be shown at `begun` and has gone on just now.
    pub(super) fn flowing(stream: StreamId, begun: Instant) -> OpenLine {
        OpenLine { stream, until: (begun + LONGEST_FLOW).min(Instant::now() + LONGEST_PAUSE) }
    }
}
