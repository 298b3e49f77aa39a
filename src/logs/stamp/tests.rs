use proptest::prelude::*;

use super::Stamped;
use crate::project::TimeFormat;
use crate::time::WallTime;

/// 2026-11-21 15:29:05.012345678 UTC, a Saturday.
const AT: WallTime = WallTime { seconds: 1_795_274_945, nanos: 12_345_678, utc_offset: 0 };

fn format(text: &str) -> TimeFormat {
    TimeFormat::of(text).expect("a right format")
}

#[track_caller]
fn shows(text: &str, at: WallTime, expected: &str) {
    let mut stamped = Stamped::new(b"<".to_vec(), Some(format(text)), b">".to_vec());
    assert_eq!(String::from_utf8_lossy(stamped.at(at)), format!("<{expected}>"));
}

#[test]
fn each_part_is_written_as_by_strftime() {
    shows("%Y %y %m %b %d %e %j %a", AT, "2026 26 11 Nov 21 21 325 Sat");
    shows("%H %I %p %M %S %T %R %F", AT, "15 03 PM 29 05 15:29:05 15:29 2026-11-21");
    shows("%f %3f %6f %9f %L", AT, "012345 012 012345 012345678 012");
    shows("%s %z %:z %%", AT, "1795274945 +0000 +00:00 %");
    shows("%e", WallTime { seconds: 0, ..AT }, " 1");
    shows("%H%p %I", WallTime { seconds: 0, ..AT }, "00AM 12");
    shows("%z %:z %H:%M", WallTime { utc_offset: 5 * 3600 + 1800, ..AT }, "+0530 +05:30 20:59");
    shows("%z %:z", WallTime { utc_offset: -12_600, ..AT }, "-0330 -03:30");
}

#[test]
fn without_a_time_the_text_is_always_the_same() {
    let mut stamped = Stamped::new(b"<".to_vec(), None, b">".to_vec());
    assert_eq!(stamped.at(AT), b"<>");
    assert_eq!(stamped.at(WallTime::default()), b"<>");
}

#[test]
fn what_stands_behind_can_change() {
    let mut stamped = Stamped::new(Vec::new(), Some(format("%S")), b" a".to_vec());
    assert_eq!(stamped.at(AT), b"05 a");
    stamped.set_after(b" b".to_vec());
    assert_eq!(stamped.at(AT), b"05 b");
}

proptest! {
    /// What is kept from one line to the next never shows.
    #[test]
    fn it_shows_what_a_new_one_would(
        times in prop::collection::vec((0i64..3, 0u32..1_000_000_000, prop::bool::ANY), 1..20),
        text in prop::sample::select(vec!["%T", "%T.%3f", "%F %T.%6f%z", "%s.%9f", "x"]),
    ) {
        let mut kept = Stamped::new(b"<".to_vec(), Some(format(text)), b">".to_vec());
        for (seconds, nanos, summer) in times {
            let at = WallTime { seconds, nanos, utc_offset: if summer { 3600 } else { 0 } };
            let mut fresh = Stamped::new(b"<".to_vec(), Some(format(text)), b">".to_vec());
            prop_assert_eq!(kept.at(at), fresh.at(at));
        }
    }
}
