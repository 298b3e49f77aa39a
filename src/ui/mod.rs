//! What a person sees.

pub mod bar;
pub mod ci;
pub mod events;
pub mod history;
pub mod messages;
mod objects;
pub mod sinks;
pub mod terminal;
pub mod why;
