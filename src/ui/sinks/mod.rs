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
