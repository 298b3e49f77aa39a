//! `never`: what ended stays down, as under foreman.

use super::{History, Kind, Policy, Verdict};
use crate::exit::Exit;
use crate::time::Time;

/// The kind as the registry lists it.
pub static NEVER: Kind =
    Kind { name: "never", help: "leave a process down when it has ended", policy: &Never };

#[derive(Debug)]
struct Never;

impl Policy for Never {
    fn decide(&self, _exit: Exit, _history: &History, _now: Time) -> Verdict {
        Verdict::Stay
    }
}
