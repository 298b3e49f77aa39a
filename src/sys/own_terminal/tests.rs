use nix::sys::termios::{InputFlags, LocalFlags, tcgetattr};

use super::{OwnTerminal, Typing, changed};
use crate::sys::pty::{WindowSize, open_pty};

fn pty() -> crate::sys::pty::Pty {
    open_pty(WindowSize { rows: 24, columns: 80 }).expect("a pty")
}

#[test]
fn a_pipe_is_no_terminal() {
    let (reader, _writer) = std::io::pipe().expect("a pipe");
    assert!(OwnTerminal::open(&reader, pty().terminal).is_none());
}

#[test]
fn two_terminals_are_not_one() {
    assert!(OwnTerminal::open(pty().terminal, pty().terminal).is_none());
    let one = pty();
    assert!(OwnTerminal::open(&one.terminal, &one.terminal).is_some());
}

#[test]
fn the_terminal_of_somebody_else_is_not_ours() {
    // No test is the leader of a session on it.
    let one = pty();
    let terminal = OwnTerminal::open(&one.terminal, &one.terminal).expect("a terminal");
    assert!(!terminal.is_ours());
}

#[test]
fn keys_come_at_once_and_signals_stay_signals() {
    let one = pty();
    let before = tcgetattr(&one.terminal).expect("settings");
    let keys = changed(before.clone(), Typing::Keys);
    assert!(!keys.local_flags.intersects(LocalFlags::ICANON | LocalFlags::ECHO));
    assert!(keys.local_flags.contains(LocalFlags::ISIG));
    assert_eq!(keys.input_flags, before.input_flags);
    assert_eq!(keys.output_flags, before.output_flags);
    let bytes = changed(before.clone(), Typing::Bytes);
    assert!(!bytes.local_flags.intersects(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG));
    assert!(!bytes.input_flags.intersects(InputFlags::IXON | InputFlags::ICRNL));
    assert_eq!(bytes.output_flags, before.output_flags);
}
