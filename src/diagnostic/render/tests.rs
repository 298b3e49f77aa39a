use std::ops::Range;
use std::sync::Arc;

use expect_test::{Expect, expect};

use super::{render, render_all};
use crate::diagnostic::{Diagnostic, Finding, Source, Span};

fn check(diagnostic: &Diagnostic, expected: &Expect) {
    expected.assert_eq(&render(diagnostic, false));
}

/// The place of a word in a source.
fn find(source: &Arc<Source>, word: &str) -> Span {
    let start = memchr::memmem::find(&source.text, word.as_bytes()).expect("the word is there");
    Span::new(source, start..start + word.len())
}

fn warn(source: &Arc<Source>, range: Range<usize>) -> Diagnostic {
    Diagnostic::warning("some-code", "something is odd").at(Span::new(source, range), "here")
}

#[test]
fn several_labels_and_a_hint() {
    let source = Source::new("Procfile", "# mine\nweb: bin/rails server\njs: yarn\nweb: bin/vite dev\n");
    let diagnostic = Diagnostic::error("duplicate-process", "two processes are called `web`")
        .at(Span::new(&source, 38..41), "and again here")
        .also(Span::new(&source, 7..10), "first here")
        .hint("give one of them another name, for example `vite`");
    check(
        &diagnostic,
        &expect![[r"
            error: two processes are called `web`
             --> Procfile:4:1
              |
            2 | web: bin/rails server
              | --- first here
            3 | js: yarn
            4 | web: bin/vite dev
              | ^^^ and again here
            hint: give one of them another name, for example `vite`
        "]],
    );
}

#[test]
fn labels_far_apart_leave_out_what_is_between() {
    let text = format!("web: a\n{}web: b\n", "job: c\n".repeat(20));
    let source = Source::new("Procfile", text.clone());
    let diagnostic = warn(&source, text.len() - 7..text.len() - 4).also(Span::new(&source, 0..3), "and here");
    check(
        &diagnostic,
        &expect![[r"
        warning: something is odd
          --> Procfile:22:1
           |
         1 | web: a
           | --- and here
        ...
        22 | web: b
           | ^^^ here
    "]],
    );

    let text = format!("web: a\n{}web: b\n", "\n".repeat(50_000));
    let source = Source::new("Procfile", text.clone());
    let diagnostic = warn(&source, text.len() - 7..text.len() - 4).also(Span::new(&source, 0..3), "and here");
    check(
        &diagnostic,
        &expect![[r"
        warning: something is odd
             --> Procfile:50002:1
              |
        50002 | web: b
              | ^^^ here
              |
             ::: Procfile:1:1
              |
            1 | web: a
              | --- and here
    "]],
    );
}

#[test]
fn labels_in_two_sources() {
    let file = Source::new(".foreman", "port: abc\n");
    let option = Source::new("--port", "5000");
    let diagnostic = warn(&file, 6..9).also(Span::new(&option, 0..4), "this one would do");
    check(
        &diagnostic,
        &expect![[r"
        warning: something is odd
         --> .foreman:1:7
          |
        1 | port: abc
          |       ^^^ here
          |
         ::: --port:1:1
          |
        1 | 5000
          | ---- this one would do
    "]],
    );
}

#[test]
fn without_a_place_it_is_one_line() {
    check(
        &Diagnostic::warning("some-code", "port 5000 is taken"),
        &expect![[r"
        warning: port 5000 is taken
    "]],
    );
}

#[test]
fn in_foremans_words() {
    let diagnostic = Diagnostic::foreman("no-processes", "no processes defined").hint("write one");
    check(
        &diagnostic,
        &expect![[r"
        ERROR: no processes defined
        hint: write one
    "]],
    );
}

#[test]
fn bytes_that_are_no_text_keep_the_column() {
    let source = Source::new("Procfile", b"caf\xe9 \xff\xfe \xc5\xbe: a\r\n".to_vec());
    check(
        &warn(&source, 8..10),
        &expect![[r"
        warning: something is odd
         --> Procfile:1:9
          |
        1 | caf� �� ž: a
          |         ^ here
    "]],
    );
    // In the middle of a character.
    check(
        &warn(&source, 9..10),
        &expect![[r"
        warning: something is odd
         --> Procfile:1:10
          |
        1 | caf� �� ��: a
          |          ^ here
    "]],
    );
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let source = Source::new("Proc\x1b[31mfile", b"a\x1b[2Jb\0c".to_vec());
    let diagnostic = warn(&source, 0..1).hint("a\x1b[0m hint\nof two lines");
    assert!(!render(&diagnostic, false).contains('\x1b'));
    check(
        &diagnostic,
        &expect![[r"
            warning: something is odd
             --> Proc\x1b[31mfile:1:1
              |
            1 | a\x1b[2Jb\x00c
              | ^ here
            hint: a\x1b[0m hint of two lines
        "]],
    );
}

#[test]
fn eight_bit_controls_do_not_reach_the_terminal() {
    // Found by fuzzing: U+009B begins a sequence on some terminals, as ESC [ does.
    let source = Source::new("Proc\u{9b}31mfile", "a\u{9b}2J: b \u{90}x\u{9c}".as_bytes());
    let diagnostic = warn(&source, 0..1).hint("a\u{9b}0m hint");
    assert!(!render(&diagnostic, false).contains(|letter| matches!(letter, '\u{80}'..='\u{9f}')));
    check(
        &diagnostic,
        &expect![[r#"
            warning: something is odd
             --> Proc\x9b31mfile:1:1
              |
            1 | a\x9b2J: b \x90x\x9c
              | ^ here
            hint: a\x9b0m hint
        "#]],
    );
}

#[test]
fn places_outside_the_text_do_no_harm() {
    let source = Source::new("Procfile", "web: a\nweb: b");
    check(
        &warn(&source, 100..200),
        &expect![[r"
        warning: something is odd
         --> Procfile:2:7
          |
        2 | web: b
          |       ^ here
    "]],
    );
    check(
        &warn(&Source::new("Procfile", ""), 0..0),
        &expect![[r"
        warning: something is odd
         --> Procfile:1:1
          |
        1 |
          | ^ here
    "]],
    );
    // Over several lines, the first is shown.
    check(
        &warn(&source, 5..13),
        &expect![[r"
        warning: something is odd
         --> Procfile:1:6
          |
        1 | web: a
          |      ^ here
    "]],
    );
    // Backwards.
    check(
        &warn(&source, Range { start: 9, end: 3 }),
        &expect![[r"
        warning: something is odd
         --> Procfile:2:3
          |
        2 | web: b
          |   ^ here
    "]],
    );
}

#[test]
fn a_line_of_a_megabyte_is_cut() {
    let text = format!("web: {}{}", "x".repeat(1 << 20), " y".repeat(1 << 20));
    let source = Source::new("Procfile", text);
    check(
        &warn(&source, 5..1 << 21),
        &expect![[r"
        warning: something is odd
         --> Procfile:1:6
          |
        1 | web: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...
          |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
    "]],
    );
    let shown = render(&warn(&source, 1 << 20..(1 << 20) + 5), false);
    assert!(shown.len() < 1_000, "{} bytes are too many to read", shown.len());
}

#[test]
fn of_a_secret_source_only_labels_are_shown() {
    let source =
        Source::secret(".env", "export TOKEN = hunter2\nhunter2 hunter2=hunter2\nA=hunter2\nB=hunter2\n");
    let token = Diagnostic::warning("unclosed-quote", "odd").at(find(&source, "TOKEN"), "this one");
    check(
        &token,
        &expect![[r"
        warning: odd
         --> .env:1:8
          |
        1 | export TOKEN=…
          |        ^^^^^ this one
    "]],
    );
    let both = token.also(find(&source, "B"), "and this");
    check(
        &both,
        &expect![[r"
        warning: odd
         --> .env:1:8
          |
        1 | export TOKEN=…
          |        ^^^^^ this one
        ...
        4 | B=…
          | - and this
    "]],
    );
    let second_line = 23;
    let nothing =
        Diagnostic::warning("ignored", "odd").at(Span::new(&source, second_line..second_line), "ignored");
    check(
        &nothing,
        &expect![[r"
            warning: odd
             --> .env:2:1
              |
            2 | …
              | ^ ignored
        "]],
    );
    let neighbours = Diagnostic::warning("odd", "odd")
        .at(find(&source, "TOKEN"), "")
        .also(Span::new(&source, second_line + 24..second_line + 25), "");
    check(
        &neighbours,
        &expect![[r"
        warning: odd
         --> .env:1:8
          |
        1 | export TOKEN=…
          |        ^^^^^
        2 | …
        3 | A=…
          | -
    "]],
    );
}

#[test]
fn of_a_secret_source_not_even_a_label_shows_a_value() {
    let text = "A=hunter2\nB = hunter2 x\n";
    let source = Source::secret(".env", text);
    for start in 0..text.len() {
        for end in start..=text.len() {
            let diagnostic = Diagnostic::warning("odd", "odd").at(Span::new(&source, start..end), "");
            let shown = render(&diagnostic, false);
            let piece = ["hu", "un", "nt", "te", "er", "r2"].iter().find(|piece| shown.contains(*piece));
            assert_eq!(piece, None, "{start}..{end} shows\n{shown}");
        }
    }
}

#[test]
fn many_are_shown_in_their_order_and_then_counted() {
    let source = Source::new("Procfile", "what\n");
    let short = Diagnostic::warning("port-taken", "port 5000 is taken");
    let mut all =
        vec![short.clone(), short, warn(&source, 0..4), Diagnostic::error("other", "wrong").hint("so")];
    expect![[r"
        warning: port 5000 is taken
        warning: port 5000 is taken

        warning: something is odd
         --> Procfile:1:1
          |
        1 | what
          | ^^^^ here

        error: wrong
        hint: so
    "]]
    .assert_eq(&render_all(&all, false));

    all.extend(std::iter::repeat_n(Diagnostic::warning("same", "again"), 100));
    let shown = render_all(&all, false);
    assert_eq!(shown.matches("again").count(), 47);
    assert!(shown.ends_with("warning: again\nnote: 53 more warnings like these\n"), "{shown}");
    assert_eq!(render_all(&[], false), "");
}

#[test]
fn with_colour_the_words_are_the_same() {
    let source = Source::new("Procfile", "web: a\n");
    for diagnostic in [warn(&source, 0..3).hint("write"), Diagnostic::foreman("code", "words")] {
        let coloured = render(&diagnostic, true);
        assert!(coloured.contains("\x1b["), "{coloured:?}");
        let mut plain = String::new();
        for (number, part) in coloured.split("\x1b[").enumerate() {
            plain.push_str(if number == 0 { part } else { part.split_once('m').expect("a style ends").1 });
        }
        assert_eq!(plain, render(&diagnostic, false));
    }
}

#[test]
fn as_json() {
    let source = Source::new("Procfile", "web: a\nweb: b\n");
    let json =
        |diagnostic: Diagnostic| serde_json::to_string(&Finding::from(&diagnostic)).expect("plain data");
    expect![[
        r#"{"severity":"warning","code":"some-code","message":"something is odd","file":"Procfile","line":2}"#
    ]]
    .assert_eq(&json(warn(&source, 7..10)));
    expect![[r#"{"severity":"error","code":"code","message":"no place","file":null,"line":null}"#]]
        .assert_eq(&json(Diagnostic::error("code", "no place")));
}

#[test]
fn of_a_partly_hidden_source_the_rest_is_shown() {
    let text = "a = \"one\"\nb = \"hunter2\" # x\nc = \"two\"\n";
    let at = text.find("hunter2").expect("it is there");
    let source = Source::partly_hidden("forge.toml", text, std::iter::once(at..at + 7).collect());
    let odd = Diagnostic::warning("odd", "odd").at(Span::new(&source, at - 5..at + 8), "this");
    check(
        &odd,
        &expect![[r#"
        warning: odd
         --> forge.toml:2:1
          |
        2 | b = "…" # x
          | ^^^^^^^ this
    "#]],
    );
    let neighbours =
        Diagnostic::warning("odd", "odd").at(Span::new(&source, 0..1), "").also(find(&source, "c"), "");
    check(
        &neighbours,
        &expect![[r#"
        warning: odd
         --> forge.toml:1:1
          |
        1 | a = "one"
          | ^
        2 | b = "…" # x
        3 | c = "two"
          | -
    "#]],
    );
    for start in 0..text.len() {
        for end in start..=text.len() {
            let shown =
                render(&Diagnostic::warning("odd", "odd").at(Span::new(&source, start..end), ""), false);
            assert!(
                !["hu", "te", "r2"].iter().any(|piece| shown.contains(piece)),
                "{start}..{end} shows\n{shown}"
            );
        }
    }
}
