//! The machine runs out: who fails is named, with the cause and a way out; all others go on or are ended; nothing
//! spins, leaks or panics.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::sys::resource::Resource;
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;

use crate::ended::Ended;
use crate::forge::{Forge, is_root};

/// A user who runs nothing but one test, as the limit of processes is counted by user.
const LONELY: u32 = 61_234;

/// A Procfile with this many puppets.
fn crowd(size: usize) -> String {
    (1..=size).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "p{number}: puppet");
        text
    })
}

/// Checks that nothing broke but what had to.
#[track_caller]
fn in_order(ended: &Ended) -> &Ended {
    let said = format!("{}{}", ended.out(), ended.err());
    ended.shows("no panic", !said.contains("panicked") && !said.contains("RUST_BACKTRACE"))
}

/// Returns how many ticks of CPU time a process has used.
fn ticks(pid: i32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    // Fields 14 and 15 of proc(5); the first one here is the third.
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    [11, 12].iter().map(|field| fields[*field].parse::<u64>().expect("a number of ticks")).sum()
}

fn descriptors(pid: i32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("it lives").count()
}

#[test]
fn descriptors_run_out_with_500_processes() {
    for limit in [24, 64, 256] {
        let forge = Forge::new().by_nobody().procfile(crowd(500)).limited(Resource::RLIMIT_NOFILE, limit);
        let ended = forge.start("--no-port --tty pipe").ends();
        in_order(&ended).exits_with(125);
        ended.showed(
            "p500.1 | could not be started: forge may not open more files; raise the limit (`ulimit -Hn`)",
        );
        ended.showed("ended first: could not be started");
        // Each of the 500 was answered in one way or the other.
        let of = |text: &str| ended.lines().iter().filter(|line| line.contains(text)).count();
        let failed = of("| could not be started");
        assert_eq!(of("| started with pid") + failed, 500, "with {limit} descriptors");
        assert!(failed < 500, "with {limit} descriptors somebody runs");
    }
}

#[test]
fn whoever_got_descriptors_goes_on_and_nothing_spins() {
    let forge = Forge::new()
        .procfile(crowd(60))
        .limited(Resource::RLIMIT_NOFILE, 64)
        .start("--no-port --tty pipe --exit-on never");
    let first = forge.puppet("p1.1");
    forge.sees("p60.1 | could not be started: forge may not open more files");
    first.says("still here");
    forge.sees("p1.1 | still here");
    let guard = forge.guard().pid;
    let before = ticks(forge.pid) + ticks(guard);
    for _ in 0..200 {
        first.fact("descriptors");
    }
    assert!(ticks(forge.pid) + ticks(guard) - before < 5, "forge waits instead of trying again and again");
    // 0, 1, 2, the wire, both ends of the bell, two of its control group, and one that is being looked through.
    assert!(descriptors(guard) <= 9, "the guard keeps nothing of those that failed");
    forge.signal(Signal::SIGTERM).leaves_nobody_behind();
}

#[test]
fn too_few_descriptors_to_begin_with() {
    for limit in 4..12 {
        let forge = Forge::new().procfile(crowd(2)).limited(Resource::RLIMIT_NOFILE, limit);
        let ended = forge.start("--no-port").ends();
        in_order(&ended).exits_with(125);
        // The first ones are too few for forge itself, the last ones for a process.
        if ended.err().is_empty() {
            ended.showed(
                "p1.1 | could not be started: forge may not open more files; raise the limit (`ulimit -Hn`)",
            );
        } else {
            ended.complained(&["error: could not", "hint: raise the limit (`ulimit -Hn`)"]);
        }
        assert!(limit > 6 || !ended.err().is_empty(), "{limit} descriptors cannot be enough");
    }
}

