use std::fmt::Write as _;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Assignment, Quoting, last_wins, parse, parse_all};
use crate::diagnostic::{Checked, Source, render_all};

/// Reads an env file and shows what came of it: values, then complaints.
fn check(text: impl AsRef<[u8]>, expected: &Expect) {
    let checked = read(text.as_ref());
    let mut shown = String::new();
    for assignment in &checked.value {
        let (name, value) = (assignment.name.escape_ascii(), assignment.value.escape_ascii());
        let quoted = match assignment.quoted {
            Quoting::None => "",
            Quoting::Single => " (single)",
            Quoting::Double => " (double)",
        };
        writeln!(shown, "{} {name}={value}{quoted}", assignment.line).expect("a string takes all");
    }
    shown.push_str(&render_all(&checked.diagnostics, false));
    expected.assert_eq(&shown);
}

fn read(text: &[u8]) -> Checked<Vec<Assignment>> {
    parse(&Source::new(".env", text))
}

#[test]
fn names_stand_alone_behind_export_and_between_blanks() {
    check(
        "A=1\n \t B = 2\nexport C=3\n  export\t D =4\nexport=5\nexport =6\na.b-c=7\n1=8\n\rE=9\n",
        &expect![[r"
        1 A=1
        2 B=2
        3 C=3
        4 D=4
        6 export=6
        7 a.b-c=7
        8 1=8
        9 E=9
    "]],
    );
    check("export A\nexport A B\nexport\n", &expect![[""]]);
}

#[test]
fn comments_are_no_part_of_a_value() {
    check(
        "A=b # c\nB=b\t#c\nC=b#c\nD=#c\nE= # c\nF=#c # d\nG='b' # c\nH=\"b\"#c\nI=b # it's \"c\"\n # J=1\n",
        &expect![[r"
        1 A=b
        2 B=b
        3 C=b#c
        4 D=#c
        5 E=
        6 F=#c
        7 G=b (single)
        8 H=b (double)
        9 I=b
    "]],
    );
}

#[test]
fn blanks_round_a_value_are_no_part_of_it() {
    check(
        "A=  b c \t\r\nB=\t\nC=' b '  \nD= \" b \"\nE=b\u{a0}\nF=b\x0b\nG=b\r\r\n",
        &expect![[r"
        1 A=b c
        2 B=
        3 C= b  (single)
        4 D= b  (double)
        5 E=b\xc2\xa0
        6 F=b\x0b
        7 G=b
    "]],
    );
}

#[test]
fn double_quotes_have_escapes_and_single_ones_have_none() {
    check(
        r#"A="\n\r\t\\\"\'\$\`\q\x41""#,
        &expect![[r#"
        1 A=\n\r\t\\\"\'$`\\q\\x41 (double)
    "#]],
    );
    check(
        r"A='\n\r\t\\\$\q'",
        &expect![[r"
        1 A=\\n\\r\\t\\\\\\$\\q (single)
    "]],
    );
    check(
        r"A=\n\$",
        &expect![[r"
        1 A=\\n\\$
    "]],
    );
    check(
        "A=\"a\\\nb\"\n",
        &expect![[r"
        1 A=a\\\nb (double)
    "]],
    );
}

#[test]
fn a_value_in_quotes_may_have_several_lines() {
    check(
        "A=\"x\r\ny\"\t# z\nB='p\n\n# q\nC=r'\nD=1\n",
        &expect![[r"
        1 A=x\ny (double)
        3 B=p\n\n# q\nC=r (single)
        7 D=1
    "]],
    );
    check(
        "A=\"say \\\"x\\\"\ny\"\nB=1\n",
        &expect![[r#"
        1 A=say \"x\"\ny (double)
        3 B=1
    "#]],
    );
}

#[test]
fn quotes_inside_quotes_stay() {
    check(
        "A=\"a\"b\"\nB='a'b'\nC=\"a\" \"b\"\nD='it\\'s'\nE=\"C:\\dir\\\"\nF=\"a\" b\" # c\n",
        &expect![[r#"
        1 A=a\"b (double)
        2 B=a\'b (single)
        3 C=a\" \"b (double)
        4 D=it\\\'s (single)
        5 E=C:\\dir\\ (double)
        6 F=a\" b (double)
        warning: the value of `A` has its own quote inside; only the outer two are removed
         --> .env:1:1
          |
        1 | A=…
          | ^
        hint: use the other kind of quote around it, or write `\"` inside double quotes

        warning: the value of `B` has its own quote inside; only the outer two are removed
         --> .env:2:1
          |
        2 | B=…
          | ^
        hint: use the other kind of quote around it, or write `\"` inside double quotes

        warning: the value of `C` has its own quote inside; only the outer two are removed
         --> .env:3:1
          |
        3 | C=…
          | ^
        hint: use the other kind of quote around it, or write `\"` inside double quotes

        warning: the value of `D` has its own quote inside; only the outer two are removed
         --> .env:4:1
          |
        4 | D=…
          | ^
        hint: use the other kind of quote around it, or write `\"` inside double quotes

        warning: the value of `E` has its own quote inside; only the outer two are removed
         --> .env:5:1
          |
        5 | E=…
          | ^
        hint: use the other kind of quote around it, or write `\"` inside double quotes

        warning: the value of `F` has its own quote inside; only the outer two are removed
         --> .env:6:1
          |
        6 | F=…
          | ^
        hint: use the other kind of quote around it, or write `\"` inside double quotes
    "#]],
    );
}

#[test]
fn a_forgotten_quote_swallows_nothing() {
    check(
        "A=\"a\nB=\"b\"\nC='c\nD=it's\nE='e'\nF=\"\nG='a # b \nH=1\n",
        &expect![[r#"
        1 A=\"a
        2 B=b (double)
        3 C=\'c
        4 D=it\'s
        5 E=e (single)
        6 F=\"
        7 G=\'a # b
        8 H=1
        warning: the quote that opens the value of `A` is never closed
         --> .env:1:1
          |
        1 | A=…
          | ^ the quote becomes part of the value
        hint: close it with `"`, or put the whole value into the other kind of quote

        warning: the quote that opens the value of `C` is never closed
         --> .env:3:1
          |
        3 | C=…
          | ^ the quote becomes part of the value
        hint: close it with `'`, or put the whole value into the other kind of quote

        warning: the quote that opens the value of `F` is never closed
         --> .env:6:1
          |
        6 | F=…
          | ^ the quote becomes part of the value
        hint: close it with `"`, or put the whole value into the other kind of quote

        warning: the quote that opens the value of `G` is never closed
         --> .env:7:1
          |
        7 | G=…
          | ^ the quote becomes part of the value
        hint: close it with `'`, or put the whole value into the other kind of quote
    "#]],
    );
}

#[test]
fn what_is_no_assignment_is_named_but_never_shown() {
    check(
        "hunter2\n[hunter2]\n; hunter2\nTOKEN: hunter2\nTOKEN += hunter2\nexport TOKEN?=hunter2\nTOKEN hunter2=x\nh\u{fc}=1\n",
        &expect![[r"
            warning: this line is not `NAME=value` and is ignored
             --> .env:1:1
              |
            1 | …
              | ^
            hint: variables are written `NAME=value`, comments begin with `#`

            warning: this line is not `NAME=value` and is ignored
             --> .env:2:1
              |
            2 | …
              | ^
            hint: variables are written `NAME=value`, comments begin with `#`

            warning: this line is not `NAME=value` and is ignored
             --> .env:3:1
              |
            3 | …
              | ^
            hint: a comment begins with `#`

            warning: this line is not `NAME=value` and is ignored
             --> .env:4:1
              |
            4 | TOKEN…
              | ^^^^^
            hint: write `TOKEN=…`

            warning: this line is not `NAME=value` and is ignored
             --> .env:5:1
              |
            5 | TOKEN…
              | ^^^^^
            hint: write `TOKEN=…`

            warning: this line is not `NAME=value` and is ignored
             --> .env:6:1
              |
            6 | …
              | ^
            hint: variables are written `NAME=value`, comments begin with `#`

            warning: this line is not `NAME=value` and is ignored
             --> .env:7:1
              |
            7 | …
              | ^
            hint: variables are written `NAME=value`, comments begin with `#`

            warning: this line is not `NAME=value` and is ignored
             --> .env:8:1
              |
            8 | …
              | ^
            hint: variables are written `NAME=value`, comments begin with `#`
        "]],
    );
    // Behind an open quote, any word may be a piece of the secret.
    check(
        "KEY=\"hunter2\nTOKEN: hunter2\nB=\"x\"\n",
        &expect![[r#"
        1 KEY=\"hunter2
        3 B=x (double)
        warning: the quote that opens the value of `KEY` is never closed
         --> .env:1:1
          |
        1 | KEY=…
          | ^^^ the quote becomes part of the value
        hint: close it with `"`, or put the whole value into the other kind of quote

        warning: this line is not `NAME=value` and is ignored
         --> .env:2:1
          |
        2 | …
          | ^
        hint: it may belong to the quote above that is not closed
    "#]],
    );
}

#[test]
fn the_last_value_wins_at_the_place_of_the_first() {
    check(
        "A=1\nB=2\nA=3\n",
        &expect![[r"
        3 A=3
        2 B=2
    "]],
    );
    let all = parse_all(&Source::new(".env", "A=1\nB=2\nA=3\n")).value;
    assert_eq!(all.iter().map(|one| one.value.as_slice()).collect::<Vec<_>>(), [b"1", b"2", b"3"]);
    assert_eq!(last_wins(all), read(b"A=1\nB=2\nA=3\n").value);
}

#[test]
fn bytes_that_cannot_be_in_a_variable_are_errors() {
    check(
        "A=hunter2\0\nB=\"x\n\0\"\nC=1\n",
        &expect![[r"
        4 C=1
        error: a NUL byte stands in the value of `A`
         --> .env:1:1
          |
        1 | A=…
          | ^
        hint: no variable can hold one; a file with NUL bytes is often UTF-16 or no text at all

        error: a NUL byte stands in the value of `B`
         --> .env:2:1
          |
        2 | B=…
          | ^
        hint: no variable can hold one; a file with NUL bytes is often UTF-16 or no text at all
    "]],
    );
    check(
        b"\xff\xfeA\0=\0",
        &expect![[r"
        error: `.env` is UTF-16, not UTF-8 text (it begins with a UTF-16 byte order mark)
         --> .env:1:1
          |
        1 | …
          | ^
        hint: save it as UTF-8; in Windows PowerShell, `>` writes UTF-16, and `| Out-File -Encoding utf8` does not
    "]],
    );
    check(
        b"A\0=\x001\0",
        &expect![[r"
        error: `.env` is UTF-16, not UTF-8 text
         --> .env:1:1
          |
        1 | …
          | ^
        hint: save it as UTF-8; in Windows PowerShell, `>` writes UTF-16, and `| Out-File -Encoding utf8` does not
    "]],
    );
    check(
        b"\xef\xbb\xbfA=caf\xe9\n",
        &expect![[r"
        1 A=caf\xe9
    "]],
    );
}

/// Text that is likely to be near the grammar.
fn near_env() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "A", "B=", "=", "export ", "'", "\"", "\\", "\\$", " ", "\t", "\n", "\n", "\r\n", "\r", "#", " #",
        ":", "\u{feff}", "\u{e9}",
    ];
    let piece = prop_oneof![
        8 => proptest::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<Vec<u8>>(),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_shown_without_a_panic(text in near_env()) {
        let checked = read(&text);
        render_all(&checked.diagnostics, false);
        for assignment in checked.value {
            prop_assert!(!assignment.name.is_empty() && !assignment.value.contains(&0));
            prop_assert_eq!(&text[assignment.span.range], assignment.name.as_slice());
            for dollar in assignment.literal_dollars {
                prop_assert_eq!(assignment.value[dollar], b'$');
            }
        }
    }

    #[test]
    fn windows_line_ends_change_nothing(text in near_env()) {
        let text: Vec<u8> = text.into_iter().filter(|byte| *byte != b'\r').collect();
        let windows = text.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] });
        let (one, other) = (read(&text), read(&windows.collect::<Vec<u8>>()));
        let assignments = |checked: &Checked<Vec<Assignment>>| -> Vec<_> {
            checked.value.iter().map(|one| (one.line, one.name.clone(), one.value.clone(), one.quoted)).collect()
        };
        prop_assert_eq!(assignments(&one), assignments(&other));
        prop_assert_eq!(one.diagnostics.len(), other.diagnostics.len());
    }

    /// Whatever stands in a value, no message and no snippet repeats it.
    #[test]
    fn no_value_is_ever_shown(prefix in near_env(), secret in "[gk-z]{12}", suffix in near_env()) {
        let text = [&prefix, b"\nTOKEN=\"".as_slice(), secret.as_bytes(), &suffix].concat();
        let shown = render_all(&read(&text).diagnostics, false);
        prop_assert!(!shown.contains(&secret), "{}", shown);
    }

    #[test]
    fn what_was_quoted_comes_back(value in proptest::collection::vec(1_u8.., 0..30)) {
        let mut text = b"A=\"".to_vec();
        for byte in &value {
            if matches!(byte, b'\\' | b'"' | b'\r' | b'\n') {
                text.push(b'\\');
            }
            text.push(match byte { b'\r' => b'r', b'\n' => b'n', other => *other });
        }
        text.extend_from_slice(b"\"\nB=1\n");
        let checked = read(&text);
        prop_assert_eq!(&checked.value[0].value, &value);
        prop_assert_eq!(checked.value.len(), 2);
        prop_assert!(checked.diagnostics.is_empty());
    }
}
