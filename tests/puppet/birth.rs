//! How a puppet was started: noted before it does anything of its own.

use std::fs;
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{getegid, geteuid, getgid, getpgrp, getpid, getppid, getsid, getuid};

/// What was true at the first moment.
pub(crate) struct Birth {
    /// Its process id.
    pub(crate) pid: String,
    /// When it started, in the kernel's ticks: with the pid, a name that is never used twice.
    pub(crate) started: String,
    /// Its open descriptors, `0=/dev/pts/3` each.
    descriptors: Vec<String>,
    /// The lines of `/proc/self/status`.
    status: String,
}

impl Birth {
    /// Notes how this process was started.
    pub(crate) fn certificate() -> Birth {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The name in parentheses may hold anything; the fields are counted from behind it. See proc(5).
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        Birth {
            pid: getpid().to_string(),
            started: fields.split_whitespace().nth(19).unwrap_or_default().to_owned(),
            descriptors: descriptors(),
            status: fs::read_to_string("/proc/self/status").unwrap_or_default(),
        }
    }

    /// Returns everything a test may want to know, as `key=value`; the rest is asked of the kernel now.
    pub(crate) fn facts(&self) -> Vec<String> {
        let mut facts = vec![
            format!("pid={}", getpid()),
            format!("ppid={}", getppid()),
            format!("group={}", getpgrp()),
            format!("session={}", getsid(None).map_or(-1, nix::unistd::Pid::as_raw)),
            format!("uid={} {}", getuid(), geteuid()),
            format!("gid={} {}", getgid(), getegid()),
            format!("cwd={}", std::env::current_dir().unwrap_or_default().display()),
            format!("descriptors={}", self.descriptors.join(" ")),
            format!("stdin={}", stdin_state()),
        ];
        for (number, tty) in [
            nix::unistd::isatty(std::io::stdin()),
            nix::unistd::isatty(std::io::stdout()),
            nix::unistd::isatty(std::io::stderr()),
        ]
        .into_iter()
        .enumerate()
        {
            facts.push(format!("tty{number}={}", tty.unwrap_or(false)));
        }
        facts.push(format!("size={}", window_size()));
        for line in self.status.lines() {
            if let Some((key, value)) = line.split_once(':') {
                facts.push(format!("{key}={}", value.trim()));
            }
        }
        facts
    }
}

/// Lists what is open, leaving out the directory that is read for it.
fn descriptors() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return Vec::new() };
    let mut found: Vec<(u32, String)> = entries
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            let target = fs::read_link(entry.path()).ok()?.display().to_string();
            let is_the_reading = target.starts_with("/proc/") && target.ends_with("/fd");
            (!is_the_reading).then_some((number, target))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(number, target)| format!("{number}={target}")).collect()
}

/// Says what a read of stdin would find, without reading.
fn stdin_state() -> &'static str {
    let stdin = std::io::stdin();
    let mut asked = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    match poll(&mut asked, PollTimeout::ZERO) {
        Ok(0) => "open",
        Ok(_) => match asked[0].revents() {
            Some(seen) if seen.contains(PollFlags::POLLHUP) => "ended",
            Some(seen) if seen.contains(PollFlags::POLLIN) => "readable",
            Some(_) | None => "broken",
        },
        Err(_) => "broken",
    }
}

nix::ioctl_read_bad!(read_window_size, libc::TIOCGWINSZ, libc::winsize);

#[expect(unsafe_code, reason = "nix has no safe call for the window size")]
fn window_size() -> String {
    use std::os::fd::AsRawFd;
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the kernel fills in the `winsize` that it is given, and nothing else.
    match unsafe { read_window_size(std::io::stdout().as_raw_fd(), &raw mut size) } {
        Ok(_) => format!("{}x{}", size.ws_col, size.ws_row),
        Err(_) => "none".to_owned(),
    }
}
