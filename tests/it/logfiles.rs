//! Log files: `forge start --log-dir`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::sys::resource::Resource;
use nix::sys::signal::Signal;

use crate::forge::{Forge, is_root};
use crate::running::Running;

/// Returns what stands in a file, however many parts it has by now, the oldest first.
fn all_parts(logs: &Path, name: &str) -> String {
    let part = |age: u32| {
        fs::read_to_string(logs.join(if age == 0 { name.to_owned() } else { format!("{name}.{age}") }))
    };
    (0..1000).map_while(|age| part(age).ok()).collect::<Vec<_>>().into_iter().rev().collect()
}

/// Returns a line of a puppet's flood.
fn flooded(number: usize) -> String {
    format!("line {number:07} {:x<40}", "")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

fn waits_for_text(forge: &Running, file: &str, text: &str) {
    let path = forge.directory().join("logs").join(file);
    forge.finds(&format!("{text:?} in {file}"), || {
        fs::read_to_string(&path).ok()?.contains(text).then_some(())
    });
}

#[test]
fn each_process_has_a_file_of_its_own_lines() {
    let forge =
        Forge::new().procfile("web: puppet\nworker: puppet\n").start("--log-dir a/logs -m web=2,worker=1");
    let [one, two, worker] = ["web.1", "web.2", "worker.1"].map(|name| forge.puppet(name));
    one.says("\x1b[31mred\x1b[0m").prints("bytes \u{fc} \t\r\n");
    two.says("other");
    worker.prints("no line end");
    forge.sees("web.2 | other").signal(Signal::SIGTERM);
    forge.exits_with(0);
    let logs = forge.directory().join("a/logs");
    let text = |name: &str| fs::read_to_string(logs.join(name)).expect("it is there");
    assert_eq!(text("web.1.log"), "red\nbytes \u{fc} \t\n");
    assert_eq!(text("web.2.log"), "other\n");
    assert_eq!(text("worker.1.log"), "no line end\n");
    assert!(text("system.log").contains(" web.2 | started with pid "), "{}", text("system.log"));
    assert!(text("system.log").contains(" system | SIGTERM received, starting shutdown\n"));
    assert_eq!(
        [&logs, &logs.join("web.1.log"), &logs.join("index")].map(|path| mode(path)),
        [0o700, 0o600, 0o700]
    );
}

#[test]
fn raw_files_keep_escape_sequences() {
    let forge = Forge::new().procfile("web: puppet\n").start("--log-dir logs --log-raw");
    let web = forge.puppet("web.1");
    web.says("\x1b[31mred\x1b[0m\x1b[2J");
    forge.signal(Signal::SIGTERM).exits_with(0);
    let text = fs::read_to_string(forge.directory().join("logs/web.1.log")).expect("it is there");
    assert_eq!(text, "\x1b[31mred\x1b[0m\x1b[2J\n");
}

#[test]
fn what_was_read_is_in_the_file_when_forge_is_killed() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("--log-dir logs --tty pipe");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    web.says("a whole line").prints("a part of a line");
    worker.floods(5_000).has_flooded();
    // What was read is shown at the same time as it is written; the unfinished line a moment later.
    forge.sees(&format!("worker.1 | {}", flooded(5_000))).sees("web.1 | a part of a line");
    waits_for_text(&forge, "web.1.log", "a whole line\na part of a line");
    waits_for_text(&forge, "worker.1.log", &flooded(5_000));
    forge.signal(Signal::SIGKILL);
    forge.dies_by(Signal::SIGKILL).leaves_nobody_behind();
    let expected: String = (1..=5_000).map(|number| flooded(number) + "\n").collect();
    assert!(all_parts(&forge.directory().join("logs"), "worker.1.log") == expected, "lines are lost");
}

#[test]
fn rotation_in_a_flood_loses_and_splits_no_line() {
    const LINES: usize = 60_000;
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .start("--log-dir logs --log-rotate 100K --log-keep 500 --tty pipe");
    let web = forge.puppet("web.1");
    web.floods(u32::try_from(LINES).expect("few")).has_flooded().exits(0);
    forge.exits_with(0);
    let logs = forge.directory().join("logs");
    let mut parts = 0;
    for entry in fs::read_dir(&logs).expect("it is there").map(|entry| entry.expect("an entry")) {
        let name = entry.file_name().into_string().expect("our names");
        if name.starts_with("web.1.log") {
            let text = fs::read_to_string(entry.path()).expect("text");
            assert!(text.len() <= 100 * 1024 && text.ends_with('\n') && text.starts_with("line "), "{name}");
            parts += 1;
        }
    }
    assert!(parts > 20, "{parts}");
    let expected: String = (1..=LINES).map(|number| flooded(number) + "\n").collect();
    assert!(all_parts(&logs, "web.1.log") == expected, "lines are lost");
}

