//! Does somebody accept connections on a Unix socket?

use std::io;
use std::path::Path;

use tokio::net::UnixStream;

use super::Refusal;

/// Connects, and lets go at once.
///
/// # Errors
/// Nobody accepts a connection there: there is no such file, nobody listens on it, or it is no stream socket.
pub async fn accepts(path: &Path) -> Result<(), Refusal> {
    UnixStream::connect(path).await.map(drop).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound { Refusal::NoFile } else { Refusal::from(&error) }
    })
}
