//! TCP ports: whether one is taken, by whom, and who listens on it.

mod holder;
mod listeners;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpSocket;

pub use holder::{Holder, holder};
pub use listeners::{Listener, holds, listeners, listening, sockets_of, user_of};

/// Returns whether a program that listens on this port of localhost would be refused.
///
/// It binds and lets go at once, never listens: nobody can connect to forge by mistake. What cannot be tried (no
/// IPv6, a privileged port) does not count as taken. No runtime is needed.
pub fn taken(port: u16) -> bool {
    let is_refused = |socket: io::Result<TcpSocket>, address: SocketAddr| {
        bind(socket, address).is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
    };
    port != 0
        && (is_refused(TcpSocket::new_v4(), (Ipv4Addr::LOCALHOST, port).into())
            || is_refused(TcpSocket::new_v6(), (Ipv6Addr::LOCALHOST, port).into()))
}

fn bind(socket: io::Result<TcpSocket>, address: SocketAddr) -> io::Result<()> {
    let socket = socket?;
    // As servers do: connections of an earlier one that are still in TIME_WAIT do not count, socket(7).
    socket.set_reuseaddr(true)?;
    socket.bind(address)
}
