use super::{DetachKeys, Leaving};

fn keys(text: &str) -> DetachKeys {
    text.parse().expect("keys")
}

/// What is for the process, and whether the keys were typed.
fn typed(keys: &DetachKeys, bursts: &[&str]) -> (String, bool) {
    let (mut leaving, mut out) = (Leaving::new(keys), Vec::new());
    let has_left = bursts.iter().any(|burst| leaving.take(burst.as_bytes(), &mut out));
    (String::from_utf8(out).expect("text"), has_left)
}

#[test]
fn one_key_leaves() {
    let usual = DetachKeys::default();
    assert_eq!(usual, keys("ctrl-]"));
    assert_eq!(typed(&usual, &["next\r\x1d rest"]), ("next\r".to_owned(), true));
    assert_eq!(typed(&usual, &["\x03\x1a\x1c\x1b[A]"]), ("\x03\x1a\x1c\x1b[A]".to_owned(), false));
    // As terminals spell it for programs that want to know more.
    assert_eq!(typed(&usual, &["a\x1b[93;5u"]), ("a".to_owned(), true));
    assert_eq!(typed(&usual, &["a\x1b[27;5;93~"]), ("a".to_owned(), true));
}

#[test]
fn several_keys_leave_only_together() {
    let docker = keys("ctrl-p,ctrl-q");
    assert_eq!(typed(&docker, &["\x10\x11"]), (String::new(), true));
    assert_eq!(typed(&docker, &["a\x10", "\x11"]), ("a".to_owned(), true));
    assert_eq!(typed(&docker, &["\x10", "x\x11"]), ("\x10x\x11".to_owned(), false));
    assert_eq!(typed(&docker, &["\x10\x10\x11"]), ("\x10".to_owned(), true));
    assert_eq!(typed(&keys("~,."), &["~a~."]), ("~a".to_owned(), true));
}

#[test]
fn keys_are_told_as_people_read_them() {
    assert_eq!(DetachKeys::default().to_string(), "Ctrl-]");
    assert_eq!(keys("CTRL-p, ctrl-Q").to_string(), "Ctrl-P Ctrl-Q");
    assert_eq!(keys("ctrl-\\").to_string(), "Ctrl-\\");
}

#[test]
fn what_is_no_key_is_refused() {
    for text in ["", "ctrl-", "ctrl-1", "ctrl-pq", "ab", "ctrl-p,", " ", "é"] {
        assert!(text.parse::<DetachKeys>().is_err(), "{text:?}");
    }
}
