//! How lines are shown: times, marks, patterns, JSON, and what a terminal is spared.

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::forge::Forge;
use crate::running::Running;

/// The lines of stdout as they are.
fn raw(out: &str) -> Vec<&str> {
    out.lines().collect()
}

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("each line is an object")).collect()
}

/// One process that prints this, and then ends.
fn printing(text: &str, words: &str) -> Running {
    let forge = Forge::new().procfile("web: puppet\n").start(words);
    forge.puppet("web.1").prints(text).exits(0);
    forge
}

#[test]
fn the_time_can_be_shown_in_another_way() {
    let forge = printing("hello\n", "--timestamp-format [%F@%H:%M:%S.%3f%z]");
    let out = forge.ends().out();
    let line = raw(&out).into_iter().find(|line| line.ends_with("web.1  | hello")).expect("the line");
    let shape: String = line.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "[0000-00-00@00:00:00.000+0000] web.0  | hello");
}

#[test]
fn a_wrong_format_of_the_time_is_told_with_its_place() {
    let forge = Forge::new().procfile("web: puppet\n").variable("FORGE_TIMESTAMP_FORMAT", "%H:%Q");
    forge.runs(&["start"]).exits_with(1).complained(&["`%Q`", "FORGE_TIMESTAMP_FORMAT:1:4", "%H %M %S"]);
}

#[test]
fn stderr_is_marked() {
    for way in ["pipe", "line", "full"] {
        let forge = Forge::new().procfile("web: puppet\n");
        let forge = forge.start(&format!("--stderr mark --no-timestamp --tty {way}"));
        forge.puppet("web.1").says("good").complains("bad\n").exits(0);
        let out = forge.ends().out();
        let lines = raw(&out);
        assert!(lines.contains(&"web.1  | good"), "--tty {way}: {out}");
        assert!(lines.contains(&"web.1  ! bad"), "--tty {way}: {out}");
    }
}

#[test]
fn dropped_lines_are_not_shown() {
    let forge = Forge::new().procfile("web: puppet\n").variable("FORGE_DROP", "^GET /health\nheart ?beat");
    let forge = forge.start("");
    forge.puppet("web.1").prints("GET /health 200\nGET /users 200\na heart beat\nheartbeat\nlast\n").exits(0);
    let said = forge.ends().lines_of("web.1");
    assert_eq!(said[1..3], ["GET /users 200", "last"], "{said:?}");
}

#[test]
fn a_wrong_pattern_is_told_before_anything_starts() {
    let forge = Forge::new().procfile("web: puppet\n");
    forge.runs(&["start", "--drop", "[oops"]).exits_with(1).complained(&["--drop:1:1", "[oops", "bracket"]);
}

#[test]
fn quiet_takes_globs_and_instances() {
    let forge = Forge::new().procfile("web: puppet\nworker-a: puppet\nworker-b: puppet\n");
    let forge = forge.start("-m web=2,worker-a=1,worker-b=1 -q worker*,web.2");
    let puppets = ["worker-a.1", "worker-b.1", "web.2", "web.1"].map(|name| forge.puppet(name));
    for (puppet, text) in puppets.iter().zip(["no a", "no b", "no web", "yes"]) {
        puppet.says(text);
    }
    forge.sees("web.1 | yes").signal(Signal::SIGTERM);
    forge.ends().never_showed("no a").never_showed("no b").never_showed("no web").showed("worker-a.1 | ");
}

#[test]
fn a_name_that_fits_nobody_is_an_error() {
    let runs = |names: &str| Forge::new().procfile("web: puppet\n").runs(&["start", "-q", names]);
    runs("web.2").exits_with(1).complained(&["unknown process `web.2`", "`web.1`"]);
    runs("db*").exits_with(1).complained(&["no process matches `db*`", "(web)"]);
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let cases: [&[&str]; 6] = [
        &["--json", "--dry-run"],
        &["--json", "--no-prefix"],
        &["--json", "--timestamp-format", "%T"],
        &["--json", "--stderr", "mark"],
        &["--no-prefix", "--timestamp-format", "%T"],
        &["--no-prefix", "--stderr", "mark"],
    ];
    for words in cases {
        let arguments = [&["start"], words].concat();
        let ended = Forge::new().procfile("web: puppet\n").runs(&arguments);
        ended.exits_with(2).complained(&["means nothing with"]);
    }
    // A variable may be there for all projects.
    let forge = Forge::new().procfile("web: puppet\n").variable("FORGE_NO_PREFIX", "1").start("--json");
    forge.puppet("web.1").exits(0);
    forge.ends().exits_with(0);
}

