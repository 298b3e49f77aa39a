//! Nothing of what forge itself was started with, or does for itself, is handed on: the odd cases.

use std::fs;

use crate::forge::Forge;

const FORGE: &str = env!("CARGO_BIN_EXE_forge");

/// The set of a signal mask in `/proc/PID/status`.
fn set(facts: &std::collections::BTreeMap<String, String>, key: &str) -> u64 {
    u64::from_str_radix(&facts[key], 16).expect("proc(5)")
}

/// Ignores and blocks every signal, those between 32 and 34 too, which the C library keeps for itself.
#[expect(unsafe_code, reason = "the C library refuses some of these signals")]
#[expect(clippy::unnecessary_wraps, reason = "what is done before an exec may fail")]
fn ignore_and_block_everything() -> std::io::Result<()> {
    // handler, flags, restorer, mask: what rt_sigaction(2) reads.
    let ignore = [libc::SIG_IGN, 0, 0, 0];
    for signal in 1..=64 {
        // SAFETY: the kernel reads one action; an ignored signal runs no code.
        unsafe {
            libc::syscall(libc::SYS_rt_sigaction, signal, ignore.as_ptr(), std::ptr::null::<usize>(), 8)
        };
    }
    let all = u64::MAX;
    // SAFETY: the kernel reads one mask of 8 bytes.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, &raw const all, std::ptr::null::<u64>(), 8)
    };
    Ok(())
}

#[test]
fn every_signal_is_as_after_a_login_real_time_ones_too() {
    let forge = Forge::new().procfile("web: puppet\n").after(ignore_and_block_everything).start("");
    let facts = forge.puppet("web.1").about();
    for key in ["SigIgn", "SigBlk", "SigCgt"] {
        assert_eq!(set(&facts, key), 0, "{key}: {}", facts[key]);
    }
}

/// Opens /dev/null under numbers that nobody expects.
#[expect(unsafe_code, reason = "dup2 to any number")]
fn open_strange_descriptors() -> std::io::Result<()> {
    for number in [5, 7, 200, 1000] {
        // SAFETY: dup2(2) only changes the table of descriptors of this new process.
        if unsafe { libc::dup2(2, number) } < 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}

#[test]
fn no_inherited_descriptor_is_handed_on_whatever_its_number() {
    for way in ["pipe", "line", "full"] {
        let forge = Forge::new().procfile("web: puppet\n").after(open_strange_descriptors);
        let forge = forge.start(&format!("--tty {way}"));
        let descriptors = forge.puppet("web.1").fact("descriptors");
        assert_eq!(descriptors.split(' ').count(), 3, "--tty {way}: {descriptors}");
        // Nor does the guard keep anything open that others may wait for.
        let guard = fs::read_dir(format!("/proc/{}/fd", forge.guard().pid)).expect("it runs");
        let numbers = guard.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        assert_eq!(numbers.filter(|number| [200, 1000].contains(number)).count(), 0);
    }
}

#[test]
fn limits_and_umask_are_those_forge_was_started_with() {
    let script = format!(
        "ulimit -S -n 300; ulimit -S -c unlimited 2>/dev/null || ulimit -S -c 8; ulimit -S -s 4096; umask 027; \
         cat /proc/self/limits >limits; exec {FORGE} start"
    );
    let forge = Forge::new().procfile("web: puppet\n");
    let forge = forge.launch_program("/bin/sh".as_ref(), &["-c", &script]);
    let web = forge.puppet("web.1");
    assert_eq!(web.fact("Umask"), "0027");
    let before = fs::read_to_string(forge.directory().join("limits")).expect("the shell wrote it");
    let limits = fs::read_to_string(format!("/proc/{}/limits", web.person.pid)).expect("it runs");
    assert_eq!(limits, before);
}
