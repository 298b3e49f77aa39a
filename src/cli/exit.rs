//! What forge's own exit code says. The table is in the README.

use crate::supervisor::Outcome;

/// It was asked to stop, or everything that had to end ended well.
pub(crate) const DONE: u8 = 0;
/// A mistake in a file, a formation or a port; nothing was started.
pub(crate) const MISTAKE: u8 = 1;
/// A mistake on the command line.
pub(crate) const USAGE: u8 = 2;
/// A limit of time was reached.
pub(crate) const TIME_UP: u8 = 124;
/// Nothing is there that could be asked: no logs.
pub(crate) const NOTHING_HERE: u8 = 3;
/// forge itself failed.
pub(crate) const BROKEN: u8 = 125;
/// A command is not executable.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// A command was not found.
pub(crate) const NOT_FOUND: u8 = 127;

/// Returns the exit code for the way a stack has ended.
pub(crate) fn code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Done => DONE,
        Outcome::Failed { exit, .. } => exit.shell_code(),
        Outcome::Broken => BROKEN,
    }
}

#[cfg(test)]
mod tests;
