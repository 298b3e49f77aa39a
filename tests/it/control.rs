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
