//! What a person sees.

pub mod ci;
pub mod events;
pub mod facts;
pub mod history;
pub mod messages;
mod objects;
pub mod sinks;
pub mod table;
pub mod terminal;
pub mod why;
