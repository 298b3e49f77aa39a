//! A file that a command writes for others to read, made before the work so that a bad path is known in time.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// An open file.
#[derive(Debug)]
pub struct Sheet(File);

impl Sheet {
    /// Makes an empty file; one that is there loses what it had.
    ///
    /// # Errors
    /// It cannot be made there.
    pub fn blank(path: &Path) -> io::Result<Sheet> {
        File::create(path).map(Sheet)
    }

    /// Opens a file to add to what it has.
    ///
    /// # Errors
    /// It cannot be opened or made.
    pub fn goes_on(path: &Path) -> io::Result<Sheet> {
        OpenOptions::new().append(true).create(true).open(path).map(Sheet)
    }

    /// Writes all of a text.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())
    }
}
