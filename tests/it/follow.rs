//! Following a stack that runs and keeps no log files: `forge logs`, and `GET /v1/logs`.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use nix::sys::signal::Signal::{SIGINT, SIGTERM};
use serde_json::Value;

use crate::ended::lines;
use crate::forge::Forge;
use crate::running::Running;

/// Where the private directories of a forge under test are.
fn run_directory(forge: &Running) -> PathBuf {
    forge.directory().parent().expect("a directory of its own").join("run")
}

/// The socket of a stack.
fn socket(forge: &Running) -> PathBuf {
    forge.finds("a socket", || {
        let mut directories = vec![run_directory(forge)];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).ok()?.filter_map(Result::ok) {
                let path = entry.path();
                if path.extension().is_some_and(|extension| extension == "sock") {
                    return Some(path);
                }
                if path.is_dir() {
                    directories.push(path);
                }
            }
        }
        None
    })
}

fn connect(forge: &Running) -> UnixStream {
    let stream = UnixStream::connect(socket(forge)).expect("somebody listens");
    // A test that fails is better than one that hangs.
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket has a timeout");
    stream
}

/// Asks for a path and returns the connection.
fn get(forge: &Running, path: &str) -> UnixStream {
    let mut stream = connect(forge);
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: forge\r\nconnection: close\r\n\r\n").as_bytes())
        .expect("room");
    stream
}

/// All that comes, without the chunks of HTTP.
fn answer(stream: UnixStream) -> (String, Vec<u8>) {
    rest_of_answer(stream, Vec::new())
}

/// Reads until a text has come; returns all that has.
fn begun(stream: &mut UnixStream, text: &str) -> Vec<u8> {
    let (mut bytes, mut part) = (Vec::new(), [0; 1024]);
    while memchr::memmem::find(&bytes, text.as_bytes()).is_none() {
        let length = stream.read(&mut part).expect("more");
        assert!(length > 0, "it ends without {text}");
        bytes.extend_from_slice(&part[..length]);
    }
    bytes
}

