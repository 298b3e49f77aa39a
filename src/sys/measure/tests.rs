use std::process::{Command, Stdio};

use super::usage;

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