#[test]
fn processes_run_out() {
    let forge = Forge::new().by_user(LONELY).procfile(crowd(3)).limited(Resource::RLIMIT_NPROC, 1);
    let ended = forge.start("--no-port").ends();
    in_order(&ended).exits_with(125);
    ended.complained(&[
        "error: could not start the guard process: no more processes are allowed",
        "hint: raise",
    ]);
    if is_root() {
        // forge, its writing thread, its guard and one process.
        let forge = Forge::new().by_user(LONELY).procfile(crowd(3)).limited(Resource::RLIMIT_NPROC, 4);
        let ended = forge.start("--no-port --tty pipe").ends();
        in_order(&ended).exits_with(125);
        ended.showed("p1.1 | started with pid").showed("p1.1 | terminated by SIGTERM");
        ended.showed(
            "p3.1 | could not be started: no more processes are allowed; raise the limit (`ulimit -u`",
        );
    }
}

#[test]
fn memory_runs_out() {
    // From too little to load the program to enough for everything.
    for megabytes in [3, 4, 5, 6, 7, 8, 10, 12] {
        let forge = Forge::new()
            .procfile("web: true\n")
            .variable("LC_ALL", "C")
            .limited(Resource::RLIMIT_AS, megabytes << 20);
        let ended = forge.start("--no-port").ends();
        // Too little to load the program is the loader's affair, and ends by a signal or a code of its own.
        let succeeded = matches!(ended.end, WaitStatus::Exited(_, 0));
        // So is the end of forge where its first allocations fail: there is nothing left to do it with.
        let panicked = format!("{}{}", ended.out(), ended.err()).contains("panicked");
        ended.shows("no panic", !panicked);
        ended.shows("no false success", !succeeded || ended.out().contains("exited with code 0"));
        forge_is_gone(&ended);
    }
}

fn forge_is_gone(ended: &Ended) {
    ended.watch.look_for("nobody is left behind", || ended.watch.alive().is_empty().then_some(()));
}

#[test]
fn an_environment_too_large_for_exec() {
    let many = (0..40).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "V{number}={}", "x".repeat(100_000));
        text
    });
    let ended = Forge::new().procfile("web: puppet\n").file(".env", many).start("").ends();
    in_order(&ended)
        .exits_with(126)
        .showed("larger than the kernel allows: 4.0 MB in all, 100 kB of it in `V");
    let ended = Forge::new().procfile("web: puppet\n").file(".env", format!("MAP={}", "x".repeat(200_000)));
    let ended = ended.start("").ends();
    in_order(&ended).exits_with(126).showed("200 kB of it in `MAP`; put large values into files");
}

#[test]
fn a_directory_that_is_gone() {
    let forge = Forge::new().procfile("web: puppet\n");
    let gone = forge.directory().join("gone");
    fs::create_dir(&gone).expect("directories can be made");
    let line = format!("cd {0} && rmdir {0} && exec forge-under-test start", gone.display());
    let line = line.replace("forge-under-test", env!("CARGO_BIN_EXE_forge"));
    let ended = forge.launch_program(Path::new("/bin/sh"), &["-c", &line]).ends();
    in_order(&ended)
        .exits_with(1)
        .complained(&["the current directory is gone", "hint: change to a directory"]);
    let forge = Forge::new().script("mkdir gone; cd gone; rmdir ../gone; exec $FORGE run true");
    in_order(&forge.ends()).fails().complained(&["the current directory is gone"]);
}

#[test]
fn a_directory_that_may_not_be_entered() {
    let forge = Forge::new().by_nobody().procfile("web: puppet\n");
    let closed = forge.directory().join("closed");
    fs::create_dir(&closed).expect("directories can be made");
    fs::set_permissions(&closed, PermissionsExt::from_mode(0o600)).expect("it is ours");
    let ended = forge.start("-f Procfile -d closed -e /dev/null").ends();
    in_order(&ended).exits_with(125);
    ended.showed("closed` cannot be entered: permission denied; `-d` chooses another one");
    ended.never_showed("not executable").never_showed("unknown command");
}

