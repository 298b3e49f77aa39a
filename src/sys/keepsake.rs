//! A small file that a program keeps for its next call, in a directory of its own beside the user's files.

use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use nix::fcntl::{AtFlags, OFlag, open, openat, renameat};
use nix::sys::stat::{Mode, fstat, fstatat};
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};

use super::process;

/// Keeps `bytes` under `name` in `directory`, which is made if it is not there and tells git to leave it alone.
///
/// The file is for this user's eyes only, and is either the old one or the new one, whenever somebody looks.
///
/// # Errors
/// The directory is another user's or a link, or there is no room.
pub fn keep(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    match nix::unistd::mkdir(directory, Mode::S_IRWXU) {
        Ok(()) | Err(nix::errno::Errno::EEXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let place = open(directory, flags, Mode::empty())?;
    if fstat(&place)?.st_uid != geteuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if fstatat(&place, ".gitignore", AtFlags::AT_SYMLINK_NOFOLLOW).is_err() {
        write_new(&place, ".gitignore", b"*\n")?;
    }
    let new = format!(".{name}.{}", process::own_pid());
    // Of one that was killed, with the same number.
    let _ = unlinkat(&place, new.as_str(), UnlinkatFlags::NoRemoveDir);
    let kept = write_new(&place, &new, bytes)
        .and_then(|()| Ok(renameat(place.as_fd(), new.as_str(), place.as_fd(), name)?));
    if kept.is_err() {
        let _ = unlinkat(&place, new.as_str(), UnlinkatFlags::NoRemoveDir);
    }
    kept
}

fn write_new(place: &OwnedFd, name: &str, bytes: &[u8]) -> io::Result<()> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let file = openat(place, name, flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
    fs::File::from(file).write_all(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::keep;

    #[test]
    fn what_is_kept_is_for_this_user_alone() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = place.path().join(".own");
        keep(&directory, "last", b"one").expect("it can be kept");
        keep(&directory, "last", b"two").expect("it can be kept again");
        assert_eq!(fs::read(directory.join("last")).expect("it is there"), b"two");
        assert_eq!(fs::read(directory.join(".gitignore")).expect("it is there"), b"*\n");
        let mode = |name: &str| fs::metadata(directory.join(name)).expect("it is there").permissions().mode();
        assert_eq!(mode("last") & 0o777, 0o600);
        assert_eq!(mode("") & 0o777, 0o700);
        assert_eq!(fs::read_dir(&directory).expect("it is one").count(), 2);
    }

    #[test]
    fn a_link_is_not_followed() {
        let place = tempfile::tempdir().expect("a directory");
        let (elsewhere, link) = (place.path().join("elsewhere"), place.path().join(".own"));
        fs::create_dir(&elsewhere).expect("it is new");
        std::os::unix::fs::symlink(&elsewhere, &link).expect("it is new");
        assert!(keep(&link, "last", b"one").is_err());
        assert_eq!(fs::read_dir(&elsewhere).expect("it is one").count(), 0);
    }
}
