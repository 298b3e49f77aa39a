//! A file without a name: room on the disk that is free again when its descriptor is closed, however that comes about.

use std::fs::File;
use std::io;
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

/// Makes one in a directory, for this user alone.
///
/// # Errors
/// The directory cannot be written to.
pub fn make(directory: &Path) -> io::Result<File> {
    let flags = OFlag::O_RDWR | OFlag::O_CLOEXEC;
    #[cfg(target_os = "linux")]
    match open(directory, flags | OFlag::O_TMPFILE, Mode::S_IRUSR | Mode::S_IWUSR) {
        // open(2): file systems that cannot, and kernels before 3.11.
        Err(nix::errno::Errno::EOPNOTSUPP | nix::errno::Errno::EISDIR | nix::errno::Errno::ENOENT) => {}
        made => return Ok(File::from(made?)),
    }
    for number in 0.. {
        let path = directory.join(format!(".forge-{}-{number}", std::process::id()));
        let flags = flags | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
        match open(&path, flags, Mode::S_IRUSR | Mode::S_IWUSR) {
            Err(nix::errno::Errno::EEXIST) if number < 100 => {}
            made => {
                let file = File::from(made?);
                nix::unistd::unlink(&path)?;
                return Ok(file);
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests;
