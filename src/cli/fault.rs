//! A panic: a fault of forge itself. What the user sees of it, and what never.

use std::panic::{AssertUnwindSafe, Location, catch_unwind, set_hook};

use super::exit;
use crate::ui::terminal;

/// Does the work; a panic in it becomes a message and an exit code.
///
/// The words of a panic are left out: they may quote what was being worked on, a line of an env file for example, and
/// messages end up in the logs of others. Whatever was started is ended by the guard, which sees forge go.
pub(super) fn survive(work: impl FnOnce() -> u8) -> u8 {
    set_hook(Box::new(|panic| terminal::err(&words(panic.location()))));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(exit::BROKEN)
}

fn words(place: Option<&Location<'_>>) -> String {
    let place = place.map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    format!("error: a fault within forge {}{place}\n", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests;
