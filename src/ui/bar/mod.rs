//! The last line of the terminal: how each process is, and the keys.
//!
//! `model` is what it knows and what a key changes, `keys` makes keys of bytes, `view` makes a line of the model.
//! They compute; `screen` brings the line to the terminal.

pub mod keys;
pub mod model;
pub mod screen;
pub mod view;
pub mod words;
