//! The mark that every process of a stack carries in its environment: who started it, where, for which project. Pure.
//!
//! A process id alone would mean somebody else after a while, so the guard is named by its start as well; and a number of
//! either kind means something only where it was given, so the mark names that world, too.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The variable by which a process is known to belong to a run, in whatever session it is.
pub const RUN_MARK: &str = "FORGE_RUN_ID";

/// A guard: a process id and the kernel's time of its start, which no two processes have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guard {
    /// Its process id.
    pub pid: i32,
    /// When it started, in the kernel's ticks since boot.
    pub started: u64,
}

/// The directory that a stack belongs to, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectId(pub u64);

impl ProjectId {
    /// Names the project in this directory, whose path is to be absolute and free of symbolic links.
    pub fn of(root: &Path) -> ProjectId {
        ProjectId(fingerprint([root.as_os_str()]))
    }
}

/// One stack: all that one guard keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StackId {
    /// Who keeps it.
    pub guard: Guard,
    /// The boot and the namespaces in which the guard's numbers mean something; see `sys::census::world`.
    pub world: u64,
    /// Where it belongs.
    pub project: ProjectId,
}

/// One launch of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Which stack.
    pub(super) stack: StackId,
    /// Which launch.
    pub(super) run: u64,
}

impl fmt::Display for StackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StackId { guard, world, project } = self;
        write!(f, "{}.{}.{world:016x}.{:016x}", guard.pid, guard.started, project.0)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.stack, self.run)
    }
}

impl StackId {
    /// Reads what `Display` writes, and nothing else.
    pub fn parse(text: &[u8]) -> Option<StackId> {
        let text = std::str::from_utf8(text).ok()?;
        let mut parts = text.split('.');
        let guard = Guard { pid: parts.next()?.parse().ok()?, started: parts.next()?.parse().ok()? };
        let world = u64::from_str_radix(parts.next()?, 16).ok()?;
        let project = ProjectId(u64::from_str_radix(parts.next()?, 16).ok()?);
        let stack = StackId { guard, world, project };
        // `+1` and `01` are numbers, too, but not ours.
        (guard.pid > 0 && stack.to_string() == text).then_some(stack)
    }
}

impl Mark {
    /// Reads what `Display` writes, and nothing else.
    pub(super) fn parse(text: &[u8]) -> Option<Mark> {
        let dot = memchr::memrchr(b'.', text)?;
        let run = std::str::from_utf8(&text[dot + 1..]).ok()?.parse().ok()?;
        Some(Mark { stack: StackId::parse(&text[..dot])?, run })
    }
}

/// FNV-1a: short, and the same in every version of forge and of its compiler. Nobody gains anything by a collision: it takes
/// the right to set variables and to signal, and who has that needs no collision.
fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a OsStr>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.as_bytes().iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests;
