//! The ways to hold a process: what it gets as standard input, output and error, and what forge keeps in its hand.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::logs::Channel;
use crate::project::Tty;
use crate::sys::descriptor_table;
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
    /// Not at all: it has the standard input, output and error of forge.
    Own,
}

impl Hold {
    /// Decides `auto`: `full` where forge itself is on a terminal, else `line`.
    pub fn of(tty: Tty, on_terminal: bool) -> Hold {
        match (tty, on_terminal) {
            (Tty::Full, _) | (Tty::Auto, true) => Hold::Full,
            (Tty::Line, _) | (Tty::Auto, false) => Hold::Line,
            (Tty::Pipe, _) => Hold::Pipe,
            (Tty::Own, _) => Hold::Own,
        }
    }
}

/// How the standard output and the standard error of a process are told from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Not at all: they share a pipe or a terminal, so that their lines come in the order in which they were written.
    Together,
    /// Each has a pipe or a terminal of its own. Between the lines of the two there is no true order.
    Apart,
}

/// The window that a process on a raw pty sees: wide, because whoever reads the stream later has no width.
const LINE_WINDOW: WindowSize = WindowSize { rows: 50, columns: 200 };

/// Both sides of everything between forge and one run.
#[derive(Debug)]
pub(super) struct Ends {
    /// What the process gets as 0, 1 and 2.
    pub(super) standard: [OwnedFd; 3],
    /// Where forge reads what it prints.
    pub(super) outputs: Vec<(Channel, OwnedFd)>,
    /// What forge keeps as long as the run lasts.
    pub(super) kept: Kept,
}

/// What forge keeps as long as the run lasts.
#[derive(Debug)]
pub(super) enum Kept {
    /// Its terminals, to tell them new sizes.
    Terminals(Vec<OwnedFd>),
    /// The writing end of its standard input, never written to: watchers end when their input does (compat D16).
    Input(#[expect(dead_code, reason = "it is there to stay open")] OwnedFd),
}

impl Kept {
    /// Tells a process that has a terminal of its own the window's new size.
    pub(super) fn resize(&self, size: WindowSize) {
        match self {
            // A process that is gone needs no size.
            Kept::Terminals(terminals) => {
                for terminal in terminals {
                    let _ = pty::resize(terminal.as_fd(), size);
                }
            }
            Kept::Input(_) => {}
        }
    }
}

/// Returns whether it is the pseudo-terminals that are missing, and pipes would do: the machine has none (a container
/// without /dev/pts), or they are all in use. Where descriptors or memory are missing, pipes would not help.
pub(super) fn lacks_terminals(hold: Hold, error: &io::Error) -> bool {
    let is_general = matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM));
    matches!(hold, Hold::Full | Hold::Line) && !is_general
}

/// Makes everything that lies between forge and one run.
///
/// # Errors
/// No descriptor or no pseudo-terminal is left.
pub(super) fn make(hold: Hold, channels: Channels, window: WindowSize) -> io::Result<Ends> {
    match hold {
        Hold::Full => with_terminal(channels, window),
        Hold::Line => with_input_pipe(channels, || {
            let Pty { controller, terminal } = pty::open_raw_pty(LINE_WINDOW)?;
            Ok((controller, terminal))
        }),
        Hold::Pipe => with_input_pipe(channels, pipe::pipe),
        Hold::Own => {
            let own = descriptor_table::duplicate_above;
            Ok(Ends {
                standard: [own(0)?, own(1)?, own(2)?],
                outputs: Vec::new(),
                kept: Kept::Terminals(Vec::new()),
            })
        }
    }
}

fn with_terminal(channels: Channels, window: WindowSize) -> io::Result<Ends> {
    let Pty { controller, terminal } = pty::open_pty(window)?;
    let output = controller.try_clone()?;
    let (input, out) = (terminal.try_clone()?, terminal.try_clone()?);
    Ok(match channels {
        Channels::Together => Ends {
            standard: [input, out, terminal],
            outputs: vec![(Channel::Both, output)],
            kept: Kept::Terminals(vec![controller]),
        },
        Channels::Apart => {
            let errors = pty::open_pty(window)?;
            Ends {
                standard: [input, out, errors.terminal],
                outputs: vec![(Channel::Out, output), (Channel::Error, errors.controller.try_clone()?)],
                kept: Kept::Terminals(vec![controller, errors.controller]),
            }
        }
    })
}

/// `output` makes the two ends of an output, forge's own first.
fn with_input_pipe(
    channels: Channels,
    output: impl Fn() -> io::Result<(OwnedFd, OwnedFd)>,
) -> io::Result<Ends> {
    let (input, kept) = pipe::pipe()?;
    let kept = Kept::Input(kept);
    let (reader, out) = output()?;
    Ok(match channels {
        Channels::Together => {
            Ends { standard: [input, out.try_clone()?, out], outputs: vec![(Channel::Both, reader)], kept }
        }
        Channels::Apart => {
            let (errors, error) = output()?;
            let outputs = vec![(Channel::Out, reader), (Channel::Error, errors)];
            Ends { standard: [input, out, error], outputs, kept }
        }
    })
}

#[cfg(test)]
mod tests;
