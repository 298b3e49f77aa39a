//! A process that has the keyboard, in the stream: what is typed goes there, what it prints comes as it is.

use std::rc::Rc;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::spawn_local;

use super::super::front::Hold;
use super::super::model::Mode;
use super::super::words;
use super::Life;
use super::deeds::asker;
use crate::control::attach::{Attached, Wish};
use crate::control::frames::{Shown, Typed};
use crate::control::protocol::Refusal;
use crate::control::session::AttachQuery;
use crate::logs::screen::Modes;
use crate::project::InstanceId;
use crate::sys::pty::WindowSize;

/// Ctrl-], as every terminal sends it, and as one does that was asked to tell keys apart (the protocol of kitty).
const BACK: [&[u8]; 2] = [b"\x1d", b"\x1b[93;5u"];

/// How much may wait for a process that does not read. What is typed beyond that is gone, as at any terminal.
const BACKLOG_BYTES: usize = 64 * 1024;

/// What has come of asking for a keyboard.
pub(super) type Lending = (InstanceId, WindowSize, Result<Attached, Refusal>);

/// A process that has the keyboard.
pub(super) struct Lent {
    pub(super) id: InstanceId,
    pub(super) shown: mpsc::Receiver<Shown>,
    pub(super) typed: mpsc::Sender<Typed>,
    /// What was typed and not taken.
    pub(super) backlog: Vec<u8>,
    window: WindowSize,
    is_first: bool,
}

impl Lent {
    /// Types; returns false if the keyboard is to come back.
    pub(super) fn types(&mut self, bytes: &[u8]) -> bool {
        let back = BACK.iter().filter_map(|back| memchr::memmem::find(bytes, back)).min();
        let keys = &bytes[..back.unwrap_or(bytes.len())];
        let room = BACKLOG_BYTES.saturating_sub(self.backlog.len());
        self.backlog.extend_from_slice(&keys[..keys.len().min(room)]);
        self.push();
        back.is_none()
    }

    /// Hands on what was typed, as far as it is taken.
    pub(super) fn push(&mut self) {
        if self.backlog.is_empty() {
            return;
        }
        let keys = Typed::Keys(std::mem::take(&mut self.backlog));
        // The end of the process is told by what it shows.
        if let Err(TrySendError::Full(Typed::Keys(keys))) = self.typed.try_send(keys) {
            self.backlog = keys;
        }
    }

    /// Tells the process how large its window is now.
    pub(super) fn resize(&mut self, window: WindowSize) {
        if window == self.window {
            return;
        }
        let WindowSize { rows, columns } = window;
        // Where it is not taken, the next change of the window is.
        if self.typed.try_send(Typed::Window { columns, rows }).is_ok() {
            self.window = window;
        }
    }
}

impl Life {
    /// Gives a process the keyboard.
    pub(super) fn lend(&mut self, id: &InstanceId) {
        if !self.may_lend() {
            return;
        }
        self.is_lending = true;
        let window = self.face.inner_window();
        let wish = Wish { window: Some(window), read_only: false };
        let query = AttachQuery { name: Some(id.to_string()), wish };
        let (session, lends, id) = (Rc::clone(&self.means.session), self.lends.0.clone(), id.clone());
        spawn_local(async move {
            let attached = session.attach(query, asker()).await;
            // The one that is asked for is the only one.
            let _ = lends.try_send((id, window, attached));
        });
    }

    /// Returns whether a keyboard can be given away now.
    pub(super) fn may_lend(&self) -> bool {
        let is_free = self.lent.is_none() && !self.is_lending;
        is_free && self.face.front.hold() == Hold::Commands && self.model.has_keys
    }

    /// Hears what has come of [`Life::lend`].
    pub(super) fn is_lent(&mut self, (id, window, attached): Lending) {
        self.is_lending = false;
        if !self.may_lend() {
            return;
        }
        let attached = match attached {
            Ok(attached) if attached.entered.pid.is_some() => attached,
            Ok(_) => return self.answer(words::runs_not(&id)),
            Err(refusal) => return self.answer(refusal.message),
        };
        let Attached { shown, typed, .. } = attached;
        self.lent = Some(Lent { id: id.clone(), shown, typed, backlog: Vec::new(), window, is_first: true });
        self.model.mode = Mode::Keyboard { of: id };
        self.see();
        self.face.front.lend();
        self.is_stale = true;
    }

    /// Shows what the process that has the keyboard prints.
    pub(super) fn show(&mut self, shown: Option<Shown>) {
        let Some(lent) = &mut self.lent else { return };
        lent.push();
        match shown {
            Some(Shown::Output(bytes)) => {
                let bytes = if std::mem::take(&mut lent.is_first) { entrance(bytes) } else { bytes };
                if self.face.front.show(bytes) {
                    lent.resize(self.face.inner_window());
                    self.is_stale = true;
                }
            }
            Some(Shown::Entered(_) | Shown::Restarted(_)) => {}
            Some(Shown::Ended(_) | Shown::Exit(_)) | None => self.take_back(),
        }
    }

    /// Takes the keyboard back, if it is lent.
    pub(super) fn take_back(&mut self) {
        let Some(id) = self.lent.as_ref().map(|lent| lent.id.clone()) else { return };
        let lines = self.face.front.stage().held_lines();
        self.face.front.take_back();
        self.give_up();
        if lines > 0 {
            self.means.here.say(&[words::came_meanwhile(lines, &id)]);
        }
    }

    /// Forgets the process that had the keyboard.
    pub(super) fn give_up(&mut self) {
        self.lent = None;
        self.model.mode = Mode::Commands;
        self.see();
        self.is_stale = true;
    }
}

/// Makes of what draws a whole screen what is needed in a stream, where the lines stand already: the last row, which is the
/// question of the process. A program that fills the screen needs all of it.
fn entrance(bytes: Vec<u8>) -> Vec<u8> {
    let mut modes = Modes::default();
    modes.learn(&bytes);
    if modes.is_full_screen() {
        return bytes;
    }
    match memchr::memmem::rfind(&bytes, b"\r\n") {
        Some(end) => [b"\x1b[0m", &bytes[end + 2..]].concat(),
        None => bytes,
    }
}

#[cfg(test)]
mod tests;
