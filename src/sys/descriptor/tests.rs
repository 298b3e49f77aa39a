use std::io::{self, Write};

use super::{columns, is_pipe, read, readable_bytes, write_at_once};

#[test]
fn a_terminal_that_nobody_has_open_is_at_its_end() {
    let pty = nix::pty::openpty(None, None).expect("a pty");
    let mut terminal = std::fs::File::from(pty.slave);
    terminal.write_all(b"last words").expect("a terminal");
    drop(terminal);
    let mut buffer = [0; 64];
    assert_eq!(read(&pty.master, &mut buffer).expect("bytes"), 10);
    assert_eq!(read(&pty.master, &mut buffer).expect("the end"), 0);
}

#[test]
fn a_pipe_tells_what_it_is_and_holds() {
    let (reader, mut writer) = io::pipe().expect("a pipe");
    assert_eq!(readable_bytes(&reader), 0);
    writer.write_all(b"12345").expect("a reader");
    assert_eq!(readable_bytes(&reader), 5);
    assert!(is_pipe(&reader));
    assert_eq!(columns(&reader), None);
}

#[test]
fn a_terminal_tells_its_width() {
    let size = nix::pty::Winsize { ws_row: 24, ws_col: 132, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = nix::pty::openpty(Some(&size), None).expect("a pty");
    assert!(!is_pipe(&pty.master));
    assert_eq!(columns(&pty.slave), Some(132));
}

#[test]
fn what_does_not_fit_at_once_is_refused_and_the_flags_stay() {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let flags = || nix::fcntl::fcntl(&writer, nix::fcntl::FcntlArg::F_GETFL).expect("flags");
    let before = flags();
    let mut written = 0;
    let refusal = loop {
        match write_at_once(&writer, &[b'x'; 10_000]) {
            Ok(length) => written += length,
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(flags(), before);
    // A kernel that cannot promise it takes nothing at all.
    if refusal != std::io::ErrorKind::Unsupported {
        assert_eq!(refusal, std::io::ErrorKind::WouldBlock);
        let mut heard = vec![0; written];
        std::io::Read::read_exact(&mut reader, &mut heard).expect("what was written");
        assert!(heard.iter().all(|byte| *byte == b'x'));
        assert!(write_at_once(&writer, b"y").is_ok());
    }
}
