#![cfg(target_os = "linux")]

use super::{is_within_reach, look, may_live, processes, world};
use crate::sys::process::{own_pid, parent_pid, session_of};

#[test]
fn one_finds_oneself() {
    let me = look(own_pid()).expect("this test lives");
    assert_eq!((me.pid, me.parent), (own_pid(), parent_pid()));
    assert_eq!(Some(me.session), session_of(own_pid()));
    assert!(processes().expect("there is /proc").contains(&me));
    assert!(is_within_reach(me.pid));
}

#[test]
fn another_start_is_another_process() {
    let me = look(own_pid()).expect("this test lives");
    assert!(may_live(me.pid, me.started));
    assert!(!may_live(me.pid, me.started + 1));
    // A number that the kernel gives to nobody.
    assert!(!may_live(i32::MAX, 1));
}

#[test]
fn the_world_stays_the_same() {
    assert_eq!(world(), world());
    assert_ne!(world(), 0);
}
