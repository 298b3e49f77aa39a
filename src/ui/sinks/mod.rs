//! How lines and remarks are shown or kept.

mod files;
mod gate;
mod json;
mod sieve;
mod stream;

pub use files::{FileSink, Kept};
pub use json::JsonSink;
pub use sieve::Sieve;
pub use stream::{Screen, StreamSink};

use crate::project::{InstanceSpec, Project};

/// Brings up to date what is known of all that run or have run.
fn renew(instances: &mut Vec<InstanceSpec>, project: &Project) {
    for spec in &project.instances {
        match instances.iter_mut().find(|known| known.id == spec.id) {
            Some(known) => known.clone_from(spec),
            None => instances.push(spec.clone()),
        }
    }
}
