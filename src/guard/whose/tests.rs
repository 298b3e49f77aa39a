use super::super::mark::{Guard, Mark, ProjectId, StackId};
use super::{Asker, Crowd, Seen, Whose};

const HERE: u64 = 1;
const SHOP: ProjectId = ProjectId(10);
const BLOG: ProjectId = ProjectId(11);
/// Gone, together with its forge.
const DEAD: Guard = Guard { pid: 500, started: 5_000 };
/// Runs, as 600, below its forge 599.
const LIVE: Guard = Guard { pid: 600, started: 6_000 };
/// `forge clean`, in a shell.
const CLEAN: i32 = 900;

fn of(guard: Guard, project: ProjectId) -> Mark {
    Mark { stack: StackId { guard, world: HERE, project }, run: 1 }
}

fn one(pid: i32, parent: i32, session: i32, mark: impl Into<Option<Mark>>) -> Seen {
    Seen { pid, parent, session, mark: mark.into() }
}

/// Everybody of every machine: init, a desktop, the shell with the asker, and a stack that runs.
fn crowd(more: &[Seen]) -> Crowd {
    let mut seen = vec![
        one(1, 0, 1, None),
        one(50, 1, 50, None),
        one(899, 50, 899, None),
        one(CLEAN, 899, 899, None),
        one(598, 50, 598, None),
        one(599, 598, 598, None),
        one(600, 599, 600, None),
        one(601, 600, 601, of(LIVE, SHOP)),
    ];
    // A later one takes the place of an earlier one with its pid.
    seen.extend(more);
    let asker = Asker { pid: CLEAN, world: HERE, project: SHOP };
    Crowd::new(seen, asker, &[], |guard| guard == LIVE)
}

fn whose(pid: i32, more: &[Seen]) -> Whose {
    let crowd = crowd(more);
    crowd.whose(&crowd.by_pid[&pid])
}

#[test]
fn the_orphan_of_a_guard_that_is_gone_was_left_behind() {
    let mark = of(DEAD, SHOP);
    // Adopted by init, by a desktop session, or by somebody who is gone meanwhile.
    for parent in [1, 50, 77] {
        assert_eq!(whose(700, &[one(700, parent, 501, mark)]), Whose::LeftBehind, "adopted by {parent}");
    }
    // Also what is below it, in whatever session.
    let family = [one(700, 1, 501, mark), one(701, 700, 501, mark), one(702, 701, 702, mark)];
    for pid in [700, 701, 702] {
        assert_eq!(whose(pid, &family), Whose::LeftBehind, "{pid}");
    }
    let pids: Vec<i32> = crowd(&family).left_behind().map(|seen| seen.pid).collect();
    assert_eq!(pids, [700, 701, 702]);
}

#[test]
fn who_carries_no_mark_is_nobodys() {
    assert_eq!(whose(700, &[one(700, 1, 700, None)]), Whose::Nobodys);
    // Even if its parent was left behind: it may be anything.
    assert_eq!(whose(701, &[one(700, 1, 501, of(DEAD, SHOP)), one(701, 700, 501, None)]), Whose::Nobodys);
}

#[test]
fn the_processes_of_a_stack_that_runs_are_its_own() {
    assert_eq!(whose(601, &[]), Whose::Running);
    // Escaped into a session of its own, and fallen to init because the system knows no better.
    assert_eq!(whose(700, &[one(700, 1, 700, of(LIVE, SHOP))]), Whose::Running);
}

#[test]
fn a_pid_that_was_given_again_does_not_bring_a_guard_back() {
    // Somebody else has the pid of the dead guard now: the stack is dead all the same.
    let stranger = one(DEAD.pid, 50, DEAD.pid, None);
    assert_eq!(whose(700, &[stranger, one(700, 1, 501, of(DEAD, SHOP))]), Whose::LeftBehind);
    // The pid has even become that of another guard.
    let older = Guard { pid: LIVE.pid, started: LIVE.started - 1 };
    assert_eq!(whose(700, &[one(700, 1, 501, of(older, SHOP))]), Whose::LeftBehind);
    // And the other way round: the new guard's processes are not the leftovers of the old one.
    assert_eq!(whose(601, &[one(700, 1, 501, of(older, SHOP))]), Whose::Running);
}

#[test]
fn another_project_is_left_alone() {
    assert_eq!(whose(700, &[one(700, 1, 501, of(DEAD, BLOG))]), Whose::AnotherProjects);
}

#[test]
fn what_was_marked_elsewhere_cannot_be_judged() {
    let mark = of(DEAD, SHOP);
    let elsewhere = Mark { stack: StackId { world: HERE + 1, ..mark.stack }, ..mark };
    assert_eq!(whose(700, &[one(700, 1, 501, elsewhere)]), Whose::Elsewhere);
}

#[test]
fn the_asker_and_the_shell_it_was_typed_in_stay() {
    let mark = of(DEAD, SHOP);
    // A terminal multiplexer that was started in the stack, a shell in it, forge in that.
    let family = [
        one(700, 1, 700, mark),
        one(701, 700, 701, mark),
        one(CLEAN, 701, 701, mark),
        one(702, 700, 702, mark),
    ];
    for pid in [700, 701, CLEAN] {
        assert_eq!(whose(pid, &family), Whose::Askers, "{pid}");
    }
    assert_eq!(whose(702, &family), Whose::LeftBehind, "the process in another window");
}

#[test]
fn a_forge_that_runs_inside_a_dead_stack_stays_with_all_that_is_its_own() {
    let mark = of(DEAD, SHOP);
    let family = [
        one(598, 1, 598, mark),
        one(599, 598, 598, mark),
        one(600, 599, 600, mark),
        one(601, 600, 601, of(LIVE, SHOP)),
        // With a copy of the dead mark, for instance out of an env file.
        one(602, 601, 602, mark),
    ];
    assert_eq!(whose(598, &family), Whose::HoldsRunning, "the shell of the forge");
    assert_eq!(whose(599, &family), Whose::HoldsRunning, "the forge");
    for pid in [600, 601, 602] {
        assert_eq!(whose(pid, &family), Whose::Running, "{pid}");
    }
}

#[test]
fn a_guard_that_is_only_known_from_its_record_protects_as_well() {
    let mark = of(DEAD, SHOP);
    let seen = vec![
        one(CLEAN, 1, 900, None),
        one(599, 1, 598, mark),
        one(600, 599, 600, mark),
        one(601, 600, 601, None),
    ];
    let asker = Asker { pid: CLEAN, world: HERE, project: SHOP };
    let left = |known: &[Guard]| {
        let crowd = Crowd::new(seen.clone(), asker, known, |guard| guard == LIVE);
        crowd.left_behind().map(|seen| seen.pid).collect::<Vec<_>>()
    };
    assert_eq!(left(&[LIVE]), [0; 0]);
    assert_eq!(left(&[]), [599, 600]);
}

#[test]
fn a_copy_of_the_mark_makes_no_leftover() {
    let mark = of(DEAD, SHOP);
    // `env > .env` inside a stack, and later another tool that loads it: its child is in its session.
    let family = [one(700, 50, 700, None), one(701, 700, 700, mark), one(702, 701, 702, mark)];
    assert_eq!(whose(701, &family), Whose::Copied);
    assert_eq!(whose(702, &family), Whose::Copied, "also in a session of its own further down");
}

#[test]
fn a_line_that_runs_in_a_circle_comes_to_an_end() {
    let mark = of(DEAD, SHOP);
    assert_eq!(whose(700, &[one(700, 701, 501, mark), one(701, 700, 501, mark)]), Whose::LeftBehind);
}
