//! What forge's own exit code says. The table is in the README.

use crate::engine::Report;
use crate::supervisor::{Cause, Outcome};

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

/// Returns the exit code of a stack of which there is a report.
pub(crate) fn code_of(report: &Report) -> u8 {
    match (&report.outcome, &report.record.stack.stopping) {
        (Outcome::Done | Outcome::Failed { .. }, Some(Cause::TimeUp)) => TIME_UP,
        (outcome, _) => code(outcome),
    }
}

/// Returns the exit code of a stack that was to come to some point and never has: that is no success, however well
/// those ended who were the cause.
pub(crate) fn code_of_failure(report: &Report) -> u8 {
    match (&report.outcome, &report.record.stack.stopping) {
        (Outcome::Broken, _) => BROKEN,
        (_, Some(Cause::Signal(signal))) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        (_, Some(Cause::TimeUp)) => TIME_UP,
        (outcome, Some(Cause::Ended(_) | Cause::OutputGone) | None) => match code(outcome) {
            DONE => 1,
            code => code,
        },
    }
}

#[cfg(test)]
mod tests;
