//! forge: a Procfile process manager.
//!
//! One line a room; the arrows between them are in ARCHITECTURE.md and are checked by `tests/it/tidy.rs`.

pub mod diagnostic;
pub mod exit;
pub mod time;

pub mod restart;

pub mod project;

pub mod supervisor;

pub mod logs;

pub mod store;

pub mod control;

pub mod guard;
pub mod sys;

pub mod engine;
pub mod ui;

pub mod cli;

pub use cli::main_with;
