//! The scenarios that need more than their arguments: a script, a signal, somebody to count what is left.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::{Scenario, VOICE, strings};
use crate::forge::is_root;

/// "trap each signal, say so, exit 0", and a word when it is ready for that.
const SAYS_SO: &str = "
for signal in TERM INT HUP USR1 USR2; do trap \"echo got $signal; exit 0\" $signal; done
echo ready
while :; do sleep 0.05; done
";

pub(super) fn a_signal_stops_all(scenario: &Scenario, signal: Signal) {
    let forge = scenario.with("t.sh", SAYS_SO).starts();
    forge.sees("web.1 | ready").sees("worker.1 | started with pid").signal(signal);
    let ended = forge.ends();
    ended.exits_with(0);
    let got = format!("got {}", scenario.expects("children_get"));
    assert!(ended.lines_of("web.1").contains(&got), "{:?}", ended.lines());
    for line in strings(&scenario.expected["lines"]) {
        let text = line.strip_prefix("system ").expect("all these lines are forge's own");
        ended.showed(&format!("{VOICE} | {text}"));
    }
    ended.showed("web.1 | exited with code 0").showed("worker.1 | terminated by SIGTERM");
    forge.leaves_nobody_behind();
}

pub(super) fn usr1_is_forwarded(scenario: &Scenario) {
    let forge = scenario.with("t.sh", SAYS_SO).starts();
    forge.sees("web.1 | ready").signal(Signal::SIGUSR1);
    forge.sees("web.1 | got USR1").sees(&format!("{VOICE} | USR1 received, forwarding it to children"));
    // The script ends after it has said so, which ends the stack.
    forge.exits_with(0).leaves_nobody_behind();
}

pub(super) fn quit_is_as_int(scenario: &Scenario) {
    let forge = scenario.starts();
    forge.sees("web.1 | started with pid").signal(Signal::SIGQUIT);
    let ended = forge.ends();
    ended.exits_with(0);
    ended.showed(&format!("{VOICE} | SIGQUIT received, starting shutdown"));
    ended.showed("web.1 | terminated by SIGTERM");
    forge.leaves_nobody_behind();
}

/// "trap \"\" TERM" and then something to do.
const IGNORES_TERM: &str = "trap '' TERM INT; echo ready; while :; do sleep 0.05; done\n";

pub(super) fn a_stubborn_process_is_killed(scenario: &Scenario, grace: Duration) {
    assert_eq!(scenario.entry["foreman"]["kill_after_s"].as_u64(), Some(grace.as_secs()));
    let forge = scenario.with("t.sh", IGNORES_TERM).starts();
    forge.sees("web.1 | ready").signal(Signal::SIGTERM);
    let asked = forge.began.elapsed();
    let ended = forge.ends();
    ended.exits_with(0).showed("web.1 | terminated by SIGKILL");
    let waited = ended.took.checked_sub(asked).expect("the end comes after the signal");
    // Only forge's own clock ends it, so it cannot be early; how late it is depends on the machine.
    ended.shows(
        &format!("killed after {grace:?}, not {waited:?}"),
        waited + Duration::from_millis(50) > grace,
    );
    if grace.is_zero() {
        ended.shows(&format!("killed at once, not after {waited:?}"), waited < Duration::from_secs(4));
    }
    forge.leaves_nobody_behind();
}

pub(super) fn a_second_int_kills(scenario: &Scenario) {
    let forge = scenario.with("t.sh", IGNORES_TERM).starts();
    forge.sees("web.1 | ready").signal(Signal::SIGINT);
    // A person is not faster than this; see signals.rs.
    forge.sees("still waiting for").signal(Signal::SIGINT);
    let asked = forge.began.elapsed();
    let ended = forge.ends();
    ended.exits_with(0).showed("web.1 | terminated by SIGKILL");
    let waited = ended.took.checked_sub(asked).expect("the end comes after the signal");
    ended.shows(&format!("killed at once, not after {waited:?}"), waited < Duration::from_secs(4));
    forge.leaves_nobody_behind();
}

pub(super) fn nobody_is_left_by_a_compound_command(scenario: &Scenario) {
    let forge = scenario.starts();
    forge.sees("web.1 | started with pid").sees("worker.1 | started with pid").signal(Signal::SIGTERM);
    forge.exits_with(0).leaves_nobody_behind();
    forge.ends().never_showed("web.1 | never");
}

pub(super) fn nobody_is_left_by_a_killed_forge(scenario: &Scenario) {
    let forge = scenario.starts();
    forge.sees("web.1 | started with pid").sees("worker.1 | started with pid").signal(Signal::SIGKILL);
    forge.dies_by(Signal::SIGKILL).leaves_nobody_behind();
}

