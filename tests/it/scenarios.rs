//! Every scenario of `tests/fixtures/compat/behaviour.json`, played by the real forge.
//!
//! The file says what foreman was measured to do and what forge does instead. Each scenario is a test below; a last
//! test fails when the file has one that is not played here. Where the file describes a program in words, a program
//! of that meaning stands here; where it says "after a second", the test waits for the fact that is meant.

mod plays;

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::ended::Ended;
use crate::forge::Forge;
use crate::running::Running;

use plays::{
    a_long_line_is_one_line, a_process_of_root_is_reported, a_second_int_kills, a_signal_stops_all,
    a_stubborn_process_is_killed, directory_and_env_file, every_line_has_its_name, everything_is_drained,
    nobody_is_left_by_a_compound_command, nobody_is_left_by_a_killed_forge, quit_is_as_int,
    run_leaves_nothing_in_between, the_options_file, usr1_is_forwarded,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/compat/behaviour.json");

/// The name under which forge speaks in the stream.
const VOICE: &str = "system";

/// Makes a test of each scenario, and the list of all that are played.
macro_rules! scenarios {
    ($($test:ident: $id:literal => $play:expr;)*) => {
        $(#[test] fn $test() { let play: fn(&Scenario) = $play; play(&Scenario::read($id)); })*
        const PLAYED: &[&str] = &[$($id),*];
    };
}

scenarios! {
    port_flag: "port-flag" => |s| s.runs().shows_the_lines();
    port_precedence: "port-precedence" => |s| s.runs().has_the_base();
    port_dotenv_over_env: "port-dotenv-over-env" => |s| s.runs().has_the_base();
    port_from_env: "port-from-env" => |s| s.runs().has_the_base();
    port_subset: "port-subset" => |s| s.runs().shows_the_lines();
    port_zero_instances: "port-zero-instances" => |s| s.runs().shows_the_lines();
    port_not_a_number: "port-not-a-number" => |s| s.is_refused(&["PORT", "number", ".env:1"]);
    port_too_high: "port-too-high" => |s| s.is_refused(&["65535"]);
    formation_blanks: "formation-blanks" => |s| s.runs().has_started();
    formation_last_wins: "formation-last-wins" => |s| s.runs().has_started();
    formation_bad: "formation-bad-web=x" => |s| s.is_refused(&["web=x"]);
    start_name: "start-name" => |s| s.runs().has_started();
    start_unknown: "start-unknown" => |s| s.is_refused(&["nosuch", "web", "worker", "sched"]);
    start_two_names: "start-two-names" => |s| s.runs().has_started();
    start_comma: "start-comma" => |s| s.runs().has_started();
    start_counts: "start-counts" => |s| s.runs().has_started();
    status_exit0: "status-exit0" => |s| s.runs().has_the_status().others_got_term();
    status_sigkill: "status-sigkill" => |s| s.runs().has_the_status().others_got_term();
    status_segv: "status-segv" => |s| s.runs().has_the_status().others_got_term();
    status_first_wins: "status-first-wins" => |s| { s.runs().has_the_status(); };
    status_signal_then_code: "status-signal-then-code" => |s| { s.runs().has_the_status(); };
    status_notfound: "status-notfound" => |s| s.runs().has_the_status().shows_the_line().others_got_term();
    status_notfound_shell: "status-notfound-shell" => |s| { s.runs().has_the_status(); };
    signal_term: "signal-TERM" => |s| a_signal_stops_all(s, Signal::SIGTERM);
    signal_int: "signal-INT" => |s| a_signal_stops_all(s, Signal::SIGINT);
    signal_hup: "signal-HUP" => |s| a_signal_stops_all(s, Signal::SIGHUP);
    signal_usr1: "signal-USR1" => usr1_is_forwarded;
    signal_quit: "signal-QUIT" => quit_is_as_int;
    stubborn: "stubborn" => |s| a_stubborn_process_is_killed(s, Duration::from_secs(5));
    stubborn_t0: "stubborn-t0" => |s| a_stubborn_process_is_killed(s, Duration::ZERO);
    second_int: "second-int" => a_second_int_kills;
    orphan_compound: "orphan-compound" => nobody_is_left_by_a_compound_command;
    orphan_manager_killed: "orphan-manager-killed" => nobody_is_left_by_a_killed_forge;
    eperm: "eperm" => a_process_of_root_is_reported;
    last_partial: "last-partial" => |s| { s.runs().shows_the_line().done.exits_with(2); };
    drain_at_shutdown: "drain-at-shutdown" => everything_is_drained;
    prefix_after_exit: "prefix-after-exit" => every_line_has_its_name;
    long_line: "long-line" => a_long_line_is_one_line;
    expand_prefix_clash: "expand-prefix-clash" => |s| { s.runs().shows_the_line(); };
    expand_injection: "expand-injection" => |s| { s.runs().shows_the_line().done.never_showed("| INJECTED"); };
    cwd_f: "cwd-f" => directory_and_env_file;
    cwd_d: "cwd-d" => directory_and_env_file;
    cwd_d_f: "cwd-d-f" => directory_and_env_file;
    env_missing_explicit: "env-missing-explicit" => |s| s.is_refused(&["ERROR: nosuch.env does not exist"]);
    env_several: "env-several" => |s| s.with("Procfile", "a: echo V=$V W=$W=\n").runs().done.showed("a.1 | V=two W=two=").end();
    env_over_inherited: "env-over-inherited" => |s| s.with("Procfile", "a: echo V=$V=\n").runs().done.showed("a.1 | V=dot=").end();
    env_lang_c: "env-lang-c" => |s| s.with("Procfile", "a: echo V=$V=\n").runs().done.showed("a.1 | V=\u{e9}t\u{e9}=").end();
    run_name: "run-name" => |s| s.runs().prints_exactly();
    run_sigterm: "run-sigterm" => run_leaves_nothing_in_between;
    check_none: "check-none" => |s| s.is_refused(&["ERROR: Procfile does not exist."]);
    check_empty: "check-empty" => |s| s.is_refused(&["ERROR: no processes defined"]);
    check_ignored_lines: "check-ignored-lines" => |s| {
        s.runs().has_the_status().done.showed("valid procfile detected (ok)").complained(&["warning", "Procfile:1"]);
    };
    foreman_file: "foreman-file" => the_options_file;
    foreman_file_cli: "foreman-file-cli" => the_options_file;
    unknown_option: "unknown-option" => |s| { s.runs().has_the_status().done.complained(&["--bogus"]); };
}

#[test]
fn every_scenario_is_played() {
    let missing: Vec<String> = all().iter().map(id).filter(|id| !PLAYED.contains(&id.as_str())).collect();
    assert!(missing.is_empty(), "not played: {missing:?}");
    assert_eq!(all().len(), PLAYED.len(), "played, but not in the file");
}

/// One entry of the file, perhaps with programs filled in.
struct Scenario {
    entry: Value,
    /// What forge is to do.
    expected: Value,
    /// Files besides, or instead of, those of the entry.
    files: Vec<(&'static str, String)>,
}

impl Scenario {
    fn read(wanted: &str) -> Scenario {
        let entry = all().into_iter().find(|entry| id(entry) == wanted);
        let entry = entry.unwrap_or_else(|| panic!("no scenario is called {wanted}"));
        // `forge` is "same", a remark that begins with it, or an object that says what differs.
        let expected = if entry["forge"].is_object() { &entry["forge"] } else { &entry["foreman"] }.clone();
        Scenario { entry, expected, files: Vec::new() }
    }

    fn with(&self, path: &'static str, text: impl Into<String>) -> Scenario {
        let mut files = self.files.clone();
        files.push((path, text.into()));
        Scenario { entry: self.entry.clone(), expected: self.expected.clone(), files }
    }

    fn prepared(&self) -> Forge {
        let mut forge = Forge::new();
        for (path, text) in self.entry["files"].as_object().expect("files by path") {
            forge = forge.file(path, text.as_str().expect("the text of a file"));
        }
        for (path, text) in &self.files {
            forge = forge.file(path, text);
        }
        for (name, value) in self.entry["env"].as_object().expect("variables by name") {
            forge = forge.variable(name, value.as_str().expect("the value of a variable"));
        }
        forge
    }

    fn arguments(&self) -> Vec<String> {
        strings(&self.entry["args"])
    }

    fn starts(&self) -> Running {
        self.starts_from(self.prepared())
    }

    fn starts_from(&self, forge: Forge) -> Running {
        let arguments = self.arguments();
        forge.launch(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn runs(&self) -> Played<'_> {
        let forge = self.starts();
        let done = forge.ends();
        forge.leaves_nobody_behind();
        Played { expected: &self.expected, done }
    }

    /// Checks that forge refuses: it says this, starts nothing, and ends with the code of the file, which for
    /// all these is 1.
    fn is_refused(&self, says: &[&str]) {
        let played = self.runs();
        played.has_the_status();
        played.done.complained(says).never_showed("started with pid");
    }

    fn expects(&self, key: &str) -> &str {
        self.expected[key].as_str().unwrap_or_else(|| panic!("the scenario has no {key}: {}", self.entry))
    }
}

/// A scenario that has been played to its end.
struct Played<'a> {
    expected: &'a Value,
    done: Ended,
}

impl Played<'_> {
    fn shows_the_lines(&self) {
        for line in strings(&self.expected["lines"]) {
            self.shows(&line);
        }
    }

    fn shows_the_line(&self) -> &Self {
        self.shows(self.expected["line"].as_str().expect("the scenario has a line"));
        self
    }

    /// Checks for a line of the file, which may begin with the name of its process.
    fn shows(&self, line: &str) {
        match line.split_once(' ') {
            Some((name, text)) if name.contains(".1") || name.contains(".2") => {
                let shown = self.done.lines_of(name).iter().any(|shown| shown.starts_with(text));
                self.done.shows(&format!("`{text}` of {name}"), shown);
            }
            Some(_) | None => {
                self.done.showed(line);
            }
        }
    }

    fn has_the_base(&self) {
        let base = self.expected["base"].as_u64().expect("the scenario has a base port");
        for (place, name) in (0..).zip(["web", "worker", "sched"]) {
            self.shows(&format!("{name}.1 PORT={} PS={name}.1", base + 100 * place));
        }
    }

    /// Checks that these were started and nobody else: `web.1`, or `web.1 5000` with the port.
    fn has_started(&self) {
        let expected = strings(&self.expected["started"]);
        let mut names: Vec<&str> = expected
            .iter()
            .map(|entry| entry.split_once(' ').map_or(entry.as_str(), |(name, _)| name))
            .collect();
        let lines = self.done.lines();
        let mut started: Vec<&str> = lines
            .iter()
            .filter(|line| line.contains(" | started with pid "))
            .filter_map(|line| line.split_once(" | "))
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        started.sort_unstable();
        self.done.shows(&format!("started: {names:?}, not {started:?}"), names == started);
        for entry in &expected {
            if let Some((name, port)) = entry.split_once(' ') {
                self.shows(&format!("{name} PORT={port}"));
            }
        }
    }

    fn has_the_status(&self) -> &Self {
        let code = self.expected["exit"].as_i64().expect("the scenario has an exit code");
        self.done.exits_with(i32::try_from(code).expect("an exit code is small"));
        self
    }

    fn others_got_term(&self) {
        assert_eq!(self.expected["others"], "get SIGTERM");
        self.done.showed(&format!("{VOICE} | sending SIGTERM to all processes"));
        self.done.showed("worker.1 | terminated by SIGTERM");
    }

    fn prints_exactly(&self) {
        let out = self.expected["out"].as_str().expect("the scenario has an output");
        self.done.exits_with(0);
        assert_eq!(self.done.out().trim_end_matches('\n'), out);
    }
}

impl Ended {
    /// Ends a sentence whose value nobody needs.
    #[expect(clippy::unused_self, reason = "only ends a chain of checks")]
    fn end(&self) {}
}

fn all() -> Vec<Value> {
    let text = std::fs::read_to_string(FILE).expect("the scenarios are in the repository");
    serde_json::from_str(&text).expect("the scenarios are JSON")
}

fn id(scenario: &Value) -> String {
    scenario["id"].as_str().expect("a scenario has an id").to_owned()
}

fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("a list, not {list}"));
    list.iter().map(|entry| entry.as_str().expect("a list of texts").to_owned()).collect()
}
