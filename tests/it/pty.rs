//! `--tty`: the three ways to hold a child.

use nix::sys::signal::Signal;

use crate::forge::Forge;
use crate::puppet::Puppet;
use crate::running::Running;

fn one(forge: Forge, words: &str) -> (Running, Puppet) {
    let forge = forge.procfile("web: puppet\n").start(words);
    let web = forge.puppet("web.1");
    (forge, web)
}

/// Which of stdin, stdout and stderr the child takes for a terminal.
fn terminals(web: &Puppet) -> [bool; 3] {
    let facts = web.about();
    ["tty0", "tty1", "tty2"].map(|key| facts[key] == "true")
}

#[test]
fn full_is_a_terminal_for_everything() {
    let (_forge, web) = one(Forge::new(), "--tty full");
    assert_eq!(terminals(&web), [true, true, true]);
}

#[test]
fn line_is_a_terminal_for_the_output_alone() {
    let (_forge, web) = one(Forge::new(), "--tty line");
    assert_eq!(terminals(&web), [false, true, true]);
    assert_eq!(web.environment()["TERM"], "dumb");
    let size = web.fact("size");
    let columns: u32 = size.split_once('x').and_then(|(columns, _)| columns.parse().ok()).unwrap_or(0);
    assert!(columns >= 200, "wide enough that nobody folds lines: {size}");
}

#[test]
fn pipe_is_no_terminal_at_all() {
    let (_forge, web) = one(Forge::new(), "--tty pipe");
    assert_eq!(terminals(&web), [false, false, false]);
}

#[test]
fn auto_is_full_on_a_terminal_and_line_elsewhere() {
    let (_forge, web) = one(Forge::new().on_a_terminal(), "");
    assert_eq!(terminals(&web), [true, true, true]);
    let (_forge, web) = one(Forge::new(), "");
    assert_eq!(terminals(&web), [false, true, true]);
    let (_forge, web) = one(Forge::new(), "--tty auto");
    assert_eq!(terminals(&web), [false, true, true]);
}

#[test]
fn a_variable_chooses_too() {
    let (_forge, web) = one(Forge::new().variable("FORGE_TTY", "pipe"), "");
    assert_eq!(terminals(&web), [false, false, false]);
}

#[test]
fn stdin_is_never_at_its_end() {
    for way in ["full", "line", "pipe"] {
        let (_forge, web) = one(Forge::new(), &format!("--tty {way}"));
        assert_eq!(web.fact("stdin"), "open", "--tty {way}");
    }
    let (_forge, web) = one(Forge::new().on_a_terminal(), "");
    assert_eq!(web.fact("stdin"), "open", "on a terminal");
}

#[test]
fn what_forge_gets_on_stdin_is_not_for_the_children() {
    let (read, write) = std::io::pipe().expect("descriptors are free");
    std::io::Write::write_all(&mut &write, b"for forge\n").expect("a pipe has room");
    let (_forge, web) = one(Forge::new().with_stdin(std::os::fd::OwnedFd::from(read)), "");
    assert_eq!(web.fact("stdin"), "open");
    drop(write);
    assert_eq!(web.fact("stdin"), "open");
}

#[test]
fn closed_standard_descriptors_are_survived() {
    let forge = Forge::new().procfile("web: puppet\n").script("exec $FORGE start <&- >&- 2>&-");
    let web = forge.puppet("web.1");
    let descriptors = web.fact("descriptors");
    assert!(descriptors.starts_with("0=") && descriptors.contains(" 1=") && descriptors.contains(" 2="));
    assert_eq!(descriptors.split(' ').count(), 3, "{descriptors}");
    web.says("to nobody");
    forge.signal(Signal::SIGTERM);
    forge.finds("the end of all", || forge.alive().is_empty().then_some(()));
}

#[test]
fn the_window_is_forges_own_minus_the_prefix() {
    // `HH:MM:SS web.1  | ` takes 18 columns of 100.
    let (forge, web) = one(Forge::new().on_a_terminal(), "");
    assert_eq!(web.fact("size"), "82x30");
    web.catches(Signal::SIGWINCH);
    forge.terminal().resize(60, 20);
    web.has_caught(Signal::SIGWINCH);
    assert_eq!(web.fact("size"), "42x20");
    let (_forge, web) = one(Forge::new().on_a_terminal(), "--no-timestamp");
    assert_eq!(web.fact("size"), "91x30");
    let (_forge, web) = one(Forge::new().on_a_terminal(), "--no-prefix");
    assert_eq!(web.fact("size"), "100x30");
}

#[test]
fn it_is_the_terminal_of_its_session() {
    let (_forge, web) = one(Forge::new(), "--tty full");
    let facts = web.about();
    assert_eq!(facts["session"], facts["pid"]);
    let controlling = std::fs::read_to_string(format!("/proc/{}/stat", web.person.pid)).expect("it runs");
    let fields = controlling.rsplit_once(')').expect("proc(5)").1;
    // Field 7 of proc(5), counted behind the name.
    assert_ne!(fields.split_whitespace().nth(4), Some("0"), "it has a controlling terminal");
}

#[test]
fn no_line_end_becomes_two() {
    for way in ["full", "line"] {
        let (forge, web) = one(Forge::new(), &format!("--tty {way}"));
        web.says("one").says("two").exits(0);
        let ended = forge.ends();
        assert!(!ended.stdout().contains(&b'\r'), "--tty {way}: {:?}", ended.out());
        ended.showed("web.1 | one").showed("web.1 | two");
    }
}
