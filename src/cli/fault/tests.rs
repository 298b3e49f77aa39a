use std::panic::Location;

use super::words;

#[test]
fn a_fault_has_a_place_and_quotes_nothing() {
    let here = Location::caller();
    let expected =
        format!("error: a fault within forge {} at {}:{}\n", env!("CARGO_PKG_VERSION"), file!(), here.line());
    assert_eq!(words(Some(here)), expected);
}
