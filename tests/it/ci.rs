//! `forge ci`: start, wait, run a command, stop, tell the truth.

use std::fs;

use nix::sys::signal::Signal;

use crate::forge::Forge;
use crate::running::Running;

/// A stack whose `web` is ready when the file `up` is there.
fn stack() -> Forge {
    Forge::new()
        .procfile("web: puppet\nworker: puppet\n")
        .file("forge.toml", "[process.web]\nready = { file = 'up' }\n")
}

fn comes_up(forge: &Running) {
    fs::write(forge.directory().join("up"), "").expect("it is new");
}

fn err_so_far(forge: &Running, text: &str) {
    forge.finds(&format!("{text:?} on stderr"), || {
        forge.lines_so_far().iter().any(|line| line.contains(text)).then_some(())
    });
}

#[test]
fn the_command_runs_when_all_is_ready_and_its_end_is_the_end_of_all() {
    for code in [0, 7] {
        let forge = stack().launch(&["ci", "--", "puppet"]);
        let (_web, _worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
        assert!(!forge.lines_so_far().iter().any(|line| line.contains("puppet.1 | started")));
        comes_up(&forge);
        let tests = forge.puppet("puppet.1");
        tests.says("a result").exits(code);
        let ended = forge.ends();
        ended.exits_with(code);
        assert_eq!(ended.out(), "a result\n", "the standard output is the command's alone");
        ended.complained(&["web.1    | ready after", "everything was ready after"]);
        forge.leaves_nobody_behind();
    }
}

#[test]
fn a_signal_that_ends_the_command_is_128_and_its_number() {
    Forge::new().procfile("web: sleep 100\n").runs(&["ci", "-x", "--", "true"]).exits_with(2);
    let forge = Forge::new().procfile("a: sleep 100\n").runs(&["ci", "--", "sh", "-c", "kill -SEGV $$"]);
    forge.exits_with(139).complained(&["sh.1 terminated by SIGSEGV"]);
}

#[test]
fn the_command_knows_where_the_stack_is_and_keeps_its_own_directory_and_input() {
    let (read, write) = std::io::pipe().expect("descriptors are free");
    std::io::Write::write_all(&mut &write, b"typed\n").expect("there is room");
    drop(write);
    let script = "read line; echo \"$line $PORT $FORGE_PORT_WEB $FORGE_URL_WEB $SAID ${PWD##*/}\"";
    let ended = Forge::new()
        .procfile("web: sleep 100\n")
        .file(".env", "SAID=by-the-stack\n")
        .file("forge.toml", "[process.web]\nready = { delay = '0s' }\n")
        .with_stdin(std::os::fd::OwnedFd::from(read))
        .runs(&["ci", "-p", "7000", "--", "sh", "-c", script]);
    ended.exits_with(0);
    assert_eq!(ended.out(), "typed 7000 7000 http://localhost:7000 by-the-stack app\n", "{}", ended.err());
}

#[test]
fn a_process_that_ends_before_all_is_ready_fails_the_run_at_once() {
    let forge = stack().launch(&["ci", "--", "puppet"]);
    let (_web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    worker.says("no database");
    worker.exits(3);
    let ended = forge.ends();
    ended.exits_with(3).complained(&[
        "worker.1 exited with code 3 after",
        "before everything was ready",
        "the last lines of worker.1",
        "  | no database",
    ]);
    assert_eq!(ended.out(), "");
    forge.leaves_nobody_behind();
}

#[test]
fn a_process_that_ends_in_the_middle_ends_the_command() {
    for (code, is) in [(4, 4), (0, 1)] {
        let forge = stack().launch(&["ci", "--", "puppet"]);
        let (_web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
        comes_up(&forge);
        let _tests = forge.puppet("puppet.1");
        worker.exits(code);
        // Also where it said that all was well: it was needed.
        forge
            .ends()
            .exits_with(is)
            .complained(&[&format!("worker.1 exited with code {code}"), "while puppet.1 ran"]);
        forge.leaves_nobody_behind();
    }
}

#[test]
fn a_limit_of_time_says_what_was_waited_for() {
    let forge = stack().launch(&["ci", "--timeout", "1s", "--", "puppet"]);
    let ended = forge.ends();
    ended.exits_with(124).complained(&[
        "time is up after 1.0 s",
        "web.1 is not ready, `",
        "app/up` does not exist",
        "puppet.1 waits for web.1 to be ready",
        "forge ci: time is up before web.1 was ready",
    ]);
    forge.leaves_nobody_behind();

    let forge = stack().file("up", "").launch(&["ci", "--timeout", "1s", "--", "puppet"]);
    forge.ends().exits_with(124).complained(&["puppet.1 still runs", "time is up while puppet.1 ran"]);
    forge.leaves_nobody_behind();
}

#[test]
fn a_cancelled_run_is_no_success_and_leaves_nobody() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let forge = stack().file("up", "").launch(&["ci", "--", "puppet"]);
        let _tests = forge.puppet("puppet.1");
        forge.signal(signal);
        forge.ends().exits_with(128 + signal as i32).complained(&["cancelled by", signal.as_str()]);
        forge.leaves_nobody_behind();
    }
}

#[test]
fn nobody_is_left_when_a_runner_kills_the_group() {
    let forge = stack().file("up", "").launch(&["ci", "--", "puppet"]);
    let _tests = forge.puppet("puppet.1");
    forge.signal_to_its_group(Signal::SIGKILL);
    forge.dies_by(Signal::SIGKILL).leaves_nobody_behind();
}

#[test]
fn jobs_at_the_same_time_have_ports_of_their_own() {
    let run = || {
        let forge = Forge::new().procfile("web: sleep 100\nb: sleep 100\n");
        let forge = forge.file("forge.toml", "[process.web]\nready = { delay = '0s' }\n");
        forge.runs(&["ci", "--", "sh", "-c", "echo $FORGE_PORT_WEB"]).out()
    };
    let ports: Vec<String> = (0..3).map(|_| run()).collect();
    assert!(ports.windows(2).any(|pair| pair[0] != pair[1]), "{ports:?}");
    assert!(
        ports.iter().all(|port| port.trim().parse::<u16>().is_ok_and(|port| port >= 10_000)),
        "{ports:?}"
    );
}

#[test]
fn only_some_are_started_with_what_they_need() {
    let ended = Forge::new()
        .procfile("web: echo up; exec sleep 100\nworker: echo work; exec sleep 100\ndb: echo data; exec sleep 100\n")
        .file("forge.toml", "[process.web]\nafter = ['db:started']\nready = { log = 'up' }\n")
        .runs(&["ci", "--only", "web", "--", "true"]);
    ended.exits_with(0).complained(&["web.1", "db.1"]);
    assert!(!ended.err().contains("worker.1"), "{}", ended.err());
}

#[test]
fn a_task_is_done_before_and_its_failure_is_that_of_the_run() {
    let forge = || {
        Forge::new().procfile("web: sleep 100\n").file(
            "forge.toml",
            "[process.web]\nafter = ['prepare']\nready = { delay = '0s' }\n[task.prepare]\ncommand = 'test -e data'\n",
        )
    };
    forge().runs(&["ci", "--", "true"]).exits_with(1).complained(&["prepare.1 exited with code 1"]);
    forge().file("data", "").runs(&["ci", "--", "true"]).exits_with(0);
}

#[test]
fn a_command_that_is_not_there_starts_nothing() {
    let ended = Forge::new().procfile("web: sleep 100\n").runs(&["ci", "--", "no-such-command"]);
    ended.exits_with(127).complained(&["command not found: no-such-command"]);
    assert!(!ended.err().contains("started"), "{}", ended.err());
}

#[test]
fn github_gets_groups_annotations_and_a_summary() {
    let github = || stack().variable("GITHUB_ACTIONS", "true").variable("GITHUB_STEP_SUMMARY", "summary.md");
    let forge = github().file("summary.md", "before\n").launch(&["ci", "--", "puppet"]);
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    web.says("::set-output name=x::y");
    comes_up(&forge);
    let tests = forge.puppet("puppet.1");
    worker.says("no more");
    worker.exits(3);
    let _ = tests;
    let ended = forge.ends();
    ended.exits_with(3);
    let err = ended.err();
    assert!(err.contains("::group::web.1: ready after"), "{err}");
    assert!(err.contains("\nworker.1: ") && !err.contains("::group::worker.1"), "the culprit is open: {err}");
    let annotation = "::error title=forge ci::worker.1 exited with code 3 after";
    assert!(err.contains(annotation) && err.contains("%0Ano more"), "{err}");
    // What a process prints is no command: it stands between the stop and its end.
    let stopped = err.find("::stop-commands::").expect("commands are stopped");
    let said = err.find("::set-output").expect("the line is shown");
    let token = err[stopped + 17..].lines().next().expect("a token");
    let resumed = err[said..].find(&format!("::{token}::")).expect("commands go on");
    assert!(stopped < said && resumed > 0 && token.len() == 16, "{err}");
    let summary = fs::read_to_string(forge.directory().join("summary.md")).expect("it is there");
    assert!(summary.starts_with("before\n"), "it is added to: {summary}");
    assert!(
        summary.contains("| process | ready after | CPU | peak memory (largest process) | exit |"),
        "{summary}"
    );
    assert!(
        summary.contains("| ❌ worker.1 |") && summary.contains(" MiB | exited with code 3 |"),
        "{summary}"
    );
}

#[test]
fn gitlab_gets_sections() {
    let forge = stack().variable("GITLAB_CI", "true").file("up", "").launch(&["ci", "--", "puppet"]);
    let (web, tests) = (forge.puppet("web.1"), forge.puppet("puppet.1"));
    web.says("a request");
    err_so_far(&forge, "puppet.1 | started");
    tests.exits(0);
    let err = forge.ends().err();
    assert!(err.contains("section_start:") && err.contains(":forge_web_1[collapsed=true]\r"), "{err}");
    assert!(err.contains("\na request\n\x1b[0Ksection_end:"), "{err}");
}

#[test]
fn the_files_have_what_each_process_printed() {
    let forge =
        stack().file("up", "").launch(&["ci", "--artifacts", "out", "--junit", "junit.xml", "--", "puppet"]);
    let (web, worker, _tests) = (forge.puppet("web.1"), forge.puppet("worker.1"), forge.puppet("puppet.1"));
    web.says("served");
    worker.says("<broken> & \x1b[31mred\x1b[0m \x07");
    worker.exits(3);
    forge.exits_with(3);
    let read = |path: &str| fs::read_to_string(forge.directory().join(path)).expect(path);
    assert_eq!(read("out/web.1.log"), "served\n");
    assert!(read("out/worker.1.log").contains("<broken>"));
    let xml = read("junit.xml");
    junit(&xml);
    assert!(xml.contains("tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"0\""), "{xml}");
    assert!(xml.contains("&lt;broken&gt; &amp; red \n"), "{xml}");
}

/// Checks what the schemas of Ant and Jenkins ask for: the elements, their order, their attributes, and nothing besides.
fn junit(xml: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("the declaration");
    assert!(xml.chars().all(|c| matches!(c, '\t' | '\n') || !c.is_control()), "characters XML does not know");
    let (mut counted, mut last_of_suite) = ((0, 0, 0), 0);
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{xml}");
            continue;
        }
        let name = tag.split([' ', '/']).next().expect("a name");
        let (parent, attributes): (_, &[&str]) = match name {
            "testsuites" => (None, &[]),
            "testsuite" => (
                Some("testsuites"),
                &["name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "time"],
            ),
            "properties" | "system-out" | "system-err" => (Some("testsuite"), &[]),
            "testcase" => (Some("testsuite"), &["name", "classname", "time"]),
            "failure" => (Some("testcase"), &["message", "type"]),
            "skipped" => (Some("testcase"), &[]),
            other => panic!("an element that no schema knows: {other}"),
        };
        assert_eq!(open.last().map(String::as_str), parent, "{name} stands in its parent: {xml}");
        for attribute in attributes {
            assert!(tag.contains(&format!(" {attribute}=\"")), "{name} has {attribute}: {xml}");
        }
        for (attribute, value) in attributes_of(tag) {
            let is_known = attributes.contains(&attribute) || (name, attribute) == ("testsuite", "skipped");
            assert!(is_known, "{name} has no {attribute}: {xml}");
            let is_right = match attribute {
                "time" => value.parse::<f64>().is_ok_and(|time| time >= 0.0),
                "tests" | "failures" | "errors" | "skipped" | "id" => value.parse::<u32>().is_ok(),
                // No fractions and no zone.
                "timestamp" => value.len() == 19 && value.as_bytes()[10] == b'T',
                // A token of XML: no blanks around it.
                _ => !value.is_empty() && value.trim() == value,
            };
            assert!(is_right, "{attribute}={value:?}: {xml}");
        }
        if parent == Some("testsuite") {
            let order = ["properties", "testcase", "system-out", "system-err"];
            let place = order.iter().position(|one| *one == name).expect("an element of a suite");
            assert!(last_of_suite <= place, "{name} comes too late: {xml}");
            last_of_suite = place;
        }
        match name {
            "testcase" => counted.0 += 1,
            "failure" => counted.1 += 1,
            "skipped" => counted.2 += 1,
            _ => {}
        }
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{xml}");
    let (tests, failures, skipped) = counted;
    assert!(xml.contains(&format!("tests=\"{tests}\" failures=\"{failures}\"")), "{xml}");
    assert!(xml.contains(&format!("skipped=\"{skipped}\"")), "{xml}");
}

/// Returns the names and values of the attributes in a tag.
fn attributes_of(tag: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once("=\"") {
        let (value, next) = after.split_once('"').expect("the end of a value");
        found.push((before.rsplit(' ').next().expect("a name"), value));
        rest = next;
    }
    found
}

#[test]
fn secrets_are_in_none_of_it() {
    let forge = stack()
        .file(".env", "API_TOKEN=hunter2-hunter2-hunter2\n")
        .file("up", "")
        .variable("GITHUB_ACTIONS", "true")
        .variable("GITHUB_STEP_SUMMARY", "summary.md")
        .launch(&["ci", "--artifacts", "out", "--junit", "junit.xml", "--", "puppet"]);
    let (worker, _tests) = (forge.puppet("worker.1"), forge.puppet("puppet.1"));
    worker.says("with hunter2-hunter2-hunter2 in it");
    worker.exits(3);
    let ended = forge.ends();
    let read = |path: &str| fs::read_to_string(forge.directory().join(path)).expect(path);
    for text in [ended.err(), read("summary.md"), read("junit.xml"), read("out/worker.1.log")] {
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("•••"), "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_made_is_said_before_anything_starts() {
    let ended = stack().runs(&["ci", "--junit", "no/such/directory.xml", "--", "true"]);
    ended.exits_with(1).complained(&["could not make `no/such/directory.xml`"]);
    assert!(!ended.err().contains("started"), "{}", ended.err());
    let forge =
        stack().file("file", "").launch(&["ci", "--artifacts", "file", "--junit", "j.xml", "--", "true"]);
    let ended = forge.ends();
    ended.exits_with(1).complained(&["could not use `file`", "name another directory with `--artifacts`"]);
    assert!(!forge.directory().join("j.xml").exists(), "an empty file is no result");
}

#[test]
fn a_kept_stack_runs_on_and_the_code_is_still_the_commands() {
    let forge = stack().file("up", "").launch(&["ci", "--keep", "--", "puppet"]);
    let (web, tests) = (forge.puppet("web.1"), forge.puppet("puppet.1"));
    tests.exits(5);
    err_so_far(&forge, "puppet.1 | exited with code 5");
    web.says("still here");
    err_so_far(&forge, "web.1 | still here");
    forge.signal(Signal::SIGINT);
    forge.exits_with(5).leaves_nobody_behind();
}

#[test]
fn a_name_of_the_procfile_may_be_that_of_the_command() {
    let ended = Forge::new().procfile("true: sleep 100\n").runs(&["ci", "--", "true"]);
    ended.exits_with(0).complained(&["true-command.1"]);
}

#[test]
fn run_with_its_needs_starts_them_first_and_stops_them_after() {
    let forge = Forge::new()
        .procfile("console: puppet\ndb: puppet\nother: puppet\n")
        .file("forge.toml", "[process.console]\nafter = ['db']\n[process.db]\nready = { file = 'up' }\n")
        .launch(&["run", "--deps", "console"]);
    let _db = forge.puppet("db.1");
    comes_up(&forge);
    let console = forge.puppet("console.1");
    console.says("a prompt").exits(6);
    let ended = forge.ends();
    ended.exits_with(6);
    assert_eq!(ended.out(), "a prompt\n");
    assert!(!ended.err().contains("other.1"), "{}", ended.err());
    forge.leaves_nobody_behind();

    let ended = Forge::new().procfile("db: sleep 100\n").runs(&[
        "run",
        "--deps",
        "--",
        "sh",
        "-c",
        "echo $FORGE_PORT_DB; exit 9",
    ]);
    ended.exits_with(9);
    assert_eq!(ended.out(), "5000\n");
}

#[test]
fn a_place_that_cannot_be_used_is_named_by_its_own_flag() {
    let ended = stack().file("out", "a file").runs(&["ci", "--artifacts", "out", "--", "true"]);
    ended
        .exits_with(1)
        .complained(&["could not use `out`", "hint: name another directory with `--artifacts`"]);
}
