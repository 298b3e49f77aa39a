use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::Kin;

/// A shell that has started somebody, and who that is.
fn family(script: &str) -> (Child, i32) {
    let mut leader = Command::new("/bin/sh")
        .args(["-c", script])
        .env("FORGE_KIN_TEST", "ours")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut line = String::new();
    BufReader::new(leader.stdout.take().expect("it was asked for")).read_line(&mut line).expect("a line");
    (leader, line.trim().parse().expect("a process id"))
}

fn kin_of(leader: &Child) -> Kin {
    Kin {
        leader: leader.id().cast_signed(),
        keeper: std::process::id().cast_signed(),
        mark: ("FORGE_KIN_TEST", "ours".to_owned()),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn children_and_their_children_belong_to_it() {
    let (mut leader, grandchild) = family("sh -c 'echo $$; read wait; :'; :");
    let kin = kin_of(&leader);
    assert_eq!(kin.household(), [kin.leader, grandchild]);
    assert_eq!(kin.has(grandchild), Some(true));
    assert_eq!(kin.has(kin.leader), Some(true));
    assert_eq!(kin.has(1), Some(false));
    assert_eq!(kin.has(std::process::id().cast_signed()), Some(false));
    assert_eq!(kin.has(i32::MAX), None);
    // Another run of the same keeper is a neighbour.
    let (mut other, stranger) = family("echo $$; read wait; :");
    assert_eq!(kin.has(stranger), Some(true), "it has the mark, and the keeper is its parent");
    let elsewhere = Kin { mark: ("FORGE_KIN_TEST", "another".to_owned()), ..kin.clone() };
    assert_eq!(elsewhere.has(stranger), Some(false));
    assert!(elsewhere.neighbourhood().contains(&stranger));
    assert!(elsewhere.orphans().is_empty());
    assert!(kin.everybody().contains(&stranger));
    for child in [&mut leader, &mut other] {
        drop(child.stdin.take());
        child.wait().expect("it ends with its input");
    }
    assert_eq!(kin.has(grandchild), None);
}
