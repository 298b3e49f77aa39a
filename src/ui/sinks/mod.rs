//! How lines and remarks are shown or kept.

mod gate;
mod json;
mod stream;

pub use json::JsonSink;
pub use stream::{Screen, StreamSink};
