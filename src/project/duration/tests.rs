use std::time::Duration;

use super::parse;

#[test]
fn seconds_are_the_default_unit() {
    for (text, milliseconds) in [
        ("10", 10_000),
        ("0", 0),
        ("2.5", 2_500),
        ("5s", 5_000),
        ("300ms", 300),
        ("10m", 600_000),
        ("1h", 3_600_000),
        ("1d", 86_400_000),
        (" 7 s ", 7_000),
    ] {
        assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
    }
}

#[test]
fn anything_else_is_refused() {
    for text in ["", "s", "abc", "-1", "1x", "1.2.3", "5 ss", "99999999999999999999999d"] {
        assert_eq!(parse(text), Err("expected a time such as 10, 5s or 300ms".to_owned()), "{text}");
    }
}
