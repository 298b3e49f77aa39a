//! `forge start --dry-run`: what would be started, and nothing is.

use crate::forge::Forge;

#[test]
fn it_says_what_would_be_started_and_starts_nothing() {
    let forge = Forge::new().procfile("web: touch made\nworker: touch made-too\nrelease: touch released\n");
    let directory = forge.directory();
    let ended = forge.runs(&["start", "--dry-run", "-m", "web=2,worker=1", "-p", "7000"]);
    ended.exits_with(0).never_showed("started with pid");
    let out = ended.out();
    for fact in ["web.1", "web.2", "worker.1", "7000", "7001", "7100", "touch made"] {
        assert!(out.contains(fact), "{fact} in {out}");
    }
    assert!(!out.contains("release.1"), "{out}");
    assert!(!directory.join("made").exists() && !directory.join("made-too").exists());
}

#[test]
fn mistakes_are_told_as_without_it() {
    let ended = Forge::new().procfile("web: puppet\nweb: puppet\n").runs(&["start", "--dry-run"]);
    ended.exits_with(1).complained(&["Procfile:2"]);
}
