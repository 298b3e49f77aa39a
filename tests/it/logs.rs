//! `forge logs`: what was printed, read back from the log files.

use std::fs;
use std::process::{Command, Output};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::ended::lines;
use crate::forge::Forge;
use crate::running::Running;

/// A stack that has run and ended: two processes that spoke in turn, and what each said.
fn a_day() -> Running {
    let forge =
        Forge::new().procfile("web: puppet\nworker: puppet\n").start("--log-dir .forge/logs --tty pipe");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    let says = |puppet: &crate::puppet::Puppet, name: &str, text: &str| {
        puppet.says(text);
        forge.sees(&format!("{name} | {}", text.lines().last().expect("a line")));
    };
    says(&web, "web.1", "INFO ready");
    says(&worker, "worker.1", "{\"level\":\"warn\",\"job\":1}");
    says(
        &web,
        "web.1",
        "ERROR lost\nTraceback (most recent call last):\n  File \"a.py\", line 1\nValueError: 7",
    );
    says(&worker, "worker.1", "level=error job=2");
    says(&web, "web.1", "INFO on");
    worker.exits(0);
    forge.sees("worker.1 | exited with code 0").exits_with(0);
    forge
}

/// Runs `forge logs` in the directory of a stack.
fn logs(forge: &Running, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forge"));
    command.arg("logs").args(words).current_dir(forge.directory()).env_clear().env("TZ", "UTC");
    command.output().expect("forge can be started")
}

/// Returns the lines without times.
#[track_caller]
fn shown(forge: &Running, words: &[&str]) -> Vec<String> {
    let output = logs(forge, words);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    lines(&output.stdout)
}

/// The same, without remarks.
#[track_caller]
fn said(forge: &Running, words: &[&str]) -> Vec<String> {
    let is_remark = |line: &String| {
        ["started with", "exited with", "system |", "terminated"].iter().any(|word| line.contains(word))
    };
    shown(forge, words).into_iter().filter(|line| !is_remark(line)).collect()
}

const ALL: [&str; 8] = [
    "web.1 | INFO ready",
    "worker.1 | {\"level\":\"warn\",\"job\":1}",
    "web.1 | ERROR lost",
    "web.1 | Traceback (most recent call last):",
    "web.1 |   File \"a.py\", line 1",
    "web.1 | ValueError: 7",
    "worker.1 | level=error job=2",
    "web.1 | INFO on",
];

