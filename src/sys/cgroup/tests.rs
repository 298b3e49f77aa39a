use super::*;

const MOUNTS: &[u8] = b"24 30 0:22 / /sys rw - sysfs sysfs rw
35 24 0:30 / /sys/fs/cgroup ro,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
";

#[test]
fn the_directory_of_a_group_is_below_the_mount() {
    let found = |membership: &[u8], mounts: &[u8]| {
        directory(membership, mounts).map(|path| path.display().to_string())
    };
    let user = b"0::/user.slice/user-1000.slice/user@1000.service/app.slice/shell.scope\n";
    let expected = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/shell.scope";
    assert_eq!(found(user, MOUNTS).as_deref(), Some(expected));
    assert_eq!(found(b"7:pids:/x\n0::/\n", MOUNTS).as_deref(), Some("/sys/fs/cgroup/"));
    // A container that sees a part of the tree only.
    let part = b"35 24 0:30 /docker/4f /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n";
    assert_eq!(found(b"0::/docker/4f/a\n", part).as_deref(), Some("/sys/fs/cgroup/a"));
    assert_eq!(found(b"0::/docker/5a\n", part), None);
    assert_eq!(found(b"0::/../outside\n", MOUNTS), None);
    // The first version only, or nothing mounted.
    assert_eq!(found(b"3:memory:/x\n", MOUNTS), None);
    assert_eq!(found(b"0::/\n", b""), None);
}

#[test]
fn the_memory_of_the_first_version_has_a_tree_of_its_own() {
    let mounts: &[u8] = b"36 24 0:31 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
37 24 0:32 /box /sys/fs/cgroup/memory rw shared:4 - cgroup cgroup rw,memory
38 24 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";
    let found =
        |membership: &[u8]| directory_of_memory(membership, mounts).map(|path| path.display().to_string());
    let both = b"5:cpu:/x\n4:memory:/box/a\n0::/\n";
    assert_eq!(found(both).as_deref(), Some("/sys/fs/cgroup/memory/a"));
    assert_eq!(found(b"4:hugetlb,memory:/box/a\n").as_deref(), Some("/sys/fs/cgroup/memory/a"));
    assert_eq!(found(b"4:memory:/outside\n"), None);
    assert_eq!(found(b"0::/\n"), None);
    assert_eq!(directory(both, mounts).as_deref(), Some(Path::new("/sys/fs/cgroup/unified/")));
}

#[test]
fn a_group_without_a_count_is_counted_by_one_above_it() {
    let counts = |membership: &[u8], mounts: &[u8]| -> Vec<String> {
        counts_of(membership, mounts).iter().map(|path| path.display().to_string()).collect()
    };
    let found = counts(b"0::/user.slice/shell.scope/forge-1\n", MOUNTS);
    let expected = ["user.slice/shell.scope/forge-1/", "user.slice/shell.scope/", "user.slice/", ""];
    let expected = expected.map(|below| format!("/sys/fs/cgroup/{below}memory.events"));
    assert_eq!(found[..expected.len()], expected);
    let first: &[u8] = b"37 24 0:32 / /memory rw - cgroup cgroup rw,memory\n";
    assert_eq!(counts(b"4:memory:/a/b\n", first), ["/memory/a/b/memory.oom_control"]);
}

#[test]
fn whoever_is_born_into_a_group_is_killed_with_it() {
    let Some(group) = Group::make(&name(&format!("test-{}", process::own_pid()))) else {
        return assert!(own_directory().is_none_or(|own| !own.join("cgroup.kill").exists()));
    };
    // SAFETY: the child makes system calls only.
    let child = match unsafe { fork_into(&group) }.expect("a group that was just made takes a process") {
        process::Fork::Child => loop {
            // SAFETY: pause(2) touches no memory.
            unsafe { libc::pause() };
        },
        process::Fork::Parent { child } => child,
    };
    let mut made = made();
    made.retain(|made| made.path == group.path);
    let made = made.pop().expect("it is found by its name");
    made.remove_if_empty();
    let members = made.members();
    group.remove();
    assert!(group.path.exists(), "a group with somebody in it stays");
    group.kill();
    let ended = nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(child), None);
    assert_eq!((&members, made.id()), (&[child].into(), &*format!("test-{}", process::own_pid())));
    assert!(matches!(
        ended,
        Ok(nix::sys::wait::WaitStatus::Signaled(_, nix::sys::signal::Signal::SIGKILL, _))
    ));
    group.remove();
    assert!(!group.path.exists(), "an empty group is removed");
}
