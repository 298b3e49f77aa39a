//! A directory that belongs to this user alone, for what programs of this user tell each other.
//!
//! It lies in places where others may write too (`/tmp`), so it is used only if it is a directory, no symbolic link, owned
//! by this user and closed to all others; and everything in it is reached through its descriptor, so that nobody can
//! put another one in its place meanwhile.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, SFlag, fstat};
use nix::unistd::{UnlinkatFlags, geteuid, mkdir, unlinkat};

/// A directory that is ours alone.
#[derive(Debug)]
pub struct PrivateDir(OwnedFd);

impl PrivateDir {
    /// Opens it.
    ///
    /// # Errors
    /// There is none, or it is not ours alone.
    pub fn open(path: &Path) -> io::Result<PrivateDir> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let directory = open(path, flags, Mode::empty())?;
        let stat = fstat(&directory)?;
        let is_closed =
            Mode::from_bits_truncate(stat.st_mode) & (Mode::S_IRWXG | Mode::S_IRWXO) == Mode::empty();
        let is_directory = SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR;
        if !is_directory || !is_closed || stat.st_uid != geteuid().as_raw() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(PrivateDir(directory))
    }

    /// Opens it, or makes it; the directory above must be there.
    ///
    /// # Errors
    /// As for `open`, or it cannot be made.
    pub fn make(path: &Path) -> io::Result<PrivateDir> {
        match mkdir(path, Mode::S_IRWXU) {
            Ok(()) | Err(Errno::EEXIST) => PrivateDir::open(path),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Makes an empty file whose name says everything. One that is there already is as good.
    ///
    /// # Errors
    /// The name cannot be a name, or there is no room.
    pub fn note(&self, name: &str) -> io::Result<()> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        match openat(self.0.as_fd(), name, flags, Mode::S_IRUSR | Mode::S_IWUSR) {
            Ok(_) | Err(Errno::EEXIST) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Removes a file; one that is not there is as good.
    pub fn forget(&self, name: &str) {
        let _ = unlinkat(self.0.as_fd(), name, UnlinkatFlags::NoRemoveDir);
    }

    /// Returns the names in it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn names(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut directory =
            Dir::openat(self.0.as_fd(), ".", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
        let names = directory.iter().map(|entry| entry.map(|entry| entry.file_name().to_bytes().to_vec()));
        Ok(names.collect::<Result<Vec<_>, Errno>>()?)
    }
}

impl AsFd for PrivateDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Returns whether a directory is there and owned by this user, so that something of ours may be put into it.
pub fn is_own(path: &OsStr) -> bool {
    let path = Path::new(path);
    path.is_absolute()
        && !path.as_os_str().as_bytes().contains(&0)
        && nix::sys::stat::stat(path).is_ok_and(|stat| stat.st_uid == geteuid().as_raw())
}

/// Returns the number of this user.
pub fn own_user() -> u32 {
    geteuid().as_raw()
}

#[cfg(test)]
mod tests;
