use proptest::prelude::*;

use super::{misleads, visible, visible_bytes};

#[test]
fn what_can_be_read_stays() {
    for text in ["", "bin/rails server -p $PORT", "größer \\ 🔥 日本", "a\u{301}"] {
        assert_eq!(visible(text), text);
        assert_eq!(visible_bytes(text.as_bytes()), text);
    }
}

#[test]
fn what_moves_the_cursor_is_written_out() {
    assert_eq!(visible("\x1b]0;owned\x07"), r"\x1b]0;owned\x07");
    assert_eq!(visible("a\nb\r\tc\x7f\0"), r"a\nb\r\tc\x7f\x00");
    assert_eq!(visible("\u{9b}2J"), r"\x9b2J");
    assert_eq!(visible("evil\u{202e}txt.sh\u{2066}"), r"evil\u{202e}txt.sh\u{2066}");
    assert_eq!(visible_bytes(b"<\xff\x1b>"), r"<\xff\x1b>");
}

proptest! {
    #[test]
    fn nothing_that_misleads_comes_through(bytes: Vec<u8>, text: String) {
        prop_assert!(!visible_bytes(&bytes).contains(misleads));
        prop_assert!(!visible(&text).contains(misleads));
    }
}
