//! The keyboard and the screen of one instance, lent to somebody: in the same process, or at the other end of a socket.
//!
//! Near and far it is the same pair of channels, so whoever shows a process on a terminal need not know where it runs.

use std::collections::VecDeque;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use super::frames::{Entered, Frames, Shown, Typed};
use crate::sys::pty::WindowSize;

/// How much is read at once.
const CHUNK_BYTES: usize = 16 << 10;

/// How many pieces wait on either side of a socket.
const WAITING: usize = 4;

/// How many frames are read that nobody has room for.
const AHEAD: usize = 64;

/// What somebody wants who attaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// How large his window is; `None` where he has none: nothing is drawn for him then, and he only sees what comes.
    pub window: Option<WindowSize>,
    /// Whether he only looks: what he types is thrown away, and his window does not count.
    pub read_only: bool,
}

/// Why somebody is not attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAttached {
    /// So many are attached already.
    TooMany {
        /// As many as there may be.
        most: usize,
    },
    /// The stack is at its end.
    Gone,
}

/// Somebody who is attached. It is over when both channels are dropped.
#[derive(Debug)]
pub struct Attached {
    /// To whom.
    pub entered: Entered,
    /// What the process shows, what draws its screen first, and what becomes of it. The last thing is [`Shown::Exit`]; where the channel
    /// ends without it, the other end has gone away.
    ///
    /// What is not taken is left out, and the screen is drawn anew.
    pub shown: mpsc::Receiver<Shown>,
    /// What is typed. It waits while the process does not read; [`mpsc::Sender::try_send`] does not.
    pub typed: mpsc::Sender<Typed>,
}

/// Serves somebody who is attached on the other side of a socket. `begun` is what has been read of the socket already.
pub(super) fn serve(attached: Attached, socket: UnixStream, begun: &[u8]) {
    let Attached { entered, mut shown, typed } = attached;
    let (reader, mut writer) = socket.into_split();
    let reading = spawn_local(read(frames_of(begun), reader, typed, (Typed::decode, AtEnd::Forget)));
    spawn_local(async move {
        let mut next = Some(Shown::Entered(entered));
        while let Some(one) = next {
            if writer.write_all(&one.encode()).await.is_err() {
                break;
            }
            next = shown.recv().await;
        }
        // Whatever he may still type goes nowhere.
        reading.abort();
        let _ = writer.shutdown().await;
    });
}

/// Is attached on the other side of a socket; the counterpart of `serve`.
///
/// # Errors
/// Nothing that can be understood comes first.
pub(super) async fn join(socket: UnixStream, begun: &[u8]) -> io::Result<Attached> {
    let (reader, writer) = socket.into_split();
    let (to_face, mut shown) = mpsc::channel(WAITING);
    let (typed, from_face) = mpsc::channel(WAITING);
    spawn_local(read(frames_of(begun), reader, to_face, (Shown::decode, AtEnd::HandOn)));
    spawn_local(write(writer, from_face));
    match shown.recv().await {
        Some(Shown::Entered(entered)) => Ok(Attached { entered, shown, typed }),
        Some(_) => Err(io::ErrorKind::InvalidData.into()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn frames_of(begun: &[u8]) -> Frames {
    let mut frames = Frames::default();
    frames.push(begun);
    frames
}

/// What becomes of what was read and not taken when the other end is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtEnd {
    /// It is handed on.
    HandOn,
    /// It is forgotten: whoever has typed it is gone.
    Forget,
}

/// Hands on what is read, until either end is gone. Some is read ahead, so that the end of a socket is noticed although nobody takes anything.
async fn read<T>(
    mut frames: Frames,
    mut reader: OwnedReadHalf,
    to: mpsc::Sender<T>,
    (decode, at_end): (impl Fn(u8, &[u8]) -> Option<T>, AtEnd),
) {
    let (mut chunk, mut ahead) = (vec![0; CHUNK_BYTES], VecDeque::new());
    let mut is_open = true;
    while is_open || !ahead.is_empty() {
        loop {
            match frames.next_frame() {
                Ok(Some((letter, content))) => ahead.extend(decode(letter, &content)),
                Ok(None) => break,
                // It speaks another language.
                Err(_) => return,
            }
        }
        tokio::select! {
            room = to.reserve(), if !ahead.is_empty() => match (room, ahead.pop_front()) {
                (Ok(room), Some(one)) => room.send(one),
                _ => return,
            },
            length = reader.read(&mut chunk), if is_open && ahead.len() < AHEAD => match length {
                Ok(0) | Err(_) if at_end == AtEnd::Forget => return,
                Ok(0) | Err(_) => is_open = false,
                Ok(length) => frames.push(&chunk[..length]),
            },
            () = to.closed() => return,
        }
    }
}

async fn write(mut writer: OwnedWriteHalf, mut from: mpsc::Receiver<Typed>) {
    while let Some(one) = from.recv().await {
        if writer.write_all(&one.encode()).await.is_err() {
            return;
        }
    }
    let _ = writer.shutdown().await;
}
