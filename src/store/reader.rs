//! Reads log files back: which there are, and the lines of each with what the index knows of them.

mod part;
mod track;

use std::io;
use std::path::Path;

use super::names::{self, INDEX};
use crate::logs::Channel;
use crate::sys::folder::{self, Folder};
use crate::time::WallTime;

pub use track::{Start, Track};

/// A directory of logs, to read.
#[derive(Debug)]
pub struct Archive {
    logs: Folder,
    index: Folder,
}

/// One line, or the next piece of a very long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its bytes as they stand in the file, without the line end.
    pub text: Vec<u8>,
    /// Whether a line begins with it.
    pub begins: bool,
    /// Whether a line ends with it.
    pub ends: bool,
    /// When forge read its beginning.
    pub at: WallTime,
    /// Its place among all lines of the directory.
    pub order: u64,
    /// Which output of the process it is of.
    pub channel: Channel,
    /// Which run, counted from 1; 0 where there is none.
    pub run: u32,
    /// The process of that run, where it is remembered.
    pub pid: Option<i32>,
    /// Whether it is forge's: lines are missing here.
    pub gap: bool,
}

impl Archive {
    /// Opens a directory of logs.
    ///
    /// # Errors
    /// There is none, or it is none of forge's, or it is closed to this user.
    pub fn open(path: &Path) -> io::Result<Archive> {
        let logs = Folder::open(path)?;
        let index = logs.inner(INDEX)?;
        Ok(Archive { logs, index })
    }

    /// Returns whose logs there are, in order, without forge's own.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut found: Vec<String> = self
            .index
            .names()?
            .iter()
            .filter_map(|name| names::parts(name))
            .map(|(stem, _)| names::name(stem))
            .filter(|name| name != names::SYSTEM && name != names::EVENTS)
            .collect();
        found.sort_by(|one, other| in_order(one).cmp(&in_order(other)));
        found.dedup();
        Ok(found)
    }

    /// Returns which file an index is now.
    fn number_of(&self, name: &str) -> Option<u64> {
        folder::facts(&self.index.read(name).ok()?).ok().map(|facts| facts.number)
    }

    /// Returns how old the oldest part of these logs is, if there is any.
    fn oldest(&self, stem: &str) -> Option<u32> {
        let names = self.index.names().ok()?;
        names
            .iter()
            .filter_map(|name| names::parts(name))
            .filter(|(whose, _)| *whose == stem)
            .map(|(_, age)| age)
            .max()
    }
}

/// `web.2` before `web.10`.
fn in_order(name: &str) -> (&str, u32) {
    match name.rsplit_once('.') {
        Some((process, index)) => (process, index.parse().unwrap_or(0)),
        None => (name, 0),
    }
}
