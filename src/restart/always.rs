//! `always`: whatever ended is started again, success or not.

use super::{Case, Kind, Policy, Verdict, budget};

/// The kind as the registry lists it.
pub static ALWAYS: Kind =
    Kind { name: "always", help: "start a process again whenever it has ended", policy: &Always };

#[derive(Debug)]
struct Always;

impl Policy for Always {
    fn decide(&self, case: &Case<'_>) -> Verdict {
        budget::again(case)
    }
}