#[test]
fn json_is_an_object_for_each_line_and_each_remark() {
    let forge = Forge::new().procfile("web: puppet\n").start("--json --tty pipe");
    let web = forge.puppet("web.1");
    web.complains("bad\n")
        .prints("one\n\"two\" \x1b[1mbold\x1b[0m\n")
        .prints(b"\xff\n")
        .prints("half")
        .exits(3);
    let out = forge.ends().out();
    let objects = objects(&out);
    assert_eq!((&objects[0]["event"], &objects[0]["version"]), (&"begin".into(), &1.into()));
    let started = objects.iter().find(|object| object["event"] == "started").expect("a start");
    assert!(objects.iter().all(|object| object["time"].as_str().is_some_and(|time| time.len() == 32)));
    let texts = |stream: &str| -> Vec<(&str, Option<&str>)> {
        let of_it = objects.iter().filter(|object| object["stream"] == stream);
        let alike = of_it.inspect(|object| {
            assert_eq!((&object["process"], &object["instance"]), (&"web".into(), &"web.1".into()));
            assert_eq!(object["pid"], started["pid"]);
        });
        alike.map(|object| (object["text"].as_str().expect("a text"), object["bytes"].as_str())).collect()
    };
    assert_eq!(
        texts("stdout"),
        [("one", None), ("\"two\" bold", None), ("\u{fffd}", Some("/w==")), ("half", None)]
    );
    assert_eq!(texts("stderr"), [("bad", None)]);
    let ended = objects.iter().find(|object| object["event"] == "ended").expect("an end");
    assert_eq!((&ended["code"], &ended["text"]), (&3.into(), &"exited with code 3".into()));
    assert!(objects.iter().all(|object| object.get("event").is_some() != object.get("stream").is_some()));
}

#[test]
fn json_says_that_a_line_goes_on() {
    let forge = Forge::new().procfile("web: puppet\n").start("--json");
    let web = forge.puppet("web.1");
    web.prints("Name? ");
    forge.sees(r#""text":"Name? ","partial":true}"#);
    web.prints("Bob\n").exits(0);
    let out = forge.ends().out();
    let lines: Vec<_> = objects(&out).into_iter().filter(|object| object.get("stream").is_some()).collect();
    assert_eq!((&lines[1]["text"], lines[1].get("partial")), (&"Bob".into(), None));
}

#[test]
fn a_cleared_screen_costs_no_line_on_a_terminal() {
    let forge = Forge::new().on_a_terminal().procfile("web: puppet\n").start("--no-timestamp --no-color");
    let web = forge.puppet("web.1");
    // What Vite does.
    web.prints(format!("before\n{}\x1b[1;1H\x1b[0Jafter\n", "\n".repeat(29))).exits(0);
    let ended = forge.ends();
    let said = ended.lines_of("web.1");
    assert_eq!(said[1..3], ["before", "after"], "{said:?}");
}

#[test]
fn a_progress_bar_moves_on_a_terminal_and_damages_nobody() {
    let forge = Forge::new().on_a_terminal().procfile("web: puppet\nworker: puppet\n");
    let forge = forge.start("--no-timestamp --no-color --exit-on all");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    web.prints("\r10%\r20%");
    forge.sees("web.1 | 20%");
    worker.says("mine");
    forge.sees("worker.1 | mine");
    web.prints("\r30%\r\x1b[K");
    web.says("done").exits(0);
    worker.exits(0);
    let ended = forge.ends();
    ended.never_showed("10%").showed("worker.1 | mine").showed("web.1 | done");
}

#[test]
fn nothing_of_a_progress_bar_is_lost_in_a_pipe() {
    let out = printing("10%\r20%\r30%\n", "--tty pipe").ends().out();
    assert!(out.contains("| 10%\r20%\r30%\n"), "{out:?}");
}
