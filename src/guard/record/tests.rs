use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;

use super::super::mark::{Guard, ProjectId, StackId};
use super::{OTHERS_REST, Places};
use crate::sys::private_dir::PrivateDir;
use crate::sys::{census, clock, process};

const SHOP: ProjectId = ProjectId(10);
const BLOG: ProjectId = ProjectId(11);

fn places() -> (tempfile::TempDir, Places) {
    let place = tempfile::tempdir().expect("a directory");
    let places = Places(vec![PathBuf::from("/nonexistent/forge"), place.path().join("forge")]);
    (place, places)
}

fn stack(guard: Guard, project: ProjectId) -> StackId {
    StackId { guard, world: census::world(), project }
}

/// This test, in the part of a guard that lives.
fn live() -> Guard {
    let pid = process::own_pid();
    Guard { pid, started: census::look(pid).map_or(0, |me| me.started) }
}

/// The same process id, but another start.
fn dead() -> Guard {
    Guard { started: live().started + 1, ..live() }
}

#[test]
fn only_the_note_of_a_dead_guard_counts_and_it_stays_until_it_is_forgotten() {
    let (_place, places) = places();
    assert!(!places.dead(SHOP).is_any_own());
    let running = places.note(stack(live(), SHOP));
    assert!(!places.dead(SHOP).is_any_own(), "it runs");
    assert_eq!(places.guards(), [live()]);
    places.note(stack(dead(), SHOP));
    assert!(places.dead(SHOP).is_any_own());
    assert!(!places.dead(BLOG).is_any_own(), "another project's");
    places.dead(BLOG).forget_own();
    assert!(places.dead(SHOP).is_any_own());
    places.dead(SHOP).forget_own();
    assert!(!places.dead(SHOP).is_any_own());
    assert_eq!(places.guards(), [live()], "the note of the one that runs is not forgotten");
    running.remove();
    assert_eq!(places.guards(), [0; 0].map(|_: i32| live()));
}

/// A number that the kernel gives to nobody.
fn gone() -> Guard {
    Guard { pid: i32::MAX, started: 1 }
}

/// Makes a note look as if it were from `when`, as time since 1970.
fn made(place: &Path, stack: StackId, when: Duration) {
    let note = place.join("forge").join(stack.to_string());
    let when = TimeSpec::from(when);
    utimensat(nix::fcntl::AT_FDCWD, &note, &when, &when, UtimensatFlags::NoFollowSymlink)
        .expect("it was noted, and is our own");
}

/// Longer ago than a note is left alone.
fn long_ago() -> Duration {
    clock::since_epoch().saturating_sub(OTHERS_REST + Duration::from_secs(100))
}

#[test]
fn old_notes_of_other_projects_are_removed_where_nobody_is_left_and_rest_where_somebody_is() {
    let (place, places) = places();
    let (empty, inhabited) = (stack(gone(), BLOG), stack(gone(), ProjectId(12)));
    let running = stack(live(), ProjectId(13));
    for stack in [empty, inhabited, running] {
        places.note(stack);
    }
    assert!(places.dead(SHOP).is_empty(), "they are new");
    for stack in [empty, inhabited, running] {
        made(place.path(), stack, long_ago());
    }
    let dead = places.dead(SHOP);
    assert_eq!((dead.is_any_own(), dead.others.len()), (false, 2), "one of them runs");
    dead.forget_others_but(&BTreeSet::from([inhabited]));
    let noted: BTreeSet<StackId> = places.stacks().into_iter().map(|(_, stack)| stack).collect();
    assert_eq!(noted, BTreeSet::from([inhabited, running]));
    assert!(places.dead(SHOP).is_empty(), "it rests");
}

#[test]
fn a_start_looks_after_a_part_of_very_many_notes() {
    let (place, places) = places();
    for started in 0..150 {
        let stack = stack(Guard { started, ..gone() }, BLOG);
        places.note(stack);
        made(place.path(), stack, long_ago());
    }
    for left in [50, 0] {
        places.dead(SHOP).forget_others_but(&BTreeSet::new());
        assert_eq!(places.stacks().len(), left);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn notes_from_before_the_boot_are_removed() {
    let (place, places) = places();
    let before = StackId { world: census::world() ^ 1, ..stack(gone(), SHOP) };
    let container = StackId { project: BLOG, ..before };
    for stack in [before, container] {
        places.note(stack);
    }
    made(place.path(), before, Duration::ZERO);
    assert!(places.dead(SHOP).is_empty());
    let noted: Vec<StackId> = places.stacks().into_iter().map(|(_, stack)| stack).collect();
    assert_eq!(noted, [container], "who lives in another container cannot be judged from here");
}

#[test]
fn notes_of_another_world_and_other_files_say_nothing() {
    let (place, places) = places();
    let elsewhere = StackId { world: census::world() ^ 1, ..stack(dead(), SHOP) };
    places.note(elsewhere);
    let directory = PrivateDir::open(&place.path().join("forge")).expect("it was made");
    directory.note("README").expect("there is room");
    assert!(!places.dead(SHOP).is_any_own());
    assert_eq!(places.guards().len(), 0);
}

#[test]
fn without_a_place_nothing_is_noted_and_nothing_breaks() {
    let places = Places(vec![PathBuf::from("/nonexistent/forge")]);
    let record = places.note(stack(dead(), SHOP));
    assert!(!places.dead(SHOP).is_any_own());
    places.dead(SHOP).forget_own();
    record.remove();
}

#[test]
fn the_runtime_directory_is_used_if_it_is_our_own() {
    let place = tempfile::tempdir().expect("a directory");
    let with = |path: &str| Places::new(Some(path.as_ref())).0;
    let own = place.path().display().to_string();
    assert_eq!(with(&own).first(), Some(&place.path().join("forge")));
    for unusable in ["", "relative", "/nonexistent"] {
        assert_eq!(with(unusable), Places::new(None).0, "{unusable:?}");
    }
    assert_eq!(Places::new(None).0.len(), 1);
}
