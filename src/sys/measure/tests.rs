use std::process::{Command, Stdio};

use super::{Budget, share, usage};

#[test]
#[cfg(target_os = "linux")]
fn memory_and_processor_time_of_this_program_are_known() {
    let own = std::process::id().cast_signed();
    let ballast = std::hint::black_box(vec![1_u8; 32 * 1024 * 1024]);
    let rough = usage(&[own], u64::MAX);
    assert_eq!(rough.processes, 1);
    assert!(rough.memory_bytes >= ballast.len() as u64, "{rough:?}");
    let exact = usage(&[own], 0);
    assert!(exact.memory_bytes >= ballast.len() as u64, "{exact:?}");
    // What programs share counts in part only.
    assert!(exact.memory_bytes <= usage(&[own], u64::MAX).memory_bytes, "{exact:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn what_children_used_before_they_ended_counts() {
    // The shell lives until its input ends, and its child has worked for a while by then.
    let script = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; echo; read wait";
    let mut shell = Command::new("/bin/sh")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut byte = [0];
    std::io::Read::read_exact(shell.stdout.as_mut().expect("it was asked for"), &mut byte).expect("a line");
    let used = usage(&[shell.id().cast_signed()], u64::MAX);
    drop(shell.stdin.take());
    shell.wait().expect("it ends with its input");
    assert!(used.cpu.as_millis() >= 20, "{used:?}");
    assert_eq!(usage(&[shell.id().cast_signed()], 0).processes, 0);
}

#[test]
fn of_a_very_large_tree_the_largest_are_asked_and_the_others_share_as_they_do() {
    let asked = std::cell::RefCell::new(Vec::new());
    // A quarter of what each has is its own.
    let exact = |pid: i32| {
        asked.borrow_mut().push(pid);
        Some(u64::from(pid.cast_unsigned()) * 25)
    };
    let tree = || (1..=100).map(|pid: i32| (u64::from(pid.cast_unsigned()) * 100, pid)).collect();
    let everybody = 5050 * 25;
    assert_eq!(share(tree(), Budget { processes: 100, bytes: u64::MAX }, exact), everybody);
    assert_eq!(asked.take().len(), 100);
    assert_eq!(share(tree(), Budget { processes: 3, bytes: u64::MAX }, exact), everybody);
    assert_eq!(asked.take(), [100, 99, 98]);
    assert_eq!(share(tree(), Budget { processes: 100, bytes: 20_000 }, exact), everybody);
    assert_eq!(asked.take(), [100, 99, 1], "what fits is asked");
    // One that is larger than the budget is asked nevertheless; nobody at all is no error.
    assert_eq!(share(vec![(1000, 4)], Budget { processes: 0, bytes: 0 }, exact), 100);
    assert_eq!(share(vec![], Budget { processes: 3, bytes: 3 }, exact), 0);
    assert_eq!(share(vec![(1000, 4), (500, 3)], Budget { processes: 1, bytes: 9999 }, |_| None), 0);
}
