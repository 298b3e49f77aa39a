//! Waiting until something in a directory changes.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Why a wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Something has changed, or may have.
    Change,
    /// Nothing has.
    Nothing,
    /// Nobody reads the output any more.
    NobodyReads,
    /// Somebody else has something to say.
    Told,
}

/// Hears of changes in one directory.
#[derive(Debug)]
pub struct Changes {
    #[cfg(target_os = "linux")]
    inotify: nix::sys::inotify::Inotify,
}

impl Changes {
    /// Begins to listen.
    ///
    /// # Errors
    /// The kernel allows no more of it (`fs.inotify.max_user_instances`).
    #[cfg(target_os = "linux")]
    pub fn of(directory: &Path) -> io::Result<Changes> {
        use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        inotify.add_watch(
            directory,
            AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVE,
        )?;
        Ok(Changes { inotify })
    }

    /// Begins to listen; here, to look now and then.
    ///
    /// # Errors
    /// None.
    #[cfg(not(target_os = "linux"))]
    pub fn of(_directory: &Path) -> io::Result<Changes> {
        Ok(Changes {})
    }

    /// Waits for a change, for the end of whoever reads `output`, or until `other` can be read; no longer than `limit`, if
    /// there is one.
    ///
    /// # Errors
    /// The kernel does not wait.
    #[cfg(target_os = "linux")]
    pub fn wait(
        &self,
        output: impl AsFd,
        other: Option<BorrowedFd<'_>>,
        limit: Option<Duration>,
    ) -> io::Result<Wake> {
        let output = output.as_fd();
        let waits =
            [PollFd::new(self.inotify.as_fd(), PollFlags::POLLIN), PollFd::new(output, PollFlags::empty())];
        let other = other.map(|other| PollFd::new(other, PollFlags::POLLIN));
        let mut waits: Vec<PollFd<'_>> = waits.into_iter().chain(other).collect();
        let limit =
            limit.map_or(PollTimeout::NONE, |limit| PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX));
        match poll(&mut waits, limit) {
            Ok(0) | Err(Errno::EINTR) => return Ok(Wake::Nothing),
            Ok(_) => {}
            Err(errno) => return Err(errno.into()),
        }
        if waits[1].any().unwrap_or(false) {
            return Ok(Wake::NobodyReads);
        }
        if waits.get(2).is_some_and(|other| other.any().unwrap_or(false)) {
            return Ok(Wake::Told);
        }
        // What has changed is looked for anyway.
        while self.inotify.read_events().is_ok_and(|events| !events.is_empty()) {}
        Ok(Wake::Change)
    }

    /// Waits a moment, for the end of whoever reads `output`, or until `other` can be read.
    ///
    /// # Errors
    /// The kernel does not wait.
    #[cfg(not(target_os = "linux"))]
    pub fn wait(
        &self,
        output: impl AsFd,
        other: Option<BorrowedFd<'_>>,
        limit: Option<Duration>,
    ) -> io::Result<Wake> {
        const MOMENT: Duration = Duration::from_millis(200);
        let limit = limit.map_or(MOMENT, |limit| limit.min(MOMENT));
        let output = PollFd::new(output.as_fd(), PollFlags::empty());
        let other = other.map(|other| PollFd::new(other, PollFlags::POLLIN));
        let mut waits: Vec<PollFd<'_>> = std::iter::once(output).chain(other).collect();
        match poll(&mut waits, PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX)) {
            Ok(0) | Err(Errno::EINTR) => Ok(Wake::Change),
            Ok(_) if waits[0].any().unwrap_or(false) => Ok(Wake::NobodyReads),
            Ok(_) => Ok(Wake::Told),
            Err(errno) => Err(errno.into()),
        }
    }
}
