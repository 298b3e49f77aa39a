use super::LastWords;
use crate::supervisor::Complaint;

fn complaint(output: &[u8], step: usize) -> Option<Complaint> {
    let mut words = LastWords::default();
    for chunk in output.chunks(step) {
        words.hear(chunk);
    }
    words.complaint()
}

#[test]
fn an_address_in_use_is_recognised_in_many_tongues() {
    let said = [
        "Address already in use - bind(2) for \"127.0.0.1\" port 3000 (Errno::EADDRINUSE)",
        "Error: listen EADDRINUSE: address already in use :::3000",
        "OSError: [Errno 98] Address already in use",
        "OSError: [Errno 48] Address already in use",
        "listen tcp :8080: bind: address already in use",
        "Only one usage of each socket address (protocol/network address/port) is normally permitted.",
        "Error: That port is already in use.",
        "called `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse, message: \"Address in use\" }",
        "Failed to listen on localhost:8000 (reason: Address already in use)",
        "Error: Port 5173 is already in use",
        " ⚠ Port 3000 is in use by process 12, trying 3001",
    ];
    for line in said {
        let output = format!("booting\n{line}\n    at Server.listen\n");
        for step in [1, 7, 4096] {
            assert_eq!(complaint(output.as_bytes(), step), Some(Complaint::AddressInUse), "{line}");
        }
    }
}

#[test]
fn other_last_words_are_no_complaint() {
    for line in ["", "port 3000 is free", "port is open", "the transport 9 is in use", "in use"] {
        assert_eq!(complaint(line.as_bytes(), 3), None, "{line}");
    }
}

#[test]
fn only_the_end_counts_and_little_is_kept() {
    let mut output = b"bind: address already in use\n".to_vec();
    output.resize(output.len() + 5000, b'x');
    for step in [1, 100, 4095, 4096, 4097, 10_000] {
        assert_eq!(complaint(&output, step), None, "{step}");
        let mut words = LastWords::default();
        for chunk in output.chunks(step) {
            words.hear(chunk);
            assert!(words.heard.len() <= 8192);
        }
    }
}

#[test]
fn the_last_lines_are_text() {
    let mut words = LastWords::default();
    assert!(words.lines(3).is_empty());
    words.hear(b"one\r\n\ntwo\x1b[31m!\x1b[0m\n\n\xff three");
    assert_eq!(words.lines(2), ["two!", "\u{fffd} three"]);
    assert_eq!(words.lines(9), ["one", "two!", "\u{fffd} three"]);
    words.hear(&[b'x'; 300]);
    assert_eq!(words.lines(1)[0].chars().count(), 200);
}
