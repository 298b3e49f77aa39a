use super::{Key, Keys};

fn keys(pieces: &[&[u8]]) -> Vec<Key> {
    let mut keys = Keys::default();
    pieces.iter().flat_map(|piece| keys.read(piece)).collect()
}

#[test]
fn letters_and_the_keys_that_edit() {
    let expected = [
        Key::Letter('r'),
        Key::Letter('?'),
        Key::Letter('ß'),
        Key::Letter('漢'),
        Key::Enter,
        Key::Enter,
        Key::Tab,
        Key::Erase,
        Key::EraseAll,
    ];
    assert_eq!(keys(&["r?ß漢\n\r\t\x7f\x15".as_bytes()]), expected);
}

#[test]
fn esc_is_a_key_and_arrows_are_one_too() {
    assert_eq!(keys(&[b"\x1b"]), [Key::Escape]);
    assert_eq!(keys(&[b"\x1b[A"]), [Key::Other]);
    assert_eq!(keys(&[b"\x1b[1;5Cq"]), [Key::Other, Key::Letter('q')]);
    assert_eq!(keys(&[b"\x1bOPq"]), [Key::Other, Key::Letter('q')]);
    assert_eq!(keys(&[b"\x1bq"]), [Key::Other], "Alt-Q is not Q");
    assert_eq!(keys(&[b"\x1b["]), [Key::Other]);
}

#[test]
fn a_character_may_come_in_pieces() {
    assert_eq!(keys(&[b"\xe6", b"\xbc", b"\xa2x"]), [Key::Letter('漢'), Key::Letter('x')]);
    assert_eq!(keys(&[b"\xe6x"]), [Key::Other, Key::Letter('x')]);
    assert_eq!(keys(&[b"\xff\x80a"]), [Key::Other, Key::Other, Key::Letter('a')]);
}

#[test]
fn what_is_pasted_is_no_key() {
    assert_eq!(keys(&[b"a\x1b[200~quit\nq\x1b[201~b"]), [Key::Letter('a'), Key::Letter('b')]);
    let pieces: Vec<&[u8]> = b"\x1b[200~qqqqqqqq\x1b[201~b".chunks(1).collect();
    // Cut within the mark itself nobody can know it; a terminal sends it at once.
    let (mark, rest) = (b"\x1b[200~".as_slice(), &pieces[6..]);
    assert_eq!(keys(&[&[mark], rest].concat()), [Key::Letter('b')]);
}
