//! The directory of the logs: whose it is, and who writes into it now.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::names::INDEX;
use crate::sys::folder::{self, Before, Folder, Locked};

/// Held by whoever writes; its text says who that is.
const LOCK: &str = "lock";

/// Says which project the files are of.
const OWNER: &str = "project";

/// The largest of the two files above that is read.
const LARGEST: u64 = 64 * 1024;

/// Keeps the logs out of a repository, where forge has made the directory.
const IGNORE: (&str, &[u8]) = (".gitignore", b"*\n");

/// A directory of logs into which this forge, and no other, writes.
#[derive(Debug)]
pub struct Directory {
    /// Where it is.
    pub path: PathBuf,
    /// The log files.
    pub logs: Folder,
    /// Their indexes.
    pub index: Folder,
    /// Closed, it is free for others.
    _lock: Locked,
}

/// Why a directory cannot be used.
#[derive(Debug)]
pub enum Refusal {
    /// Another forge writes into it.
    Taken {
        /// Its process, where it is known.
        pid: Option<i32>,
    },
    /// It holds the logs of another project.
    Foreign {
        /// The root directory of that project.
        project: PathBuf,
    },
    /// It cannot be made, or not written into.
    Unusable {
        /// What could not be had: the directory, or a file in it.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Directory {
    /// Opens the directory at `path`, or makes it, for the project with this root.
    ///
    /// A project that has moved takes along what lies within it, and a project that is gone leaves its logs to the next one.
    ///
    /// # Errors
    /// Another forge writes there now, or the logs of another project are there, or the file system refuses.
    pub fn open(path: &Path, project: &Path, pid: u32) -> Result<Directory, Refusal> {
        let unusable = |path: PathBuf| move |error: io::Error| Refusal::Unusable { path, error };
        let (logs, before) = Folder::make(path).map_err(unusable(path.to_owned()))?;
        let index_path = path.join(INDEX);
        let index = logs.make_inner(INDEX).map_err(unusable(index_path.clone()))?;
        let lock = index.append(LOCK).and_then(folder::lock).map_err(unusable(index_path.join(LOCK)))?;
        let mut lock = match lock {
            Ok(lock) => lock,
            Err(mut other) => {
                let pid = read_all(&mut other).ok().and_then(|text| String::from_utf8(text).ok());
                return Err(Refusal::Taken { pid: pid.and_then(|pid| pid.trim().parse().ok()) });
            }
        };
        // Nothing depends on it but a message.
        let _ = folder::cut(&lock, 0).and_then(|()| writeln!(lock, "{pid}"));

        let mut owner = index.append(OWNER).map_err(unusable(index_path.join(OWNER)))?;
        let before_us = read_all(&mut owner).map_err(unusable(index_path.join(OWNER)))?;
        let before_us = PathBuf::from(std::ffi::OsString::from_vec(before_us));
        if before_us != project {
            let nobodys = before_us.as_os_str().is_empty() || !folder::is_there(&before_us);
            if !nobodys && !is_within(path, project) {
                return Err(Refusal::Foreign { project: before_us });
            }
            folder::cut(&owner, 0)
                .and_then(|()| owner.write_all(project.as_os_str().as_bytes()))
                .map_err(unusable(index_path.join(OWNER)))?;
        }
        if before == Before::Made {
            let (name, text) = IGNORE;
            // Without it nothing is worse than before.
            let _ = logs.append(name).and_then(|mut file| file.write_all(text));
        }
        Ok(Directory { path: path.to_owned(), logs, index, _lock: lock })
    }
}

fn is_within(path: &Path, root: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(path).starts_with(real(root))
}

fn read_all(file: &mut File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text)?;
    Ok(text)
}
