use std::io::Write;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::sys::termios::{LocalFlags, tcgetattr};

use super::{Keys, RawTerminal};
use crate::sys::pty::{WindowSize, open_pty};

const SIZE: WindowSize = WindowSize { rows: 24, columns: 80 };

fn is_cooked(terminal: impl AsFd) -> bool {
    let settings = tcgetattr(terminal).expect("a terminal");
    settings.local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG)
}

#[test]
fn it_is_put_back_at_the_end_and_in_between() {
    let pty = open_pty(SIZE).expect("a pty");
    let terminal = RawTerminal::take(pty.terminal.as_fd()).expect("it is nobody else's");
    assert!(!is_cooked(&pty.terminal));
    terminal.lend();
    assert!(is_cooked(&pty.terminal));
    terminal.set_raw().expect("a terminal");
    assert!(!is_cooked(&pty.terminal));
    drop(terminal);
    assert!(is_cooked(&pty.terminal));
}

#[test]
fn a_panic_puts_it_back() {
    let pty = open_pty(SIZE).expect("a pty");
    let taken = catch_unwind(AssertUnwindSafe(|| {
        let _terminal = RawTerminal::take(pty.terminal.as_fd()).expect("it is nobody else's");
        panic!("on purpose");
    }));
    assert!(taken.is_err() && is_cooked(&pty.terminal));
}

#[test]
fn what_is_no_terminal_cannot_be_taken() {
    let (read, _write) = std::io::pipe().expect("descriptors");
    assert!(RawTerminal::take(read.as_fd()).is_err());
}

#[tokio::test]
async fn keys_come_from_pipes_and_files_until_their_end() {
    let (read, mut write) = std::io::pipe().expect("descriptors");
    write.write_all(b"keys").expect("room");
    let mut keys = Keys::of(read.as_fd()).expect("descriptors");
    let mut some = [0; 2];
    assert_eq!(keys.next(&mut some).await.expect("keys"), 2);
    assert_eq!(keys.next(&mut some).await.expect("keys"), 2);
    assert_eq!(&some, b"ys");
    drop(write);
    assert_eq!(keys.next(&mut some).await.expect("the end"), 0);
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"x").and_then(|()| std::io::Seek::rewind(&mut file)).expect("room");
    let mut keys = Keys::of(file.as_fd()).expect("descriptors");
    assert_eq!(keys.next(&mut some).await.expect("keys"), 1);
    assert_eq!(keys.next(&mut some).await.expect("the end"), 0);
}
