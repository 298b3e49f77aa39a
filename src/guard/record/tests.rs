use std::path::PathBuf;

use super::super::mark::{Guard, ProjectId, StackId};
use super::Places;
use crate::sys::private_dir::PrivateDir;
use crate::sys::{census, process};

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
    assert!(!places.has_dead(SHOP));
    let running = places.note(stack(live(), SHOP));
    assert!(!places.has_dead(SHOP), "it runs");
    assert_eq!(places.guards(), [live()]);
    places.note(stack(dead(), SHOP));
    assert!(places.has_dead(SHOP));
    assert!(!places.has_dead(BLOG), "another project's");
    places.forget_dead(BLOG);
    assert!(places.has_dead(SHOP));
    places.forget_dead(SHOP);
    assert!(!places.has_dead(SHOP));
    assert_eq!(places.guards(), [live()], "the note of the one that runs is not forgotten");
    running.remove();
    assert_eq!(places.guards(), [0; 0].map(|_: i32| live()));
}

#[test]
fn notes_of_another_world_and_other_files_say_nothing() {
    let (place, places) = places();
    let elsewhere = StackId { world: census::world() ^ 1, ..stack(dead(), SHOP) };
    places.note(elsewhere);
    let directory = PrivateDir::open(&place.path().join("forge")).expect("it was made");
    directory.note("README").expect("there is room");
    assert!(!places.has_dead(SHOP));
    assert_eq!(places.guards().len(), 0);
}

#[test]
fn without_a_place_nothing_is_noted_and_nothing_breaks() {
    let places = Places(vec![PathBuf::from("/nonexistent/forge")]);
    let record = places.note(stack(dead(), SHOP));
    assert!(!places.has_dead(SHOP));
    places.forget_dead(SHOP);
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
