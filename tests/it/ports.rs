//! Ports that somebody else has: an error where the command says that it matters, a warning elsewhere.

use std::net::TcpListener;

use nix::sys::signal::Signal;

use crate::forge::Forge;
use crate::free::free_base;

#[test]
fn a_taken_port_is_an_error_where_the_command_mentions_it() {
    let base = free_base();
    let taken = TcpListener::bind(("127.0.0.1", base + 100)).expect("it is free");
    let procfile = "worker: puppet\nweb: puppet --port $PORT\n";
    let ended = Forge::new().procfile(procfile).runs(&["start", "-p", &base.to_string()]);
    ended.exits_with(1).never_showed("started with pid");
    ended.complained(&["error", &(base + 100).to_string(), "web", "hint"]);
    drop(taken);
}

#[test]
fn it_is_a_warning_elsewhere() {
    let base = free_base();
    let taken = TcpListener::bind(("127.0.0.1", base)).expect("it is free");
    let forge = Forge::new().procfile("web: puppet\n").start(&format!("-p {base}"));
    forge.puppet("web.1").exits(0);
    let ended = forge.ends();
    ended.exits_with(0);
    let all = format!("{}{}", ended.out(), ended.err());
    ended.shows("a warning names the port", all.contains("warning") && all.contains(&base.to_string()));
    drop(taken);
}

#[test]
fn the_other_loopback_counts_too() {
    let base = free_base();
    let Ok(taken) = TcpListener::bind(("::1", base)) else {
        // Without IPv6 there is no other loopback, and nothing can be taken there.
        assert!(TcpListener::bind(("127.0.0.1", base)).is_ok());
        return;
    };
    let ended = Forge::new().procfile("web: puppet $PORT\n").runs(&["start", "-p", &base.to_string()]);
    ended.exits_with(1).complained(&[&base.to_string()]);
    drop(taken);
}

#[test]
fn it_says_who_has_the_port() {
    let holder = Forge::new().procfile("holder: puppet\n").start("");
    let puppet = holder.puppet("holder.1");
    let base = free_base();
    puppet.binds(base);
    let ended = Forge::new().procfile("web: puppet $PORT\n").runs(&["start", "-p", &base.to_string()]);
    let directory = holder.directory().display().to_string();
    ended.exits_with(1).complained(&[&puppet.person.pid.to_string(), "puppet", &directory]);
}

#[test]
fn several_taken_ports_are_told_at_once() {
    let base = free_base();
    let taken = [0, 100].map(|more| TcpListener::bind(("127.0.0.1", base + more)).expect("it is free"));
    let procfile = "web: puppet $PORT\napi: puppet ${PORT}\nworker: puppet\n";
    let ended = Forge::new().procfile(procfile).runs(&["start", "-p", &base.to_string()]);
    ended.exits_with(1).complained(&[&base.to_string(), &(base + 100).to_string()]);
    drop(taken);
}

#[test]
fn a_port_that_is_given_to_nobody_does_not_matter() {
    let base = free_base();
    let taken = TcpListener::bind(("127.0.0.1", base)).expect("it is free");
    let procfile = "web: puppet $PORT\nworker: puppet $PORT\n";
    let forge = Forge::new().procfile(procfile).start(&format!("-p {base} worker"));
    forge.puppet("worker.1").exits(0);
    let ended = forge.ends();
    ended.exits_with(0).shows("no word about it", !ended.err().contains(&base.to_string()));
    let ended = Forge::new().procfile("web: echo $PORT\n").runs(&["start", "--no-port"]);
    ended.exits_with(0);
    drop(taken);
}

#[test]
fn a_process_that_finds_its_address_taken_gets_the_hint() {
    let base = free_base();
    let forge = Forge::new().procfile("web: puppet\n").start(&format!("-p {base}"));
    let web = forge.puppet("web.1");
    let taken = TcpListener::bind(("127.0.0.1", base)).expect("it is free");
    web.complains("Error: listen EADDRINUSE: address already in use 127.0.0.1\n").exits(1);
    let ended = forge.ends();
    ended.exits_with(1);
    let all = format!("{}{}", ended.out(), ended.err());
    let hinted = all.lines().any(|line| !line.contains("EADDRINUSE") && line.contains(&base.to_string()));
    ended.shows("a hint names the port", hinted);
    drop(taken);
}

#[test]
fn port_step_changes_the_distance() {
    let base = free_base();
    let forge =
        Forge::new().procfile("web: puppet\nworker: puppet\n").start(&format!("-p {base} --port-step 10"));
    assert_eq!(forge.puppet("worker.1").environment()["PORT"], (base + 10).to_string());
    forge.signal(Signal::SIGTERM).exits_with(0);
}

#[test]
fn a_port_that_is_just_free_again_is_no_conflict() {
    let base = free_base();
    // A connection that was closed by the listener leaves the port in TIME_WAIT, which servers do not mind.
    let listener = TcpListener::bind(("127.0.0.1", base)).expect("it is free");
    let caller = std::net::TcpStream::connect(("127.0.0.1", base)).expect("it listens");
    drop(listener.accept().expect("somebody calls"));
    drop((listener, caller));
    let ended = Forge::new().procfile("web: echo $PORT\n").runs(&["start", "-p", &base.to_string()]);
    ended.exits_with(0).showed(&base.to_string());
}
