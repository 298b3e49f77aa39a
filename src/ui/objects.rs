//! Lines of processes as JSON objects, one shape for the stream and for what log files have kept: `docs/output.md`.

use std::fmt::Write;
use std::str;

use super::events;
use crate::logs::{Channel, json};

/// What an object says of a line, without its time and its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    /// Whose line it is: `web.1`.
    pub(super) instance: &'a str,
    /// The process of the run, where it is known.
    pub(super) pid: Option<i32>,
    /// Which of its outputs; nothing is said where both are one.
    pub(super) channel: Channel,
    /// Which run, where runs of several sessions are shown.
    pub(super) run: Option<u32>,
    /// Where it is no line of the process: what has happened.
    pub(super) event: Option<&'static str>,
}

/// How a text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    OfLine,
    OfPiece,
}

/// Returns what stands between the time and the text, from the quote behind the one to the quote before the other.
pub(super) fn head(about: &About<'_>) -> Vec<u8> {
    let mut head = "\"".to_owned();
    head.push_str(&events::named(about.instance));
    if let Some(pid) = about.pid {
        let _ = write!(head, ",\"pid\":{pid}");
    }
    match about.channel {
        Channel::Both => {}
        Channel::Out => head.push_str(",\"stream\":\"stdout\""),
        Channel::Error => head.push_str(",\"stream\":\"stderr\""),
    }
    if let Some(run) = about.run {
        let _ = write!(head, ",\"run\":{run}");
    }
    if let Some(event) = about.event {
        let _ = write!(head, ",\"event\":\"{event}\"");
    }
    head.push_str(",\"text\":\"");
    head.into_bytes()
}

/// Adds what stands behind a text, of which these are the bytes as the process wrote them.
pub(super) fn tail(bytes: &[u8], end: End, out: &mut Vec<u8>) {
    out.push(b'"');
    if end == End::OfPiece {
        out.extend_from_slice(b",\"partial\":true");
    }
    if str::from_utf8(bytes).is_err() {
        out.extend_from_slice(b",\"bytes\":\"");
        json::base64(bytes, out);
        out.push(b'"');
    }
    out.extend_from_slice(b"}\n");
}
