//! `never`: what ended stays down, as under foreman.

use super::{Case, Kind, Policy, Verdict};

/// The kind as the registry lists it.
pub static NEVER: Kind =
    Kind { name: "never", help: "leave a process down when it has ended", policy: &Never };

#[derive(Debug)]
struct Never;

impl Policy for Never {
    fn decide(&self, _case: &Case<'_>) -> Verdict {
        Verdict::Stay
    }
}
