//! Looking from outside whether a process does its work: one file a kind.
//!
//! Each attempt is one future that asks once, keeps nothing and may be dropped at any moment; how long it may take and
//! when the next one follows is for others to decide. What a stranger answers is never trusted: garbage, silence and
//! endless answers are refusals like others.

mod address;
pub mod file;
pub mod http;
pub mod listening;
pub mod tcp;
pub mod unix;

use std::io;

/// Why a look has not shown what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The host has no address.
    UnknownHost,
    /// No connection.
    Unreachable {
        /// Why.
        errno: i32,
    },
    /// There is no such file.
    NoFile,
    /// Nobody listens on the port at all.
    NobodyListens,
    /// Somebody listens on the port, but nobody of the run that is meant.
    AnotherListens,
    /// Something accepts the connection and says nothing, or nothing that is HTTP.
    NotHttp,
    /// The answer is another one than it should be.
    Status {
        /// Its status.
        code: u16,
    },
    /// The look itself failed.
    CannotLook {
        /// Why.
        errno: i32,
    },
}

impl From<&io::Error> for Refusal {
    /// What a failed connection means.
    fn from(error: &io::Error) -> Refusal {
        match error.raw_os_error() {
            Some(errno @ (libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS)) => {
                Refusal::CannotLook { errno }
            }
            Some(errno) => Refusal::Unreachable { errno },
            None => Refusal::Unreachable { errno: libc::EIO },
        }
    }
}

#[cfg(test)]
mod tests;
