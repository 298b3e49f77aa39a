//! The socket of a running stack, and the commands that use it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal::SIGINT;

use crate::forge::Forge;
use crate::running::Running;

/// Where the stacks of a test have their sockets: not where those of the user are.
fn runtime() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn forge(runtime: &Path) -> Forge {
    Forge::new().variable("XDG_RUNTIME_DIR", runtime.to_str().expect("a path of text"))
}

/// Runs a command of forge in a directory; its exit code and all that it says.
fn command(runtime: &Path, directory: &Path, words: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_forge"))
        .args(words)
        .current_dir(directory)
        .env_clear()
        .env("XDG_RUNTIME_DIR", runtime)
        .output()
        .expect("forge can be started");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).expect("it is text"))
}

fn socket(runtime: &Path, forge: &Running) -> PathBuf {
    let directory = std::fs::read_dir(runtime.join("forge")).expect("there is a directory of sockets");
    let ends = format!("-{}.sock", forge.pid);
    let mut found = directory.flatten().map(|entry| entry.path());
    found.find(|path| path.to_str().is_some_and(|path| path.ends_with(&ends))).expect("there is a socket")
}

/// Sends a request as it stands and returns everything that comes back.
fn talk(socket: &Path, request: &str) -> String {
    let mut stream = UnixStream::connect(socket).expect("somebody listens");
    stream.write_all(request.as_bytes()).expect("there is room");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is text");
    answer
}

#[test]
fn a_stack_is_looked_at_and_restarted_from_below_its_directory() {
    let runtime = runtime();
    let running = forge(runtime.path()).procfile("web: puppet\nworker: puppet\n").start("");
    let (first, _worker) = (running.puppet("web.1"), running.puppet("worker.1"));
    let below = running.directory().join("app/models");
    std::fs::create_dir_all(&below).expect("a directory");

    let (code, table) = command(runtime.path(), &below, &["ps"]);
    assert!(code == 0 && table.contains("web.1") && table.contains("running"), "{table}");
    let (_, json) = command(runtime.path(), &below, &["ps", "--json"]);
    let stack: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(stack["version"], 1);
    assert_eq!(stack["instances"][1]["name"], "worker.1");
    let old = stack["instances"][0]["pid"].as_i64().expect("it has a pid");

    let (code, said) = command(runtime.path(), &below, &["restart", "web"]);
    assert!(code == 0 && said.starts_with("web.1 runs with pid "), "{said}");
    assert!(!said.contains(&format!("pid {old},")), "{said}");
    drop(first);
    running.puppet("web.1").says("again");
    running.sees("web.1 | again").sees("| restart of web.1 asked for by pid ");

    let (code, said) = command(runtime.path(), &below, &["restart", "wbe"]);
    assert!(code == 1 && said.contains("unknown process `wbe` (web, worker)"), "{said}");
    assert!(said.contains("did you mean `web`?"), "{said}");
    running.signal(SIGINT).exits_with(0);
    let (code, said) = command(runtime.path(), &below, &["ps"]);
    assert!(code == 3 && said.contains("no forge runs in"), "{said}");
}

