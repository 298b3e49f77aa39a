//! Following: what was said and is said, for somebody who may come at any time and is never waited for.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::Hub;
use super::listeners::{Heard, ListenerId, Since, Until};
use crate::logs::{ScreenWish, Sink};

/// How long a follower's sink keeps back what may go on (a stack trace), once nothing comes.
const SILENCE: Duration = Duration::from_millis(500);

/// How long those who still listen at the very end may take nothing before they are given up.
const PARTING: Duration = Duration::from_millis(500);

/// Somebody who follows. When it is dropped, that is over.
///
/// What it does not take costs nobody anything: no more than 256 KiB of text wait for it, see [`Hub::follow`].
pub struct Follower {
    hub: Hub,
    id: ListenerId,
    news: Rc<Notify>,
}

impl Hub {
    /// Lets somebody follow, who hears what has been said lately (up to 512 KiB of it) and what is said until the end.
    ///
    /// `make` makes the sink that makes text of it; called twice where lines have to be counted. Who takes too little is told with
    /// [`Sink::misses`] what it has not heard. Without followers all this is free.
    pub fn follow(&self, make: &dyn Fn() -> Box<dyn Sink>, since: Since, until: Until) -> Follower {
        let (id, news) = self.0.state.borrow_mut().sinks.listeners().add(make, since, until);
        Follower { hub: self.clone(), id, news }
    }

    /// Has the first sink show other lines from now on.
    pub fn screen(&self, wish: &ScreenWish) {
        let mut state = self.0.state.borrow_mut();
        state.sinks.screen(wish);
        // The line that stood open there stands open no more.
        self.0.open.set(None);
        self.0.turn.notify_waiters();
        self.formatted(&mut state);
    }

    /// Tells all that follow that everything has been said, and waits until they have taken it, as long as they do. After
    /// [`Hub::finish`], where that comes to its end.
    pub async fn dismiss_followers(&self) {
        self.0.state.borrow_mut().sinks.listeners().end();
        loop {
            let parted = self.0.parted.notified();
            let (taken, some) = self.0.state.borrow_mut().sinks.listeners().progress();
            if !some {
                return;
            }
            let is_late = timeout(PARTING, parted).await.is_err();
            if is_late && self.0.state.borrow_mut().sinks.listeners().progress().0 == taken {
                return;
            }
        }
    }
}

impl Follower {
    /// Returns what has come since the last call, in whole lines of text, as soon as there is something. Nothing: it has heard all that
    /// it wanted, or that there is.
    ///
    /// A call that is dropped half way costs nothing.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let heard = self.hub.0.state.borrow_mut().sinks.listeners().take(self.id);
            match heard {
                Heard::Text(text) => return Some(text),
                Heard::Over => return None,
                Heard::Nothing => self.news.notified().await,
                Heard::Waiting => {
                    if timeout(SILENCE, self.news.notified()).await.is_err() {
                        self.hub.0.state.borrow_mut().sinks.listeners().fall_silent(self.id);
                        continue;
                    }
                }
            }
            // Everything that is ready now goes along.
            yield_now().await;
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.hub.0.state.borrow_mut().sinks.listeners().remove(self.id);
        self.hub.0.parted.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
