//! Where a program is: the search that `execvp(3)` and every shell do, with an answer that says why not.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::fcntl::AtFlags;
use nix::unistd::{AccessFlags, faccessat};

/// What shells search when there is no PATH at all.
const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The answer of [`find`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// It is this file.
    Found(PathBuf),
    /// There is only this file, which may not be executed.
    NotExecutable(PathBuf),
    /// There is none.
    NotFound,
}

/// Looks for a program as a process in `cwd` (absolute) would that has `path` for its PATH.
pub fn find(program: &[u8], path: Option<&[u8]>, cwd: &Path) -> Lookup {
    let name = Path::new(OsStr::from_bytes(program));
    if program.is_empty() {
        return Lookup::NotFound;
    }
    if program.contains(&b'/') {
        let file = cwd.join(name);
        return match file.metadata() {
            Err(_) => Lookup::NotFound,
            Ok(metadata) if metadata.is_file() && may_execute(&file) => Lookup::Found(file),
            Ok(_) => Lookup::NotExecutable(file),
        };
    }
    let mut refused = None;
    for directory in path.unwrap_or(DEFAULT_PATH).split(|byte| *byte == b':') {
        // An empty entry is the current directory.
        let file = cwd.join(OsStr::from_bytes(directory)).join(name);
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            continue;
        }
        if may_execute(&file) {
            return Lookup::Found(file);
        }
        refused.get_or_insert(file);
    }
    refused.map_or(Lookup::NotFound, Lookup::NotExecutable)
}

fn may_execute(file: &Path) -> bool {
    faccessat(nix::fcntl::AT_FDCWD, file, AccessFlags::X_OK, AtFlags::AT_EACCESS).is_ok()
}

#[cfg(test)]
mod tests;
