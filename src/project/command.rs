//! What is given to `sh -c` for a command of the Procfile.
//!
//! A shell that runs one simple command stays as its parent (dash always does): signals reach the shell
//! instead of the program, and exit codes are changed on the way. So `exec` is put before a simple command.
//! Wherever it is not certain that this changes nothing else, the line stays as it is.

use std::ops::Range;

/// A line for `sh -c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellLine {
    /// The line itself.
    pub line: Vec<u8>,
    /// The plain first word of a simple command that is a program for certain: what is looked up in the PATH
    /// of the process, so that "unknown command" can be said before anything runs. `None` in doubt.
    pub program: Option<Vec<u8>>,
}

/// Makes the line that is given to `sh -c`.
pub fn shell_line(command: &[u8]) -> ShellLine {
    let Some(Simple { program, sets_path }) = simple(command) else {
        return ShellLine { line: command.to_vec(), program: None };
    };
    let line = [&command[..program.start], b"exec ", &command[program.start..]].concat();
    let program = (!sets_path).then(|| command[program].to_vec());
    ShellLine { line, program }
}

/// A command of which it is certain that it is one program with its arguments.
struct Simple {
    /// Where its first word stands.
    program: Range<usize>,
    /// Whether an assignment before it changes the PATH in which it is looked up.
    sets_path: bool,
}

fn simple(command: &[u8]) -> Option<Simple> {
    let words = words(command)?;
    let mut sets_path = false;
    for word in words {
        let text = &command[word.clone()];
        match assigned_name(text) {
            Some(name) => sets_path |= name == b"PATH",
            None => return is_plain_program(text).then_some(Simple { program: word, sets_path }),
        }
    }
    None
}

/// Splits a line into words; `None` if anything in it is more than words, quotes, plain parameters and
/// redirections of a simple command.
fn words(command: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut word: Option<usize> = None;
    let mut at = 0;
    while let Some(&byte) = command.get(at) {
        match byte {
            b' ' | b'\t' => {
                words.extend(word.take().map(|start| start..at));
                at += 1;
                continue;
            }
            b';' | b'|' | b'(' | b')' | b'`' | b'\n' | b'\r' | 0 => return None,
            // `>&2` copies a descriptor; any other `&` starts another command.
            b'&' if at == 0 || !matches!(command[at - 1], b'<' | b'>') => return None,
            // A here-document has no place on one line, and `<>` is rare enough.
            b'<' if matches!(command.get(at + 1), Some(b'<' | b'>')) => return None,
            // `$'…'` and `$"…"` are quotes in some shells and not in others.
            b'$' if matches!(command.get(at + 1), Some(b'\'' | b'"')) => return None,
            _ => {}
        }
        word.get_or_insert(at);
        at = match byte {
            b'\\' if at + 1 < command.len() => at + 2,
            b'\\' => return None,
            b'\'' => memchr::memchr(b'\'', &command[at + 1..])? + at + 2,
            b'"' => end_of_double_quotes(command, at)?,
            b'$' if command.get(at + 1) == Some(&b'{') => end_of_braces(command, at + 1)?,
            _ => at + 1,
        };
    }
    words.extend(word.map(|start| start..command.len()));
    Some(words)
}

/// Returns the place behind the closing quote; `None` without one, or if a command is substituted inside,
/// whose own quotes this reader does not follow.
fn end_of_double_quotes(command: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match command.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            b'`' => return None,
            b'$' if command.get(at + 1) == Some(&b'(') => return None,
            b'$' if command.get(at + 1) == Some(&b'{') => at = end_of_braces(command, at + 1)?,
            _ => at += 1,
        }
    }
}

/// Returns the place behind `${…}`; `None` if there are quotes or substitutions inside.
fn end_of_braces(command: &[u8], brace: usize) -> Option<usize> {
    let length = memchr::memchr(b'}', &command[brace..])?;
    let inside = &command[brace + 1..brace + length];
    let plain = !inside.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'$' | b'\\'));
    plain.then_some(brace + length + 1)
}

/// The name in `NAME=value`.
fn assigned_name(word: &[u8]) -> Option<&[u8]> {
    let name = &word[..memchr::memchr(b'=', word)?];
    let first = name.first()?;
    let valid =
        !first.is_ascii_digit() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    valid.then_some(name)
}

/// Whether a word can only mean a program: plain characters, no option of `exec`, no builtin, no keyword.
fn is_plain_program(word: &[u8]) -> bool {
    let plain = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'+' | b'@' | b'%' | b',')
            || *byte >= 0x80
    };
    !word.starts_with(b"-")
        && word.iter().all(plain)
        // A number before a redirection is no program (`2>x`), and neither is it alone.
        && !word.iter().all(u8::is_ascii_digit)
        && !BUILTINS.iter().any(|builtin| builtin.as_bytes() == word)
}

/// Words that a shell understands itself, or may: of POSIX, dash, bash, ksh and zsh.
const BUILTINS: &[&str] = &[
    ".",
    ":",
    "alias",
    "autoload",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "case",
    "cd",
    "chdir",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "coproc",
    "declare",
    "dirs",
    "disown",
    "do",
    "done",
    "echo",
    "elif",
    "else",
    "enable",
    "esac",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "fi",
    "float",
    "for",
    "foreach",
    "function",
    "functions",
    "getopts",
    "hash",
    "help",
    "history",
    "if",
    "in",
    "integer",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "nameref",
    "namespace",
    "nocorrect",
    "noglob",
    "popd",
    "print",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "rehash",
    "repeat",
    "return",
    "select",
    "set",
    "setopt",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "then",
    "time",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unhash",
    "unset",
    "unsetopt",
    "until",
    "wait",
    "whence",
    "where",
    "which",
    "while",
];

#[cfg(test)]
mod tests;