#[test]
fn a_full_disk_for_stdout() {
    for command in ["start", "env", "check", "start --dry-run", "version", "completions bash", "man"] {
        let forge = Forge::new().procfile("web: puppet\n");
        let line = format!("exec {} {command} > /dev/full", env!("CARGO_BIN_EXE_forge"));
        let ended = forge.launch_program(Path::new("/bin/sh"), &["-c", &line]).ends();
        in_order(&ended).exits_with(125);
        ended.complained(&["could not write to the standard output: no space is left", "hint: make room"]);
        forge_is_gone(&ended);
    }
}

#[test]
fn no_home_and_no_directory_for_temporary_files() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .variable("HOME", "")
        .variable("TMPDIR", "/nowhere")
        .variable("XDG_RUNTIME_DIR", "/nowhere")
        .start("");
    forge.puppet("web.1").says("hello");
    forge.sees("web.1 | hello").signal(Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
}

/// Runs `forge start` in a world of its own after these commands of a shell, as root there; `None` where an ordinary
/// user may not make one.
fn in_a_world_where(forge: Forge, changes: &str, words: &str) -> Option<crate::running::Running> {
    let unshare = Path::new("/usr/bin/unshare");
    let apart = if is_root() { "-m" } else { "-rm" };
    let allowed = std::process::Command::new(unshare).args([apart, "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        assert!(!is_root(), "root may always have a world of its own");
        return None;
    }
    let line = format!("{changes} && exec {} start {words}", env!("CARGO_BIN_EXE_forge"));
    Some(forge.launch_program(unshare, &[apart, "/bin/sh", "-c", &line]))
}

#[test]
fn no_pseudo_terminals() {
    for way in ["full", "line"] {
        let forge = Forge::new().procfile("web: puppet\nworker: puppet\n");
        let words = format!("--tty {way}");
        let Some(forge) = in_a_world_where(forge, "mount -t tmpfs none /dev/pts", &words) else { continue };
        forge.sees("system | no pseudo-terminal can be had").puppet("web.1").says("hello");
        forge.puppet("worker.1");
        forge.sees("web.1 | hello").signal(Signal::SIGTERM);
        let ended = forge.ends();
        in_order(&ended).exits_with(0);
        let remarks = ended.lines().iter().filter(|line| line.contains("no pseudo-terminal")).count();
        assert_eq!(remarks, 1, "one remark for all processes");
    }
}

#[test]
fn pseudo_terminals_run_out() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n");
    let changes = "mount -t devpts -o newinstance,ptmxmode=0666,max=1 none /dev/pts && \
                   mount --bind /dev/pts/ptmx /dev/ptmx";
    let Some(forge) = in_a_world_where(forge, changes, "--tty full") else { return };
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    forge.sees("system | no pseudo-terminal can be had (all are in use; raise `kernel.pty.max`)");
    assert_eq!((web.fact("tty1").as_str(), worker.fact("tty1").as_str()), ("true", "false"));
    worker.says("hello");
    forge.sees("worker.1 | hello").signal(Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
}

#[test]
fn no_proc_and_somebody_in_a_session_of_his_own() {
    // The end of forge; what it needs and what the guard does alone.
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        // Not a puppet, which needs /proc itself.
        let stubborn = "trap '' TERM HUP; echo ready; sleep 300; sleep 300";
        let forge = Forge::new().procfile(format!("web: (setsid sh -c \"{stubborn}\" &); sleep 300\n"));
        let Some(forge) = in_a_world_where(forge, "mount -t tmpfs none /proc", "-t 1") else { continue };
        forge.sees("web.1 | ready").signal(signal).leaves_nobody_behind();
    }
}

#[test]
fn a_proc_that_hides_the_processes_of_others() {
    let forge = Forge::new().procfile("web: puppet\n");
    let changes = "mount -t proc -o hidepid=2 proc /proc";
    // Only root of the machine may mount it without a namespace of processes.
    if !is_root() {
        return assert_ne!(nix::unistd::geteuid().as_raw(), 0);
    }
    let Some(forge) = in_a_world_where(forge, changes, "-t 1") else { return };
    forge.puppet("web.1").starts("hidden", "double").ignores(Signal::SIGTERM);
    forge.signal(Signal::SIGKILL).leaves_nobody_behind();
}
