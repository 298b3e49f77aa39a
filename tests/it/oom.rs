//! The kernel's way out when memory runs out, with a real control group whose memory is used up.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;

use crate::forge::Forge;
use crate::why::why;

const LIMIT_BYTES: u64 = 64 << 20;

/// A group with little memory, which is gone with this.
struct Narrow {
    path: PathBuf,
}

impl Narrow {
    /// Makes one below the group of this process, of version 2 or 1; `None` where that may not be done.
    fn make(name: &str) -> Option<Narrow> {
        let membership = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        membership.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, own) = (parts.next()?, parts.next()?);
            let mount = mounts.lines().find_map(|mount| {
                let fields: Vec<&str> = mount.split(' ').collect();
                let (point, kind, options) = (*fields.get(1)?, *fields.get(2)?, *fields.get(3)?);
                let is_right = match controllers {
                    "" => kind == "cgroup2",
                    _ => kind == "cgroup" && options.split(',').any(|option| option == "memory"),
                };
                is_right.then(|| PathBuf::from(point))
            })?;
            let has_memory = controllers.is_empty() || controllers.split(',').any(|name| name == "memory");
            if has_memory { Narrow::below(&mount.join(own.trim_start_matches('/')), name) } else { None }
        })
    }

    fn below(parent: &Path, name: &str) -> Option<Narrow> {
        let path = parent.join(format!("forge-test-{name}-{}", std::process::id()));
        fs::create_dir(&path).ok()?;
        let made = Narrow { path };
        let set = |file: &str, value: &str| fs::write(made.path.join(file), value).is_ok();
        let limit = LIMIT_BYTES.to_string();
        // The second version has the file only where the group above hands the controller on.
        let limited = set("memory.max", &limit) || set("memory.limit_in_bytes", &limit);
        // Nothing may go to the disk instead; where there is no such file, there is no swap.
        let _ = set("memory.swap.max", "0") || set("memory.memsw.limit_in_bytes", &limit);
        limited.then_some(made)
    }

    /// Returns a forge that is born into it.
    fn takes(&self, forge: Forge) -> Forge {
        let door =
            fs::OpenOptions::new().write(true).open(self.path.join("cgroup.procs")).expect("it is ours");
        forge.after(move || nix::unistd::write(&door, b"0").map(drop).map_err(Into::into))
    }
}

impl Drop for Narrow {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.path);
    }
}

/// Uses memory up to the last byte.
const GREEDY: &str = "tail /dev/zero";

#[test]
fn an_end_for_want_of_memory_is_told_as_what_it_is() {
    let Some(small) = Narrow::make("told") else { return nothing_is_made_up(Forge::new()) };
    // With and without a shell above it, which has the end of its command as a code.
    for (command, end) in [("exec", "terminated by SIGKILL"), ("true &&", "exited with code 137")] {
        let forge = Forge::new().procfile(format!("web: puppet\nhog: {command} {GREEDY}\n"));
        let forge = small.takes(forge).start("--exit-on never");
        let web = forge.puppet("web.1");
        forge.sees("hog.1 | the kernel ended it because the memory was used up");
        forge.sees(&format!("hog.1 | {end}"));
        web.says("still here");
        forge.sees("web.1 | still here").signal(Signal::SIGTERM);
        forge.ends();
        forge.leaves_nobody_behind();
        let (_, said) = why(&forge.directory(), &["hog"]);
        assert!(said.contains("the memory was used up"), "{said}");
    }
}

#[test]
fn a_plain_kill_where_somebody_else_ran_out_of_memory_is_none() {
    let Some(small) = Narrow::make("plain") else { return nothing_is_made_up(Forge::new()) };
    let forge = Forge::new().procfile(format!("hog: exec {GREEDY}\n"));
    small.takes(forge).start("").ends().showed("the memory was used up");
    nothing_is_made_up(small.takes(Forge::new()));
}

/// Where no group can be made either, a process that somebody kills has not run out of memory.
fn nothing_is_made_up(forge: Forge) {
    let forge = forge.procfile("web: puppet\n").start("");
    forge.puppet("web.1").dies_by(Signal::SIGKILL);
    let ended = forge.ends();
    ended.showed("web.1 | terminated by SIGKILL").never_showed("the memory was used up");
}
