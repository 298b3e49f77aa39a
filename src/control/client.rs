//! The other end: asks a running stack, from another process.

use std::io;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, UPGRADE, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode, upgrade};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::task::spawn_local;

use super::address::Address;
use super::attach::{self, Attached};
use super::frames::PROTOCOL;
use super::io::Wire;
use super::lending;
use super::protocol::{Refusal, Refused};
use super::session::AttachQuery;

/// How long a forge has to answer what it can answer at once. One that takes longer is suspended, or the machine is.
pub const AT_ONCE: Duration = Duration::from_secs(3);

/// A running stack, elsewhere.
#[derive(Debug, Clone)]
pub struct Client {
    address: Address,
    /// What we call ourselves.
    name: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// Nobody is there, or it went away.
    #[error("the connection to forge is gone")]
    Connection(#[source] io::Error),
    /// It takes the question and says nothing.
    #[error("forge does not answer")]
    Silence,
    /// It says no.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// What came is no answer that this version understands.
    #[error("the answer of forge cannot be understood: {0}")]
    Unintelligible(String),
}

impl Client {
    /// Talks to the stack there; `name` is what is said of us in its stream.
    pub fn new(address: Address, name: impl Into<String>) -> Client {
        Client { address, name: name.into() }
    }

    /// Returns where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Asks what can be answered at once.
    ///
    /// # Errors
    /// There is no answer, or it is no.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, NoAnswer> {
        let answer = tokio::time::timeout(AT_ONCE, async {
            understood(self.send(Method::GET, path, Bytes::new()).await?).await
        });
        answer.await.map_err(|_| NoAnswer::Silence)?
    }

    /// Asks for something to be done, and waits until it is.
    ///
    /// # Errors
    /// There is no answer, or it is no.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, NoAnswer> {
        let body = serde_json::to_vec(body).map_err(|error| NoAnswer::Connection(io::Error::other(error)))?;
        understood(self.send(Method::POST, path, body.into()).await?).await
    }

    /// Asks for lines, which come as long as there are some.
    ///
    /// # Errors
    /// There is no answer, or it is no.
    pub async fn lines(&self, path: &str) -> Result<Lines, NoAnswer> {
        let answer = tokio::time::timeout(AT_ONCE, self.send(Method::GET, path, Bytes::new())).await;
        let answer = answer.map_err(|_| NoAnswer::Silence)??;
        if !answer.status().is_success() {
            return understood::<Refused>(answer).await.and(Err(NoAnswer::Silence));
        }
        Ok(Lines { body: answer.into_body(), begun: Vec::new() })
    }

    /// Attaches to one instance.
    ///
    /// # Errors
    /// There is no answer, or it is no.
    pub async fn attach(&self, query: &AttachQuery) -> Result<Attached, NoAnswer> {
        let answer = tokio::time::timeout(AT_ONCE, async {
            let path = lending::path(query);
            let headers = [
                (CONNECTION, HeaderValue::from_static("upgrade")),
                (UPGRADE, HeaderValue::from_static(PROTOCOL)),
            ];
            let answer = self.send_with(Method::POST, &path, Bytes::new(), headers).await?;
            if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                let refused = understood::<serde::de::IgnoredAny>(answer).await;
                return Err(refused
                    .err()
                    .unwrap_or(NoAnswer::Unintelligible("it does not lend keyboards".to_owned())));
            }
            let upgraded = upgrade::on(answer).await.map_err(lost)?;
            let parts = upgraded
                .downcast::<Wire>()
                .map_err(|_| NoAnswer::Connection(io::ErrorKind::InvalidData.into()))?;
            attach::join(parts.io.0, &parts.read_buf).await.map_err(NoAnswer::Connection)
        });
        answer.await.map_err(|_| NoAnswer::Silence)?
    }

    /// Sends a request on a connection of its own and returns the answer as soon as its head is there.
    ///
    /// # Errors
    /// Nobody is there, or it went away.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, NoAnswer> {
        self.send_with(method, path, body, []).await
    }

    async fn send_with<const COUNT: usize>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        more: [(HeaderName, HeaderValue); COUNT],
    ) -> Result<Response<Incoming>, NoAnswer> {
        let stream = self.address.connect().and_then(UnixStream::from_std).map_err(NoAnswer::Connection)?;
        let (mut sender, connection) = http1::handshake(Wire(stream)).await.map_err(lost)?;
        spawn_local(connection.with_upgrades());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(|error| NoAnswer::Connection(io::Error::other(error)))?;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("forge"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(more);
        if let Ok(name) = HeaderValue::from_str(&self.name) {
            headers.insert(USER_AGENT, name);
        }
        sender.send_request(request).await.map_err(lost)
    }
}

/// Lines that come.
#[derive(Debug)]
pub struct Lines {
    body: Incoming,
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
}

impl Lines {
    /// Waits for more; returns whole lines. Nothing: no more come, as all is over.
    ///
    /// A call that is dropped half way costs nothing.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            // However it ends, it is the end: a forge that was killed says no goodbye.
            let frame = self.body.frame().await?.ok()?;
            let Some(more) = frame.data_ref() else { continue };
            self.begun.extend_from_slice(more);
            if let Some(end) = memchr::memrchr(b'\n', &self.begun) {
                let rest = self.begun.split_off(end + 1);
                return Some(std::mem::replace(&mut self.begun, rest));
            }
        }
    }
}

fn lost(error: hyper::Error) -> NoAnswer {
    NoAnswer::Connection(io::Error::other(error))
}

/// Reads an answer to its end.
async fn understood<T: DeserializeOwned>(answer: Response<Incoming>) -> Result<T, NoAnswer> {
    let is_yes = answer.status().is_success();
    let body = answer.into_body().collect().await.map_err(lost)?.to_bytes();
    let garbled = |error: serde_json::Error| NoAnswer::Unintelligible(error.to_string());
    if is_yes {
        return serde_json::from_slice(&body).map_err(garbled);
    }
    let refused: Refused = serde_json::from_slice(&body).map_err(garbled)?;
    Err(NoAnswer::Refused(refused.error))
}
