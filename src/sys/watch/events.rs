//! Changes as the kernel tells them: inotify(7).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};
use tokio::io::unix::AsyncFd;

use super::scope::{Found, Scope, is_gitignore};
use super::{Change, Shortage, add, shortage};
use crate::sys::descriptor;

/// A batch that grows beyond this is handed over: whoever gets it restarts something, and ten files are as good as all.
const ENOUGH_CHANGES: usize = 64;

/// A kernel's queue, and what its numbers mean.
#[derive(Debug)]
pub(super) struct Events {
    inotify: Inotify,
    /// The same queue, as the runtime watches it.
    readable: Option<AsyncFd<OwnedFd>>,
    directories: BTreeMap<WatchDescriptor, PathBuf>,
}

impl Events {
    /// Watches every directory in which a file that counts can appear.
    pub(super) fn begin(scopes: &mut [Scope]) -> Result<Events, Option<Shortage>> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)
            .map_err(|errno| Some(shortage(&errno.into(), 0)))?;
        let mut events = Events { inotify, readable: None, directories: BTreeMap::new() };
        events.watch_all(scopes).map_err(Some)?;
        Ok(events)
    }

    /// Has the runtime watch the queue. Must be called within it.
    pub(super) fn listen(self) -> io::Result<Events> {
        let readable = descriptor::watch_readable(self.inotify.as_fd().try_clone_to_owned()?)?;
        Ok(Events { readable: Some(readable), ..self })
    }

    /// Waits for the next batch; it can be empty.
    pub(super) async fn next(&mut self, scopes: &mut [Scope]) -> Result<Vec<Change>, Shortage> {
        let Some(readable) = &self.readable else { return std::future::pending().await };
        let mut ready = readable.readable().await.map_err(|error| shortage(&error, 0))?;
        let news = match self.inotify.read_events() {
            Ok(news) => news,
            Err(Errno::EAGAIN | Errno::EINTR) => {
                ready.clear_ready();
                return Ok(Vec::new());
            }
            Err(errno) => return Err(shortage(&errno.into(), self.directories.len())),
        };
        let mut changes = Vec::new();
        for event in news {
            self.understand(event, scopes, &mut changes)?;
        }
        Ok(changes)
    }

    fn understand(
        &mut self,
        event: InotifyEvent,
        scopes: &mut [Scope],
        changes: &mut Vec<Change>,
    ) -> Result<(), Shortage> {
        let InotifyEvent { wd, mask, name, .. } = event;
        if mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
            // Nobody knows what was lost: everything that is there may have changed.
            return self.look_anew(scopes, changes);
        }
        if mask.contains(AddWatchFlags::IN_IGNORED) {
            self.directories.remove(&wd);
            return Ok(());
        }
        let Some(path) = self.path_of(wd, name) else { return Ok(()) };
        if is_gitignore(&path) {
            scopes.iter_mut().for_each(Scope::forget_gitignores);
            self.watch_all(scopes)?;
        }
        if !mask.contains(AddWatchFlags::IN_ISDIR) {
            add(scopes, &path, changes);
        } else if mask.intersects(AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO) {
            // What was put into it before it was watched is told by nobody.
            self.look_into(&path, scopes, changes)?;
        } else if mask.contains(AddWatchFlags::IN_MOVED_FROM) {
            self.forget(&path);
            for (wish, scope) in scopes.iter_mut().enumerate() {
                if scope.enters(&path) {
                    changes.push(Change { wish, path: path.clone() });
                }
            }
        }
        Ok(())
    }

    fn path_of(&self, directory: WatchDescriptor, name: Option<OsString>) -> Option<PathBuf> {
        Some(self.directories.get(&directory)?.join(name?))
    }

    fn watch_all(&mut self, scopes: &mut [Scope]) -> Result<(), Shortage> {
        for index in 0..scopes.len() {
            for beginning in scopes[index].beginnings() {
                self.watch(&beginning)?;
                self.look(index, &beginning, scopes, &mut |_| {})?;
            }
        }
        Ok(())
    }

    fn look_anew(&mut self, scopes: &mut [Scope], changes: &mut Vec<Change>) -> Result<(), Shortage> {
        self.watch_all(scopes)?;
        for (wish, scope) in scopes.iter().enumerate() {
            changes.extend(scope.beginnings().into_iter().take(1).map(|path| Change { wish, path }));
        }
        Ok(())
    }

    fn look_into(
        &mut self,
        top: &Path,
        scopes: &mut [Scope],
        changes: &mut Vec<Change>,
    ) -> Result<(), Shortage> {
        for wish in 0..scopes.len() {
            let tops = if scopes[wish].is_on_the_way(top) {
                self.watch(top)?;
                scopes[wish].beginnings()
            } else {
                vec![top.to_owned()]
            };
            for top in tops {
                self.look(wish, &top, scopes, &mut |path| {
                    if changes.len() < ENOUGH_CHANGES {
                        changes.push(Change { wish, path: path.to_owned() });
                    }
                })?;
            }
        }
        Ok(())
    }

    /// Watches the directories below `top`, and tells of the files.
    fn look(
        &mut self,
        wish: usize,
        top: &Path,
        scopes: &mut [Scope],
        tell: &mut impl FnMut(&Path),
    ) -> Result<(), Shortage> {
        let mut result = Ok(());
        scopes[wish].walk(top, &mut |found| match found {
            Found::Directory(directory) if result.is_ok() => result = self.watch(directory),
            Found::Directory(_) => {}
            Found::File(file) => tell(file),
        });
        result
    }

    /// Watches a directory; a file, or one that is gone, is left alone.
    fn watch(&mut self, directory: &Path) -> Result<(), Shortage> {
        // Not IN_MODIFY: a file that is being written is not finished. Not IN_ATTRIB: `touch` opens a file for writing.
        let what = AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_MOVE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_ONLYDIR;
        match self.inotify.add_watch(directory, what) {
            Ok(number) => {
                self.directories.insert(number, directory.to_owned());
                Ok(())
            }
            Err(errno @ (Errno::ENOSPC | Errno::ENOMEM)) => {
                Err(shortage(&errno.into(), self.directories.len()))
            }
            // It is gone, is no directory, or may not be read.
            Err(_) => Ok(()),
        }
    }

    /// Watches what was moved away no longer: its directories have other names now.
    fn forget(&mut self, top: &Path) {
        let moved: Vec<WatchDescriptor> = self
            .directories
            .iter()
            .filter(|(_, directory)| directory.starts_with(top))
            .map(|(number, _)| *number)
            .collect();
        for number in moved {
            self.directories.remove(&number);
            // It is gone by itself where the directory was removed meanwhile.
            let _ = self.inotify.rm_watch(number);
        }
    }
}
