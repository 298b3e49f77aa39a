use super::*;

const SPENT: Spent = Spent { cpu_micros: 1, peak_bytes: 2 };
const ENDED: Exit = Exit::Code(0);

fn two_runs() -> Tree {
    let mut tree = Tree::default();
    tree.started(1, 100);
    tree.started(2, 200);
    tree
}

#[test]
fn a_leader_without_orphans_is_gone_when_it_is_reaped() {
    let mut tree = two_runs();
    assert_eq!(tree.reaped(100, ENDED, SPENT), Some(News::Exited { run: 1, exit: ENDED, spent: SPENT }));
    assert_eq!(tree.due(), []);
    assert_eq!(tree.take_gone(), [1]);
    assert_eq!(tree.take_gone(), [0_u64; 0]);
    assert_eq!(tree.leader_of(1), None);
    assert_eq!(tree.leader_of(2), Some(200));
}

#[test]
fn an_orphan_of_a_living_leader_is_left_alone() {
    let mut tree = two_runs();
    tree.adopted(101, Some(1));
    assert_eq!(tree.due(), []);
}

#[test]
fn what_a_leader_leaves_behind_is_asked_once_and_holds_its_run() {
    let mut tree = two_runs();
    tree.adopted(101, Some(1));
    tree.reaped(100, ENDED, SPENT);
    assert_eq!(tree.due(), [Order::Ask(101)]);
    assert_eq!(tree.due(), [], "one signal each");
    assert_eq!(tree.take_gone(), [0_u64; 0]);
    tree.adopted(102, Some(1));
    assert_eq!(tree.reaped(101, ENDED, SPENT), None);
    assert_eq!(tree.due(), [Order::Ask(102)]);
    assert_eq!(tree.reaped(102, ENDED, SPENT), None);
    assert_eq!(tree.take_gone(), [1]);
}

#[test]
fn a_condemned_run_is_killed_whatever_appears() {
    let mut tree = two_runs();
    tree.adopted(101, Some(1));
    assert_eq!(tree.condemn(1), [Order::Kill(100), Order::Kill(101)]);
    tree.reaped(100, ENDED, SPENT);
    tree.reaped(101, ENDED, SPENT);
    tree.adopted(102, Some(1));
    assert_eq!(tree.due(), [Order::Kill(102)]);
    assert_eq!(tree.condemn(1), [Order::Kill(102)], "the group's number may belong to a stranger now");
}

#[test]
fn a_stray_ends_with_everything() {
    let mut tree = two_runs();
    tree.adopted(300, None);
    tree.adopted(301, Some(77));
    tree.reaped(100, ENDED, SPENT);
    assert_eq!(tree.due(), [], "a stray may belong to anybody");
    assert_eq!(tree.end(Ending::Asking), [Order::Ask(200), Order::Ask(300), Order::Ask(301)]);
    assert_eq!(tree.end(Ending::Asking), [], "one signal each");
    assert_eq!(tree.end(Ending::Killing), [Order::Kill(200), Order::Kill(300), Order::Kill(301)]);
    tree.adopted(302, None);
    assert_eq!(tree.due(), [Order::Kill(300), Order::Kill(301), Order::Kill(302)]);
}

#[test]
fn a_leader_that_could_not_start_leaves_no_trace() {
    let mut tree = two_runs();
    tree.never_started(100);
    assert_eq!(tree.reaped(100, Exit::Code(127), SPENT), None);
    assert_eq!(tree.take_gone(), [0_u64; 0]);
    assert_eq!(tree.run_of_session(100), None);
    assert_eq!(tree.run_of_session(200), Some(2));
}

#[test]
fn strangers_are_children_nobody_has_seen() {
    let mut tree = two_runs();
    tree.adopted(101, Some(1));
    assert_eq!(tree.strangers(&[100, 101, 102, 200]), [102]);
}

#[test]
fn nobody_is_asked_again_who_was_asked_with_the_leader() {
    let mut tree = two_runs();
    tree.adopted(101, Some(1));
    tree.adopted(201, Some(2));
    assert_eq!(tree.orphans_of(1), [101]);
    tree.note_asked(1);
    tree.reaped(100, ENDED, SPENT);
    tree.adopted(102, Some(1));
    assert_eq!(tree.due(), [], "both have heard it");
    assert_eq!(tree.take_gone(), [0_u64; 0], "both are waited for");
    assert_eq!(tree.condemn(1), [Order::Kill(101), Order::Kill(102)]);
}
