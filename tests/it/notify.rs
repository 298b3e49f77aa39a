//! Processes that say themselves how they are.

use nix::sys::signal::Signal::SIGINT;

use crate::forge::Forge;

#[test]
fn it_is_ready_when_it_says_so() {
    let forge = Forge::new()
        .procfile("db: puppet\nweb: puppet\n")
        .file("forge.toml", "[process.db]\nready = { notify = true }\n[process.web]\nafter = ['db']\n")
        .start("");
    let db = forge.puppet("db.1");
    db.notifies("STATUS=loading").says("not yet");
    forge.sees("db.1 | not yet");
    assert!(!forge.lines_so_far().iter().any(|line| line.starts_with("web.1 |")), "web must wait");
    // One of its children may say it.
    db.starts("helper", "session").notifies("READY=1\nSTATUS=Serving");
    let web = forge.puppet("web.1");
    assert_eq!(web.environment().get("NOTIFY_SOCKET"), None, "only who is to say something");
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
}

#[test]
fn who_stops_saying_that_it_lives_is_started_again() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file(
            "forge.toml",
            "[process.web]\nready = { notify = true }\nlive = { notify = true, every = '300ms', failures = 1 }\n",
        )
        .start("");
    let web = forge.puppet("web.1");
    assert_eq!(web.environment().get("WATCHDOG_USEC").map(String::as_str), Some("300000"));
    web.notifies("READY=1").notifies("WATCHDOG=1");
    forge.sees("web.1 | no sign of life");
    forge.puppet("web.1");
    forge.signal(SIGINT).exits_with(0);
}
