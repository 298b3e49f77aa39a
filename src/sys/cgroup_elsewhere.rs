//! What other systems than Linux have in the place of control groups: nothing.

use std::collections::BTreeSet;
use std::io;

use super::process::Fork;

/// Returns a name that is never used.
pub fn name(_id: &str) -> String {
    String::new()
}

/// Nobody counts there.
pub fn memory_counts(_pid: i32) -> Vec<std::path::PathBuf> {
    Vec::new()
}

/// There are none.
pub fn made() -> Vec<Made> {
    Vec::new()
}

/// A group that nobody can have made.
#[derive(Debug)]
pub enum Made {}

impl Made {
    /// Never called.
    pub fn id(&self) -> &str {
        match *self {}
    }

    /// Never called.
    pub fn members(&self) -> BTreeSet<i32> {
        match *self {}
    }

    /// Never called.
    pub fn everybody(&self) -> BTreeSet<i32> {
        match *self {}
    }

    /// Never called.
    pub fn kill(&self) {
        match *self {}
    }

    /// Never called.
    pub fn remove_if_empty(&self) {
        match *self {}
    }
}

/// A group that cannot be.
#[derive(Debug)]
pub enum Group {}

impl Group {
    /// There is none.
    pub fn make(_name: &str) -> Option<Group> {
        None
    }

    /// There is none.
    pub fn find(_name: &str) -> Option<Group> {
        None
    }

    /// Never called.
    pub fn kill(&self) {
        match *self {}
    }

    /// Never called.
    pub fn remove(&self) {
        match *self {}
    }
}

/// Never called.
///
/// # Safety
/// Nothing to keep.
pub unsafe fn fork_into(group: &Group) -> io::Result<Fork> {
    match *group {}
}
