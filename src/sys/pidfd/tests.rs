#![cfg(target_os = "linux")]

use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Handle, wait_for_one};

#[test]
fn a_process_is_held_to_its_end_and_beyond() {
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("there is cat");
    let handle = Handle::open(child.id().cast_signed()).expect("it lives");
    assert!(!handle.has_ended());
    handle.signal(libc::SIGTERM).expect("it lives");
    wait_for_one([&handle], Duration::from_secs(60));
    assert!(handle.has_ended());
    assert_eq!(child.wait().expect("it is our child").signal(), Some(libc::SIGTERM));
    // Its id is free now; the handle means nobody else.
    assert!(handle.has_ended());
    assert_eq!(handle.signal(libc::SIGTERM).map_err(|error| error.raw_os_error()), Err(Some(libc::ESRCH)));
}

#[test]
fn nobody_cannot_be_held() {
    assert_ne!(Handle::open(i32::MAX).expect_err("there is nobody").kind(), ErrorKind::Unsupported);
}
