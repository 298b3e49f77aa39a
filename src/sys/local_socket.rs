//! Unix sockets with a name in a directory: whoever finds the name can talk to who listens. `unix(7)`.
//!
//! A name may have only some hundred bytes in the kernel's call (`sun_path`), and directories may be deeper than that. On Linux
//! the way leads through the descriptor of the directory, which is short however deep that is.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat};
use nix::unistd::Pid;

use super::private_dir::PrivateDir;
use super::socket::Sender;

/// As long a path as every system takes: 108 bytes with the zero at the end on Linux, 104 elsewhere.
const LONGEST_PATH: usize = 103;

/// Listens under a name in a private directory, which nobody but this user can open then.
///
/// # Errors
/// The name is taken, or the file system has no sockets.
pub fn listen(directory: &PrivateDir, path: &Path, name: &str) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(way(directory, path, OsStr::new(name)))?;
    // The directory has kept everybody else away until here.
    fchmodat(directory, name, Mode::S_IRUSR | Mode::S_IWUSR, FchmodatFlags::FollowSymlink)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Connects to whoever listens under a name in a private directory.
///
/// # Errors
/// `ConnectionRefused`: nobody listens there any more. `WouldBlock`: it does not take anybody.
pub fn connect_in(directory: &PrivateDir, path: &Path, name: &str) -> io::Result<UnixStream> {
    connect(&way(directory, path, OsStr::new(name)))
}

/// Connects to whoever listens at a path, however long it is.
///
/// # Errors
/// As for `connect_in`; or there is no such path.
pub fn connect_to(path: &Path) -> io::Result<UnixStream> {
    if path.as_os_str().len() <= LONGEST_PATH {
        return connect(path);
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let directory = open(parent, OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
    connect(&way(&directory, parent, name))
}

/// Returns a way that is short enough wherever the system knows one.
fn way(directory: &impl AsFd, path: &Path, name: &OsStr) -> PathBuf {
    let whole = path.join(name);
    if whole.as_os_str().len() <= LONGEST_PATH || !cfg!(target_os = "linux") {
        return whole;
    }
    // `/proc/self`, which an asking thread may not have with that name, is the process.
    PathBuf::from(format!("/proc/self/fd/{}", directory.as_fd().as_raw_fd())).join(name)
}

/// Connects without waiting for anybody who is suspended.
fn connect(path: &Path) -> io::Result<UnixStream> {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
    let address = UnixAddr::new(path)?;
    let socket: OwnedFd = socket(AddressFamily::Unix, SockType::Stream, SockFlag::empty(), None)?;
    let stream = UnixStream::from(socket);
    // Not in one step everywhere: macOS has no SOCK_CLOEXEC.
    nix::fcntl::fcntl(&stream, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
    stream.set_nonblocking(true)?;
    loop {
        match connect(stream.as_raw_fd(), &address) {
            Ok(()) => return Ok(stream),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Returns who has connected, in the kernel's word.
///
/// # Errors
/// The system does not tell.
#[cfg(target_os = "linux")]
pub fn peer(socket: &impl AsFd) -> io::Result<Sender> {
    let who = nix::sys::socket::getsockopt(socket, nix::sys::socket::sockopt::PeerCredentials)?;
    Ok(Sender { pid: who.pid(), user: who.uid() })
}

/// See above; elsewhere only the user is told, and the pid is 0.
#[cfg(not(target_os = "linux"))]
pub fn peer(socket: &impl AsFd) -> io::Result<Sender> {
    let (user, _) = nix::unistd::getpeereid(socket)?;
    Ok(Sender { pid: 0, user: user.as_raw() })
}

/// Returns whether there is a process of this number, whoever's it is.
pub fn is_there(pid: i32) -> bool {
    nix::sys::signal::kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

#[cfg(test)]
mod tests;
