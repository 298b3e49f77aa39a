//! `on-failure`: what failed is started again; a success is an end.

use super::{Case, Kind, Policy, Verdict, budget};

/// The kind as the registry lists it.
pub static ON_FAILURE: Kind =
    Kind { name: "on-failure", help: "start a process again when it has failed", policy: &OnFailure };

#[derive(Debug)]
struct OnFailure;

impl Policy for OnFailure {
    fn decide(&self, case: &Case<'_>) -> Verdict {
        if case.success { Verdict::Stay } else { budget::again(case) }
    }
}
