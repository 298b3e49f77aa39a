//! Watching files for changes.
//!
//! On Linux by inotify(7): a watch for each directory that a file which counts can appear in, no thread, and no wake-up
//! while nothing changes. Where the kernel has no watch left, and on other systems, by looking again and again.
//! Nothing is looked at before somebody asks for it.

mod gitignore;
mod polling;
mod scope;

#[cfg(target_os = "linux")]
mod events;
#[cfg(not(target_os = "linux"))]
#[path = "watch/events_elsewhere.rs"]
mod events;

use std::path::{Path, PathBuf};

use events::Events;
use polling::Polling;
use scope::Scope;

/// What one party wants to know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The directory that its globs begin in, absolute.
    pub root: PathBuf,
    /// Globs: `lib/**`, `*.toml`; or plain names of files and directories.
    pub paths: Vec<String>,
    /// What does not count, as in a `.gitignore`.
    pub ignore: Vec<String>,
}

/// One change that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// For which wish, counted from 0.
    pub wish: usize,
    /// Which file.
    pub path: PathBuf,
}

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    scopes: Vec<Scope>,
    means: Means,
}

#[derive(Debug)]
enum Means {
    Events(Events),
    Polling(Polling),
}

/// Why files are looked at again and again instead of being watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// What the kernel said: `ENOSPC`, there are too many directories to watch; `EMFILE`, too many programs watch.
    pub errno: i32,
    /// How many directories there were when it said so.
    pub directories: usize,
}

impl Watcher {
    /// Looks through all directories and begins to watch; says what stood in the way of doing it well. Reading large
    /// trees takes time, so another thread does it. Must be called within the runtime.
    pub async fn start(wishes: Vec<Wish>) -> (Watcher, Option<Shortage>) {
        let looked = tokio::task::spawn_blocking(move || {
            let mut scopes: Vec<Scope> = wishes.iter().map(Scope::new).collect();
            let (events, shortage) = match Events::begin(&mut scopes) {
                Ok(events) => (Some(events), None),
                Err(shortage) => (None, shortage),
            };
            let polling = events.is_none().then(|| Polling::begin(&mut scopes));
            (scopes, events, polling, shortage)
        });
        // It reads directories and does not panic; with the runtime it ends, and then nobody waits for it.
        let Ok((scopes, events, polling, mut shortage)) = looked.await else {
            return (Watcher { scopes: Vec::new(), means: Means::Polling(Polling::default()) }, None);
        };
        let means = match (events, polling) {
            (Some(events), _) => match events.listen() {
                Ok(events) => Means::Events(events),
                Err(error) => {
                    shortage = Some(Shortage {
                        errno: error.raw_os_error().unwrap_or(libc::EMFILE),
                        directories: 0,
                    });
                    Means::Polling(Polling::default())
                }
            },
            (None, polling) => Means::Polling(polling.unwrap_or_default()),
        };
        (Watcher { scopes, means }, shortage)
    }

    /// Waits for changes; a batch of them, each file once for each wish. May be dropped at any time.
    pub async fn next(&mut self) -> (Vec<Change>, Option<Shortage>) {
        loop {
            let Watcher { scopes, means } = self;
            let result = match means {
                Means::Events(events) => events.next(scopes).await,
                Means::Polling(polling) => Ok(polling.next(scopes).await),
            };
            match result {
                Ok(changes) if changes.is_empty() => {}
                Ok(changes) => return (changes, None),
                // A directory too many has appeared meanwhile, or the kernel has lost count.
                Err(shortage) => {
                    *means = Means::Polling(Polling::begin(scopes));
                    return (Vec::new(), Some(shortage));
                }
            }
        }
    }
}

/// Adds a change to each wish that it counts for.
fn add(scopes: &mut [Scope], path: &Path, changes: &mut Vec<Change>) {
    for (wish, scope) in scopes.iter_mut().enumerate() {
        let is_new = !changes.iter().any(|change| change.wish == wish && change.path == path);
        if is_new && scope.wants(path) {
            changes.push(Change { wish, path: path.to_owned() });
        }
    }
}

#[cfg(target_os = "linux")]
fn shortage(error: &std::io::Error, directories: usize) -> Shortage {
    Shortage { errno: error.raw_os_error().unwrap_or(libc::EIO), directories }
}

#[cfg(test)]
mod tests;
