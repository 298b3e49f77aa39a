use std::fmt::Write as _;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::meant::{GENERIC, USUAL};
use super::{Entry, parse};
use crate::diagnostic::{Checked, Source, render_all};

/// Reads a Procfile and shows what came of it: entries, then complaints.
fn check(text: impl AsRef<[u8]>, expected: &Expect) {
    let checked = read(text.as_ref());
    let mut shown = String::new();
    for entry in &checked.value {
        let command = entry.command.escape_ascii();
        writeln!(shown, "{} {}: {command}", entry.line, entry.name).expect("a string takes all");
    }
    shown.push_str(&render_all(&checked.diagnostics, false));
    expected.assert_eq(&shown);
}

fn read(text: &[u8]) -> Checked<Vec<Entry>> {
    parse(&Source::new("Procfile", text))
}

#[test]
fn entries_have_their_places() {
    let text = b"\xef\xbb\xbf# mine\r\n\tweb :  bin/rails server \t\r\njs:yarn";
    let places: Vec<_> = read(text)
        .value
        .iter()
        .map(|entry| (entry.line, &text[entry.name_span.clone()], &text[entry.command_span.clone()]))
        .collect();
    assert_eq!(places, [(2, b"web".as_slice(), b"bin/rails server".as_slice()), (3, b"js", b"yarn")]);
}

