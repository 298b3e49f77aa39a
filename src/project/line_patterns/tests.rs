use expect_test::{Expect, expect};

use super::{LinePatterns, parse};
use crate::diagnostic::{Source, Span, render_all};

fn read(patterns: &[&str]) -> (LinePatterns, String) {
    let spans: Vec<Span> =
        patterns.iter().map(|text| Span::new(&Source::new("--drop", *text), 0..text.len())).collect();
    let mut diagnostics = Vec::new();
    let patterns = parse(&spans, &mut diagnostics);
    (patterns, render_all(&diagnostics, false))
}

#[test]
fn any_of_the_patterns_is_enough() {
    let cases: &[(&[&str], &[u8], bool)] = &[
        (&[], b"any", false),
        (&["health"], b"GET /health 200", true),
        (&["health"], b"GET /users 200", false),
        (&["GET /health$"], b"GET /health", true),
        (&["GET /health$"], b"GET /health 200", false),
        (&["^DEBUG", "(?i)heartbeat"], b"a HeartBeat", true),
        (&["^DEBUG", "(?i)heartbeat"], b"a DEBUG", false),
        (&["a.c"], b"\xffabc\xff", true),
        (&["b"], b"\xffabc\xff", true),
        (&["^$"], b"", true),
        (&["\u{e9}t\u{e9}"], "un \u{e9}t\u{e9}".as_bytes(), true),
    ];
    for (patterns, line, expected) in cases {
        let (read, complaints) = read(patterns);
        assert_eq!((read.match_line(line), complaints.as_str()), (*expected, ""), "{patterns:?}");
        assert_eq!(read.is_empty(), patterns.is_empty());
    }
}

#[track_caller]
fn refused(pattern: &str, expected: &Expect) {
    expected.assert_eq(&read(&[pattern]).1);
}

#[test]
fn what_is_no_pattern_is_refused() {
    refused(
        "[debug",
        &expect![[r#"
        error: a pattern is no regular expression
         --> --drop:1:1
          |
        1 | [debug
          | ^^^^^^ non-empty character class has no closing bracket
        hint: a character that is to mean itself is written with a `\` before it, as in `\[`
    "#]],
    );
    refused(
        "a{2,1}",
        &expect![[r#"
        error: a pattern is no regular expression
         --> --drop:1:1
          |
        1 | a{2,1}
          | ^^^^^^ found counted repetition with a min bigger than its max
        hint: a character that is to mean itself is written with a `\` before it, as in `\[`
    "#]],
    );
    refused(
        "",
        &expect![[r#"
        error: an empty pattern matches every line
         --> --drop:1:1
          |
        1 |
          | ^
        hint: to show no line of a process there is `-q NAME`
    "#]],
    );
}
