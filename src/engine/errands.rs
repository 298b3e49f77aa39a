//! Processes that nobody but the hand knows of: commands that look how a run is.
//!
//! The guard keeps them like all others, so that nothing of them is left behind; their news never reach the mind.

use std::collections::BTreeMap;

use tokio::sync::oneshot;

use crate::exit::Exit;
use crate::guard::wire::News;

/// The mind counts its runs from below and never comes here.
const FIRST: u64 = 1 << 63;

/// What is under way.
#[derive(Debug)]
pub(super) struct Errands {
    next: u64,
    under_way: BTreeMap<u64, oneshot::Sender<Exit>>,
}

impl Errands {
    pub(super) fn new() -> Errands {
        Errands { next: FIRST, under_way: BTreeMap::new() }
    }

    /// Returns the name of a new one for the guard, and who will know how it ended.
    pub(super) fn begin(&mut self) -> (u64, oneshot::Receiver<Exit>) {
        let (tells, knows) = oneshot::channel();
        let errand = self.next;
        self.next += 1;
        self.under_way.insert(errand, tells);
        (errand, knows)
    }

    /// Forgets one; returns whether it was still under way, and is to be ended.
    pub(super) fn give_up(&mut self, errand: u64) -> bool {
        self.under_way.remove(&errand).is_some()
    }

    /// Forgets all; returns those that were still under way.
    pub(super) fn give_up_all(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.under_way).into_keys().collect()
    }

    /// Returns what of the guard's news is for the mind.
    pub(super) fn sift(&mut self, news: News) -> Option<News> {
        let (errand, exit) = match news {
            News::Spawned { run, .. } | News::Gone { run } if run >= FIRST => return None,
            News::SpawnFailed { run, step, errno } if run >= FIRST => {
                (run, Exit::NeverStarted { step, errno })
            }
            News::Exited { run, exit, .. } if run >= FIRST => (run, exit),
            News::Spawned { .. }
            | News::Gone { .. }
            | News::SpawnFailed { .. }
            | News::Exited { .. }
            | News::Empty => return Some(news),
        };
        if let Some(tells) = self.under_way.remove(&errand) {
            // Whoever asked may be gone.
            let _ = tells.send(exit);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Errands;
    use crate::exit::{Exit, Spent};
    use crate::guard::wire::News;

    #[test]
    fn news_of_errands_are_not_for_the_mind() {
        let mut errands = Errands::new();
        let ((one, mut knows), (other, _)) = (errands.begin(), errands.begin());
        assert_ne!(one, other);
        assert_eq!(errands.sift(News::Spawned { run: one, pid: 7 }), None);
        assert_eq!(
            errands.sift(News::Exited { run: one, exit: Exit::Code(3), spent: Spent::default() }),
            None
        );
        assert_eq!(knows.try_recv(), Ok(Exit::Code(3)));
        assert_eq!(errands.sift(News::Gone { run: one }), None);
        assert!(!errands.give_up(one));
        assert_eq!(errands.give_up_all(), [other]);
        let news = News::Exited { run: 1, exit: Exit::Code(3), spent: Spent::default() };
        assert_eq!(errands.sift(news), Some(news));
        assert_eq!(errands.sift(News::Empty), Some(News::Empty));
    }
}
