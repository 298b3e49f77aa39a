//! How lines and remarks are shown or kept.

mod files;
mod stream;

pub use files::{FileSink, Kept};
pub use stream::{Screen, StreamSink};
