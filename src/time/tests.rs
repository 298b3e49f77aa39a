use proptest::prelude::*;

use super::{Local, WallTime, date_of, days_before};

fn local(seconds: i64, utc_offset: i32) -> Local {
    WallTime { seconds, nanos: 0, utc_offset }.local()
}

#[test]
fn the_time_of_day_follows_the_offset_over_midnight() {
    let cases = [
        (0, 0, (0, 0, 0)),
        (5 * 3600 + 49 * 60 + 39, 0, (5, 49, 39)),
        (86_399, 0, (23, 59, 59)),
        (86_399, 3600, (0, 59, 59)),
        (0, -3600, (23, 0, 0)),
        (-1, 19_800, (5, 29, 59)),
    ];
    for (seconds, utc_offset, expected) in cases {
        let Local { hour, minute, second, .. } = local(seconds, utc_offset);
        assert_eq!((hour, minute, second), expected, "{seconds} {utc_offset}");
    }
}

#[test]
fn dates_are_those_of_the_calendar() {
    // Seconds, offset; year, month, day, day of the year, weekday. As `date -u -d @N` says.
    let cases = [
        (0, 0, (1970, 1, 1, 1, 3)),
        (-1, 0, (1969, 12, 31, 365, 2)),
        (951_782_400, 0, (2000, 2, 29, 60, 1)),
        (951_868_800, 0, (2000, 3, 1, 61, 2)),
        (1_735_689_599, 0, (2024, 12, 31, 366, 1)),
        (1_735_689_599, 3600, (2025, 1, 1, 1, 2)),
        (4_107_542_400, 0, (2100, 3, 1, 60, 0)),
        (253_402_300_799, 0, (9999, 12, 31, 365, 4)),
    ];
    for (seconds, utc_offset, expected) in cases {
        let Local { year, month, day, day_of_year, weekday, .. } = local(seconds, utc_offset);
        assert_eq!((year, month, day, day_of_year, weekday), expected, "{seconds} {utc_offset}");
    }
}

proptest! {
    #[test]
    fn each_day_follows_the_one_before(days in -1_000_000i64..4_000_000) {
        let (today, tomorrow) = (date_of(days), date_of(days + 1));
        prop_assert!(today < tomorrow);
        prop_assert!((1..=12).contains(&today.1) && (1..=31).contains(&today.2));
        if tomorrow.0 > today.0 {
            prop_assert_eq!((tomorrow.1, tomorrow.2, days_before(tomorrow.0)), (1, 1, days + 1));
        }
    }
}
