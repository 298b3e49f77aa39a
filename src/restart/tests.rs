use std::time::Duration;

use super::{ALWAYS, Backoff, Case, History, Kind, NEVER, ON_FAILURE, Rule, Verdict};
use crate::exit::Exit;
use crate::time::Time;

/// The middle of the jitter: none.
const NO_CHANCE: u64 = 1000;

fn seconds(seconds: u64) -> Time {
    Time(Duration::from_secs(seconds))
}

fn rule(max_restarts: Option<u32>) -> Rule {
    Rule { backoff: Backoff::default(), max_restarts }
}

fn case(history: &History, now: Time, success: bool, rule: Rule) -> Case<'_> {
    let exit = Exit::Code(i32::from(!success));
    Case { exit, success, now, history, rule, chance: NO_CHANCE }
}

/// Runs of one second each, each of which fails: the waits, and what comes last.
fn crash_loop(kind: &Kind, rule: Rule, most: usize) -> (Vec<u64>, Verdict) {
    let mut history = History::default();
    let mut now = Time::ZERO;
    let mut waits = Vec::new();
    loop {
        history.started = now;
        now = now + Duration::from_secs(1);
        let verdict = kind.policy.decide(&case(&history, now, false, rule));
        let Verdict::Restart { after } = verdict else { return (waits, verdict) };
        if waits.len() == most {
            return (waits, verdict);
        }
        waits.push(after.as_secs());
        history.note_restart(now, rule);
        now = now + after;
    }
}

#[test]
fn each_kind_knows_success_from_failure() {
    let history = History::default();
    let starts_again = |kind: &Kind, success| {
        let verdict = kind.policy.decide(&case(&history, seconds(1), success, rule(None)));
        matches!(verdict, Verdict::Restart { .. })
    };
    for (kind, after_success, after_failure) in
        [(&NEVER, false, false), (&ON_FAILURE, false, true), (&ALWAYS, true, true)]
    {
        assert_eq!(starts_again(kind, true), after_success, "{}", kind.name);
        assert_eq!(starts_again(kind, false), after_failure, "{}", kind.name);
    }
}

#[test]
fn a_crash_loop_waits_longer_each_time_and_is_given_up() {
    let given_up = Verdict::GiveUp { restarts: 5, within: Duration::from_secs(60) };
    assert_eq!(crash_loop(&ALWAYS, rule(Some(5)), 99), (vec![1, 2, 4, 8, 16], given_up));
}

#[test]
fn without_a_budget_it_waits_as_long_as_the_longest_wait() {
    let (waits, _) = crash_loop(&ON_FAILURE, rule(None), 8);
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
}

#[test]
fn no_budget_at_all_gives_up_at_once() {
    let never = Verdict::GiveUp { restarts: 0, within: Duration::from_secs(60) };
    assert_eq!(crash_loop(&ALWAYS, rule(Some(0)), 99), (vec![], never));
}

#[test]
fn a_long_run_makes_everything_forgotten() {
    let mut history = History::default();
    for at in [1, 2, 3, 4] {
        history.note_restart(seconds(at), rule(Some(4)));
    }
    history.started = seconds(10);
    let short = ALWAYS.policy.decide(&case(&history, seconds(20), false, rule(Some(4))));
    assert!(matches!(short, Verdict::GiveUp { restarts: 4, .. }), "{short:?}");
    let long = ALWAYS.policy.decide(&case(&history, seconds(70), false, rule(Some(4))));
    assert_eq!(long, Verdict::Restart { after: Duration::from_secs(1) });
}

#[test]
fn jitter_goes_both_ways_and_no_wait_is_hot() {
    let backoff = Backoff::default();
    assert_eq!(backoff.wait(1, 0), Duration::from_millis(1600));
    assert_eq!(backoff.wait(1, 2000), Duration::from_millis(2400));
    let hot = Backoff { first: Duration::ZERO, max: Duration::ZERO, ..backoff };
    assert_eq!(hot.wait(9, 0), Duration::from_millis(100));
    let flat = Backoff { factor_percent: 100, jitter_percent: 0, ..backoff };
    assert_eq!(flat.wait(1_000_000, 7), Duration::from_secs(1));
}
