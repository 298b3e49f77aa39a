use std::process::Command;

use proptest::prelude::*;

use super::shell_line;

/// The line for `sh -c`, and what is looked up beforehand.
fn line(command: &str) -> (String, Option<String>) {
    let shell = shell_line(command.as_bytes());
    (String::from_utf8(shell.line).unwrap(), shell.program.map(|program| String::from_utf8(program).unwrap()))
}

#[test]
fn a_simple_command_becomes_the_program_itself() {
    for (command, expected, program) in [
        ("bin/rails server -p $PORT", "exec bin/rails server -p $PORT", "bin/rails"),
        ("bundle exec puma -p ${PORT:-3000}", "exec bundle exec puma -p ${PORT:-3000}", "bundle"),
        ("FOO=1 BAR='a b' bin/x", "FOO=1 BAR='a b' exec bin/x", "bin/x"),
        ("FOO=\"$BAR; ${BAZ}\" x", "FOO=\"$BAR; ${BAZ}\" exec x", "x"),
        ("FOO=${X:-a b c} x y", "FOO=${X:-a b c} exec x y", "x"),
        ("node a.js > log/dev.log 2>&1", "exec node a.js > log/dev.log 2>&1", "node"),
        ("x 2>&- <input", "exec x 2>&- <input", "x"),
        ("sh -c 'sleep 1; exit 3'", "exec sh -c 'sleep 1; exit 3'", "sh"),
        ("env A=1 x", "exec env A=1 x", "env"),
        ("x a\\;b \"c|d\" 'e&f' # later", "exec x a\\;b \"c|d\" 'e&f' # later", "x"),
        ("python3.11 -m http.server", "exec python3.11 -m http.server", "python3.11"),
        ("/bin/bash -lc 'a && b'", "exec /bin/bash -lc 'a && b'", "/bin/bash"),
        ("2to3 x", "exec 2to3 x", "2to3"),
    ] {
        assert_eq!(line(command), (expected.to_owned(), Some(program.to_owned())), "{command}");
    }
}

#[test]
fn a_path_of_its_own_leaves_the_search_to_the_shell() {
    assert_eq!(line("PATH=/opt/bin:$PATH x"), ("PATH=/opt/bin:$PATH exec x".to_owned(), None));
}

#[test]
fn in_doubt_the_line_stays_as_it_is() {
    for command in [
        "a; b",
        "a x; b",
        "a x && b",
        "a x || b",
        "a x | b",
        "a x & b",
        "a x &",
        "a x )",
        "a && b",
        "a | b",
        "a &",
        "(a)",
        "{ a; }",
        "a &> log",
        "a >| log",
        "a <<EOF",
        "a <> f",
        "cd x && a",
        "exec a",
        "exec -a b a",
        "if true",
        "! a",
        "time a",
        "export A=1",
        "set -e",
        ". ./env",
        "true",
        "echo hi",
        "[ -f x ]",
        "$CMD a",
        "\"$CMD\" a",
        "'a' b",
        "`a` b",
        "$(a) b",
        "a $(b)",
        "a \"$(b)\"",
        "a \"`b`\"",
        "a ${X:-'b'}",
        "a \"${X:-\"b\"}\"",
        "bin/* a",
        "~/bin/a",
        "a=b",
        "A=1",
        "A=1 B=2",
        "A+=1 b",
        "1A=2 b",
        ">log a",
        "2>&1 a",
        "2> x a",
        "a 'b",
        "a \"b",
        "a \\",
        "-x a",
        "a $'b'",
        "A=$'\\'' ; x 'y'",
        "",
        " ",
        "# a",
        "a\nb",
        "A=1 exec b",
        "A=1 cd b",
        "a # it's",
        "echo>x",
    ] {
        assert_eq!(line(command), (command.to_owned(), None), "{command}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_stay_as_they_are() {
    let shell = shell_line(b"caf\xe9 \xff");
    assert_eq!(shell.line, b"exec caf\xe9 \xff");
    assert_eq!(shell.program.as_deref(), Some(&b"caf\xe9"[..]));
}

#[expect(clippy::disallowed_methods, reason = "the shell itself is the judge here")]
fn output_of(shell: &[&str], line: &[u8]) -> (Vec<u8>, Option<i32>) {
    use std::os::unix::ffi::OsStrExt;
    let output = Command::new(shell[0])
        .args(&shell[1..])
        .arg("-c")
        .arg(std::ffi::OsStr::from_bytes(line))
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("V", "a  b"), ("W", "it's")])
        .stdin(std::process::Stdio::null())
        .output()
        .expect("a shell starts");
    (output.stdout, output.status.code())
}

#[test]
fn exec_changes_nothing_that_the_command_can_see() {
    let shells: &[&[&str]] = if output_of(&["sh"], b"command -v bash").1 == Some(0) {
        &[&["sh"], &["bash"], &["bash", "--posix"]]
    } else {
        &[&["sh"]]
    };
    for command in [
        "env printf '<%s>' $V \"$V\" '$V' ${V} \"${W}\"",
        "A=1 B=\"$V\" C=$V env printenv A B C",
        "A=${X:-a b c} env printenv A",
        "A=1 B=$A env printenv B",
        "env printf '%s' a\\;b \"c|d\" 'e&f' # later",
        "env printf x >&2",
        "sh -c 'echo $0 $1; exit 3' zero one",
        "PATH=/bin:/nowhere env printenv PATH",
        "nosuchcommand --flag",
        "/etc/passwd",
    ] {
        let exec = shell_line(command.as_bytes()).line;
        assert_ne!(exec, command.as_bytes(), "{command}");
        for shell in shells {
            assert_eq!(output_of(shell, &exec), output_of(shell, command.as_bytes()), "{shell:?} {command}");
        }
    }
}

proptest! {
    /// Whatever is written, nothing is lost and nothing but one `exec ` is added.
    #[test]
    fn the_line_is_the_command_and_perhaps_one_word(command in "[a-zA-Z =$'\"\\\\{}();&|<>#0-9-]{0,40}") {
        let shell = shell_line(command.as_bytes());
        let line = String::from_utf8(shell.line).unwrap();
        prop_assert!(line == command || line.replacen("exec ", "", 1) == command || line.len() == command.len() + 5);
    }
}
