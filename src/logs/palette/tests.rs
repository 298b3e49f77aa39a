use super::sgr_of_position;

#[test]
fn colours_come_in_foremans_order_and_begin_again() {
    let colours: Vec<u8> = (0..14).map(sgr_of_position).collect();
    assert_eq!(colours, [36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94, 36, 33]);
}
