use super::github::{data, harmless};
use super::rows::{cpu, memory};
use crate::exit::Spent;

#[test]
fn a_message_to_github_is_one_line() {
    assert_eq!(data("50 %\r\nnext"), "50 %25%0D%0Anext");
    assert_eq!(harmless("web.1 | ##[group]x"), "web.1 | ## [group]x");
}

#[test]
fn figures_are_those_of_people() {
    let spent = Spent { cpu_micros: 1_234_567, peak_bytes: (45 << 20) + (1 << 19) };
    assert_eq!((cpu(spent), memory(spent)), ("1.23 s".to_owned(), "45.5 MiB".to_owned()));
}
