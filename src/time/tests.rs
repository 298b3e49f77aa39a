use super::WallTime;

#[test]
fn time_of_day_follows_the_offset_over_midnight() {
    let cases: [(i64, i32, &[u8; 8]); 6] = [
        (0, 0, b"00:00:00"),
        (5 * 3600 + 49 * 60 + 39, 0, b"05:49:39"),
        (86_399, 0, b"23:59:59"),
        (86_399, 3600, b"00:59:59"),
        (0, -3600, b"23:00:00"),
        (-1, 19_800, b"05:29:59"),
    ];
    for (seconds, utc_offset, expected) in cases {
        let time = WallTime { seconds, nanos: 0, utc_offset };
        assert_eq!(&time.time_of_day(), expected, "{seconds} {utc_offset}");
    }
}
