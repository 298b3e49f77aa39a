use super::{Filter, Pattern, Question};
use crate::logs::Level;

fn question(grep: &[&str], not: &[&str], level: Option<Level>) -> Question {
    let patterns = |texts: &[&str]| texts.iter().map(|text| Pattern::new(text).expect("a pattern")).collect();
    Question { grep: patterns(grep), not: patterns(not), level }
}

#[track_caller]
fn check(question: &Question, lines: &[&str], expected: &[usize]) {
    let (mut filter, mut out) = (Filter::default(), Vec::new());
    for (number, line) in lines.iter().enumerate() {
        filter.hear(question, line.as_bytes(), number, &mut out);
    }
    filter.end(question, &mut out);
    assert_eq!(out, expected);
}

const LINES: &[&str] = &[
    "INFO ready",
    "ERROR lost",
    "Traceback (most recent call last):",
    "  File \"a.py\", line 1",
    "ValueError: 7",
    "",
    "INFO fine",
    "\x1b[31mERROR\x1b[0m other",
    "",
    "WARN slow",
];

#[test]
fn everything() {
    check(&question(&[], &[], None), LINES, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn patterns_are_for_lines() {
    check(&question(&["ERROR (lost|other)"], &[], None), LINES, &[1, 7]);
    check(&question(&["ERROR"], &["lost"], None), LINES, &[7]);
    check(&question(&["R", "fine"], &[], None), LINES, &[]);
    check(&question(&["(?i)error"], &[], None), LINES, &[1, 4, 7]);
}

#[test]
fn a_level_takes_its_stack_trace_along() {
    check(&question(&[], &[], Some(Level::Error)), LINES, &[1, 2, 3, 4, 7]);
    check(&question(&[], &[], Some(Level::Warn)), LINES, &[1, 2, 3, 4, 7, 9]);
}

#[test]
fn patterns_are_for_whole_reports() {
    check(&question(&["ValueError"], &[], Some(Level::Error)), LINES, &[1, 2, 3, 4]);
    check(&question(&[], &["ValueError"], Some(Level::Error)), LINES, &[7]);
    check(&question(&["lost", "other"], &[], Some(Level::Error)), LINES, &[]);
}

#[test]
fn a_trace_makes_a_harmless_line_bad() {
    let lines = ["INFO retrying", "Traceback (most recent call last):", "  File", "Odd: x", "INFO on"];
    check(&question(&[], &[], Some(Level::Error)), &lines, &[1, 2, 3]);
}

#[test]
fn bytes_that_are_no_text_are_searched_all_the_same() {
    assert!(Pattern::new("b.d").expect("a pattern").is_in(b"\xff bad"));
    assert!(Pattern::new("bad").expect("a pattern").is_in(b"\xff bad"));
    assert!(Pattern::new("(").is_err());
}
