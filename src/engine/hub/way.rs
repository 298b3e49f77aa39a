//! A way out of the hub.

use std::io;
use std::os::fd::OwnedFd;

use crate::engine::outlet::Outlet;
use crate::logs::{Sink, Writer};

/// One way out of the hub: a sink that formats, and a thread on which what it has formatted is written.
pub struct Way {
    pub(super) sink: Box<dyn Sink>,
    pub(super) outlet: Outlet,
}

impl Way {
    /// Starts the thread, with this name.
    ///
    /// # Errors
    /// The kernel has no thread left.
    pub fn start(name: &str, sink: Box<dyn Sink>, writer: impl Writer + 'static) -> io::Result<Way> {
        Ok(Way { sink, outlet: Outlet::start(name, writer)? })
    }

    /// Starts a thread that writes what the sink has formatted to a descriptor as it is: a terminal, a pipe, a file.
    ///
    /// # Errors
    /// The kernel has no thread left.
    pub fn to(name: &str, sink: Box<dyn Sink>, output: OwnedFd) -> io::Result<Way> {
        Ok(Way { sink, outlet: Outlet::to(name, output)? })
    }
}
