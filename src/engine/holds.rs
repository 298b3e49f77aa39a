//! The ways to hold a process: what it gets as standard input, output and error, and what forge keeps in its hand.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::project::Tty;
use crate::sys::pipe;
use crate::sys::pty::{self, Pty, WindowSize};

/// How a process is held (`--tty`), once `auto` has been decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// A terminal of its own for everything.
    Full,
    /// A raw pty for its output, so that its lines come at once; its input is a pipe that stays open.
    Line,
    /// Pipes.
    Pipe,
}

impl Hold {
    /// Decides `auto`: `full` where forge itself is on a terminal, else `line`.
    pub fn of(tty: Tty, on_terminal: bool) -> Hold {
        match (tty, on_terminal) {
            (Tty::Full, _) | (Tty::Auto, true) => Hold::Full,
            (Tty::Line, _) | (Tty::Auto, false) => Hold::Line,
            (Tty::Pipe, _) => Hold::Pipe,
        }
    }
}

/// The window that a process on a raw pty sees: wide, because whoever reads the stream later has no width.
const LINE_WINDOW: WindowSize = WindowSize { rows: 50, columns: 200 };

/// Both sides of everything between forge and one run.
#[derive(Debug)]
pub(super) struct Ends {
    /// What the process gets as 0, 1 and 2.
    pub(super) standard: [OwnedFd; 3],
    /// Where forge reads what it prints.
    pub(super) output: OwnedFd,
    /// What forge keeps as long as the run lasts.
    pub(super) kept: Kept,
}

/// What forge keeps as long as the run lasts.
#[derive(Debug)]
pub(super) enum Kept {
    /// Its terminal, to tell it new sizes.
    Terminal(OwnedFd),
    /// The writing end of its standard input, never written to: watchers end when their input does (compat D16).
    Input(#[expect(dead_code, reason = "it is there to stay open")] OwnedFd),
}

impl Kept {
    /// Tells a process that has a terminal of its own the window's new size.
    pub(super) fn resize(&self, size: WindowSize) {
        match self {
            // A process that is gone needs no size.
            Kept::Terminal(terminal) => drop(pty::resize(terminal.as_fd(), size)),
            Kept::Input(_) => {}
        }
    }
}

/// Returns whether it is the pseudo-terminals that are missing, and pipes would do: the machine has none (a container
/// without /dev/pts), or they are all in use. Where descriptors or memory are missing, pipes would not help.
pub(super) fn lacks_terminals(hold: Hold, error: &io::Error) -> bool {
    let is_general = matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM));
    hold != Hold::Pipe && !is_general
}

/// Makes everything that lies between forge and one run.
///
/// # Errors
/// No descriptor or no pseudo-terminal is left.
pub(super) fn make(hold: Hold, window: WindowSize) -> io::Result<Ends> {
    match hold {
        Hold::Full => {
            let Pty { controller, terminal } = pty::open_pty(window)?;
            let standard = [terminal.try_clone()?, terminal.try_clone()?, terminal];
            let output = controller.try_clone()?;
            Ok(Ends { standard, output, kept: Kept::Terminal(controller) })
        }
        Hold::Line => {
            let Pty { controller, terminal } = pty::open_raw_pty(LINE_WINDOW)?;
            with_input_pipe([terminal.try_clone()?, terminal], controller)
        }
        Hold::Pipe => {
            let (output, writer) = pipe::pipe()?;
            with_input_pipe([writer.try_clone()?, writer], output)
        }
    }
}

fn with_input_pipe([out, err]: [OwnedFd; 2], output: OwnedFd) -> io::Result<Ends> {
    let (input, kept) = pipe::pipe()?;
    Ok(Ends { standard: [input, out, err], output, kept: Kept::Input(kept) })
}
