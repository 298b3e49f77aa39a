//! The wire between a running stack and whoever wants to look at it or change it: HTTP/1.1 and JSON on a Unix socket.
//!
//! `protocol` are the words, `session` what a face may do, `routes` which path means what; `address` knows where sockets are. `attach` and
//! `frames` are the keyboard and the screen of one process, `lending` hands them out. The
//! server runs in the engine's thread and costs nothing until somebody connects; the client is a connection for each request.

pub mod address;
pub mod attach;
pub mod client;
pub mod face;
pub mod frames;
mod io;
mod lending;
pub mod log_query;
pub mod protocol;
mod routes;
pub mod server;
pub mod session;
