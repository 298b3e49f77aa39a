use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;

use super::{Newborn, bear};
use crate::sys::{bare, pipe, process};

/// Waits for its end.
fn outlive<T>(child: Newborn<T>) {
    process::wait_for(child.pid);
    // SAFETY: it has ended.
    unsafe { child.let_go() };
}

#[test]
fn children_lead_their_lives_side_by_side() {
    let (hears, says) = pipe::pipe().expect("a pipe");
    let children: Vec<_> = (1..=20)
        .map(|word: u8| {
            let needs = Box::new((says.as_raw_fd(), word, process::own_pid()));
            // SAFETY: the child makes bare system calls only, so that the other threads of the tests may go on.
            unsafe {
                bear(None, needs, |(to, word, parent)| {
                    let word = if bare::die_with(*parent) { *word } else { 0 };
                    let _ = bare::write(*to, &[word]);
                })
            }
            .expect("a process")
        })
        .collect();
    children.into_iter().for_each(outlive);
    drop(says);
    let mut words = Vec::new();
    File::from(hears).read_to_end(&mut words).expect("they have spoken");
    words.sort_unstable();
    assert_eq!(words, (1..=20).collect::<Vec<u8>>());
}

#[test]
fn the_error_of_a_child_is_not_taken_for_ours() {
    nix::errno::Errno::clear();
    let needs = Box::new(());
    // SAFETY: as above.
    let child = unsafe {
        bear(None, needs, |()| {
            let _ = bare::write(-1, b"nowhere");
        })
    };
    outlive(child.expect("a process"));
    assert_eq!(nix::errno::Errno::last_raw(), 0);
}
