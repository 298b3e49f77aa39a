use super::*;

#[test]
fn a_text_is_cut_where_the_window_ends() {
    assert_eq!(cut("short", 5), "short");
    assert_eq!(cut("longer", 5), "long…");
    assert_eq!(cut("日本語", 4), "日…");
}

#[test]
fn columns_give_way_to_a_narrow_window_the_name_last() {
    let mut widths = vec![8, 10, 6, 4, 7, 8, 4, 8, 60];
    fit(&mut widths, 100);
    assert_eq!(widths, [8, 10, 6, 4, 7, 8, 4, 8, 29]);
    fit(&mut widths, 50);
    assert_eq!(widths, [8, 10, 6, 4, 7, 0, 4, 0, 0]);
    fit(&mut widths, 15);
    assert_eq!(widths, [8, 5, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn sizes_are_said_as_people_say_them() {
    let words = [(900, "0 KiB"), (5 << 10, "5 KiB"), (300 << 20, "300 MiB"), (3 << 29, "1.5 GiB")];
    for (bytes, expected) in words {
        assert_eq!(size(bytes), expected);
    }
}
