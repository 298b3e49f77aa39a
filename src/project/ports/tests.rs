use super::{PortRule, read_base};
use crate::diagnostic::{Source, Span};

fn rule(base: u16, step: u16) -> PortRule {
    PortRule { base, step }
}

#[test]
fn every_entry_has_its_own_block() {
    assert_eq!(rule(5000, 100).port_of(0, 1), Ok(5000));
    assert_eq!(rule(5000, 100).port_of(0, 2), Ok(5001));
    assert_eq!(rule(5000, 100).port_of(2, 1), Ok(5200));
    assert_eq!(rule(3000, 10).port_of(3, 4), Ok(3033));
}

#[test]
fn what_is_beyond_the_last_port_is_told() {
    assert_eq!(rule(65500, 100).port_of(0, 36), Ok(65535));
    assert_eq!(rule(65500, 100).port_of(0, 37), Err(65536));
    assert_eq!(rule(65500, 100).port_of(1, 1), Err(65600));
    assert!(rule(65535, u16::MAX).port_of(usize::MAX, u32::MAX).is_err());
}

#[test]
fn a_base_is_a_number_from_1_to_65535() {
    for (text, expected) in [
        ("3000", Ok(3000)),
        (" 3000\n", Ok(3000)),
        ("1", Ok(1)),
        ("65535", Ok(65535)),
        ("0", Err("PORT must be at least 1")),
        ("65536", Err("there is no port above 65535, and PORT is 65536")),
        ("99999999999999999999999", Err("there is no port above 65535, and PORT is 99999999999999999999999")),
        ("abc", Err("PORT must be a number")),
        ("-1", Err("PORT must be a number")),
        ("+80", Err("PORT must be a number")),
        ("3000 # web", Err("PORT must be a number")),
    ] {
        let place = Span::new(&Source::new("--port", text), 0..text.len());
        let checked = read_base(text.as_bytes(), &place);
        let result = match checked.diagnostics.first() {
            Some(diagnostic) => Err(diagnostic.message.as_str()),
            None => Ok(checked.value),
        };
        assert_eq!(result, expected, "{text}");
    }
}
