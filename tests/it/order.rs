//! In which order a stack starts and ends.

use nix::sys::signal::Signal::{SIGINT, SIGTERM};

use crate::forge::Forge;

#[test]
fn the_stack_ends_in_the_opposite_order() {
    let forge = Forge::new()
        .procfile("db: puppet\nweb: puppet\n")
        .file("forge.toml", "[process.web]\nafter = [\"db:started\"]\n")
        .start("");
    let (db, web) = (forge.puppet("db.1"), forge.puppet("web.1"));
    db.catches(SIGTERM);
    web.catches(SIGTERM);
    forge.signal(SIGINT);
    web.has_caught(SIGTERM);
    assert_eq!(db.also_caught(), [""; 0], "db must not be asked before web has ended");
    web.exits(0);
    db.has_caught(SIGTERM).exits(0);
    forge.exits_with(0).leaves_nobody_behind();
}

#[test]
fn the_flag_says_the_same_as_the_file() {
    let forge = Forge::new().procfile("web: puppet\ndb: puppet\n").start("--after web=db:started");
    let (web, db) = (forge.puppet("web.1"), forge.puppet("db.1"));
    assert!(db.person.pid < web.person.pid, "db first");
    web.exits(0);
    forge.exits_with(0);
}

#[test]
fn a_circle_is_shown_and_nothing_starts() {
    let ended = Forge::new()
        .procfile("a: puppet\nb: puppet\n")
        .file("forge.toml", "[process.a]\nafter = ['b']\n[process.b]\nafter = ['a']\n")
        .runs(&["start"]);
    ended.exits_with(1).never_showed("started with pid").complained(&["forge.toml", "a", "b"]);
}