/// The same as `answer`, of which these bytes have come already.
fn rest_of_answer(mut stream: UnixStream, mut bytes: Vec<u8>) -> (String, Vec<u8>) {
    stream.read_to_end(&mut bytes).expect("an answer");
    let end = memchr::memmem::find(&bytes, b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut rest = &bytes[end + 4..];
    if !head.contains("transfer-encoding: chunked") {
        return (head, rest.to_vec());
    }
    let mut body = Vec::new();
    while let Some(line) = memchr::memmem::find(rest, b"\r\n") {
        let length =
            usize::from_str_radix(str::from_utf8(&rest[..line]).expect("ASCII"), 16).expect("a length");
        body.extend_from_slice(&rest[line + 2..line + 2 + length]);
        rest = &rest[line + 2 + length + 2..];
    }
    (head, body)
}

/// Runs `forge logs` where a stack runs.
fn logs(forge: &Running, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forge"));
    command.arg("logs").args(words).current_dir(forge.directory());
    command.env_clear().env("TZ", "UTC").env("XDG_RUNTIME_DIR", run_directory(forge));
    command.output().expect("forge can be started")
}

#[track_caller]
fn shown(forge: &Running, words: &[&str]) -> Vec<String> {
    let output = logs(forge, words);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    lines(&output.stdout)
}

/// Another terminal in which somebody follows.
fn follows(forge: &Running, words: &[&str]) -> Running {
    let directory = forge.directory().display().to_string();
    let run = run_directory(forge).display().to_string();
    Forge::new()
        .variable("XDG_RUNTIME_DIR", &run)
        .launch(&[&["logs", "-f", "-d", &directory], words].concat())
}

#[test]
fn another_terminal_sees_what_was_and_what_comes_until_the_stack_ends() {
    let forge = Forge::new()
        .procfile("web: puppet\nworker: puppet\n")
        .file("forge.toml", "[process.worker]\nrestart = \"always\"\n")
        .start("--tty pipe");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    web.says("the past");
    forge.sees("web.1 | the past");
    let (all, one) = (follows(&forge, &[]), follows(&forge, &["worker", "-n", "1"]));
    all.sees("web.1 | started with pid").sees("web.1 | the past");
    one.sees("worker.1 | started with pid");
    web.says("later");
    worker.says("mine");
    all.sees("web.1 | later").sees("worker.1 | mine");
    one.sees("worker.1 | mine");
    worker.exits(0);
    let again = forge.puppet("worker.1");
    again.says("again");
    one.sees("worker.1 | exited with code 0").sees("worker.1 | again");
    forge.signal(SIGTERM).exits_with(0).leaves_nobody_behind();
    all.sees("web.1 | terminated by SIGTERM").exits_with(0);
    one.exits_with(0);
    assert!(one.ends().lines_of("web.1").is_empty());
    assert_eq!(forge.ends().lines(), all.ends().lines(), "the same, in the same order");
}

/// A stack that runs and has said something.
fn a_day() -> Running {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("--tty pipe");
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
    says(&web, "web.1", "INFO on");
    forge
}

#[test]
fn flags_mean_what_they_mean_with_log_files() {
    let forge = a_day();
    let errors = [
        "web.1 | ERROR lost",
        "web.1 | Traceback (most recent call last):",
        "web.1 |   File \"a.py\", line 1",
        "web.1 | ValueError: 7",
    ];
    // Somebody else may have a port, which forge says on its stderr.
    let mut so_far = forge.lines_so_far();
    so_far.retain(|line| !line.starts_with("warning: "));
    assert_eq!(shown(&forge, &[]), so_far);
    assert_eq!(shown(&forge, &["-n", "1"]), ["web.1 | INFO on"]);
    assert_eq!(shown(&forge, &["-n", "0"]), Vec::<String>::new());
    assert_eq!(shown(&forge, &["w*r", "-n", "1"]), ["worker.1 | {\"level\":\"warn\",\"job\":1}"]);
    assert_eq!(shown(&forge, &["--errors"]), errors);
    assert_eq!(shown(&forge, &["--errors", "--not", "ValueError"]), Vec::<String>::new());
    assert_eq!(shown(&forge, &["--level", "warn", "worker"]), ["worker.1 | {\"level\":\"warn\",\"job\":1}"]);
    assert_eq!(shown(&forge, &["--grep", "^INFO (on|ready)$"]), ["web.1 | INFO ready", "web.1 | INFO on"]);
    assert_eq!(shown(&forge, &["--raw", "--grep", "INFO", "--not", "ready"]), ["INFO on"]);
    assert_eq!(shown(&forge, &["--since", "1h", "web"]).len(), 7);
    assert_eq!(shown(&forge, &["--until", "1h"]), Vec::<String>::new());
    assert_eq!(shown(&forge, &["--run", "-1", "worker"]), ["worker.1 | {\"level\":\"warn\",\"job\":1}"]);
    assert_eq!(shown(&forge, &["--run", "2"]), Vec::<String>::new());
    let json = logs(&forge, &["--json", "--grep", "INFO on"]).stdout;
    let object: Value = serde_json::from_slice(&json).expect("one object");
    assert_eq!((&object["instance"], &object["run"]), (&"web.1".into(), &1.into()));
    // The time of a line can be asked for again.
    assert_eq!(shown(&forge, &["--since", object["time"].as_str().expect("a time")]), ["web.1 | INFO on"]);
    let inner = forge.directory().join("x/y");
    fs::create_dir_all(&inner).expect("directories can be made");
    let mut below = Command::new(env!("CARGO_BIN_EXE_forge"));
    below.args(["logs", "-n", "1"]).current_dir(inner).env("XDG_RUNTIME_DIR", run_directory(&forge));
    assert_eq!(lines(&below.output().expect("forge").stdout), ["web.1 | INFO on"]);
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
    fails(&["nosuch"], 1, &["nosuch", "web"]);
    fails(&["--since", "soon"], 1, &["`soon` is no time for `--since`", "10m"]);
    fails(&["--grep", "("], 1, &["`(` is no regular expression"]);
    fails(&["--socket", "nowhere"], 3, &["no forge answers at `nowhere`"]);
    fails(&["--log-dir", "nowhere"], 3, &["there are no log files in `nowhere`"]);
    let (head, body) = answer(get(&forge, "/v1/logs?tail=5"));
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert!(String::from_utf8_lossy(&body).contains("there is no `tail` in the query"));
    let (head, _) = answer(get(&forge, "/v1/logs?name=nosuch"));
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
}

#[test]
fn whoever_follows_log_files_ends_with_the_stack_that_writes_them() {
    let forge = Forge::new().procfile("web: puppet\n").start("--log-dir .forge/logs --tty pipe");
    let web = forge.puppet("web.1");
    web.says("the past");
    forge.sees("web.1 | the past");
    let reader = follows(&forge, &[]);
    reader.sees("web.1 | the past");
    web.says("later");
    reader.sees("web.1 | later");
    forge.signal(SIGTERM).exits_with(0);
    reader.sees("web.1 | terminated by SIGTERM").exits_with(0);
}

#[test]
fn log_files_of_another_day_are_not_taken_for_those_of_a_stack_that_keeps_none() {
    let forge = Forge::new().procfile("web: puppet\n").file(".forge/old/x", "").start("--tty pipe");
    let mut other = Command::new(env!("CARGO_BIN_EXE_forge"));
    other.args(["start", "--log-dir", ".forge/logs", "-f", "Other"]).current_dir(forge.directory());
    fs::write(forge.directory().join("Other"), "old: echo of another day\n").expect("files can be written");
    assert!(other.output().expect("forge").status.success());
    forge.puppet("web.1").says("of today");
    forge.sees("web.1 | of today");
    assert_eq!(shown(&forge, &["-n", "1"]), ["web.1 | of today"]);
    assert_eq!(shown(&forge, &["--log-dir", ".forge/logs", "--raw"]), ["of another day"]);
}

#[test]
fn whoever_takes_nothing_holds_up_nobody_and_hears_later_how_much_is_missing() {
    const LINES: u32 = 200_000;
    let forge = Forge::new().procfile("web: puppet\n").start("--tty pipe");
    let web = forge.puppet("web.1");
    let mut deaf = get(&forge, "/v1/logs?follow=true");
    let mut slow = get(&forge, "/v1/logs?follow=true&lines=1&name=web");
    begun(&mut deaf, "started with pid");
    // From now on it is told of everything.
    let first = begun(&mut slow, "started with pid");
    web.floods(LINES).has_flooded().says("the end");
    forge.sees("web.1 | the end");
    let listening = std::thread::spawn(move || rest_of_answer(slow, first));
    // Only whoever takes something is waited for at the end, and only as long as he does.
    web.says("still here");
    forge.sees("web.1 | still here").signal(SIGINT).exits_with(0).leaves_nobody_behind();
    let (head, body) = listening.join().expect("no panic");
    assert!(head.contains("content-type: application/x-ndjson"), "{head}");
    let objects: Vec<Value> = String::from_utf8(body)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("whole objects"))
        .collect();
    let missing: u64 = objects
        .iter()
        .filter(|object| object["event"] == "lines-missing")
        .map(|object| object["lines"].as_u64().expect("a number"))
        .sum();
    let said = objects
        .iter()
        .filter(|object| object["text"].as_str().is_some_and(|text| text.starts_with("line 0")));
    assert!(missing > 0);
    assert_eq!(said.count() as u64 + missing, u64::from(LINES));
    assert!(objects.iter().any(|object| object["text"] == "still here"));
    drop(deaf);
    let all = forge.ends().lines_of("web.1");
    assert_eq!(all.iter().filter(|line| line.starts_with("line 0")).count(), LINES as usize);
}

