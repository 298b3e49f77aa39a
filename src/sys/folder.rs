//! A directory that is held open, and the files in it: all are reached through its descriptor, and none through a
//! symbolic link, so that nobody who may write into it can make forge write anywhere else.

use std::fs::{DirBuilder, File};
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::Path;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, Flock, FlockArg, OFlag, open, openat, renameat};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, mkdirat};
use nix::sys::uio::writev;
use nix::unistd::{UnlinkatFlags, ftruncate, geteuid, unlinkat};

/// How many pieces one `writev(2)` takes everywhere (`IOV_MAX` is 1024 on Linux and macOS).
const PIECES: usize = 1024;

/// A directory, held open.
#[derive(Debug)]
pub struct Folder(OwnedFd);

/// Whether a folder was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It was there.
    There,
    /// It has been made, for this user alone.
    Made,
}

impl Folder {
    /// Opens the directory that somebody named; the name may be a symbolic link.
    ///
    /// # Errors
    /// There is none, or it is not a directory, or it is closed to this user.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        Ok(Folder(open(path, flags, Mode::empty())?))
    }

    /// Opens it, or makes it and what is missing above it, for this user alone.
    ///
    /// # Errors
    /// As for `open`, or it cannot be made.
    pub fn make(path: &Path) -> io::Result<(Folder, Before)> {
        match Folder::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened.map(|folder| (folder, Before::There)),
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok((Folder::open(path)?, Before::Made))
    }

    /// Opens a directory within it.
    ///
    /// # Errors
    /// There is none, or it is something else, also a symbolic link to one.
    pub fn inner(&self, name: &str) -> io::Result<Folder> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Ok(Folder(openat(self.0.as_fd(), name, flags, Mode::empty())?))
    }

    /// Opens a directory within it, or makes it, for this user alone.
    ///
    /// # Errors
    /// As for `inner`, or it cannot be made.
    pub fn make_inner(&self, name: &str) -> io::Result<Folder> {
        match mkdirat(self.0.as_fd(), name, Mode::S_IRWXU) {
            Ok(()) | Err(Errno::EEXIST) => self.inner(name),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Opens a file to read.
    ///
    /// # Errors
    /// There is none, or it is a symbolic link (ELOOP), or no regular file (EINVAL).
    pub fn read(&self, name: &str) -> io::Result<File> {
        self.open_file(name, OFlag::O_RDONLY)
    }

    /// Opens a file to read and to write at its end, or makes it, for this user alone.
    ///
    /// # Errors
    /// It is a symbolic link (ELOOP), no regular file (EINVAL), of another user (EPERM), or it cannot be made.
    pub fn append(&self, name: &str) -> io::Result<File> {
        let file = self.open_file(name, OFlag::O_RDWR | OFlag::O_APPEND | OFlag::O_CREAT)?;
        if stat_of(&file)?.st_uid != geteuid().as_raw() {
            return Err(Errno::EPERM.into());
        }
        Ok(file)
    }

    fn open_file(&self, name: &str, flags: OFlag) -> io::Result<File> {
        // Without waiting: a FIFO in its place would have no other end.
        let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = match openat(self.0.as_fd(), name, flags, Mode::S_IRUSR | Mode::S_IWUSR) {
            Ok(file) => File::from(file),
            Err(errno) => return Err(errno.into()),
        };
        if SFlag::from_bits_truncate(stat_of(&file)?.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
            return Err(Errno::EINVAL.into());
        }
        Ok(file)
    }

    /// Gives a file another name, in place of whatever has it.
    ///
    /// # Errors
    /// There is no such file, or the directory cannot be changed.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(self.0.as_fd(), from, self.0.as_fd(), to)?)
    }

    /// Removes a file; one that is not there is as good.
    ///
    /// # Errors
    /// The directory cannot be changed.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(self.0.as_fd(), name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Returns whether there is something of this name.
    pub fn has(&self, name: &str) -> bool {
        nix::sys::stat::fstatat(self.0.as_fd(), name, nix::fcntl::AtFlags::AT_SYMLINK_NOFOLLOW).is_ok()
    }

    /// Returns the names in it that are UTF-8, in order.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut directory =
            Dir::openat(self.0.as_fd(), ".", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
        let mut names = Vec::new();
        for entry in directory.iter() {
            if let Ok(name) = entry?.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }
}

/// Returns whether a directory is at this path, by itself or behind a symbolic link.
pub fn is_there(path: &Path) -> bool {
    nix::sys::stat::fstatat(AT_FDCWD, path, nix::fcntl::AtFlags::empty())
        .is_ok_and(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR)
}

/// What is true of an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its length.
    pub bytes: u64,
    /// Whether it still has a name.
    pub named: bool,
    /// Which one it is, on its device.
    pub number: u64,
    /// When it was last written to, in nanoseconds since 1970.
    pub changed: i64,
}

/// Returns what is true of an open file.
///
/// # Errors
/// The kernel does not tell.
pub fn facts(file: &File) -> io::Result<Facts> {
    let stat = stat_of(file)?;
    Ok(Facts {
        bytes: u64::try_from(stat.st_size).unwrap_or(0),
        named: stat.st_nlink > 0,
        number: stat.st_ino,
        changed: stat.st_mtime.saturating_mul(1_000_000_000).saturating_add(stat.st_mtime_nsec),
    })
}

fn stat_of(file: &File) -> io::Result<FileStat> {
    Ok(fstat(file)?)
}

/// Writes all pieces, one behind the other.
///
/// # Errors
/// How many bytes have got there all the same, and why no more.
pub fn write_pieces(file: &File, pieces: &[&[u8]]) -> Result<(), (u64, io::Error)> {
    let mut written = 0;
    let mut rest: Vec<IoSlice<'_>> =
        pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| IoSlice::new(piece)).collect();
    let mut rest = rest.as_mut_slice();
    while !rest.is_empty() {
        match writev(file, &rest[..rest.len().min(PIECES)]) {
            Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
            Ok(length) => {
                written += length as u64;
                IoSlice::advance_slices(&mut rest, length);
            }
            Err(Errno::EINTR) => {}
            Err(errno) => return Err((written, errno.into())),
        }
    }
    Ok(())
}

/// Reads at a place, as much as there is, up to the length of the buffer; returns how much it was.
///
/// # Errors
/// It cannot be read.
pub fn read_at(file: &File, buffer: &mut [u8], mut offset: u64) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read_at(&mut buffer[length..], offset) {
            Ok(0) => break,
            Ok(more) => {
                length += more;
                offset += more as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Cuts a file off.
///
/// # Errors
/// The kernel refuses.
pub fn cut(file: &File, bytes: u64) -> io::Result<()> {
    Ok(ftruncate(file, i64::try_from(bytes).unwrap_or(i64::MAX))?)
}

/// Returns how large a file of this process may get, in bytes (`RLIMIT_FSIZE` of setrlimit(2)).
pub fn largest_file() -> u64 {
    getrlimit(Resource::RLIMIT_FSIZE).map_or(u64::MAX, |(soft, _)| soft)
}

/// A file that nobody else can have at the same time, until it is closed; also by the end of forge, however it ends.
pub type Locked = Flock<File>;

/// Locks a file; gives it back where somebody else has it.
///
/// # Errors
/// The file system knows no locks.
pub fn lock(file: File) -> io::Result<Result<Locked, File>> {
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(locked) => Ok(Ok(locked)),
        Err((file, Errno::EWOULDBLOCK)) => Ok(Err(file)),
        Err((_, errno)) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests;
