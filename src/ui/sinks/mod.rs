//! How lines and remarks are shown or kept.

mod gate;
mod stream;

pub use stream::{Screen, StreamSink};