#[test]
fn everything_comes_back_in_its_order() {
    let forge = a_day();
    assert_eq!(said(&forge, &[]), ALL);
    // As the stream was, remarks included.
    assert_eq!(shown(&forge, &[]), forge.ends().lines());
    let inner = forge.directory().join("x/y");
    fs::create_dir_all(&inner).expect("directories can be made");
    let output =
        Command::new(env!("CARGO_BIN_EXE_forge")).arg("logs").current_dir(inner).output().expect("forge");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn names_and_numbers_of_lines() {
    let forge = a_day();
    assert_eq!(said(&forge, &["worker"]), [ALL[1], ALL[6]]);
    assert_eq!(said(&forge, &["w*k*", "web.1"]), ALL);
    assert_eq!(shown(&forge, &["worker", "-n", "1"]), ["worker.1 | exited with code 0"]);
    assert_eq!(shown(&forge, &["--raw", "web", "-n", "2"]), ["ValueError: 7", "INFO on"]);
    assert_eq!(shown(&forge, &["system"]).iter().filter(|line| !line.starts_with("system | ")).count(), 0);
    assert_eq!(shown(&forge, &["-n", "0"]), Vec::<String>::new());
    let raw = logs(&forge, &["--raw", "worker"]);
    assert_eq!(
        String::from_utf8(raw.stdout).expect("text"),
        "{\"level\":\"warn\",\"job\":1}\nlevel=error job=2\n"
    );
}

#[test]
fn errors_come_with_their_stack_traces() {
    let forge = a_day();
    assert_eq!(shown(&forge, &["--errors"]), ALL[2..7]);
    assert_eq!(shown(&forge, &["--level", "warn", "worker"]), [ALL[1], ALL[6]]);
    assert_eq!(shown(&forge, &["--errors", "--grep", "ValueError"]), ALL[2..6]);
    assert_eq!(shown(&forge, &["--errors", "--not", "job"]), ALL[2..6]);
    assert_eq!(shown(&forge, &["--grep", "^INFO (on|ready)$"]), [ALL[0], ALL[7]]);
    assert_eq!(shown(&forge, &["--grep", "INFO", "--not", "ready"]), [ALL[7]]);
    assert_eq!(shown(&forge, &["--grep", "INFO", "-n", "1"]), [ALL[7]]);
}

#[test]
fn times_and_runs() {
    let forge = a_day();
    assert_eq!(said(&forge, &["--since", "1h"]), ALL);
    assert_eq!(shown(&forge, &["--until", "1h"]), Vec::<String>::new());
    assert_eq!(shown(&forge, &["--since", "2099-01-01T00:00:00Z"]), Vec::<String>::new());
    assert_eq!(shown(&forge, &["--run", "1"]), ALL);
    assert_eq!(shown(&forge, &["--run", "-1"]), ALL);
    assert_eq!(shown(&forge, &["--run", "2"]), Vec::<String>::new());
    // Another session in the same directory: each process has run twice then.
    let mut again = Command::new(env!("CARGO_BIN_EXE_forge"));
    again
        .args(["start", "--log-dir", ".forge/logs", "--tty", "pipe", "-f", "Again"])
        .current_dir(forge.directory());
    fs::write(forge.directory().join("Again"), "web: echo a second time\n").expect("files can be written");
    assert!(again.output().expect("forge").status.success());
    assert_eq!(shown(&forge, &["--run", "-1", "web"]), ["web.1 | a second time"]);
    assert_eq!(shown(&forge, &["--run", "2"]), ["web.1 | a second time"]);
    assert_eq!(shown(&forge, &["--run", "-2", "web"]).len(), 6);
    assert_eq!(said(&forge, &[]).len(), ALL.len() + 1);
    // The time of each line can be asked for again.
    let json = logs(&forge, &["--json", "--grep", "second time"]);
    let line: Value = serde_json::from_slice(&json.stdout).expect("one object");
    assert_eq!(
        shown(&forge, &["--since", line["time"].as_str().expect("a time"), "--run", "-1", "web"]),
        ["web.1 | a second time"]
    );
}

#[test]
fn json_has_an_object_for_each_line() {
    let forge = a_day();
    let output = logs(&forge, &["--json"]);
    let text = String::from_utf8(output.stdout).expect("JSON is text");
    let objects: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let ready = objects.iter().find(|object| object["text"] == "INFO ready").expect("it was said");
    assert_eq!((&ready["process"], &ready["instance"]), (&"web".into(), &"web.1".into()));
    assert_eq!(ready["run"], 1);
    assert!(ready["pid"].as_i64().expect("a pid") > 0);
    assert_eq!(ready["time"].as_str().expect("a time").len(), "2026-11-21T14:30:05.123456+00:00".len());
    let started =
        objects.iter().find(|object| object["text"].as_str().is_some_and(|text| text.starts_with("started")));
    assert_eq!(started.expect("a remark")["instance"], "web.1");
}

#[test]
fn what_is_wrong_is_said() {
    let forge = a_day();
    let fails = |words: &[&str], code: i32, texts: &[&str]| {
        let output = logs(&forge, words);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?} {err}");
        assert!(texts.iter().all(|text| err.contains(text)), "{words:?} {err}");
    };
    fails(&["nosuch"], 1, &["there are no logs of `nosuch`", "web.1, worker.1"]);
    fails(&["--since", "soon"], 1, &["`soon` is no time for `--since`", "10m"]);
    fails(&["--grep", "("], 1, &["`(` is no regular expression"]);
    fails(&["--level", "loud"], 2, &["expected trace, debug"]);
    fails(&["--run", "0"], 2, &["-1 for the last run"]);
    fails(&["--log-dir", "nowhere"], 3, &["there are no log files in `nowhere`"]);
    let elsewhere = Forge::new().runs(&["logs"]);
    elsewhere.exits_with(3).complained(&["no forge runs here, and there are no log files", "--log-dir"]);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let forge = Forge::new().procfile("web: puppet\n").start("--log-dir .forge/logs --tty pipe");
    let web = forge.puppet("web.1");
    web.floods(20_000).has_flooded().exits(0);
    forge.exits_with(0);
    let script = format!("{} logs --raw | head -1; true", env!("CARGO_BIN_EXE_forge"));
    let output =
        Command::new("/bin/sh").args(["-c", &script]).current_dir(forge.directory()).output().expect("sh");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("line 0000001 "), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let all = logs(&forge, &["--raw", "-n", "15000"]);
    let numbers = String::from_utf8(all.stdout).expect("text");
    let numbers: Vec<usize> =
        numbers.lines().filter_map(|line| line.split(' ').nth(1)?.parse().ok()).collect();
    assert!(numbers.into_iter().eq(5_001..=20_000), "the last lines");
}