#[test]
fn the_api_speaks_plain_http() {
    let runtime = runtime();
    let running = forge(runtime.path()).procfile("web: puppet\n").start("");
    running.puppet("web.1");
    let socket = socket(runtime.path(), &running);
    let about = talk(&socket, "GET /v1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(about.starts_with("HTTP/1.1 200 OK\r\n"), "{about}");
    assert!(about.contains(&format!("\"pid\":{}", running.pid)), "{about}");
    let stack = talk(&socket, "GET /v1/stack HTTP/1.0\r\n\r\n");
    assert!(stack.contains("\"name\":\"web.1\"") && stack.contains("\"state\":\"running\""), "{stack}");
    let unknown = talk(&socket, "GET /v2 HTTP/1.0\r\n\r\n");
    assert!(unknown.starts_with("HTTP/1.0 404"), "{unknown}");
    assert!(unknown.contains("{\"error\":{\"code\":\"no-such-path\""), "{unknown}");
    let wrong = talk(&socket, "DELETE /v1/stack HTTP/1.0\r\n\r\n");
    assert!(wrong.starts_with("HTTP/1.0 405"), "{wrong}");
    let garbage = talk(&socket, "\x01\x02 nothing that anybody knows\r\n\r\n");
    assert!(garbage.starts_with("HTTP/1.1 400"), "{garbage}");
    running.signal(SIGINT).exits_with(0);
    assert!(!socket.exists());
}

#[test]
fn everything_that_changes_a_stack_waits_for_the_fact_and_tells_it() {
    let runtime = runtime();
    let running = forge(runtime.path()).procfile("web: puppet\ndb: puppet\n").start("--can-die db");
    let (web, db) = (running.puppet("web.1"), running.puppet("db.1"));
    let directory = running.directory();
    let say = |words: &[&str]| command(runtime.path(), &directory, words);

    let (code, said) = say(&["stop", "web"]);
    assert!(code == 0 && said.starts_with("web.1 stopped: terminated by SIGTERM"), "{said}");
    let (code, said) = say(&["stop", "w*"]);
    assert!(code == 0 && said == "web.1 was not running\n", "{said}");
    let (code, said) = say(&["signal", "HUP", "web"]);
    assert!(code == 1 && said == "web.1 was not running\n", "{said}");
    let (code, said) = say(&["wait", "web"]);
    assert!(code == 1 && said.contains("nobody wants it to run"), "{said}");
    let (code, said) = say(&["up", "web"]);
    assert!(code == 0 && said.starts_with("web.1 runs with pid "), "{said}");
    drop(web);
    running.puppet("web.1").says("up again");
    running.sees("web.1 | up again").sees("| start of web.1 asked for by pid ");

    let (code, said) = say(&["wait", "--for", "exit", "-t", "100ms", "db"]);
    assert!(code == 124 && said.starts_with("db.1 not within "), "{said}");
    db.exits(7);
    let (code, said) = say(&["wait", "--for", "exit", "db"]);
    assert!(code == 7 && said.contains("exited with code 7"), "{said}");
    let (code, said) = say(&["signal", "NOSUCH", "web"]);
    assert!(code == 2 && said.contains("`NOSUCH`"), "{said}");
    let (code, said) = say(&["restart", "--json", "web"]);
    let json: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
    assert!(code == 0 && json["ok"] == true && json["instances"][0]["outcome"] == "ready", "{said}");

    let (code, said) = say(&["down"]);
    assert!(code == 0 && said.contains("web.1 stopped"), "{said}");
    assert_eq!(say(&["ps"]).0, 3);
    running.sees("| end of the stack asked for by pid ").exits_with(0);
}

#[test]
fn a_second_start_says_that_it_runs_already() {
    let runtime = runtime();
    let running = forge(runtime.path()).procfile("web: puppet\nworker: puppet\n").start("web -p 7000");
    running.puppet("web.1");
    let directory = running.directory();
    let (code, said) = command(runtime.path(), &directory, &["start", "-p", "7000"]);
    assert!(code == 1 && said.contains("web.1 runs here already, in forge with pid "), "{said}");
    assert!(said.contains("`forge restart all`"), "{said}");
    running.signal(SIGINT).exits_with(0);
}

#[test]
fn a_second_start_at_a_terminal_offers_to_follow_the_first() {
    let runtime = runtime();
    let running = forge(runtime.path()).procfile("web: puppet\n").start("-p 7000");
    let web = running.puppet("web.1");
    let directory = running.directory().display().to_string();
    let second = forge(runtime.path()).on_a_terminal().launch(&["start", "-p", "7000", "-d", &directory]);
    second.sees("follow what it prints? [y/N]").types("y\n");
    web.prints("of the first");
    second.sees("| of the first");
    // What it follows ends with the stack, and it with that.
    running.signal(SIGINT).exits_with(0);
    second.exits_with(0);
}

#[test]
fn whatever_is_no_request_does_no_harm() {
    let runtime = runtime();
    let running = forge(runtime.path()).procfile("web: puppet\n").start("");
    let web = running.puppet("web.1");
    let socket = socket(runtime.path(), &running);
    // Half a request, and one that is never read: both stay as they are until the end.
    let mut half = UnixStream::connect(&socket).expect("somebody listens");
    half.write_all(b"POST /v1/restart HTTP/1.1\r\ncontent-le").expect("there is room");
    let mut deaf = UnixStream::connect(&socket).expect("somebody listens");
    deaf.write_all(b"GET /v1/stack HTTP/1.1\r\n\r\n").expect("there is room");
    let large = format!("POST /v1/restart HTTP/1.0\r\ncontent-length: 70000\r\n\r\n{}", "x".repeat(70_000));
    let answer = talk(&socket, &large);
    assert!(answer.starts_with("HTTP/1.0 413"), "{answer}");
    let body = "{\"names\":[\"web\"],\"nmaes\":1}";
    let wrong = format!("POST /v1/stop HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let answer = talk(&socket, &wrong);
    assert!(answer.starts_with("HTTP/1.0 400") && answer.contains("nmaes"), "{answer}");
    // As many as there is room for, and one more.
    let crowd: Vec<UnixStream> =
        (0..62).map(|_| UnixStream::connect(&socket).expect("somebody listens")).collect();
    let turned_away = talk(&socket, "");
    assert!(turned_away.starts_with("HTTP/1.1 503") && turned_away.contains("too-many"), "{turned_away}");
    drop((half, deaf, crowd));
    web.says("still here");
    running.sees("web.1 | still here").signal(SIGINT).exits_with(0);
}
