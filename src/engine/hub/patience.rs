//! How long a line that did not end yet waits for its end.

use std::time::Duration;

use crate::logs::Framer;

/// How long an unfinished line is kept back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// When its process falls silent.
    pub(super) silent: Duration,
    /// When its process goes on with it all the time.
    busy: Option<Duration>,
    /// When its process draws it anew all the time, as a progress bar.
    redrawn: Option<Duration>,
}

impl Patience {
    /// Somebody is looking and may be asked something, and watches progress.
    pub const TERMINAL: Patience = Patience {
        silent: Duration::from_millis(200),
        busy: Some(Duration::from_secs(1)),
        redrawn: Some(Duration::from_millis(200)),
    };
    /// Whole lines are worth more than haste.
    pub const ELSEWHERE: Patience = Patience { silent: Duration::from_secs(1), busy: None, redrawn: None };
    /// The same, but files are to have everything within a second, whatever happens then.
    pub const ELSEWHERE_WITH_FILES: Patience =
        Patience { silent: Duration::from_millis(500), busy: None, redrawn: None };

    /// Returns how long a line is still kept back of which something has been kept for a while.
    pub(super) fn left(self, framer: &Framer, kept_for: Duration) -> Duration {
        let longest = if framer.is_redrawn() { self.redrawn } else { self.busy };
        longest.map_or(self.silent, |longest| self.silent.min(longest.saturating_sub(kept_for)))
    }
}