#[test]
fn as_many_parts_are_kept_as_was_said() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .start("--log-dir logs --log-rotate 4K --log-keep 2 --tty pipe");
    let web = forge.puppet("web.1");
    web.floods(2_000).has_flooded().exits(0);
    forge.exits_with(0);
    let logs = forge.directory().join("logs");
    assert!(logs.join("web.1.log.2").exists() && !logs.join("web.1.log.3").exists());
    assert!(all_parts(&logs, "web.1.log").ends_with(&(flooded(2_000) + "\n")));
}

#[test]
fn a_line_of_many_megabytes_is_one_line() {
    const BYTES: usize = 20_000_000;
    let procfile = format!("web: puppet; head -c {BYTES} /dev/zero | tr '\\0' x; echo; echo end\n");
    let forge = Forge::new().procfile(procfile).start("--log-dir logs --log-rotate 1M --tty pipe");
    forge.puppet("web.1").exits(0);
    forge.ends().exits_with(0);
    let logs = forge.directory().join("logs");
    let long = fs::read(logs.join("web.1.log.1")).expect("the end stands in the next one");
    assert!(long.len() == BYTES + 1 && long.ends_with(b"x\n"), "{}", long.len());
    assert_eq!(fs::read_to_string(logs.join("web.1.log")).expect("text"), "end\n");
}

#[test]
fn a_limit_on_the_size_of_files_makes_more_parts() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .limited(Resource::RLIMIT_FSIZE, 200_000)
        .start("--log-dir logs --log-keep 100 --tty pipe");
    let web = forge.puppet("web.1");
    web.floods(20_000).has_flooded().exits(0);
    forge.exits_with(0);
    let expected: String = (1..=20_000).map(|number| flooded(number) + "\n").collect();
    assert!(all_parts(&forge.directory().join("logs"), "web.1.log") == expected, "lines are lost");
}

#[test]
fn a_line_that_no_file_can_hold_is_missing_and_the_file_says_so() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .limited(Resource::RLIMIT_FSIZE, 30_000)
        .start("--log-dir logs --tty pipe");
    let web = forge.puppet("web.1");
    web.says(&"x".repeat(40_000));
    forge.sees("could not write to `logs/web.1.log`: file too large");
    web.says("short");
    forge.sees("web.1 | short");
    web.exits(0);
    forge.exits_with(0);
    let text = fs::read_to_string(forge.directory().join("logs/web.1.log")).expect("text");
    assert!(
        text.starts_with("[forge: ") && text.contains("missing here") && text.contains("file too large"),
        "{text}"
    );
}

/// A file system of a few kilobytes, gone with this value.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// Mounts it, where that is allowed.
    fn at(path: &'a Path) -> Option<SmallDisk<'a>> {
        fs::create_dir_all(path).expect("directories can be made");
        let size = Some("size=64k,mode=755");
        nix::mount::mount(Some("none"), path, Some("tmpfs"), nix::mount::MsFlags::empty(), size).ok()?;
        Some(SmallDisk(path))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = nix::mount::umount2(self.0, nix::mount::MntFlags::MNT_DETACH);
    }
}

#[test]
fn a_full_disk_is_told_once_survived_and_written_down() {
    let forge = Forge::new().procfile("web: puppet\nother: puppet\n");
    let disk = forge.directory().join("disk");
    if !is_root() {
        return;
    }
    // A container may have no right to mount anything.
    let Some(_disk) = SmallDisk::at(&disk) else { return };
    let ballast = disk.join("ballast");
    let forge = forge.start("--log-dir disk/logs --tty pipe");
    let (web, other) = (forge.puppet("web.1"), forge.puppet("other.1"));
    web.says("before");
    let logs = disk.join("logs");
    forge.finds("the first line", || {
        fs::read_to_string(logs.join("web.1.log")).ok()?.contains("before").then_some(())
    });
    assert!(fs::write(&ballast, vec![0; 100_000]).is_err(), "the disk is small");
    let mut told = String::new();
    for round in 0..3 {
        let line = format!("while it is full {round} {}", "x".repeat(9000));
        web.says(&line);
        other.says(&line);
        forge
            .sees(&format!("web.1 | while it is full {round}"))
            .sees(&format!("other.1 | while it is full {round}"));
        let _ = write!(told, "{round}");
    }
    forge
        .sees("system | could not write to `disk/logs/")
        .sees("no space left on device; lines will be missing there");
    fs::remove_file(&ballast).expect("it is there");
    // It is tried again after a second at the earliest.
    let text = forge.finds("that lines are missing", || {
        web.says("again");
        let text = fs::read_to_string(logs.join("web.1.log")).ok()?;
        (text.contains("missing here") && text.ends_with("again\n")).then_some(text)
    });
    assert!(text.starts_with("before\n[forge: "), "{text}");
    forge.signal(Signal::SIGTERM);
    let ended = forge.ends();
    ended.exits_with(0);
    let remarks = ended.lines().iter().filter(|line| line.contains("could not write to")).count();
    assert_eq!(remarks, 1, "{}", ended.out());
}

