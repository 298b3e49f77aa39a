//! What other systems than Linux have in the place of pid namespaces: nothing.

use super::process::Fork;
use super::refusal::{Refusal, Stage};

/// A way that is not there.
#[derive(Debug)]
pub enum Door {}

/// Says no.
///
/// # Safety
/// Nothing to keep.
///
/// # Errors
/// Always.
pub unsafe fn fork() -> Result<(Fork, Door), Refusal> {
    Err(Refusal::new(Stage::Make, nix::errno::Errno::ENOSYS))
}

impl Door {
    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn enter(self) -> Result<(), Refusal> {
        match self {}
    }
}

/// An outside that is not there.
#[derive(Debug)]
pub enum Outside {}

impl Outside {
    /// Says no.
    ///
    /// # Errors
    /// Always.
    pub fn hold() -> Result<Outside, Refusal> {
        Err(Refusal::new(Stage::Proc, nix::errno::Errno::ENOSYS))
    }

    /// Never called.
    pub fn as_raw_fd(&self) -> std::os::fd::RawFd {
        match *self {}
    }

    /// Never called.
    pub fn own_pid(&self) -> Option<i32> {
        match *self {}
    }
}
