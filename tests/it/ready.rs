//! When a process counts as ready, and what waits for it.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::forge::Forge;
use crate::free::free_base;
use crate::running::Running;

/// A `web` that waits for a `db`, about which this is said; and a `late` that waits for a file.
fn stack(about_db: &str) -> (Running, u16) {
    let base = free_base();
    let manifest = format!(
        "[process.web]\nafter = [\"db\"]\n[process.late]\nafter = [\"witness\"]\n\
         [process.witness]\nready = {{ file = 'witnessed' }}\n[process.db]\n{about_db}\n"
    );
    let procfile = "db: puppet\nweb: puppet\nwitness: puppet\nlate: puppet\n";
    let forge = Forge::new().procfile(procfile).file("forge.toml", manifest);
    (forge.start(&format!("-p {base}")), base)
}

/// Nothing of `web` was seen, although `db` has said something and somebody else has become ready since: who waits longer for
/// anything that is so already does not wait for it.
fn waits(forge: &Running, said: &str) {
    forge.sees(&format!("db.1 | {said}"));
    fs::write(forge.directory().join("witnessed"), "").expect("there is room");
    forge.sees("late.1 | started with pid");
    let web = |line: &String| line.starts_with("web.1 |");
    assert!(!forge.lines_so_far().iter().any(web), "web must wait: {:?}", forge.lines_so_far());
}

#[test]
fn who_has_a_port_is_ready_when_it_listens_there() {
    let (forge, base) = stack("");
    let db = forge.puppet("db.1");
    db.says("not yet");
    waits(&forge, "not yet");
    db.binds(base);
    forge.sees("db.1 | ready after").sees("web.1 | started with pid");
}

#[test]
fn a_grandchild_may_be_who_listens() {
    for how in ["child", "session", "daemon"] {
        let (forge, base) = stack("");
        let db = forge.puppet("db.1");
        let server = db.starts("server", how);
        db.says("not yet");
        waits(&forge, "not yet");
        server.binds(base);
        forge.sees("web.1 | started with pid");
    }
}

#[test]
fn another_process_of_the_stack_on_its_port_is_not_enough() {
    let base = free_base();
    let forge = Forge::new()
        .procfile("db: puppet\nweb: puppet\nthief: puppet\n")
        .file(
            "forge.toml",
            "[process.db]\nready = { port = true, timeout = '1500ms' }\n[process.web]\nafter = [\"db\"]\n",
        )
        .start(&format!("-p {base}"));
    forge.puppet("db.1");
    forge.puppet("thief.1").binds(base);
    // It is looked at again and again until its time is over, and the other one is not taken for it.
    forge.sees("db.1 | not ready after").ends().fails().never_showed("web.1 | started");
}

#[test]
fn a_stranger_who_had_its_port_before_is_not_enough() {
    let base = free_base();
    let stranger = TcpListener::bind(("127.0.0.1", base)).expect("it was free a moment ago");
    let forge = Forge::new().procfile("db: puppet\nweb: puppet\n").file(
        "forge.toml",
        "[process.db]\nready = { port = true, timeout = '700ms' }\n[process.web]\nafter = [\"db\"]\n",
    );
    let forge = forge.start(&format!("-p {base}"));
    forge.sees("db.1 | not ready after").ends().fails().never_showed("web.1 | started");
    drop(stranger);
}

#[test]
fn a_line_shows_it_in_how_many_pieces_it_may_come() {
    let (forge, _) = stack("ready = { log = '^Listening on \\d+$' }");
    let db = forge.puppet("db.1");
    db.says("not Listening on 1");
    waits(&forge, "not Listening on 1");
    db.prints("Listen").prints("ing on \x1b[36m5").prints("\x1b[0m\n");
    forge.sees("web.1 | started with pid");
}

#[test]
fn a_file_shows_it() {
    let (forge, _) = stack("ready = { file = 'tmp/pid' }");
    forge.puppet("db.1").says("not yet");
    waits(&forge, "not yet");
    fs::create_dir(forge.directory().join("tmp")).expect("it is new");
    fs::write(forge.directory().join("tmp/pid"), "1").expect("it is new");
    forge.sees("web.1 | started with pid");
}

#[test]
fn a_unix_socket_shows_it() {
    let (forge, _) = stack("ready = { unix = 'db.sock' }");
    forge.puppet("db.1").says("not yet");
    waits(&forge, "not yet");
    let listener = UnixListener::bind(forge.directory().join("db.sock")).expect("it is new");
    forge.sees("web.1 | started with pid");
    drop(listener);
}

#[test]
fn a_tcp_port_shows_it() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.expect("a free port").port();
    let (forge, _) = stack(&format!("ready = {{ tcp = 'localhost:{port}' }}"));
    forge.puppet("db.1").says("not yet");
    waits(&forge, "not yet");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("it was free a moment ago");
    forge.sees("web.1 | started with pid");
    drop(listener);
}

#[test]
fn a_command_shows_it_and_leaves_nobody_behind() {
    // It does not end by itself as long as the file is not there.
    let about = "ready = { command = 'echo look >> looks; test -e up || sleep 1000', interval = '20ms' }\n\
                 live = { command = 'test -e up', every = '1h' }";
    let (forge, _) = stack(about);
    forge.puppet("db.1").says("not yet");
    waits(&forge, "not yet");
    fs::write(forge.directory().join("up"), "").expect("it is new");
    forge.finds("a look", || fs::read(forge.directory().join("looks")).ok());
    forge.signal(nix::sys::signal::Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
}

#[test]
fn a_command_that_takes_too_long_is_ended_and_asked_again() {
    let (forge, _) = stack("ready = { command = 'echo $$ >> looks; exec sleep 1000' }");
    let looks = || fs::read_to_string(forge.directory().join("looks")).unwrap_or_default();
    let first = forge.finds("a look", || looks().lines().next()?.parse::<i32>().ok());
    forge.finds("another look", || (looks().lines().count() > 1).then_some(()));
    forge.finds("the end of the first one", || crate::census::stat(first).is_none().then_some(()));
}

#[test]
fn an_answer_shows_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has one").port();
    let (forge, _) = stack(&format!("ready = {{ http = 'http://127.0.0.1:{port}/up', timeout = '60s' }}"));
    let (status, seen) = (Arc::new(AtomicU16::new(503)), Arc::new(AtomicU16::new(0)));
    let (now, told) = (Arc::clone(&status), Arc::clone(&seen));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let status = now.load(Ordering::SeqCst);
            let _ = write!(stream, "HTTP/1.1 {status} x\r\n\r\n");
            told.store(status, Ordering::SeqCst);
        }
    });
    for bad in [503, 404] {
        status.store(bad, Ordering::SeqCst);
        forge.finds("a look", || (seen.load(Ordering::SeqCst) == bad).then_some(()));
    }
    forge.puppet("db.1").says("not yet");
    waits(&forge, "not yet");
    status.store(200, Ordering::SeqCst);
    forge.sees("web.1 | started with pid");
}

#[test]
fn who_does_not_get_ready_has_failed_and_its_last_lines_say_why() {
    let (forge, _) = stack("ready = { file = 'never', timeout = '700ms' }");
    forge.puppet("db.1").says("one").says("could not reach the \x1b[31mmoon\x1b[0m");
    let ended = forge.ends();
    ended.fails().showed("db.1 | not ready after");
    ended.shows("the last lines", ended.out().contains("one / could not reach the moon"));
    ended.never_showed("web.1 | started");
}