pub(super) fn a_process_of_root_is_reported(scenario: &Scenario) {
    if !is_root() {
        // Only root can make a program that an ordinary user's forge cannot end. What is left to say for others:
        // the scenario is about an ordinary user, so that is who plays it everywhere else.
        assert_ne!(nix::unistd::geteuid().as_raw(), 0);
        return;
    }
    let procfile = "a: root-puppet\nb: sleep 21\n";
    let forge =
        scenario.with("Procfile", procfile).prepared().by_nobody().with_a_setuid_puppet("root-puppet");
    let forge = scenario.starts_from(forge);
    let a = forge.puppet("a.1");
    a.becomes_root();
    let guard = forge.guard();
    forge.sees("b.1 | started with pid").signal(Signal::SIGTERM);
    let ended = forge.ends();
    assert_eq!(strings(&scenario.expected["left"]), ["a"]);
    ended.fails().showed("b.1 | terminated by SIGTERM").showed("a.1");
    assert!(a.is_alive(), "an ordinary user cannot end a process of root");
    // The guard may go on trying for a while.
    let others = || forge.alive().into_iter().filter(|person| *person != a.person && person.pid != guard.pid);
    forge.finds("nobody else is left", || (others().count() == 0).then_some(()));
}

/// "processes that print so many lines on TERM, then exit": three lines are for the trap, so that it is seen.
fn prints_on_term(lines: u32) -> String {
    format!(
        "say() {{ i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo \"line $i\"; done; echo goodbye; exit 0; }}
trap say TERM
echo ready
while :; do sleep 0.05; done
"
    )
}

pub(super) fn everything_is_drained(scenario: &Scenario) {
    let procfile = "a: bash ./t.sh\nb: bash ./t.sh\nc: bash ./t.sh\n";
    let forge = scenario.with("Procfile", procfile).with("t.sh", prints_on_term(20_000)).starts();
    forge.sees("a.1 | ready").sees("b.1 | ready").sees("c.1 | ready").signal(Signal::SIGTERM);
    let ended = forge.ends();
    let mut lines = 0;
    let mut goodbyes = 0;
    for name in ["a.1", "b.1", "c.1"] {
        let said = ended.lines_of(name);
        let numbers: Vec<u64> =
            said.iter().filter_map(|line| line.strip_prefix("line ")?.parse().ok()).collect();
        assert!(numbers.iter().copied().eq(1..=20_000), "{name}: all lines, in their order");
        lines += numbers.len();
        goodbyes += said.iter().filter(|line| *line == "goodbye").count();
    }
    assert_eq!(scenario.expected["lines_of_60000"].as_u64(), u64::try_from(lines).ok());
    assert_eq!(scenario.expected["goodbye_of_3"].as_u64(), u64::try_from(goodbyes).ok());
    ended.exits_with(0);
}

pub(super) fn every_line_has_its_name(scenario: &Scenario) {
    let procfile = "web: bash ./t.sh\n";
    let forge = scenario.with("Procfile", procfile).with("t.sh", prints_on_term(3_000)).starts();
    forge.sees("web.1 | ready").signal(Signal::SIGTERM);
    let ended = forge.ends();
    assert_eq!(scenario.expects("prefix"), "web.1 on every line");
    let lines = ended.lines();
    let printed: Vec<&String> = lines.iter().filter(|line| line.contains("line ")).collect();
    assert_eq!(printed.len(), 3_000);
    assert!(printed.iter().all(|line| line.starts_with("web.1 | line ")));
}

pub(super) fn a_long_line_is_one_line(scenario: &Scenario) {
    let procfile = "web: head -c 300000 /dev/zero | tr '\\0' x\n";
    let ended = scenario.with("Procfile", procfile).runs().done;
    let long = ended.lines().into_iter().filter(|line| line.contains("xxx")).collect::<Vec<_>>();
    assert_eq!(long.len(), 1, "one line, not {}", long.len());
    assert_eq!(long[0], format!("web.1 | {}", "x".repeat(300_000)));
}

pub(super) fn directory_and_env_file(scenario: &Scenario) {
    let procfile = "a: echo \"cwd=$(pwd) V=$V=\"\n";
    let mut scenario = scenario.with("app/Procfile", procfile);
    if scenario.expected["env"] == "other/.env" {
        scenario =
            scenario.with("other/.env", "V=other\n").with(".env", "V=outer\n").with("app/.env", "V=app\n");
        scenario.expected["V"] = "other".into();
    }
    let forge = scenario.starts();
    let directory = forge.directory().canonicalize().expect("it is there").join(scenario.expects("cwd"));
    let line = format!("a.1 | cwd={} V={}=", directory.display(), scenario.expects("V"));
    forge.ends().exits_with(0).showed(&line);
}

/// "trap ... TERM; sleep" as the command of `forge run`: it decides how that ends, as if forge were not there.
pub(super) fn run_leaves_nothing_in_between(scenario: &Scenario) {
    let mut arguments = scenario.arguments();
    let script = "trap 'echo got TERM; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    script.clone_into(arguments.last_mut().expect("the command has a script"));
    let forge = scenario.prepared().launch(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    forge.sees("ready").signal(Signal::SIGTERM);
    forge.ends().exits_with(7).showed("got TERM");
    forge.leaves_nobody_behind();
}

pub(super) fn the_options_file(scenario: &Scenario) {
    let scenario = scenario.with("Procfile", "a: sh ./p.sh\nb: sh ./p.sh\n");
    scenario.with("p.sh", "echo \"PORT=$PORT PS=$PS\"; sleep 0.6").runs().has_started();
}
