#![expect(clippy::disallowed_methods, reason = "the real environment is what these tests keep out")]

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Winner, expand, free_prefix};
use crate::diagnostic::{Checked, Source, render_all};
use crate::project::dotenv::{self, Assignment};

fn expanded(text: &[u8], outside: &[(&str, &[u8])], winner: Winner) -> Checked<Vec<Assignment>> {
    let read = dotenv::parse_all(&Source::new(".env", text));
    assert_eq!(read.diagnostics, []);
    let inherited = |name: &[u8]| {
        let found = outside.iter().find(|(key, _)| key.as_bytes() == name);
        found.map(|(_, value)| value.to_vec())
    };
    expand(read.value, &inherited, winner)
}

fn check(text: &str, expected: &Expect) {
    check_with(text, &[("HOME", b"/home/u"), ("EMPTY", b"")], Winner::Files, expected);
}

fn check_with(text: &str, outside: &[(&str, &[u8])], winner: Winner, expected: &Expect) {
    let checked = expanded(text.as_bytes(), outside, winner);
    let mut shown = String::new();
    for Assignment { name, value, .. } in &checked.value {
        writeln!(shown, "{}={}", name.escape_ascii(), value.escape_ascii()).expect("a string takes all");
    }
    shown.push_str(&render_all(&checked.diagnostics, false));
    expected.assert_eq(&shown);
}

