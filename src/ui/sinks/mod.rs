//! How lines and remarks are shown or kept.

mod stream;

pub use stream::{Screen, StreamSink};
