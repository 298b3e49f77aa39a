//! The keeper: a second, small process that starts, signals and reaps everything, and outlives forge by a moment.
//!
//! It is forked before forge has a second thread, has one thread itself, sits in a session of its own and ignores every
//! signal, so that nothing that hits forge hits it. Everything that forge runs is its child, and orphans of any depth
//! fall to it (`PR_SET_CHILD_SUBREAPER`). When its socket ends, forge is gone, however that came about; then it ends
//! everything below it and itself. It is the only place that starts, signals and reaps, so a process id cannot be
//! given to a stranger between looking and killing.
#![expect(unsafe_code, reason = "forking is not safe in general; here it is, and each block says why")]

pub mod alone;
mod keeper;
mod launch;
pub mod leftovers;
mod link;
mod mark;
pub mod record;
mod spawn;
mod sweep;
mod tree;
mod whose;
pub mod wire;

pub use launch::{Isolation, NoGuard, launch};
pub use link::{GuardNews, Link, Unlinked};
pub use mark::{Guard, ProjectId, RUN_MARK, StackId};