#[test]
fn references_to_what_stands_above_and_outside() {
    check(
        "A=1\nB=${A}-${A}${HOME}\nC=\"x ${B}\"\nA=${A}2\nD=${A}\n",
        &expect![[r"
        A=1
        B=1-1/home/u
        C=x 1-1/home/u
        A=12
        D=12
    "]],
    );
}

#[test]
fn a_default_counts_when_the_name_is_unset_or_empty() {
    check(
        "A=${NO:-x y}\nB=${EMPTY:-z}\nC=${HOME:-z}\nD=${NO:-}\nE=${EMPTY}\nF=\"${NO:-a\\\"b\\\\$1}\"\n",
        &expect![[r#"
        A=x y
        B=z
        C=/home/u
        D=
        E=
        F=a\"b\\$1
    "#]],
    );
}

#[test]
fn an_unset_name_gives_nothing_and_a_warning() {
    check(
        "A=x${NO}y\n",
        &expect![[r"
        A=xy
        warning: `A` refers to `NO`, which is not set above it or outside
         --> .env:1:1
          |
        1 | A=…
          | ^
        hint: `${NO:-…}` gives it a default; single quotes keep `${` as it is
    "]],
    );
    // What stands below does not count.
    check(
        "A=${B}\nB=1\n",
        &expect![[r"
        A=
        B=1
        warning: `A` refers to `B`, which is not set above it or outside
         --> .env:1:1
          |
        1 | A=…
          | ^
        hint: `${B:-…}` gives it a default; single quotes keep `${` as it is
    "]],
    );
}

#[test]
fn only_braces_are_references() {
    check(
        "A=1\nB=$A-$HOME-$1-$$-$(A)-$\nPASSWORD=pa$$w0rd$1x\nHASH=$2b$10$abcdefghijklmnopqrstuv\nC=$${A}\nD=${}-${A\nE=${A%b}${A-b}${:-x}\nF=${A B}\n",
        &expect![[r"
            A=1
            B=$A-$HOME-$1-$$-$(A)-$
            PASSWORD=pa$$w0rd$1x
            HASH=$2b$10$abcdefghijklmnopqrstuv
            C=$1
            D=${}-${A
            E=${A%b}${:-x}
            F=${A B}
            warning: `E` has a `${…}` that stays as it is
             --> .env:7:1
              |
            7 | E=…
              | ^
            hint: only `${NAME}` and `${NAME:-default}` are expanded, and a default holds no reference itself

            warning: `E` refers to `A-b`, which is not set above it or outside
             --> .env:7:1
              |
            7 | E=…
              | ^
            hint: `${A-b:-…}` gives it a default; single quotes keep `${` as it is

            warning: `F` has a `${…}` that stays as it is
             --> .env:8:1
              |
            8 | F=…
              | ^
            hint: only `${NAME}` and `${NAME:-default}` are expanded, and a default holds no reference itself
        "]],
    );
    check(
        "A=1\nB=${NO:-${A}}\nC=${A:+x}\n",
        &expect![[r"
        A=1
        B=${NO:-${A}}
        C=${A:+x}
        warning: `B` has a `${…}` that stays as it is
         --> .env:2:1
          |
        2 | B=…
          | ^
        hint: only `${NAME}` and `${NAME:-default}` are expanded, and a default holds no reference itself

        warning: `C` has a `${…}` that stays as it is
         --> .env:3:1
          |
        3 | C=…
          | ^
        hint: only `${NAME}` and `${NAME:-default}` are expanded, and a default holds no reference itself
    "]],
    );
}

#[test]
fn single_quotes_and_escaped_dollars_keep_them() {
    check(
        "A=1\nB='${A}'\nC=\"\\${A}-${A}-\\\\${A}\"\nD=\\${A}\n",
        &expect![[r"
        A=1
        B=${A}
        C=${A}-1-\\1
        D=\\1
    "]],
    );
}

#[test]
fn names_that_dotenvy_refuses_work() {
    check(
        "1A=1\na-b=2\na.b=3\nA_B=4\n1B=${1A}${a-b}${a.b}${A_B}\n",
        &expect![[r"
        1A=1
        a-b=2
        a.b=3
        A_B=4
        1B=1234
    "]],
    );
}

#[test]
fn values_keep_every_byte() {
    let outside: [(&str, &[u8]); 1] = [("RAW", b"\xff\\n\"'$A${A}\n\t \r")];
    let value = |text: &[u8]| expanded(text, &outside, Winner::Files).value.pop().expect("a value").value;
    assert_eq!(value(b"A=${RAW}"), outside[0].1);
    assert_eq!(value(b"A=\"caf\xe9 ${RAW}#\xc3\xa9\""), [b"caf\xe9 ", outside[0].1, b"#\xc3\xa9"].concat());
    assert_eq!(value(b"B=${A:-\xe9}"), b"\xe9");
}

#[test]
fn the_winner_for_processes_is_the_winner_for_references() {
    let text = "LANG=file\nA=${LANG}\n";
    check_with(
        text,
        &[("LANG", b"outside")],
        Winner::Files,
        &expect![[r"
        LANG=file
        A=file
    "]],
    );
    check_with(
        text,
        &[("LANG", b"outside")],
        Winner::Inherited,
        &expect![[r"
        LANG=file
        A=outside
    "]],
    );
}

#[test]
fn the_environment_of_the_process_itself_is_never_asked() {
    let path = std::env::var("PATH").expect("tests run with a PATH");
    let of = |text: &str| expanded(text.as_bytes(), &[], Winner::Files).value.pop().expect("a value").value;
    assert_eq!(of("A=[${PATH}]"), b"[]");
    assert_eq!(of("PATH=file\nA=${PATH}"), b"file");
    assert_ne!(path, "file");
}

#[test]
fn names_that_are_set_outside_are_not_used_for_the_hand_over() {
    let set = ["FORGE_EXPAND_2", "FORGE_EXPAND__0", "FORGE_EXPAND___3"];
    let inherited = |name: &[u8]| set.iter().any(|set| set.as_bytes() == name).then(Vec::new);
    assert_eq!(free_prefix(2, &inherited), "FORGE_EXPAND___");
    assert_eq!(free_prefix(1, &inherited), "FORGE_EXPAND_");
}

proptest! {
    /// dotenvy puts in what a plain replacement would.
    #[test]
    fn any_value_is_put_in_as_it_is(
        before in proptest::collection::vec(1_u8.., 0..20),
        value in proptest::collection::vec(1_u8.., 0..20),
        after in proptest::collection::vec(1_u8.., 0..20),
    ) {
        let quoted = |bytes: &[u8]| -> Vec<u8> {
            let escape = |byte: &u8| match byte {
                b'\n' => b"\\n".to_vec(),
                b'\r' => b"\\r".to_vec(),
                b'\\' | b'"' | b'$' => vec![b'\\', *byte],
                other => vec![*other],
            };
            bytes.iter().flat_map(escape).collect()
        };
        let text = [b"A=\"".as_slice(), &quoted(&before), b"${X}", &quoted(&after), b"\"\n"].concat();
        let checked = expanded(&text, &[("X", &value)], Winner::Files);
        prop_assert_eq!(&checked.diagnostics, &[]);
        prop_assert_eq!(&checked.value[0].value, &[before, value, after].concat());
    }

    #[test]
    fn without_references_nothing_changes(text in "([A-C]=[ -~]{0,20}\n){0,5}") {
        let read = dotenv::parse_all(&Source::new(".env", text.replace("${", "$ {"))).value;
        let checked = expand(read.clone(), &|_| None, Winner::Files);
        prop_assert_eq!(checked.value, read);
    }
}

#[test]
fn a_value_that_grows_without_end_is_an_error() {
    let mut text = "A=0123456789\n".to_owned();
    for _ in 0..60 {
        text.push_str("A=${A}${A}\n");
    }
    let Checked { value, diagnostics } = expanded(text.as_bytes(), &[], Winner::Files);
    assert!(value.iter().all(|assignment| assignment.value.len() <= super::LONGEST));
    let codes: Vec<_> = diagnostics.iter().map(|diagnostic| (diagnostic.code, diagnostic.severity)).collect();
    assert_eq!(codes[0], ("expansion-too-long", crate::diagnostic::Severity::Error));
    expect![[r"
        error: the references in `A` make it 163840 bytes long, and no program can be given more than 131072
          --> .env:15:1
           |
        15 | A=…
           | ^
        hint: put the value into single quotes to keep it as it is
    "]]
    .assert_eq(&render_all(&diagnostics[..1], false));
}
