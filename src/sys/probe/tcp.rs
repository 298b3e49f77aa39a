//! Does somebody accept connections on a TCP port?

use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::{Refusal, address};

/// Connects, and lets go at once. Without a host both loopback addresses are tried.
///
/// # Errors
/// Nobody accepts a connection there.
pub async fn accepts(host: Option<&str>, port: u16) -> Result<(), Refusal> {
    let addresses = address::resolve(host, port).await?;
    address::first(addresses, |address| async move { connect(address).await.map(drop) }).await
}

/// Connects.
///
/// A connection to a port of this machine that nobody listens on can come about all the same: if the kernel picks that
/// very port as its near end, the socket is connected to itself. Over some thousands of attempts it does.
pub(super) async fn connect(address: SocketAddr) -> Result<TcpStream, Refusal> {
    let stream = TcpStream::connect(address).await.map_err(|error| Refusal::from(&error))?;
    match (stream.local_addr(), stream.peer_addr()) {
        (Ok(near), Ok(far)) if near == far => Err(Refusal::Unreachable { errno: libc::ECONNREFUSED }),
        (Ok(_), Ok(_)) => Ok(stream),
        (Err(error), _) | (_, Err(error)) => Err(Refusal::from(&error)),
    }
}
