//! `forge why`: what is kept of a run.

use nix::sys::signal::Signal::{SIGINT, SIGKILL};

use crate::forge::Forge;

/// What `forge why` says in the directory of a forge that has ended.
pub(crate) fn why(directory: &std::path::Path, words: &[&str]) -> (i32, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_forge"))
        .arg("why")
        .args(words)
        .current_dir(directory)
        .env_clear()
        .output()
        .expect("forge can be started");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).expect("it is text"))
}

#[test]
fn it_tells_who_ended_first_and_what_it_said() {
    let forge = Forge::new().procfile("db: puppet\nweb: puppet\n").start("");
    let (db, web) = (forge.puppet("db.1"), forge.puppet("web.1"));
    web.says("fine");
    db.says("no space left");
    forge.sees("web.1 | fine").sees("db.1 | no space left");
    db.exits(3);
    forge.exits_with(3);
    let (code, said) = why(&forge.directory(), &[]);
    assert_eq!(code, 0);
    for words in ["it ended because db.1 had ended", "db.1 (first)\n  exited with code 3", "| no space left"]
    {
        assert!(said.contains(words), "{words:?} is missing in {said}");
    }
    assert!(said.contains("web.1\n  terminated by SIGTERM") && !said.contains("| fine"), "{said}");
    // It lasted for less than the second in which it began and the one in which it ended.
    let began = forge.ends().took;
    let lasted =
        said.split_once("after ").and_then(|(_, rest)| rest.split_once(" s\n")).map(|(length, _)| length);
    let lasted: f64 = lasted.and_then(|length| length.parse().ok()).expect("a length in seconds");
    assert!(lasted <= began.as_secs_f64() + 0.05, "{lasted} of {began:?}");
    let (_, of_web) = why(&forge.directory(), &["web"]);
    assert!(!of_web.contains("db.1 (first)"), "{of_web}");
    let (code, of_nobody) = why(&forge.directory(), &["nobody"]);
    assert!(code == 1 && of_nobody.contains("db.1, web.1"), "{of_nobody}");
    let (_, json) = why(&forge.directory(), &["--json"]);
    assert!(json.starts_with("{\"version\":1,"), "{json}");
}

#[test]
fn a_run_without_a_story_leaves_nothing() {
    let forge = Forge::new().procfile("web: puppet\n").start("");
    forge.puppet("web.1");
    forge.signal(SIGINT).exits_with(0);
    assert!(!forge.directory().join(".forge").exists());
    let (code, said) = why(&forge.directory(), &[]);
    assert!(code == 1 && said.contains("nothing is known"), "{said}");
}

#[test]
fn what_happened_before_forge_was_killed_is_known() {
    let forge = Forge::new().procfile("web: puppet\nother: puppet\n").start("--can-die web");
    let web = forge.puppet("web.1");
    web.says("out of ideas");
    forge.sees("web.1 | out of ideas");
    forge.puppet("other.1");
    web.exits(4);
    let record = forge.directory().join(".forge/last-run.json");
    forge.finds("the record", || std::fs::metadata(&record).ok());
    forge.signal(SIGKILL);
    forge.ends();
    let (_, said) = why(&forge.directory(), &["web"]);
    assert!(said.contains("did not come to its end") && said.contains("| out of ideas"), "{said}");
}
