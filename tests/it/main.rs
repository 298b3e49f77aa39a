//! The integration tests: the real `forge`, real children, waits for facts; and rules about the repository itself.
//!
//! One binary, so that it is linked once. `forge.rs` starts a forge and asks about it, `puppet.rs` is the near end
//! of a child that does what it is told; each other file holds the tests of one subject.
#![expect(clippy::disallowed_methods, reason = "tests start programs and read files themselves")]

#[path = "../puppet/wire.rs"]
mod wire;

mod census;
mod ended;
mod follow;
mod forge;
mod free;
mod puppet;
mod running;
mod screen;
mod terminal;
mod tracer;
mod watch;

mod attach;
mod bar;
mod check;
mod children;
mod ci;
mod clean;
mod clean_children;
mod cold;
mod control;
mod detach;
mod display;
mod dry_run;
mod envs;
mod errors;
mod exhaustion;
mod harness;
mod help;
mod hooks;
mod isolate;
mod isolation;
mod jobs;
mod leftovers;
mod limits;
mod logfiles;
mod logs;
mod manifest;
mod manifest_output;
mod masking;
mod matrix;
mod nice;
mod notify;
mod oom;
mod order;
mod output;
mod ports;
mod pty;
mod readme;
mod ready;
mod reload;
mod restarts;
mod run;
mod scenarios;
mod schedules;
mod security;
mod signals;
mod sinks;
mod start;
mod stopping;
mod tasks;
mod tidy;
mod watching;
mod why;
