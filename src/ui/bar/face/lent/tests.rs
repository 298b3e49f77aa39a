use tokio::sync::mpsc;

use super::{Lent, entrance};
use crate::control::frames::Typed;
use crate::sys::pty::WindowSize;
use crate::ui::bar::model::tests::id;

fn lent() -> (Lent, mpsc::Receiver<Typed>) {
    let (typed, heard) = mpsc::channel(1);
    let (_, shown) = mpsc::channel(1);
    let window = WindowSize { rows: 24, columns: 80 };
    (Lent { id: id("web.1"), shown, typed, backlog: Vec::new(), window, is_first: true }, heard)
}

#[test]
fn everything_but_the_key_that_takes_it_back_is_typed() {
    for (typed, expected, stays) in [
        (&b"next\r"[..], &b"next\r"[..], true),
        (b"\x03\x1a\x1b[A", b"\x03\x1a\x1b[A", true),
        (b"a\x1db", b"a", false),
        (b"a\x1b[93;5u", b"a", false),
    ] {
        let (mut lent, mut heard) = lent();
        assert_eq!(lent.types(typed), stays);
        assert_eq!(heard.try_recv(), Ok(Typed::Keys(expected.to_vec())));
    }
    let (mut lent, mut heard) = lent();
    assert!(!lent.types(b"\x1d"));
    assert!(heard.try_recv().is_err());
}

#[test]
fn what_is_not_taken_is_kept_for_a_while() {
    let (mut lent, mut heard) = lent();
    for keys in [&b"one"[..], b"two", b"three"] {
        assert!(lent.types(keys));
    }
    assert_eq!(heard.try_recv(), Ok(Typed::Keys(b"one".to_vec())));
    lent.push();
    assert_eq!(heard.try_recv(), Ok(Typed::Keys(b"twothree".to_vec())));
    let much = vec![b'x'; 100_000];
    assert!(lent.types(&much) && lent.types(&much));
    assert!(lent.backlog.len() <= super::BACKLOG_BYTES);
    assert!(!lent.types(b"\x1d"), "whoever wants back gets back");
}

#[test]
fn in_a_stream_the_question_alone_is_drawn() {
    let rows = b"\x1b[0m> app.py(5)\r\n-> x += 1\r\n(Pdb) \r\x1b[6C";
    assert_eq!(entrance(rows.to_vec()), b"\x1b[0m(Pdb) \r\x1b[6C");
    assert_eq!(entrance(b"\x1b[0m(Pdb) ".to_vec()), b"\x1b[0m(Pdb) ");
    let full = b"\x1b[0mshell\r\n\x1b[?1049h\x1b[2J\x1b[1;1Hvim\r\n".to_vec();
    assert_eq!(entrance(full.clone()), full);
}
