use std::path::PathBuf;
use std::time::Duration;

use super::{parse, paths};
use crate::diagnostic::{Severity, Source, Span};
use crate::project::{Colour, Settings};

fn clean(text: &str) -> Settings {
    let checked = parse(&Source::new(".foreman", text));
    assert_eq!(checked.diagnostics, [], "{text}");
    checked.value
}

/// Line, severity and message of every complaint.
fn complaints(text: &str) -> Vec<(u32, Severity, String)> {
    parse(&Source::new(".foreman", text))
        .diagnostics
        .into_iter()
        .map(|d| (d.primary.map_or(0, |label| label.span.line()), d.severity, d.message))
        .collect()
}

#[test]
fn every_option_of_foreman_is_understood() {
    let settings = clean(
        "---\n# vi: set ft=yaml :\n\nprocfile: Procfile.dev\nenv: conf/a.env, b.env\nroot: ../app\n\
         formation: \"web=2,worker=1\"  # two\nport: 15000\r\ntimeout: 10\ncolor: true\ntimestamp: false",
    );
    assert_eq!(settings.procfile, Some(PathBuf::from("Procfile.dev")));
    assert_eq!(settings.env_files, Some(vec!["conf/a.env".into(), "b.env".into()]));
    assert_eq!(settings.root, Some(PathBuf::from("../app")));
    assert_eq!(settings.formation.as_ref().map(Span::text), Some(&b"web=2,worker=1"[..]));
    assert_eq!(settings.port.as_ref().map(Span::text), Some(&b"15000"[..]));
    assert_eq!(settings.port.as_ref().map(Span::line), Some(8));
    assert_eq!(settings.timeout, Some(Duration::from_secs(10)));
    assert_eq!(settings.colour, Some(Colour::Always));
    assert_eq!(settings.timestamp, Some(false));
}

#[test]
fn quotes_and_comments_are_no_part_of_a_value() {
    for (text, expected) in [
        ("procfile: 'a # b'", "a # b"),
        ("procfile: a#b", "a#b"),
        ("procfile:\ta # b", "a"),
        ("procfile: \"x\" #y", "x"),
    ] {
        assert_eq!(clean(text).procfile, Some(PathBuf::from(expected)), "{text}");
    }
}

#[test]
fn an_empty_file_says_nothing() {
    assert_eq!(clean(""), Settings::default());
    assert_eq!(clean("--- \n{}\n# nothing\n"), Settings::default());
}

#[test]
fn a_line_that_is_no_option_is_an_error_with_its_line() {
    for line in ["port 3000", "port:3000", "- port: 3000", "port: [1, 2]", "procfile: 'open", ": x"] {
        let expected = vec![(2, Severity::Error, "this line is not `key: value`".to_owned())];
        assert_eq!(complaints(&format!("port: 1\n{line}\n")), expected, "{line}");
    }
}

#[test]
fn a_value_that_cannot_be_understood_is_an_error() {
    for (line, message) in [
        ("timeout: soon", "`soon` is no value for `timeout`"),
        ("timestamp: maybe", "`maybe` is no value for `timestamp`"),
        ("color: blue", "`blue` is no value for `color`"),
        ("procfile:", "`` is no value for `procfile`"),
    ] {
        assert_eq!(complaints(line), [(1, Severity::Error, message.to_owned())]);
    }
}

#[test]
fn an_unknown_key_is_a_warning_with_a_way_out() {
    let hint = |text: &str| parse(&Source::new(".foreman", text)).diagnostics.remove(0).hints.remove(0);
    assert_eq!(
        complaints("prot: 1"),
        [(1, Severity::Warning, "unknown option `prot` is ignored".to_owned())]
    );
    assert_eq!(hint("prot: 1"), "did you mean `port`?");
    assert_eq!(hint("concurrency: web=1"), "foreman ignores it too; `formation` is the name it has now");
}

#[test]
fn lists_of_env_files_forgive_blanks_and_mean_none_when_empty() {
    assert_eq!(paths(b" a , b,,c"), [PathBuf::from("a"), "b".into(), "c".into()]);
    assert!(paths(b"").is_empty());
}
