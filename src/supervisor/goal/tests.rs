use std::time::Duration;

use super::*;
use crate::project::ProcessName;
use crate::supervisor::Because;
use crate::time::Time;

fn web() -> InstanceId {
    InstanceId { process: ProcessName::new("web"), index: 1 }
}

fn at(seconds: u64) -> Time {
    Time(Duration::from_secs(seconds))
}

fn run(number: u64) -> Chapter {
    Chapter {
        run: RunId(number),
        since: at(number),
        pid: Some(100),
        ready: None,
        because: None,
        asked: None,
        ignored_for: None,
        exit: None,
        ended: None,
        success: None,
        out_of_memory: None,
        status: None,
        usage: None,
    }
}

fn ended(number: u64, code: i32, because: Option<Because>) -> Chapter {
    let success = Some(code == 0);
    Chapter { exit: Some(Exit::Code(code)), ended: Some(at(9)), success, because, ..run(number) }
}

fn stack(want: Want, phase: Phase, because: Explanation, runs: Vec<Chapter>) -> Snapshot {
    let ready = matches!(because, Explanation::Runs { .. });
    let web = InstanceState { id: web(), want, phase, restarts: 0, because, ready, runs };
    Snapshot { at: at(9), stopping: None, first_end: None, instances: vec![web] }
}

fn running(number: u64) -> Snapshot {
    let phase = Phase::Running { run: RunId(number), pid: 100, since: at(1) };
    stack(Want::Up, phase, Explanation::Runs { since: at(1) }, vec![run(number)])
}

fn down(number: u64, code: i32, want: Want, because: Explanation) -> Snapshot {
    let exit = Exit::Code(code);
    let asked = (want == Want::Down).then_some(Because::Wanted);
    let phase = Phase::Exited { exit, at: at(9), judged: true };
    stack(want, phase, because, vec![ended(number, code, asked)])
}

fn fate(aim: Aim, before: &Snapshot, after: &Snapshot) -> Option<Fate> {
    Goal::new(aim, &[web()], before).verdict(&web(), after).map(|verdict| verdict.fate)
}

#[test]
fn a_restart_is_done_when_a_newer_run_is_ready() {
    assert_eq!(fate(Aim::Restarted, &running(1), &running(1)), None);
    assert_eq!(fate(Aim::Restarted, &running(1), &running(2)), Some(Fate::Ready));
}

#[test]
fn a_restart_that_fails_is_told_at_once_also_if_it_is_tried_again() {
    let again = Explanation::StartsAgain { at: at(10) };
    let after = stack(Want::Up, Phase::Backoff { until: at(10) }, again, vec![ended(2, 1, None)]);
    let exit = Exit::Code(1);
    assert_eq!(fate(Aim::Restarted, &running(1), &after), Some(Fate::Failed { exit, again: true }));
    // Whoever only waits goes on waiting.
    assert_eq!(fate(Aim::Ready, &running(1), &after), None);
}

#[test]
fn the_end_of_the_old_run_is_no_failure_of_the_new_one() {
    let exit = Exit::Code(143);
    let phase = Phase::Exited { exit, at: at(9), judged: true };
    let after = stack(Want::Bounce, phase, Explanation::AwaitsLastWords, vec![ended(1, 143, None)]);
    assert_eq!(fate(Aim::Restarted, &running(1), &after), None);
}

#[test]
fn what_has_an_end_of_its_own_is_up_when_it_is_done() {
    let exit = Exit::Code(0);
    let after = down(2, 0, Want::Up, Explanation::Ended { exit });
    for aim in [Aim::Restarted, Aim::Up, Aim::Ready] {
        assert_eq!(fate(aim, &running(1), &after), Some(Fate::Ended { exit, success: true }), "{aim:?}");
    }
}

#[test]
fn a_stop_is_done_when_nobody_is_left_and_says_how_it_ended() {
    let exit = Exit::Code(3);
    let ending = Phase::Stopping { run: RunId(1), pid: 100, rung: 0, until: None, exit: Some(exit) };
    let leaving = stack(Want::Down, ending, Explanation::LeftSomebody { exit }, vec![ended(1, 3, None)]);
    assert_eq!(fate(Aim::Stopped, &running(1), &leaving), None);
    let over = down(1, 3, Want::Down, Explanation::NotWanted);
    assert_eq!(fate(Aim::Stopped, &running(1), &over), Some(Fate::Stopped { exit: Some(exit) }));
    assert_eq!(fate(Aim::Stopped, &over, &over), Some(Fate::NotRunning));
    // Somebody else has started it again meanwhile: it was stopped all the same.
    let mut again = running(2);
    again.instances[0].runs.insert(0, ended(1, 3, Some(Because::Wanted)));
    assert_eq!(fate(Aim::Stopped, &running(1), &again), Some(Fate::Stopped { exit: Some(exit) }));
}

#[test]
fn an_exit_is_that_of_the_run_that_was_there() {
    let over = down(1, 3, Want::Up, Explanation::Ended { exit: Exit::Code(3) });
    let told = Some(Fate::Ended { exit: Exit::Code(3), success: false });
    assert_eq!(fate(Aim::Exited, &running(1), &running(1)), None);
    assert_eq!(fate(Aim::Exited, &running(1), &over), told);
    let mut later = running(2);
    later.instances[0].runs.insert(0, ended(1, 3, None));
    assert_eq!(fate(Aim::Exited, &running(1), &later), told);
}

#[test]
fn nobody_waits_for_what_will_not_be() {
    let stopped = down(1, 0, Want::Down, Explanation::NotWanted);
    assert_eq!(fate(Aim::Ready, &running(1), &stopped), Some(Fate::NotWanted));
    let because = InstanceId { process: ProcessName::new("db"), index: 1 };
    let kept = Explanation::KeptDown { because: because.clone(), since: at(1) };
    let kept = stack(Want::Up, Phase::Waiting, kept, Vec::new());
    for aim in [Aim::Up, Aim::Ready, Aim::Exited] {
        assert_eq!(fate(aim, &kept, &kept), Some(Fate::KeptDown { because: because.clone() }), "{aim:?}");
    }
    let mut ending = stack(Want::Down, Phase::Pending, Explanation::NotWanted, Vec::new());
    ending.stopping = Some(Cause::Signal(15));
    let ends = Some(Fate::StackEnds { because: Cause::Signal(15) });
    assert_eq!(fate(Aim::Restarted, &running(1), &ending), ends);
    ending.instances.clear();
    assert_eq!(fate(Aim::Restarted, &running(1), &ending), Some(Fate::Gone));
}
