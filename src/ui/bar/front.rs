//! forge's own terminal while the stack runs: taken and given back as a whole, at the moments when that is to happen at once.

use std::cell::{Cell, RefCell};
use std::os::fd::OwnedFd;
use std::time::Duration;

use super::screen::{Stage, Window};
use crate::logs::screen::Modes;
use crate::sys::own_terminal::{OwnTerminal, Typing};

/// How long a terminal that takes nothing is waited for before forge is stopped or ends.
const PATIENCE: Duration = Duration::from_millis(200);

/// Has what is pasted marked as such, and not any more.
const MARK_PASTES: &[u8] = b"\x1b[?2004h";
const MARK_NO_PASTES: &[u8] = b"\x1b[?2004l";

/// How much of the terminal forge has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Nothing of it: it is not forge's turn.
    None,
    /// Its last row and its keys, if it has any.
    Commands,
    /// All keys are for a process, and what it prints comes as it is.
    Keyboard,
}

/// forge's own terminal.
pub struct Front {
    stage: Stage,
    terminal: OwnTerminal,
    has_keys: bool,
    hold: Cell<Hold>,
    /// What the process that has the keyboard has switched on.
    modes: RefCell<Modes>,
}

impl Front {
    /// Takes nothing yet. `has_keys`: keys come from it, too.
    pub fn new(stage: Stage, terminal: OwnTerminal, has_keys: bool) -> Front {
        Front { stage, terminal, has_keys, hold: Cell::new(Hold::None), modes: RefCell::default() }
    }

    /// Returns what writes to it.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Returns where keys come from, if they do.
    pub fn keys(&self) -> Option<OwnedFd> {
        if self.has_keys { self.terminal.keys().ok() } else { None }
    }

    /// Returns whether it is forge's turn.
    pub fn is_ours(&self) -> bool {
        self.terminal.is_ours()
    }

    /// Returns how much of it forge has.
    pub fn hold(&self) -> Hold {
        self.hold.get()
    }

    /// Takes the last row and the keys, if it is forge's turn.
    pub fn take(&self) {
        if self.hold.get() == Hold::Commands || !self.is_ours() {
            return;
        }
        self.hold.set(Hold::Commands);
        self.stage.raise();
        self.take_keys();
    }

    /// Has every key come as it is typed, for a process. What the process prints is written with [`Front::show`].
    pub fn lend(&self) {
        if self.hold.get() != Hold::Commands || !self.has_keys {
            return;
        }
        *self.modes.borrow_mut() = Modes::default();
        self.stage.write(MARK_NO_PASTES.to_vec());
        self.stage.hold();
        if self.terminal.set(Typing::Bytes).is_ok() {
            self.hold.set(Hold::Keyboard);
        } else {
            self.stage.release();
        }
    }

    /// Shows what the process prints that has the keyboard. Where it takes the whole screen, the bar makes room; returns whether the window
    /// that it has is another one now.
    pub fn show(&self, bytes: Vec<u8>) -> bool {
        let mut modes = self.modes.borrow_mut();
        let was_full = modes.is_full_screen();
        modes.learn(&bytes);
        let is_full = modes.is_full_screen();
        drop(modes);
        if is_full && !was_full {
            self.stage.lower();
        }
        self.stage.write(bytes);
        if was_full && !is_full {
            self.stage.raise();
        }
        was_full != is_full
    }

    /// Takes the keyboard back: the terminal is as before, the cursor at the beginning of a line.
    pub fn take_back(&self) {
        if self.hold.get() != Hold::Keyboard {
            return;
        }
        self.hold.set(Hold::Commands);
        self.clean_up();
        self.stage.raise();
        self.stage.release();
        self.take_keys();
    }

    /// Gives all of it back to the shell.
    pub fn leave(&self) {
        if self.hold.get() == Hold::Keyboard {
            self.hold.set(Hold::Commands);
            self.clean_up();
            self.stage.release();
        }
        if self.hold.replace(Hold::None) == Hold::None {
            return;
        }
        self.stage.lower();
        if self.has_keys {
            self.stage.write(MARK_NO_PASTES.to_vec());
            self.terminal.give_back();
        }
        self.stage.settle(PATIENCE);
    }

    /// Returns how many rows the bar has.
    pub fn rows(&self, window: Option<Window>) -> u16 {
        let has_bar = self.hold.get() != Hold::None && !self.modes.borrow().is_full_screen();
        u16::from(has_bar && window.is_some_and(Window::has_room))
    }

    fn take_keys(&self) {
        if self.has_keys && self.terminal.set(Typing::Keys).is_ok() {
            self.stage.write(MARK_PASTES.to_vec());
        }
    }

    /// Undoes what the process has switched on.
    fn clean_up(&self) {
        let modes = std::mem::take(&mut *self.modes.borrow_mut());
        let mut bytes = modes.leave();
        if modes.is_in_line() {
            bytes.extend_from_slice(b"\r\n");
        }
        self.stage.write(bytes);
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.leave();
    }
}
