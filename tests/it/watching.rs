//! Files that start a process again when they change.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal::SIGINT;

use crate::forge::Forge;
use crate::running::Running;

/// A `web` that watches `lib`, and an `other` that watches nothing. The watch begins beside the start; so the file is
/// written until it is noticed, and left alone in between: who is written to all the time is never quiet.
fn watched(forge: &Running, file: &str) {
    let path = forge.directory().join(file);
    let mut count = 0;
    let mut written: Option<Instant> = None;
    forge.finds("the change is noticed", || {
        if written.is_none_or(|at| at.elapsed() > Duration::from_secs(1)) {
            count += 1;
            fs::write(&path, count.to_string()).expect("its directory is there");
            written = Some(Instant::now());
        }
        let noticed = |line: &String| line.contains("web.1") && line.contains(file);
        forge.lines_so_far().iter().any(noticed).then_some(())
    });
}

#[test]
fn only_who_watches_is_started_again() {
    let forge = Forge::new()
        .procfile("web: puppet\nother: puppet\n")
        .file("lib/deep/a.rb", "")
        .file(".gitignore", "*.log\n")
        .file("forge.toml", "[process.web]\nwatch = { paths = ['lib/**'], debounce = '50ms' }\n")
        .start("--watch");
    let (first, other) = (forge.puppet("web.1"), forge.puppet("other.1"));
    fs::write(forge.directory().join("lib/noise.log"), "x").expect("lib is there");
    watched(&forge, "lib/deep/a.rb");
    first.is_gone();
    let second = forge.puppet("web.1");
    assert!(second.is_alive() && other.is_alive());
    assert!(!forge.lines_so_far().iter().any(|line| line.contains("noise.log")));
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
}

#[test]
fn nobody_is_woken_where_nobody_watches() {
    let forge = Forge::new().procfile("web: puppet\n").start("");
    forge.puppet("web.1");
    let threads = forge.status().get("Threads").cloned();
    assert_eq!(threads.as_deref(), Some("2"), "the loop and the writer");
    forge.signal(SIGINT).exits_with(0);
}

/// A stack that watches below a kernel which gives this much of something; nothing where nobody may make such a place.
fn short_of(what: &str, limit: u32) -> Option<Running> {
    let setting = format!("/proc/sys/user/{what}");
    // Limits of a user namespace hold for those in it alone.
    let inside = format!("echo {limit} >{setting} && test \"$(cat {setting})\" = {limit}");
    let allowed =
        Command::new("unshare").args(["-U", "-r", "sh", "-c", &inside]).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        return None;
    }
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file("lib/deep/deeper/a.rb", "")
        .file("forge.toml", "[process.web]\nwatch = { paths = ['lib/**'], debounce = '50ms' }\n")
        .script(&format!(
            "exec unshare -U -r sh -c 'echo {limit} >{setting}; exec \"$FORGE\" start --watch'"
        ));
    Some(forge)
}

#[test]
fn where_the_kernel_watches_too_few_directories_files_are_looked_at() {
    let Some(forge) = short_of("max_inotify_watches", 2) else { return };
    let first = forge.puppet("web.1");
    forge.sees("the kernel watches no more than the 2 directories it has been given");
    watched(&forge, "lib/deep/deeper/a.rb");
    first.is_gone();
    forge.puppet("web.1");
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
}

#[test]
fn where_too_many_programs_watch_files_are_looked_at() {
    let Some(forge) = short_of("max_inotify_instances", 0) else { return };
    let first = forge.puppet("web.1");
    forge.sees("too many programs of this user watch files").sees("fs.inotify.max_user_instances");
    watched(&forge, "lib/deep/deeper/a.rb");
    first.is_gone();
    forge.puppet("web.1");
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
}

/// Waits until the kernel tells forge of changes in a directory. `proc_pid_fdinfo(5)`.
fn begins_to_watch(forge: &Running, directory: &str) {
    let inode = fs::metadata(forge.directory().join(directory)).expect("it is there").ino();
    let watched = format!(" ino:{inode:x} ");
    forge.finds("the watch", || {
        let descriptors = fs::read_dir(format!("/proc/{}/fdinfo", forge.pid)).ok()?;
        let mut tables = descriptors.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
        tables.any(|table| table.contains(&watched)).then_some(())
    });
}

#[test]
fn many_changes_in_a_short_time_are_one() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file("lib/a.rb", "")
        .file("forge.toml", "[process.web]\nwatch = { paths = ['lib/**'], debounce = '3s' }\n")
        .start("--watch");
    let web = forge.puppet("web.1");
    begins_to_watch(&forge, "lib");
    for file in ["lib/b.rb", "lib/c.rb", "lib/d.rb"] {
        fs::write(forge.directory().join(file), "").expect("lib is there");
        web.says(file);
        forge.sees(&format!("web.1 | {file}"));
    }
    forge.sees("changed, restarting").puppet("web.1").says("once");
    forge.sees("web.1 | once").signal(SIGINT);
    let ended = forge.ends();
    let restarts = ended.lines_of("web.1").iter().filter(|line| line.contains("changed, restarting")).count();
    assert_eq!(restarts, 1, "{}", ended.out());
    forge.leaves_nobody_behind();
}
