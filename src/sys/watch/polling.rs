//! Changes as they show when one looks again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use super::Change;
use super::scope::{Found, Scope};
use crate::sys::clock;

/// How long is waited between two looks, at least.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// A look that takes long follows the last one after this many times as long, so that it never takes more than a
/// hundredth of a processor.
const PATIENCE: u32 = 100;

/// What all files that count looked like.
#[derive(Debug, Default)]
pub(super) struct Polling {
    seen: BTreeMap<PathBuf, Looks>,
    wait: Duration,
}

/// What a file looks like from outside: another number, size or time means that it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Looks {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Polling {
    /// Looks for the first time.
    pub(super) fn begin(scopes: &mut [Scope]) -> Polling {
        let mut polling = Polling::default();
        polling.look(scopes);
        polling
    }

    /// Waits, and looks once more.
    pub(super) async fn next(&mut self, scopes: &mut [Scope]) -> Vec<Change> {
        tokio::time::sleep(self.wait.max(SHORTEST_WAIT)).await;
        self.look(scopes)
    }

    fn look(&mut self, scopes: &mut [Scope]) -> Vec<Change> {
        let began = clock::instant();
        let mut now = BTreeMap::new();
        for scope in scopes.iter_mut() {
            scope.forget_gitignores();
            for beginning in scope.beginnings() {
                scope.walk(&beginning, &mut |found| {
                    if let Found::File(file) = found
                        && let Ok(metadata) = fs::metadata(file)
                    {
                        let modified = (metadata.mtime(), metadata.mtime_nsec());
                        let looks = Looks { inode: metadata.ino(), bytes: metadata.len(), modified };
                        now.insert(file.to_owned(), looks);
                    }
                });
            }
        }
        let before = std::mem::replace(&mut self.seen, now);
        self.wait = began.elapsed() * PATIENCE;
        let mut changes = Vec::new();
        let written = self.seen.iter().filter(|(path, looks)| before.get(*path) != Some(looks));
        let gone = before.keys().filter(|path| !self.seen.contains_key(*path));
        for path in written.map(|(path, _)| path).chain(gone) {
            super::add(scopes, path, &mut changes);
        }
        changes
    }
}