#[test]
fn what_foreman_drops_in_silence_runs() {
    check(
        "  web: a\nworker : b\n\t js\t: c\n",
        &expect![[r"
        1 web: a
        2 worker: b
        3 js: c
        warning: the entry `web` is indented; foreman ignores it, forge and Heroku run it
         --> Procfile:1:3
          |
        1 |   web: a
          |   ^^^
        hint: begin the line with `web:`, or with `#` if it is not to run

        warning: a blank stands before the colon of `worker`; foreman ignores such a line
         --> Procfile:2:7
          |
        2 | worker : b
          |       ^
        hint: write `worker:`

        warning: the entry `js` is indented; foreman ignores it, forge and Heroku run it
         --> Procfile:3:3
          |
        3 |      js    : c
          |      ^^
        hint: begin the line with `js:`, or with `#` if it is not to run

        warning: a blank stands before the colon of `js`; foreman ignores such a line
         --> Procfile:3:5
          |
        3 |      js    : c
          |        ^^^^
        hint: write `js:`
    "]],
    );
}

#[test]
fn an_ignored_line_is_shown() {
    check(
        "  web.ui: bin/rails\nok: a\n",
        &expect![[r"
        2 ok: a
        warning: `web.ui` cannot be the name of a process; this line is ignored
         --> Procfile:1:3
          |
        1 |   web.ui: bin/rails
          |   ^^^^^^^^^^^^^^^^^
        hint: did you mean `web-ui: bin/rails`?
    "]],
    );
}

/// Lines that are no entries.
const IGNORED: [&str; 30] = [
    "web.ui: a",
    "web/ui: b",
    "web ui: c",
    "\"web\": d",
    "\u{17e}eb: e",
    "(a): f",
    "web a",
    "web2  bin/rails s",
    "web = a",
    "web=a",
    "web => a",
    "worker -> b",
    "- web: a",
    "web\u{ff1a}a",
    "FOO=bar",
    "export FOO=bar",
    ": a",
    "{\"web\": \"a\"}",
    "see the manual: it helps",
    "run it",
    "-- web",
    "; no",
    "// no",
    "web",
    "what?",
    "<<<<<<< HEAD",
    "=======",
    ">>>>>>> branch",
    "***",
    "web a command that is so long that nobody would want to read all of it again in a hint",
];

#[test]
fn what_was_meant_is_guessed() {
    let mut shown = String::new();
    for line in IGNORED {
        let checked = read(format!("{line}\nok: a\n").as_bytes());
        assert_eq!((checked.value.len(), checked.diagnostics.len()), (1, 1), "{line}");
        let complaint = &checked.diagnostics[0];
        assert_eq!(complaint.code, "ignored-line");
        let name = complaint.message.strip_suffix(" cannot be the name of a process; this line is ignored");
        let name = name.map(|name| format!(" [{name}]")).unwrap_or_default();
        writeln!(shown, "{line}{name}\n  {}", complaint.hints[0]).expect("a string takes all");
    }
    expect![[r#"
        web.ui: a [`web.ui`]
          did you mean `web-ui: a`?
        web/ui: b [`web/ui`]
          did you mean `web-ui: b`?
        web ui: c [`web ui`]
          did you mean `web-ui: c`?
        "web": d [`"web"`]
          did you mean `web: d`?
        žeb: e [`žeb`]
          names are made of the letters a to z, digits, `-` and `_`
        (a): f [`(a)`]
          did you mean `a: f`?
        web a
          did you mean `web: a`?
        web2  bin/rails s
          did you mean `web2: bin/rails s`?
        web = a
          did you mean `web: a`?
        web=a
          did you mean `web: a`?
        web => a
          did you mean `web: a`?
        worker -> b
          did you mean `worker: b`?
        - web: a
          did you mean `web: a`?
        web：a
          did you mean `web: a`?
        FOO=bar
          variables belong into `.env`
        export FOO=bar
          variables belong into `.env`
        : a
          a name is missing before the colon
        {"web": "a"}
          a process is written `name: command`, a comment begins with `#`
        see the manual: it helps
          a process is written `name: command`, a comment begins with `#`
        run it
          a process is written `name: command`, a comment begins with `#`
        -- web
          a comment begins with `#`
        ; no
          a comment begins with `#`
        // no
          a comment begins with `#`
        web
          a process is written `name: command`, a comment begins with `#`
        what?
          a process is written `name: command`, a comment begins with `#`
        <<<<<<< HEAD
          a merge conflict has been left here
        =======
          a merge conflict has been left here
        >>>>>>> branch
          a merge conflict has been left here
        ***
          a process is written `name: command`, a comment begins with `#`
        web a command that is so long that nobody would want to read all of it again in a hint
          did you mean `web: a command that is so long that nobody would want to rea…`?
    "#]]
    .assert_eq(&shown);
}

#[test]
fn the_lists_of_known_words_are_sorted() {
    assert!(USUAL.is_sorted());
    assert!(GENERIC.is_sorted());
}

#[test]
fn blank_lines_and_comments_are_no_mistake() {
    check(
        "\n  \n\t# a: b\r\n\r\n#web: a\n \x0b\x0c\nok: a # b\n",
        &expect![[r"
        7 ok: a # b
    "]],
    );
}

#[test]
fn a_missing_command_is_an_error() {
    check(
        "web:\n",
        &expect![[r"
        error: `web` has no command
         --> Procfile:1:1
          |
        1 | web:
          | ^^^
        hint: write it behind the colon, or begin the line with `#`: `#web:`
    "]],
    );
    check(
        "ok: a\nweb: \t \r\nworker:",
        &expect![[r"
        1 ok: a
        error: `web` has no command
         --> Procfile:2:1
          |
        2 | web:      
          | ^^^
        hint: write it behind the colon, or begin the line with `#`: `#web:`

        error: `worker` has no command
         --> Procfile:3:1
          |
        3 | worker:
          | ^^^^^^
        hint: write it behind the colon, or begin the line with `#`: `#worker:`
    "]],
    );
    check(
        "web:\n  bin/rails server\n",
        &expect![[r"
        error: `web` has no command
         --> Procfile:1:1
          |
        1 | web:
          | ^^^
        hint: a command stands on the line of its name

        warning: this line is not `name: command` and is ignored
         --> Procfile:2:3
          |
        2 |   bin/rails server
          |   ^^^^^^^^^^^^^^^^
        hint: a process is written `name: command`, a comment begins with `#`
    "]],
    );
}

#[test]
fn a_name_is_used_once() {
    check(
        "web: bin/rails s\njs: a\nweb: bin/vite dev\nweb: npm run js\nweb2: x\n",
        &expect![[r"
            1 web: bin/rails s
            2 js: a
            5 web2: x
            error: two processes are called `web`
             --> Procfile:3:1
              |
            1 | web: bin/rails s
              | --- first here
            2 | js: a
            3 | web: bin/vite dev
              | ^^^ and again here
            hint: give one of them another name, for example `vite`

            error: two processes are called `web`
             --> Procfile:4:1
              |
            1 | web: bin/rails s
              | --- first here
            ...
            4 | web: npm run js
              | ^^^ and again here
            hint: give one of them another name, for example `web3`
        "]],
    );
    check(
        "web: a\nweb: FOO=1 bundle exec puma\nweb: sh -c 'x'\nweb: python manage.py migrate\n",
        &expect![[r"
            1 web: a
            error: two processes are called `web`
             --> Procfile:2:1
              |
            1 | web: a
              | --- first here
            2 | web: FOO=1 bundle exec puma
              | ^^^ and again here
            hint: give one of them another name, for example `puma`

            error: two processes are called `web`
             --> Procfile:3:1
              |
            1 | web: a
              | --- first here
            2 | web: FOO=1 bundle exec puma
            3 | web: sh -c 'x'
              | ^^^ and again here
            hint: give one of them another name, for example `web2`

            error: two processes are called `web`
             --> Procfile:4:1
              |
            1 | web: a
              | --- first here
            ...
            4 | web: python manage.py migrate
              | ^^^ and again here
            hint: give one of them another name, for example `migrate`
        "]],
    );
}

#[test]
fn all_mistakes_are_shown_at_once() {
    check(
        "web:\nwhat?\nall: x\na: b\na: c\nn: x\0y\n",
        &expect![[r"
        3 all: x
        4 a: b
        error: `web` has no command
         --> Procfile:1:1
          |
        1 | web:
          | ^^^
        hint: write it behind the colon, or begin the line with `#`: `#web:`

        warning: this line is not `name: command` and is ignored
         --> Procfile:2:1
          |
        2 | what?
          | ^^^^^
        hint: a process is written `name: command`, a comment begins with `#`

        warning: a process called `all` cannot be chosen alone: `all` means every process
         --> Procfile:3:1
          |
        3 | all: x
          | ^^^
        hint: give it another name

        error: two processes are called `a`
         --> Procfile:5:1
          |
        4 | a: b
          | - first here
        5 | a: c
          | ^ and again here
        hint: give one of them another name, for example `c`

        error: a NUL byte stands in this line
         --> Procfile:6:5
          |
        6 | n: x\x00y
          |     ^^^^
        hint: no program can be given one; a file with NUL bytes is often UTF-16 or no text at all
    "]],
    );
}

#[test]
fn no_process_is_an_error_in_foremans_words() {
    check(
        "",
        &expect![[r"
        ERROR: no processes defined
    "]],
    );
    check(
        "# web: a\n",
        &expect![[r"
        ERROR: no processes defined
    "]],
    );
    check(
        "web\n",
        &expect![[r"
        warning: this line is not `name: command` and is ignored
         --> Procfile:1:1
          |
        1 | web
          | ^^^
        hint: a process is written `name: command`, a comment begins with `#`

        ERROR: no processes defined
    "]],
    );
}

#[test]
fn continued_lines_are_joined() {
    check(
        "web: gunicorn app \\\n  --bind 0.0.0.0:$PORT\\\n\t--workers 2  \n\nok: a\n",
        &expect![[r"
        1 web: gunicorn app --bind 0.0.0.0:$PORT --workers 2
        5 ok: a
        warning: a `\` at the end of a line joins lines only in forge
         --> Procfile:1:19
          |
        1 | web: gunicorn app \
          |                   ^ foreman and Heroku drop what follows
        hint: write the command on one line, or put it into a script
    "]],
    );
    check(
        "web: a\\\r\n   b\r\nok: c\r\n",
        &expect![[r"
        1 web: a b
        3 ok: c
        warning: a `\` at the end of a line joins lines only in forge
         --> Procfile:1:7
          |
        1 | web: a\
          |       ^ foreman and Heroku drop what follows
        hint: write the command on one line, or put it into a script
    "]],
    );
    check(
        "web: \\\n  bin/rails s\n",
        &expect![[r"
        1 web: bin/rails s
        warning: a `\` at the end of a line joins lines only in forge
         --> Procfile:1:6
          |
        1 | web: \
          |      ^ foreman and Heroku drop what follows
        hint: write the command on one line, or put it into a script
    "]],
    );
    // Indented, it is not meant as an entry.
    check(
        "web: curl \\\n  http://localhost:1/\nok: c\n",
        &expect![[r"
        1 web: curl http://localhost:1/
        3 ok: c
        warning: a `\` at the end of a line joins lines only in forge
         --> Procfile:1:11
          |
        1 | web: curl \
          |           ^ foreman and Heroku drop what follows
        hint: write the command on one line, or put it into a script
    "]],
    );
    // A comment or an empty line is what the shell would make of it.
    check(
        "web: a \\\n\nok: b\n",
        &expect![[r"
        1 web: a
        3 ok: b
        warning: a `\` at the end of a line joins lines only in forge
         --> Procfile:1:8
          |
        1 | web: a \
          |        ^ foreman and Heroku drop what follows
        hint: write the command on one line, or put it into a script
    "]],
    );
    check(
        "web: a \\\n# b\n c\nok: b\n",
        &expect![[r"
        1 web: a # b
        4 ok: b
        warning: a `\` at the end of a line joins lines only in forge
         --> Procfile:1:8
          |
        1 | web: a \
          |        ^ foreman and Heroku drop what follows
        hint: write the command on one line, or put it into a script

        warning: this line is not `name: command` and is ignored
         --> Procfile:3:2
          |
        3 |  c
          |  ^
        hint: a process is written `name: command`, a comment begins with `#`
    "]],
    );
}

#[test]
fn a_backslash_that_joins_nothing_stays() {
    check(
        "web: a \\\nworker: b\n",
        &expect![[r"
        1 web: a \\
        2 worker: b
        warning: a `\` at the end of the line, with nothing to join
         --> Procfile:1:8
          |
        1 | web: a \
          |        ^ the command gets it as it is
        hint: remove it
    "]],
    );
    check(
        "web: a \\",
        &expect![[r"
        1 web: a \\
        warning: a `\` at the end of the line, with nothing to join
         --> Procfile:1:8
          |
        1 | web: a \
          |        ^ the command gets it as it is
        hint: remove it
    "]],
    );
    // It takes itself away, or a blank follows: no continuation, and no mistake.
    check(
        "web: a \\\\\nworker: b \\ \nok: c\n",
        &expect![[r"
        1 web: a \\\\
        2 worker: b \\
        3 ok: c
    "]],
    );
    check(
        "web: \\\n \n",
        &expect![[r"
        warning: a `\` at the end of a line joins lines only in forge
         --> Procfile:1:6
          |
        1 | web: \
          |      ^ foreman and Heroku drop what follows
        hint: write the command on one line, or put it into a script

        error: `web` has no command
         --> Procfile:1:1
          |
        1 | web: \
          | ^^^
        hint: write it behind the colon, or begin the line with `#`: `#web:`
    "]],
    );
}

#[test]
fn a_utf16_file_is_refused() {
    check(
        b"\xfe\xff\0w\0e\0b",
        &expect![[r"
        error: `Procfile` is UTF-16, not UTF-8 text (it begins with a UTF-16 byte order mark)
         --> Procfile:1:1
          |
        1 | ��\x00w\x00e\x00b
          | ^
        hint: save it as UTF-8; in Windows PowerShell, `>` writes UTF-16, and `| Out-File -Encoding utf8` does not
    "]],
    );
    check(
        b"w\0e\0b\0:\0 \0a\0",
        &expect![[r"
        error: `Procfile` is UTF-16, not UTF-8 text
         --> Procfile:1:1
          |
        1 | w\x00e\x00b\x00:\x00 \x00a\x00
          | ^
        hint: save it as UTF-8; in Windows PowerShell, `>` writes UTF-16, and `| Out-File -Encoding utf8` does not
    "]],
    );
}

#[test]
fn any_bytes_may_be_in_a_command() {
    check(
        b"web: echo caf\xe9 \xff\nok: \xc2\xa0x\n",
        &expect![[r"
        1 web: echo caf\xe9 \xff
        2 ok: \xc2\xa0x
    "]],
    );
}

/// Text that is likely to be near the grammar.
fn near_procfile() -> impl Strategy<Value = Vec<u8>> {
    let pieces =
        ["web", "all", "a.b", ":", ": ", " ", "\t", "\\", "\n", "\r\n", "\r", "#", "=", "\u{feff}", "\u{e9}"];
    let piece = prop_oneof![
        8 => proptest::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<Vec<u8>>(),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_shown_without_a_panic(text in near_procfile()) {
        let checked = read(&text);
        render_all(&checked.diagnostics, false);
        for entry in checked.value {
            prop_assert_eq!(&text[entry.name_span], entry.name.as_str().as_bytes());
            prop_assert!(!entry.command.is_empty() && !entry.command.contains(&b'\n') && !entry.command.contains(&0));
            if !text.contains(&b'\\') {
                prop_assert_eq!(&text[entry.command_span], entry.command.as_slice());
            }
        }
    }

    #[test]
    fn windows_line_ends_change_nothing(text in near_procfile()) {
        let text: Vec<u8> = text.into_iter().filter(|byte| *byte != b'\r').collect();
        let windows = text.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] });
        let (one, other) = (read(&text), read(&windows.collect::<Vec<u8>>()));
        let entries = |checked: &Checked<Vec<Entry>>| -> Vec<_> {
            checked.value.iter().map(|entry| (entry.line, entry.name.clone(), entry.command.clone())).collect()
        };
        let complaints = |checked: &Checked<Vec<Entry>>| -> Vec<_> {
            let place = |one: &crate::diagnostic::Diagnostic| one.primary.as_ref().map(|label| label.span.line());
            checked.diagnostics.iter().map(|one| (one.code, one.message.clone(), place(one))).collect()
        };
        prop_assert_eq!(entries(&one), entries(&other));
        prop_assert_eq!(complaints(&one), complaints(&other));
    }
}

#[test]
fn a_name_whose_port_would_be_a_setting_is_warned_about() {
    for name in ["step", "STEP", "Step"] {
        let checked = parse(&Source::new("Procfile", format!("{name}: a\n")));
        let codes: Vec<_> = checked.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, ["name-of-setting"], "{name}");
    }
    assert!(parse(&Source::new("Procfile", "steps: a\n")).diagnostics.is_empty());
}
