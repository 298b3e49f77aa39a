use std::fs::File;
use std::io::Read;

use super::Cradle;
use crate::sys::{cgroup, pipe, process};

/// What a child has to say fits into one word.
fn say(to: &std::os::fd::OwnedFd, word: u8) {
    let _ = nix::unistd::write(to, &[word]);
}

#[test]
fn a_child_lives_its_life_and_ends() {
    let (hears, says) = pipe::pipe().expect("a pipe");
    let mut cradle = Cradle::default();
    // Twice in the same place.
    for word in [7, 9] {
        let parent = process::own_pid();
        let mut life = || say(&says, if process::parent_pid() == parent { word } else { 0 });
        // SAFETY: the child does nothing but system calls; the other threads of the tests go on, and it takes nothing of theirs.
        let child = unsafe { cradle.bear(None, &mut life) }.expect("a process");
        process::wait_for(child);
        let mut heard = [0];
        File::from(hears.try_clone().expect("a descriptor")).read_exact(&mut heard).expect("it has spoken");
        assert_eq!(heard, [word]);
    }
}

#[test]
fn memory_is_lent_where_the_kernel_can() {
    // Elsewhere there is nothing to be seen.
    if !cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))) {
        return;
    }
    let mut seen = 0;
    let mut life = || seen = 1;
    let mut lent = super::lending::Stack::default();
    let mut life: super::Life<'_> = &mut life;
    // SAFETY: as above.
    match unsafe { lent.bear(None, &mut life) } {
        Ok(child) => {
            process::wait_for(child);
            assert_eq!(seen, 1, "the child has written into this memory");
        }
        // A sandbox that does not know clone3.
        Err(error) => assert!(
            matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)),
            "{error}"
        ),
    }
}

#[test]
fn a_child_is_born_into_its_group() {
    let name = cgroup::name(&format!("birth-{}", process::own_pid()));
    // Only where this process may make one.
    let Some(group) = cgroup::Group::make(&name) else { return };
    let mut life = || {
        let own = std::fs::read("/proc/self/cgroup").unwrap_or_default();
        let is_there = memchr::memmem::find(&own, name.as_bytes()).is_some();
        process::leave(i32::from(!is_there))
    };
    // SAFETY: as above, but for a file that is read: the memory for it is given back.
    let child = unsafe { Cradle::default().bear(Some(&group), &mut life) }.expect("a process");
    let status = nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(child), None);
    group.remove();
    assert_eq!(status, Ok(nix::sys::wait::WaitStatus::Exited(nix::unistd::Pid::from_raw(child), 0)));
}