#[test]
fn a_directory_belongs_to_one_forge() {
    let first = Forge::new().procfile("web: puppet\n").start("--log-dir logs");
    let web = first.puppet("web.1");
    let logs = first.directory().join("logs").display().to_string();
    let second = Forge::new().procfile("web: puppet\n").start(&format!("--log-dir {logs}"));
    second
        .ends()
        .exits_with(1)
        .complained(&[&format!("another forge (pid {}) writes its logs to", first.pid), "--log-dir"]);
    web.says("undisturbed");
    first.sees("web.1 | undisturbed").signal(Signal::SIGTERM).exits_with(0);
    let third = Forge::new().procfile("web: puppet\n").start(&format!("--log-dir {logs}"));
    third
        .ends()
        .exits_with(1)
        .complained(&["holds the logs of another project", &first.directory().display().to_string()]);
    assert_eq!(fs::read_to_string(first.directory().join("logs/web.1.log")).expect("text"), "undisturbed\n");
}

#[test]
fn a_directory_that_cannot_be_used_is_an_error_before_anything_starts() {
    let forge = Forge::new().procfile("web: puppet\n").file("logs", "a file");
    forge
        .start("--log-dir logs")
        .ends()
        .exits_with(1)
        .complained(&["could not use `logs` for log files", "hint:"]);
    let forge = Forge::new().procfile("web: puppet\n").by_nobody();
    forge.start("--log-dir /proc/logs").ends().exits_with(1).complained(&["could not use `/proc/logs`"]);
    let forge = Forge::new().procfile("web: true\n");
    forge
        .start("--log-keep 3")
        .ends()
        .exits_with(0)
        .complained(&["`--log-keep` changes nothing", "--log-dir"]);
    let forge = Forge::new().procfile("web: puppet\n");
    forge
        .start("--log-dir x --log-rotate much")
        .ends()
        .exits_with(2)
        .complained(&["expected a size such as"]);
}

#[test]
fn nothing_is_written_through_a_link() {
    let forge = Forge::new().procfile("web: puppet\n").file("target", "kept").file("logs/x", "");
    symlink("../target", forge.directory().join("logs/web.1.log")).expect("links can be made");
    let forge = forge.start("--log-dir logs");
    let web = forge.puppet("web.1");
    web.says("shown");
    forge.sees("web.1 | shown").sees("could not write to `logs/web.1.log`: it is a symbolic link");
    forge.signal(Signal::SIGTERM).exits_with(0);
    assert_eq!(fs::read_to_string(forge.directory().join("target")).expect("text"), "kept");
}

#[test]
fn many_processes_need_few_descriptors_and_one_thread() {
    const SIZE: usize = 60;
    let procfile = (1..=SIZE).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "p{number}: puppet");
        text
    });
    let descriptors = |forge: &Running| {
        let there = fs::read_dir(format!("/proc/{}/fd", forge.pid)).expect("it runs");
        there
            .filter(|entry| {
                let target = entry.as_ref().ok().and_then(|entry| fs::read_link(entry.path()).ok());
                target.is_some_and(|target| target.starts_with(forge.directory().join("logs")))
            })
            .count()
    };
    let forge = Forge::new().procfile(&procfile).start("--log-dir logs --tty pipe");
    let puppets: BTreeMap<usize, _> =
        (1..=SIZE).map(|number| (number, forge.puppet(&format!("p{number}.1")))).collect();
    for (number, puppet) in &puppets {
        puppet.says(&format!("I am {number}"));
        waits_for_text(&forge, &format!("p{number}.1.log"), &format!("I am {number}\n"));
    }
    assert!(descriptors(&forge) <= 2 * 24 + 4, "{}", descriptors(&forge));
    // The one of the engine, and one for each way out.
    assert_eq!(forge.status()["Threads"], "3");
    forge.signal(Signal::SIGTERM).exits_with(0);
}
