//! The last line of the terminal: how each process is, and the keys.
//!
//! `model` is what it knows and what a key changes, `keys` makes keys of bytes, `view` makes a line of the model.
//! They compute. `screen` brings the line to the terminal, `front` takes the terminal and gives it back, and
//! `face` is the task that lives as long as the stack.

pub mod face;
pub mod front;
pub mod keys;
pub mod model;
pub mod screen;
pub mod view;
mod words;
