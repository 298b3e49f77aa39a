//! Pseudo-terminals: `pty(7)`, `termios(3)`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl, open};
use nix::pty::{Winsize, grantpt, posix_openpt, unlockpt};
use nix::sys::stat::Mode;
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, cfmakeraw, tcgetattr, tcsetattr};

/// The size of a terminal window, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSize {
    /// Lines.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

/// The two sides of a pseudo-terminal.
#[derive(Debug)]
pub struct Pty {
    /// forge's side: what the process writes is read here.
    pub controller: OwnedFd,
    /// The side that the process takes for its terminal.
    pub terminal: OwnedFd,
}

/// Makes a pseudo-terminal with the usual (cooked) settings.
pub fn open_pty(size: WindowSize) -> io::Result<Pty> {
    let controller = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY)?;
    // Not in one step: macOS has no O_CLOEXEC here. Nothing is started by this process once it opens ptys.
    fcntl(&controller, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    grantpt(&controller)?;
    unlockpt(&controller)?;
    let terminal = open_terminal_side(&controller)?;
    // SAFETY: the number comes out of an owner that gives it up here, so it has exactly one owner afterwards.
    let controller = unsafe { <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(into_raw(controller)) };
    let pty = Pty { controller, terminal };
    resize(pty.controller.as_fd(), size)?;
    Ok(pty)
}

/// Makes a pseudo-terminal that changes no byte: no CR before LF, no echo, no signals from bytes.
pub fn open_raw_pty(size: WindowSize) -> io::Result<Pty> {
    let pty = open_pty(size)?;
    let mut settings = tcgetattr(&pty.terminal)?;
    cfmakeraw(&mut settings);
    settings.output_flags.remove(OutputFlags::OPOST);
    settings.local_flags.remove(LocalFlags::ECHO | LocalFlags::ISIG);
    tcsetattr(&pty.terminal, SetArg::TCSANOW, &settings)?;
    Ok(pty)
}

fn into_raw(controller: nix::pty::PtyMaster) -> i32 {
    std::os::fd::IntoRawFd::into_raw_fd(controller)
}

/// Opens the other side without making it anybody's controlling terminal.
fn open_terminal_side(controller: &nix::pty::PtyMaster) -> io::Result<OwnedFd> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    #[cfg(target_os = "linux")]
    let path = nix::pty::ptsname_r(controller)?;
    #[cfg(not(target_os = "linux"))]
    // SAFETY: forge opens ptys from one thread only, so nobody else writes ptsname's static buffer meanwhile.
    let path = unsafe { nix::pty::ptsname(controller) }?;
    Ok(open(path.as_str(), flags, Mode::empty())?)
}

/// Tells a pseudo-terminal its new size; the process gets SIGWINCH if it is its controlling terminal.
pub fn resize(controller: BorrowedFd<'_>, size: WindowSize) -> io::Result<()> {
    let size = Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCSWINSZ reads one `winsize`, which lives until the call returns.
    let result = unsafe {
        libc::ioctl(std::os::fd::AsRawFd::as_raw_fd(&controller), libc::TIOCSWINSZ, &raw const size)
    };
    nix::errno::Errno::result(result)?;
    Ok(())
}

/// Returns the window size of a terminal; `None` if it is none, or does not know.
pub fn window_size(terminal: BorrowedFd<'_>) -> Option<WindowSize> {
    let mut size = Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one `winsize`, which lives until the call returns.
    let result =
        unsafe { libc::ioctl(std::os::fd::AsRawFd::as_raw_fd(&terminal), libc::TIOCGWINSZ, &raw mut size) };
    (result == 0 && size.ws_row > 0 && size.ws_col > 0)
        .then_some(WindowSize { rows: size.ws_row, columns: size.ws_col })
}
