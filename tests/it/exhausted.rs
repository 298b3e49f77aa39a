//! The machine gives no more: what cannot be started is reported with its cause, and nothing is left.

use crate::ended::Ended;
use crate::forge::{Forge, is_root};

/// Checks that it was a failure in words, not a panic and not in silence.
#[track_caller]
fn fails_in_words(ended: &Ended, words: &str) {
    ended.fails();
    let all = format!("{}{}", ended.out(), ended.err()).to_lowercase();
    ended.shows("no panic", !all.contains("panicked"));
    ended.shows(&format!("it says {words:?}"), all.contains(words));
}

#[test]
fn an_environment_that_is_too_large() {
    let forge = Forge::new().procfile("web: puppet\n").file(".env", format!("V={}\n", "x".repeat(200_000)));
    let ended = forge.runs(&["start"]);
    fails_in_words(&ended, "its environment is larger than the kernel allows");
    ended.exits_with(126);
}

#[test]
fn a_working_directory_that_is_gone() {
    let forge = Forge::new().file("f/Procfile", "web: puppet\n");
    let forge = forge.script("mkdir gone; cd gone; rmdir ../gone; exec $FORGE start");
    fails_in_words(&forge.ends(), "directory");
    let forge = Forge::new().script("mkdir gone; cd gone; rmdir ../gone; exec $FORGE run true");
    let ended = forge.ends();
    ended.shows("no panic", !ended.err().contains("panicked"));
}

#[test]
fn a_directory_that_nobody_may_enter() {
    let forge = Forge::new().file("closed/x", "").procfile("web: puppet\n").by_nobody();
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    std::fs::set_permissions(forge.directory().join("closed"), closed).expect("it is ours");
    let ended = forge.runs(&["start", "-d", "closed", "-f", "Procfile"]);
    fails_in_words(&ended, "permission denied");
}

#[test]
fn no_descriptors_left() {
    let forge = Forge::new().procfile("web: puppet\n").script("ulimit -n 30; exec $FORGE start -m web=40");
    let ended = forge.ends();
    fails_in_words(&ended, "forge may not open more files");
    forge.leaves_nobody_behind();
}

#[test]
fn no_processes_left() {
    if !is_root() {
        // The limit counts all processes of a user; only root can have one with no other processes.
        assert!(nix::unistd::geteuid().as_raw() > 0);
        return;
    }
    // Nobody else uses this user, in no other test either.
    let user = 61_000 + std::process::id() % 1_000;
    let forge = Forge::new().procfile("web: puppet\n").by_user(user);
    let forge = forge.script("exec bash -c 'ulimit -u 12; exec $FORGE start -m web=40'");
    let ended = forge.ends();
    fails_in_words(&ended, "no more processes are allowed");
    forge.leaves_nobody_behind();
}