#[test]
fn garbage_and_half_a_request_harm_nobody() {
    let forge = a_day();
    let garbage: [&[u8]; 7] = [
        b"\0\xff\xfe garbage \r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/stack HTTP/9.9\r\n\r\n",
        b"POST /v1/restart HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nconnection: close\r\n\r\n{\"a\":",
        b"POST /v1/restart HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nzz\r\n",
        b"GET /v1/logs?grep=%28 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET /v1/%00 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    ];
    for garbage in garbage {
        let mut stream = connect(&forge);
        stream.write_all(garbage).expect("room");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", garbage.escape_ascii());
    }
    // A head without an end.
    let mut large = connect(&forge);
    let _ = large.write_all(format!("GET /v1 HTTP/1.1\r\nx: {}", "y".repeat(1 << 20)).as_bytes());
    let mut answer_to_it = Vec::new();
    let _ = large.read_to_end(&mut answer_to_it);
    assert!(!answer_to_it.starts_with(b"HTTP/1.1 2"));
    // Half a request, which nobody waits for.
    let mut half = connect(&forge);
    half.write_all(b"GET /v1/stack HT").expect("room");
    let (head, body) = answer(get(&forge, "/v1/stack"));
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(serde_json::from_slice::<Value>(&body).is_ok());
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
}
