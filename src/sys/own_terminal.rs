//! The terminal on which forge itself was started: whose turn it is, and how its keys come. `termios(3)`, `tcgetpgrp(3)`.
//!
//! Everything that is set here is set back: when forge ends, and whenever it gives the terminal to its shell.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::{Mode, fstat};
use nix::sys::termios::{
    ControlFlags, InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};
use nix::unistd::{getpgrp, isatty, tcgetpgrp, ttyname};

/// How keys come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// Each at once and without an echo. Ctrl-C, Ctrl-\, Ctrl-Z and Ctrl-S do what they always do.
    Keys,
    /// Every byte as it is typed, for somebody else's keyboard.
    Bytes,
}

/// forge's own terminal.
#[derive(Debug)]
pub struct OwnTerminal {
    /// Opened anew: what is set on this open file is nobody else's.
    terminal: OwnedFd,
    /// How it was set before.
    before: RefCell<Option<Termios>>,
}

impl OwnTerminal {
    /// Opens the terminal that both of these are; `None` if they are not one terminal that keys can be read from.
    pub fn open(input: impl AsFd, output: impl AsFd) -> Option<OwnTerminal> {
        let (input, output) = (input.as_fd(), output.as_fd());
        if !isatty(input).unwrap_or(false) || fstat(input).ok()?.st_rdev != fstat(output).ok()?.st_rdev {
            return None;
        }
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let by_name = |name: &Path| open(name, flags, Mode::empty()).ok();
        let named = ttyname(input).ok().and_then(|name| by_name(&name));
        // Where no name leads to it, as in a container, it is still that of the session.
        let terminal = named.or_else(|| by_name(Path::new("/dev/tty")))?;
        Some(OwnTerminal { terminal, before: RefCell::new(None) })
    }

    /// Returns whether it is forge's turn: its process group is in the foreground.
    pub fn is_ours(&self) -> bool {
        tcgetpgrp(&self.terminal).is_ok_and(|group| group == getpgrp())
    }

    /// Has keys come in this way from now on.
    ///
    /// # Errors
    /// It is gone.
    pub fn set(&self, typing: Typing) -> io::Result<()> {
        let mut before = self.before.borrow_mut();
        let before = match &*before {
            Some(before) => before.clone(),
            None => before.insert(tcgetattr(&self.terminal)?).clone(),
        };
        tcsetattr(&self.terminal, SetArg::TCSANOW, &changed(before, typing))?;
        Ok(())
    }

    /// Sets everything back, if anything was set and it is still forge's turn: else its shell has done so already.
    pub fn give_back(&self) {
        if let Some(before) = self.before.borrow_mut().take()
            && self.is_ours()
        {
            // Where it is gone there is nothing to set.
            let _ = tcsetattr(&self.terminal, SetArg::TCSANOW, &before);
        }
    }

    /// Returns a descriptor to read keys from, non-blocking.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn keys(&self) -> io::Result<OwnedFd> {
        self.terminal.try_clone()
    }
}

impl Drop for OwnTerminal {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn changed(mut settings: Termios, typing: Typing) -> Termios {
    settings.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
    settings.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
    settings.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    match typing {
        Typing::Keys => {}
        Typing::Bytes => {
            settings.local_flags.remove(LocalFlags::ISIG | LocalFlags::IEXTEN);
            settings.input_flags.remove(
                InputFlags::IXON
                    | InputFlags::ICRNL
                    | InputFlags::INLCR
                    | InputFlags::IGNCR
                    | InputFlags::ISTRIP
                    | InputFlags::BRKINT
                    | InputFlags::PARMRK,
            );
            settings.control_flags.insert(ControlFlags::CS8);
            // The output stays as it is: lines that are still on their way end with LF alone.
        }
    }
    settings
}

#[cfg(test)]
mod tests;
