//! The wire between a running stack and whoever wants to look at it or change it.

pub mod attach;
pub mod frames;