#[test]
fn what_comes_is_followed_over_rotations_and_new_processes() {
    let forge =
        Forge::new().procfile("web: puppet\n").start("--log-dir .forge/logs --log-rotate 2K --tty pipe");
    let web = forge.puppet("web.1");
    web.says("the past");
    forge.sees("web.1 | the past");
    let path = forge.directory().join(".forge/logs").display().to_string();
    let reader = Forge::new().launch(&["logs", "-f", "--log-dir", &path]);
    reader.sees("web.1 | started with pid").sees("web.1 | the past");
    for number in 0..200 {
        web.says(&format!("line {number}"));
    }
    forge.sees("web.1 | line 199");
    reader.sees("web.1 | line 199");
    forge.signal(Signal::SIGTERM).exits_with(0);
    reader.sees("web.1 | terminated by SIGTERM");
    // A forge that is started later is followed, too.
    let mut again = Command::new(env!("CARGO_BIN_EXE_forge"));
    again.args(["start", "--log-dir", ".forge/logs", "-f", "Again"]).current_dir(forge.directory());
    fs::write(forge.directory().join("Again"), "new: echo I am new\n").expect("files can be written");
    assert!(again.output().expect("forge").status.success());
    reader.sees("new.1 | I am new");
    reader.signal(Signal::SIGINT).dies_by(Signal::SIGINT);
    let seen = reader.ends();
    let numbers = seen.lines_of("web.1");
    let numbers: Vec<&str> = numbers.iter().filter_map(|line| line.strip_prefix("line ")).collect();
    assert!(
        numbers.iter().map(|number| number.parse::<usize>().expect("a number")).eq(0..200),
        "{numbers:?}"
    );
}

#[test]
fn whoever_follows_ends_with_its_reader() {
    let forge = a_day();
    let path = forge.directory().join(".forge/logs").display().to_string();
    // Nothing is printed: only the end of the reader itself can be noticed.
    let mut reader = Forge::new().unread().launch(&["logs", "-f", "-n", "0", "--log-dir", &path]);
    reader.loses_its_stdout();
    reader.exits_with(0);
}

#[test]
fn a_line_of_many_megabytes_comes_back_whole() {
    const BYTES: usize = 5_000_000;
    let procfile = format!("web: puppet; head -c {BYTES} /dev/zero | tr '\\0' x; echo END; echo after\n");
    let forge = Forge::new().procfile(procfile).start("--log-dir .forge/logs --tty pipe");
    forge.puppet("web.1").exits(0);
    forge.ends().exits_with(0);
    let expected = format!("{}END\nafter\n", "x".repeat(BYTES));
    assert!(logs(&forge, &["--raw"]).stdout == expected.as_bytes(), "pieces are lost");
    let found = logs(&forge, &["--raw", "--grep", "xxx"]).stdout;
    assert!(found == expected.as_bytes()[..BYTES + 4], "{} bytes", found.len());
    assert!(
        logs(&forge, &["--raw", "-n", "2", "--not", "nothing"]).stdout == expected.as_bytes(),
        "pieces count as one line"
    );
    assert_eq!(logs(&forge, &["--raw", "-n", "1"]).stdout, b"after\n");
    assert_eq!(logs(&forge, &["--raw", "--not", "x", "web"]).stdout, b"after\n");
}

#[test]
fn an_index_of_another_version_is_named() {
    let forge = a_day();
    let index = forge.directory().join(".forge/logs/index");
    let path =
        std::fs::read_dir(&index).expect("there are logs").filter_map(Result::ok).map(|entry| entry.path());
    let path = path.into_iter().find(|path| path.ends_with("web.1.log.idx")).expect("that of web");
    let mut bytes = std::fs::read(&path).expect("it can be read");
    bytes[16] = 99;
    std::fs::write(&path, bytes).expect("it can be written");
    let output = logs(&forge, &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("`web.1.log.idx` was not written by this version of forge"), "{said}");
    assert_eq!(output.status.code(), Some(125));
}
