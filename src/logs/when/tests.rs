use super::{Moment, days_from_civil, parse};
use crate::logs::rfc3339;
use crate::time::{Local, WallTime};

/// 2026-11-21 15:30:00 UTC, one hour behind local time.
const NOW: WallTime = WallTime { seconds: 1_795_275_000, nanos: 500_000_000, utc_offset: 3600 };

#[track_caller]
fn check(text: &str, seconds: i64, nanos: i64) {
    assert_eq!(parse(text, NOW, &|_| 3600), Ok(Moment(seconds * 1_000_000_000 + nanos)), "{text}");
}

#[test]
fn before_now() {
    check("now", NOW.seconds, 500_000_000);
    check("10m", NOW.seconds - 600, 500_000_000);
    check("1h ago", NOW.seconds - 3600, 500_000_000);
    check("300ms", NOW.seconds, 200_000_000);
    check("90", NOW.seconds - 90, 500_000_000);
}

#[test]
fn times_of_day_are_the_last_such_times() {
    check("16:30", NOW.seconds, 0);
    check("16:29:59.25", NOW.seconds - 1, 250_000_000);
    check("9:00", NOW.seconds - 7 * 3600 - 1800, 0);
    check("16:31", NOW.seconds + 60 - 86_400, 0);
    check("today", NOW.seconds - 16 * 3600 - 1800, 0);
    check("yesterday", NOW.seconds - 40 * 3600 - 1800, 0);
}

#[test]
fn dates() {
    check("2026-11-21 16:30", NOW.seconds, 0);
    check("2026-11-21T15:30:00Z", NOW.seconds, 0);
    check("2026-11-21T15:30:00.123456789Z", NOW.seconds, 123_456_789);
    check("2026-11-21T10:30:00-05:00", NOW.seconds, 0);
    check("2026-11-21T21:00:00+0530", NOW.seconds, 0);
    check("1970-01-01T00:00:00Z", 0, 0);
    check("2024-02-29T00:00:00Z", 1_709_164_800, 0);
    check("2026-11-21", NOW.seconds - 16 * 3600 - 1800, 0);
}

#[test]
fn what_is_no_moment() {
    for text in [
        "",
        "soon",
        "25:00",
        "12:60",
        "2026-13-01",
        "2026-02-29",
        "2026-11-21X10:00",
        "2026-11-21T10:00+99:00",
        "12",
        "x12:00",
    ] {
        if text == "12" {
            // A number alone is a duration in seconds, as with `-t`.
            assert!(parse(text, NOW, &|_| 0).is_ok());
        } else {
            assert!(parse(text, NOW, &|_| 0).is_err(), "{text}");
        }
    }
    assert!(parse("2026-11-21T10:00:00é", NOW, &|_| 0).is_err());
    assert!(parse("2026-11-2é", NOW, &|_| 0).is_err());
}

#[test]
fn a_moment_is_a_wall_time() {
    assert_eq!(Moment::of(NOW).wall(3600), NOW);
    assert_eq!(Moment(-1).wall(0), WallTime { seconds: -1, nanos: 999_999_999, utc_offset: 0 });
}

#[test]
fn a_time_is_written_and_read_back() {
    assert_eq!(rfc3339(NOW), "2026-11-21T16:30:00.500000+01:00");
    assert_eq!(
        rfc3339(WallTime { seconds: 0, nanos: 1_999, utc_offset: -12_600 }),
        "1969-12-31T20:30:00.000001-03:30"
    );
    assert_eq!(parse(&rfc3339(NOW), NOW, &|_| 0), Ok(Moment::of(NOW)));
    for days in (-800_000..800_000).step_by(97) {
        let day_begins = WallTime { seconds: days * 86_400, nanos: 0, utc_offset: 0 };
        let Local { year, month, day, .. } = day_begins.local();
        assert_eq!(days_from_civil(year, month, day), days);
    }
}
