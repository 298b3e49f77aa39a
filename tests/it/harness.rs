//! The tests' own tools: each must see what it claims to see, or all others prove nothing. A shell plays forge.

use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::sys::signal::Signal;

use crate::census::Person;
use crate::forge::Forge;
use crate::running::Running;

fn shell(forge: Forge, script: &str) -> Running {
    forge.launch_program("/bin/sh".as_ref(), &["-c", script])
}

#[test]
fn a_puppet_does_what_it_is_told() {
    let forge = shell(Forge::new(), "PS=me exec puppet");
    let me = forge.puppet("me");
    assert_eq!(me.person.pid, forge.pid);
    me.says("hello").catches(Signal::SIGTERM);
    forge.sees("hello").signal(Signal::SIGTERM);
    me.has_caught(Signal::SIGTERM);
    assert_eq!(me.also_caught(), [""; 0]);
    assert_eq!(me.fact("stdin"), "readable", "/dev/null is always at its end");
    assert_eq!(me.environment()["PS"], "me");
    me.exits(5);
    forge.exits_with(5).leaves_nobody_behind();
}

#[test]
fn a_puppet_reports_how_it_was_started() {
    let strange = Forge::new().ignoring(Signal::SIGINT).blocking(Signal::SIGTERM).with_a_leaked_descriptor();
    let forge = shell(strange, "PS=me exec puppet");
    let facts = forge.puppet("me").about();
    let bit = |signal: Signal| 1_u64 << (signal as i32 - 1);
    let set = |key: &str| u64::from_str_radix(&facts[key], 16).expect("a set of signals");
    assert_eq!(set("SigIgn") & bit(Signal::SIGINT), bit(Signal::SIGINT));
    assert_eq!(set("SigIgn") & bit(Signal::SIGPIPE), 0, "nothing of the puppet's own");
    assert_eq!(set("SigCgt"), 0);
    assert_eq!(set("SigBlk"), bit(Signal::SIGTERM));
    // The test's own parent may have left more open; 77 is what was asked for.
    assert!(facts["descriptors"].contains(" 77="), "{}", facts["descriptors"]);
}

#[test]
fn every_kind_of_offspring_is_seen_when_it_is_left() {
    for how in ["child", "session", "double", "daemon"] {
        let forge = shell(Forge::new(), "PS=me exec puppet");
        let me = forge.puppet("me");
        let left = me.starts("left", how);
        match how {
            "child" | "session" => assert_eq!(left.fact("ppid"), me.fact("pid")),
            _ => assert_ne!(left.fact("ppid"), me.fact("pid")),
        }
        assert_eq!(left.environment().is_empty(), how == "daemon");
        assert_eq!(left.fact("session") == me.fact("session"), matches!(how, "child" | "double"));
        me.exits(0);
        me.is_gone();
        assert_eq!(forge.alive(), [left.person], "{how}");
        // Whatever a failed test leaves is ended with it.
        drop(forge);
        left.is_gone();
    }
}

#[test]
fn a_chain_is_seen() {
    let forge = shell(Forge::new(), "PS=me exec puppet");
    let me = forge.puppet("me");
    me.starts_a_chain(5).exits(0);
    me.is_gone();
    // Its members live for a millisecond each, and yet no look misses them.
    assert!((0..100).all(|_| forge.has_anybody()));
}

#[test]
fn a_terminal_is_one() {
    let forge = shell(Forge::new().on_a_terminal(), "PS=me exec puppet");
    let me = forge.puppet("me");
    let facts = me.about();
    assert_eq!(["tty0", "tty1", "tty2"].map(|key| facts[key].as_str()), ["true"; 3]);
    assert_eq!((facts["size"].as_str(), facts["session"].as_str()), ("100x30", facts["pid"].as_str()));
    me.catches(Signal::SIGINT).catches(Signal::SIGWINCH);
    forge.types("word\n\x03");
    me.has_caught(Signal::SIGINT);
    forge.terminal().resize(50, 10);
    me.has_caught(Signal::SIGWINCH);
    assert_eq!(me.fact("size"), "50x10");
}

#[test]
fn a_dead_process_is_not_taken_for_another_with_its_pid() {
    let me = Person::of(std::process::id().try_into().expect("a pid is small")).expect("this test runs");
    assert!(me.is_alive());
    assert!(!Person { started: me.started + 1, ..me }.is_alive());
}

#[test]
fn a_failure_tells_the_whole_story() {
    let forge = shell(Forge::new(), "PS=me exec puppet");
    let me = forge.puppet("me");
    me.says("a clue");
    forge.sees("a clue");
    me.exits(3);
    let failure = catch_unwind(AssertUnwindSafe(|| forge.exits_with(4).pid)).expect_err("3 is not 4");
    let story = failure.downcast_ref::<String>().expect("a message");
    for part in ["exit with 4", "Exited", "a clue", "puppet me"] {
        assert!(story.contains(part), "{part} in {story}");
    }
}

#[test]
fn stopping_and_going_on_is_seen() {
    let forge = shell(Forge::new(), "PS=me exec puppet");
    let me = forge.puppet("me");
    me.stops();
    forge.is_stopped().signal(Signal::SIGCONT);
    me.runs_again().exits(0);
    forge.exits_with(0);
}
