//! Where the socket of a stack is: in a private directory, under the name of its project and the pid of its forge.
//!
//! So two stacks of one project never fight for a name, and no lock is needed. A socket that nobody listens to and whose forge is gone is
//! removed by whoever finds it, without a word.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::sys::local_socket;
use crate::sys::private_dir::PrivateDir;

/// The socket of a running stack; its name is removed when this is dropped.
#[derive(Debug)]
pub struct Seat {
    listener: Option<UnixListener>,
    directory: PrivateDir,
    path: PathBuf,
    name: String,
}

/// Listens in the first directory that works.
///
/// # Errors
/// None of them does; the last reason.
pub fn claim(directories: &[PathBuf], project: u64, pid: u32) -> io::Result<Seat> {
    let mut reason = io::Error::from(io::ErrorKind::NotFound);
    for path in directories {
        match claim_in(path, &name(project, pid)) {
            Ok(seat) => return Ok(seat),
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

fn claim_in(path: &Path, name: &str) -> io::Result<Seat> {
    let directory = PrivateDir::make(path)?;
    let listener = match local_socket::listen(&directory, path, name) {
        // An earlier process of this number has left it: that one is certainly gone.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            directory.forget(name);
            local_socket::listen(&directory, path, name)
        }
        listener => listener,
    }?;
    Ok(Seat { listener: Some(listener), directory, path: path.to_owned(), name: name.to_owned() })
}

impl Seat {
    /// Returns where it is.
    pub fn path(&self) -> PathBuf {
        self.path.join(&self.name)
    }

    /// Takes what listens out of it, once.
    pub(super) fn take(&mut self) -> Option<UnixListener> {
        self.listener.take()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.directory.forget(&self.name);
    }
}

/// A socket that somebody listens to, or may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The pid of its forge, as the name tells it.
    pub pid: Option<i32>,
    /// Where it is.
    pub path: PathBuf,
}

impl Address {
    /// One that was named by the user.
    pub fn at(path: &Path) -> Address {
        Address { pid: None, path: path.to_owned() }
    }

    /// Connects to it.
    ///
    /// # Errors
    /// Nobody listens there, or takes nobody.
    pub fn connect(&self) -> io::Result<UnixStream> {
        local_socket::connect_to(&self.path)
    }
}

/// Returns the sockets of a project, the oldest process before the others; removes those that are nobody's any more.
pub fn find(directories: &[PathBuf], project: u64) -> Vec<Address> {
    let mut found = Vec::new();
    for path in directories {
        let Ok(directory) = PrivateDir::open(path) else { continue };
        for name in directory.names().unwrap_or_default() {
            let Some((name, pid)) = pid_of(&name, project) else { continue };
            let is_stale = local_socket::connect_in(&directory, path, name)
                .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
            if !is_stale {
                found.push(Address { pid: Some(pid), path: path.join(name) });
            } else if !local_socket::is_there(pid) {
                directory.forget(name);
            }
        }
    }
    found.sort();
    found
}

fn name(project: u64, pid: u32) -> String {
    format!("{project:016x}-{pid}.sock")
}

/// Reads what `name` writes, and nothing else.
fn pid_of(text: &[u8], project: u64) -> Option<(&str, i32)> {
    let text = std::str::from_utf8(text).ok()?;
    let pid: u32 = text.strip_suffix(".sock")?.rsplit_once('-')?.1.parse().ok()?;
    (name(project, pid) == text).then_some(())?;
    Some((text, i32::try_from(pid).ok()?))
}

#[cfg(test)]
mod tests;
