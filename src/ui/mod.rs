//! What a person sees.

pub mod background;
pub mod bar;
pub mod ci;
pub mod events;
pub mod facts;
pub mod history;
pub mod messages;
mod objects;
pub mod retold;
pub mod sinks;
pub mod table;
pub mod terminal;
pub mod why;
