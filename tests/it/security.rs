//! Secrets stay where they are, and what others have written does nothing to the terminal.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::forge::Forge;

const ENV: &str = "COLOUR=blue\nAPI_TOKEN=hunter2hunter2\n";

/// A project whose env file has this mode.
fn project(mode: u32) -> Forge {
    let forge = Forge::new().procfile("web: puppet\n").file(".env", ENV);
    fs::set_permissions(forge.directory().join(".env"), Permissions::from_mode(mode)).expect("it is ours");
    forge
}

#[test]
fn secrets_that_others_can_read_are_a_warning_of_check() {
    let ended = project(0o644).runs(&["check"]);
    ended.exits_with(0).complained(&["warning", "`.env`", "everybody", ".env:2", "chmod 600 .env"]);
    assert!(!ended.err().contains("hunter2"), "{}", ended.err());
    project(0o640).runs(&["check"]).exits_with(0).complained(&["the group"]);
    project(0o644).runs(&["check", "--strict"]).exits_with(1);
    let json = project(0o644).runs(&["check", "--json"]).out();
    assert!(json.contains("\"readable-secrets\"") && !json.contains("hunter2"), "{json}");
}

#[test]
fn an_env_file_that_is_private_or_harmless_is_no_warning() {
    let silent = |forge: Forge, words: &[&str]| {
        let ended = forge.runs(words);
        ended.exits_with(0);
        assert_eq!(ended.err(), "");
    };
    silent(project(0o600), &["check"]);
    silent(Forge::new().procfile("web: puppet\n").file(".env", "COLOUR=blue\nAPI_TOKEN=\n"), &["check"]);
    // Whoever cannot come near cannot read it.
    let forge = project(0o644);
    fs::set_permissions(forge.directory(), Permissions::from_mode(0o700)).expect("it is ours");
    silent(forge, &["check"]);
}

#[test]
fn a_start_says_nothing_of_modes() {
    let forge = Forge::new().procfile("web: true\n").file(".env", ENV);
    let ended = forge.runs(&["start", "--no-port"]);
    ended.exits_with(0);
    assert_eq!(ended.err(), "");
}

#[test]
fn no_secret_is_in_a_command_line_or_a_file() {
    let forge = project(0o600).start("");
    let web = forge.puppet("web.1");
    assert_eq!(web.environment()["API_TOKEN"], "hunter2hunter2");
    let mut seen = Vec::new();
    for person in forge.alive() {
        let line = fs::read(format!("/proc/{}/cmdline", person.pid)).unwrap_or_default();
        seen.push(String::from_utf8_lossy(&line).into_owned());
    }
    assert!(seen.len() >= 3, "forge, the guard and the puppet: {seen:?}");
    assert!(!seen.iter().any(|line| line.contains("hunter2")), "{seen:?}");
    let files: Vec<_> = fs::read_dir(forge.directory())
        .expect("it is there")
        .flatten()
        .map(|entry| entry.file_name().into_string().expect("a test names files in UTF-8"))
        .filter(|name| name != "Procfile" && name != ".env")
        .collect();
    assert_eq!(files, [""; 0], "forge writes no file");
}

#[test]
fn forge_leaves_no_core() {
    let script = format!("ulimit -S -c 8; exec {} start", env!("CARGO_BIN_EXE_forge"));
    let forge = Forge::new().procfile("web: puppet\n");
    let forge = forge.launch_program("/bin/sh".as_ref(), &["-c", &script]);
    let web = forge.puppet("web.1");
    let core = |pid: i32| {
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("it runs");
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).expect("proc(5)");
        line["Max core file size".len()..].split_whitespace().next().expect("a number").to_owned()
    };
    assert_eq!(core(forge.pid), "0");
    assert_ne!(core(web.person.pid), "0", "that is forge's own affair");
}

/// A sequence that renames the window, one that turns the line round, and a line end that begins a false message.
const HOSTILE: &str = "\x1b]0;owned\x07\u{202e}\u{9b}31m";

/// Checks that nothing of it came through raw.
fn is_harmless(what: &str, text: &str) {
    let raw = text.contains(['\x1b', '\x07', '\u{202e}', '\u{9b}']);
    assert!(!raw && text.contains(r"\x1b]0;owned"), "{what}: {text:?}");
}

#[test]
fn hostile_names_are_shown_and_do_nothing() {
    let hostile = || {
        Forge::new()
            .procfile(format!("web: {HOSTILE}/no-such-program\n"))
            .file(&format!("{HOSTILE}.env"), format!("V={HOSTILE}\nnonsense {HOSTILE}\n"))
            .file(&format!("{HOSTILE}/Procfile"), "web: true\n")
    };
    let env = format!("{HOSTILE}.env");
    let procfile = format!("{HOSTILE}/Procfile");
    let missing = format!("{HOSTILE}/missing");
    is_harmless("--dry-run", &hostile().runs(&["start", "--dry-run"]).out());
    is_harmless("the directory", &hostile().runs(&["start", "--dry-run", "-f", &procfile]).out());
    is_harmless("env", &hostile().runs(&["env", "-e", &env]).out());
    is_harmless("a file that is missing", &hostile().runs(&["check", "-f", &missing]).err());
    is_harmless("a directory", &hostile().runs(&["check", "-f", &format!("{HOSTILE}/")]).err());
    is_harmless("an env file", &hostile().runs(&["check", "-e", &env]).err());
    is_harmless("an unknown command", &hostile().runs(&["run", HOSTILE]).err());
    is_harmless("an unknown name", &hostile().runs(&["start", HOSTILE]).err());
    // clap leaves sequences out of what it quotes.
    let quoted = hostile().on_a_terminal().runs(&["start", &format!("--{HOSTILE}")]).out();
    assert!(quoted.contains(r"'--\u{202e}\x9b31m'") && !quoted.contains("owned"), "{quoted:?}");
}

#[test]
fn json_is_exact() {
    let ended = Forge::new()
        .procfile(format!("web: echo '{HOSTILE}'\n"))
        .file(".env", format!("V='{HOSTILE}'\n"))
        .runs(&["env", "--json", "--reveal"]);
    let report: serde_json::Value = serde_json::from_str(&ended.out()).expect("it is JSON");
    let variables = report["variables"].as_array().expect("a list");
    let value = variables.iter().find(|row| row["name"] == "V").map(|row| &row["value"]);
    assert_eq!(value.and_then(|value| value.as_str()), Some(HOSTILE));
}
