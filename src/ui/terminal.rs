//! The only writer to stdout and stderr besides the sinks, and what it knows about them.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use crate::project::Colour;
use crate::sys::descriptor;

/// Writes data to stdout. Nobody there to read it is no error.
///
/// # Errors
/// It cannot be kept: the disk is full, or broken.
pub fn out(text: &str) -> io::Result<()> {
    match write_all(io::stdout(), text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes data to stdout. Returns false when nobody is there to read it any more.
///
/// # Errors
/// It cannot be kept: the disk is full, or broken.
pub fn out_to_reader(bytes: &[u8]) -> io::Result<bool> {
    match write_bytes(io::stdout(), bytes) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// Writes a remark to stderr. Nobody there to read it is no error, and nobody could be told of any other.
pub fn err(text: &str) {
    let _ = write_all(io::stderr(), text);
}

/// Asks a question on stderr; returns whether the answer is yes. No answer is none.
///
/// It reads one byte at a time, so that nothing behind the answer is taken away from whoever reads next.
pub fn asks(question: &str) -> bool {
    err(question);
    let mut answer = Vec::new();
    let mut byte = [0];
    while let Ok(1) = descriptor::read(io::stdin(), &mut byte) {
        if byte == *b"\n" {
            break;
        }
        answer.push(byte[0]);
    }
    matches!(answer.trim_ascii().to_ascii_lowercase().as_slice(), b"y" | b"yes")
}

/// Writes all of it, or as much as anybody takes.
fn write_all(to: impl AsFd, text: &str) -> io::Result<()> {
    write_bytes(to, text.as_bytes())
}

fn write_bytes(to: impl AsFd, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match descriptor::write_waiting(&to, rest)? {
            0 => return Ok(()),
            length => rest = &rest[length..],
        }
    }
    Ok(())
}

/// Returns whether stdin is a terminal.
pub fn is_stdin() -> bool {
    io::stdin().is_terminal()
}

/// Returns whether stdout is a terminal.
pub fn is_stdout() -> bool {
    io::stdout().is_terminal()
}

/// Returns whether stderr is a terminal.
pub fn is_stderr() -> bool {
    io::stderr().is_terminal()
}

/// Returns how many columns stdout's terminal has, if it is one.
pub fn columns() -> Option<u16> {
    descriptor::columns(io::stdout())
}

/// What decides about colour. The variables are those of the environment forge was started in.
#[derive(Debug, Clone, Copy)]
pub struct ColourFacts<'a> {
    /// `--color`.
    pub choice: Colour,
    /// Whether the output is a terminal.
    pub terminal: bool,
    /// `NO_COLOR`, see no-color.org.
    pub no_color: Option<&'a OsStr>,
    /// `FORCE_COLOR`, see force-color.org.
    pub force_color: Option<&'a OsStr>,
    /// `CLICOLOR_FORCE`, see bixense.com/clicolors.
    pub clicolor_force: Option<&'a OsStr>,
    /// `CLICOLOR`.
    pub clicolor: Option<&'a OsStr>,
    /// `TERM`.
    pub term: Option<&'a OsStr>,
}

/// Decides about colour. The first of these that says anything wins: `--color`, `NO_COLOR`, `FORCE_COLOR` and
/// `CLICOLOR_FORCE`, `CLICOLOR`, `TERM`; without any of them, a terminal has colour and nothing else has.
///
/// A variable that is set to nothing says nothing.
pub fn has_colour(facts: &ColourFacts<'_>) -> bool {
    match facts.choice {
        Colour::Always => return true,
        Colour::Never => return false,
        Colour::Auto => {}
    }
    let said = |variable: Option<&'_ OsStr>| variable.filter(|value| !value.is_empty()).map(OsStr::to_owned);
    if said(facts.no_color).is_some() {
        return false;
    }
    if let Some(value) = said(facts.force_color) {
        return value != "0" && value != "false";
    }
    if said(facts.clicolor_force).is_some_and(|value| value != "0") {
        return true;
    }
    if said(facts.clicolor).is_some_and(|value| value == "0") {
        return false;
    }
    // Foreman wants TERM to be set, too: cron and init scripts have none.
    facts.terminal && said(facts.term).is_some_and(|value| value != "dumb")
}

#[cfg(test)]
mod tests;
