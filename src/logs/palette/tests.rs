use super::Palette;

#[test]
fn colours_come_in_foremans_order_and_begin_again() {
    let palette = Palette::new(&[]);
    let colours: Vec<u8> = (0..14).map(|position| palette.sgr(position)).collect();
    assert_eq!(colours, [36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94, 36, 33]);
}

#[test]
fn others_come_in_the_order_in_which_they_are_asked_for() {
    let palette = Palette::new(&[0, 7, 8, 15]);
    let colours: Vec<u8> = (0..5).map(|position| palette.sgr(position)).collect();
    assert_eq!(colours, [30, 37, 90, 97, 30]);
}
