//! Is a file there?

use std::fs;
use std::path::Path;

use super::Refusal;

/// Looks once; a link counts as what it points to. A local file answers within microseconds, so it is not given a thread.
///
/// # Errors
/// It is not there, or may not be looked at.
pub fn is_there(path: &Path) -> Result<(), Refusal> {
    fs::metadata(path).map(drop).map_err(|error| match error.raw_os_error() {
        Some(errno) if !matches!(errno, libc::ENOENT | libc::ENOTDIR) => Refusal::CannotLook { errno },
        _ => Refusal::NoFile,
    })
}
