use super::{Bar, Prefix, PrefixStyle, column_width};
use crate::project::TimeFormat;
use crate::time::WallTime;

const PLAIN: PrefixStyle = PrefixStyle { time: None, width: 6, coloured: false };

fn timed(style: &PrefixStyle) -> PrefixStyle {
    PrefixStyle { time: Some(TimeFormat::default()), ..style.clone() }
}

fn at(seconds: i64) -> WallTime {
    WallTime { seconds, nanos: 0, utc_offset: 0 }
}

#[test]
fn a_prefix_looks_like_foremans() {
    let wide = PrefixStyle { width: 8, ..PLAIN };
    let coloured = PrefixStyle { coloured: true, ..PLAIN };
    let cases = [
        (Prefix::none(), "", 0),
        (Prefix::new(&wide, "web.1", 36, Bar::Plain), "web.1    | ", 11),
        (Prefix::new(&timed(&PLAIN), "web.1", 36, Bar::Plain), "00:01:05 web.1  | ", 18),
        (Prefix::new(&timed(&PLAIN), "web.1", 36, Bar::Stderr), "00:01:05 web.1  ! ", 18),
        (Prefix::new(&coloured, "web.1", 36, Bar::Plain), "\x1b[36mweb.1  | \x1b[0m", 9),
        (Prefix::new(&coloured, "web.1", 36, Bar::Stderr), "\x1b[36mweb.1  \x1b[31m! \x1b[0m", 9),
        (Prefix::new(&timed(&coloured), "web.1", 36, Bar::Plain), "\x1b[36m00:01:05 web.1  | \x1b[0m", 18),
    ];
    for (mut prefix, expected, columns) in cases {
        assert_eq!(String::from_utf8_lossy(prefix.at(at(65))), expected);
        assert_eq!(prefix.columns(), columns, "{expected:?}");
    }
}

#[test]
fn the_time_moves_forwards_and_backwards() {
    let mut prefix = Prefix::new(&timed(&PLAIN), "web.1", 36, Bar::Plain);
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

#[test]
fn the_column_is_straight_for_wide_and_combining_characters() {
    // Two columns each, none, and one picture of two columns made of three characters.
    let names = ["日本語.1", "ze\u{301}ro.1", "👩\u{200d}🚀.1", "plain.1"];
    let width = column_width(names);
    assert_eq!(width, 8);
    let style = PrefixStyle { width, ..PLAIN };
    for (name, expected) in
        names.into_iter().zip(["日本語.1 | ", "ze\u{301}ro.1   | ", "👩\u{200d}🚀.1     | ", "plain.1  | "])
    {
        let mut prefix = Prefix::new(&style, name, 36, Bar::Plain);
        assert_eq!(String::from_utf8_lossy(prefix.at(at(0))), expected);
        assert_eq!(prefix.columns(), 11, "{name}");
    }
}

#[test]
fn the_columns_of_the_time_are_counted_too() {
    let style = PrefixStyle { time: Some(TimeFormat::of("%H時%M分").expect("right")), ..PLAIN };
    assert_eq!(Prefix::new(&style, "web.1", 36, Bar::Plain).columns(), 8 + 1 + 9);
}
