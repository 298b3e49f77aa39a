//! What a process may use at most.

use nix::sys::signal::Signal::{SIGINT, SIGTERM, SIGUSR1};

use crate::forge::Forge;

#[test]
fn who_falls_silent_is_asked_for_evidence_and_started_again() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", "[process.web]\nlimits = { silence = '700ms', dump_signal = 'USR1' }\n")
        .start("");
    let web = forge.puppet("web.1");
    web.catches(SIGUSR1).catches(SIGTERM);
    web.has_caught(SIGUSR1).has_caught(SIGTERM).exits(0);
    forge.sees("web.1 | ");
    forge.puppet("web.1").says("here again");
    forge.sees("web.1 | here again").signal(SIGINT).exits_with(0);
}

#[test]
fn memory_counts_for_the_whole_tree() {
    // The shell is small; what it has started is not.
    let eater = "x=$(head -c 40000000 /dev/zero | tr '\\0' x)\necho full\nread wait\n";
    let forge = Forge::new()
        .procfile("web: sh -c 'sh eater; :'\nother: puppet\n")
        .file("eater", eater)
        .file("forge.toml", "[process.web]\nlimits = { memory = '20M', on_limit = 'stop' }\n")
        .start("");
    forge.sees("web.1 | full");
    let ended = forge.ends();
    ended.fails().showed("20 MiB");
}

#[test]
fn who_is_old_is_replaced() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", "[process.web]\nlimits = { age = '500ms' }\n")
        .start("");
    let first = forge.puppet("web.1");
    let second = forge.puppet("web.1");
    first.is_gone();
    assert_ne!(first.person.pid, second.person.pid);
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
}

#[test]
fn a_warning_ends_nobody_and_comes_once() {
    let forge = Forge::new()
        .procfile("web: puppet\nother: puppet\n")
        .file("forge.toml", "[process.web]\nlimits = { silence = '100ms', on_limit = 'warn' }\n")
        .start("");
    let (web, other) = (forge.puppet("web.1"), forge.puppet("other.1"));
    forge.sees("web.1 | has printed nothing for");
    // It is still there, and has not even been asked to end.
    web.says("here");
    forge.sees("web.1 | here");
    other.says("on");
    forge.sees("other.1 | on").signal(SIGINT);
    let ended = forge.ends();
    ended.exits_with(0);
    let warnings =
        ended.lines_of("web.1").iter().filter(|line| line.contains("has printed nothing for")).count();
    assert_eq!(warnings, 1, "{}", ended.out());
}
