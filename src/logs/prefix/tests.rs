use super::{Prefix, column_width};
use crate::time::WallTime;

fn at(seconds: i64) -> WallTime {
    WallTime { seconds, nanos: 0, utc_offset: 0 }
}

#[test]
fn a_prefix_looks_like_foremans() {
    let cases = [
        (Prefix::none(), ""),
        (Prefix::named("web.1", 8), "web.1    | "),
        (Prefix::named("web.1", 6).timed(), "00:01:05 web.1  | "),
        (Prefix::named("web.1", 6).coloured(36), "\x1b[36mweb.1  | \x1b[0m"),
        (Prefix::named("web.1", 6).timed().coloured(36), "\x1b[36m00:01:05 web.1  | \x1b[0m"),
    ];
    for (mut prefix, expected) in cases {
        assert_eq!(String::from_utf8_lossy(prefix.at(at(65))), expected);
    }
}

#[test]
fn the_time_moves_forwards_and_backwards() {
    let mut prefix = Prefix::named("web.1", 6).timed();
    for (seconds, expected) in
        [(0, "00:00:00 web.1  | "), (61, "00:01:01 web.1  | "), (1, "00:00:01 web.1  | ")]
    {
        assert_eq!(String::from_utf8_lossy(prefix.at(at(seconds))), expected);
    }
}

#[test]
fn the_column_is_as_wide_as_the_longest_name_and_at_least_six() {
    assert_eq!(column_width([]), 6);
    assert_eq!(column_width(["web.1", "db.1"]), 6);
    assert_eq!(column_width(["web.1", "scheduler.10"]), 12);
}
