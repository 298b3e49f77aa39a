//! Commands beside a process at certain moments.

use std::fs;

use nix::sys::signal::Signal::SIGINT;

use crate::forge::Forge;

#[test]
fn the_start_waits_for_what_is_before_it() {
    let forge = Forge::new()
        .procfile("web: test -e prepared && puppet\n")
        .file("forge.toml", "[process.web]\nhooks = { before = 'echo preparing $PS; touch prepared' }\n")
        .start("");
    forge.puppet("web.1");
    forge.sees("web.1 | preparing web.1").signal(SIGINT).exits_with(0);
}

#[test]
fn who_cannot_be_prepared_does_not_start() {
    let ended = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", "[process.web]\nhooks = { before = 'exit 6' }\n")
        .runs(&["start"]);
    ended.fails();
}

#[test]
fn ready_and_crash_have_their_moments() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file(
            "forge.toml",
            "[process.web]\nready = { log = 'up' }\nhooks = { ready = 'touch was-ready', crash = 'touch has-crashed' }\n",
        )
        .start("");
    let web = forge.puppet("web.1");
    web.says("up");
    let directory = forge.directory();
    forge.finds("the hook of readiness", || fs::metadata(directory.join("was-ready")).ok());
    assert!(!directory.join("has-crashed").exists());
    web.exits(1);
    forge.ends().exits_with(1);
    assert!(directory.join("has-crashed").exists(), "the hook of a failure");
}

#[test]
fn a_success_is_no_crash() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", "[process.web]\nhooks = { crash = 'touch has-crashed' }\n")
        .start("");
    forge.puppet("web.1").exits(0);
    forge.ends().exits_with(0);
    assert!(!forge.directory().join("has-crashed").exists(), "nothing has failed");
}
