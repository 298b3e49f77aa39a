//! Does a server answer a request?
//!
//! As much of HTTP/1.1 as that takes, RFC 9112: one GET, the status line of the answer. Redirects are not followed: a
//! server that redirects works.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Refusal, address, tcp};

/// What stands before the final status line may be this long at most: interim answers (1xx) with their fields.
const LONGEST_HEAD_BYTES: usize = 16 * 1024;

/// The rest of an answer is read for this long, so that a server that still writes it does not complain of a broken
/// connection at every probe; one that streams for ever is left.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whom; `None`: both loopback addresses, and the one that answers rightly counts.
    pub host: Option<String>,
    /// On which port.
    pub port: u16,
    /// For what: path and query.
    pub path: String,
    /// The status that is right; `None`: any from 200 to 399.
    pub status: Option<u16>,
    /// Further header lines, name and value.
    pub headers: Vec<(String, String)>,
}

/// Asks once.
///
/// # Errors
/// No answer, none that is HTTP, or another status.
pub async fn answers(request: &Request) -> Result<(), Refusal> {
    let addresses = address::resolve(request.host.as_deref(), request.port).await?;
    let text: Arc<[u8]> = text_of(request).into();
    let expected = request.status;
    address::first(addresses, move |address| {
        let text = Arc::clone(&text);
        async move {
            let status = ask(address, &text).await?;
            let is_right = expected.map_or((200..400).contains(&status), |expected| status == expected);
            if is_right { Ok(()) } else { Err(Refusal::Status { code: status }) }
        }
    })
    .await
}

async fn ask(address: SocketAddr, text: &[u8]) -> Result<u16, Refusal> {
    let stream = tcp::connect(address).await?;
    // A server may answer and close before it has read everything; what it said counts.
    let _ = send(&stream, text).await;
    let status = receive_status(&stream).await?;
    let _ = timeout(LONGEST_REST, drain(&stream)).await;
    Ok(status)
}

async fn send(stream: &TcpStream, mut text: &[u8]) -> io::Result<()> {
    while !text.is_empty() {
        stream.writable().await?;
        match stream.try_write(text) {
            Ok(length) => text = &text[length..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn receive_status(stream: &TcpStream) -> Result<u16, Refusal> {
    let mut head = Vec::new();
    let mut chunk = [0; 2048];
    loop {
        match status_of(&head) {
            Head::Status(status) => return Ok(status),
            Head::Incomplete if head.len() < LONGEST_HEAD_BYTES => {}
            Head::Incomplete | Head::Garbage => return Err(Refusal::NotHttp),
        }
        match receive(stream, &mut chunk).await {
            Ok(0) => return Err(Refusal::NotHttp),
            Ok(length) => head.extend_from_slice(&chunk[..length]),
            Err(error) => return Err(Refusal::from(&error)),
        }
    }
}

async fn receive(stream: &TcpStream, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read(chunk) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return result,
        }
    }
}

async fn drain(stream: &TcpStream) {
    let mut chunk = [0; 8192];
    while receive(stream, &mut chunk).await.is_ok_and(|length| length > 0) {}
}

/// What the beginning of an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// Too little is there yet.
    Incomplete,
    /// The final status.
    Status(u16),
    /// This is no HTTP.
    Garbage,
}

/// Reads the final status, behind interim ones (`103 Early Hints`).
pub(super) fn status_of(mut head: &[u8]) -> Head {
    loop {
        let Some(end) = memchr::memchr(b'\n', head) else {
            const BEGIN: &[u8] = b"HTTP/1.";
            let known = head.len().min(BEGIN.len());
            return if head[..known] == BEGIN[..known] { Head::Incomplete } else { Head::Garbage };
        };
        match status_line(&head[..end]) {
            None => return Head::Garbage,
            // 101 is final: the server has gone over to another protocol, which nobody asked for.
            Some(100 | 102..=199) => match end_of_fields(&head[end + 1..]) {
                Some(length) => head = &head[end + 1 + length..],
                None => return Head::Incomplete,
            },
            Some(status) => return Head::Status(status),
        }
    }
}

/// `HTTP/1.1 200 OK`.
fn status_line(line: &[u8]) -> Option<u16> {
    let [version, b' ', a, b, c, rest @ ..] = line.strip_prefix(b"HTTP/1.")? else { return None };
    let is_line = version.is_ascii_digit()
        && [a, b, c].iter().all(|digit| digit.is_ascii_digit())
        && *a != b'0'
        && matches!(rest.first(), None | Some(b' ' | b'\r'));
    let digit = |byte: &u8| u16::from(byte - b'0');
    is_line.then(|| digit(a) * 100 + digit(b) * 10 + digit(c))
}

/// Returns how long the header fields are, with the empty line that ends them.
fn end_of_fields(fields: &[u8]) -> Option<usize> {
    let mut start = 0;
    loop {
        let end = start + memchr::memchr(b'\n', &fields[start..])?;
        if matches!(&fields[start..end], b"" | b"\r") {
            return Some(end + 1);
        }
        start = end + 1;
    }
}

/// The bytes of a request. Nothing of what the user wrote can end a line before its time.
pub(super) fn text_of(request: &Request) -> Vec<u8> {
    let host = request.host.as_deref().unwrap_or("localhost");
    let host =
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    let slash = if request.path.starts_with('/') { "" } else { "/" };
    let path: String = request.path.bytes().map(in_a_path).collect();
    let mut text = format!("GET {slash}{path} HTTP/1.1\r\n");
    let is_given = |wanted: &str| request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let own = [
        ("Host", format!("{host}:{}", request.port)),
        ("User-Agent", "forge".to_owned()),
        ("Accept", "*/*".to_owned()),
        ("Connection", "close".to_owned()),
    ];
    for (name, value) in own.iter().filter(|(name, _)| !is_given(name)) {
        text.extend([name, ": ", value, "\r\n"]);
    }
    for (name, value) in &request.headers {
        text.extend([on_one_line(name).as_str(), ": ", &on_one_line(value), "\r\n"]);
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// What has no place in a request line is written as `%20`.
fn in_a_path(byte: u8) -> String {
    if byte.is_ascii_graphic() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

fn on_one_line(text: &str) -> String {
    text.replace(['\r', '\n', '\0'], " ")
}
