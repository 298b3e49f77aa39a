//! Which process listens on a port, from /proc.

use std::fmt;
use std::path::{Path, PathBuf};

/// How much of a command line is shown, in characters.
#[cfg(any(target_os = "linux", test))]
const SHOWN: usize = 60;

/// A process as messages name it: one that listens on a port, or is in the way otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: i32,
    /// Its program and the first words behind it, as far as they cannot be secrets.
    pub command: String,
    /// Its current directory, if it may be known.
    pub directory: Option<PathBuf>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} ({}", self.pid, self.command)?;
        if let Some(directory) = &self.directory {
            write!(f, ", in {}", below_home(directory, std::env::home_dir().as_deref()))?;
        }
        write!(f, ")")
    }
}

impl Holder {
    /// Describes a process; what may not be known of it stays empty.
    pub fn of(pid: i32) -> Holder {
        #[cfg(target_os = "linux")]
        return linux::describe(pid);
        #[cfg(not(target_os = "linux"))]
        return Holder { pid, command: String::new(), directory: None };
    }
}

/// A directory as people write it: `~/shop`.
pub(super) fn below_home(directory: &Path, home: Option<&Path>) -> String {
    let home = home.filter(|home| home.parent().is_some());
    let shown = match home.and_then(|home| directory.strip_prefix(home).ok()) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~/{}", rest.display()),
        None => directory.display().to_string(),
    };
    shown.replace(char::is_control, "?")
}

/// The program of a command line and the first words behind it.
///
/// Arguments may hold passwords: the list ends after two plain words, and before the first option or anything else
/// that is not a plain word.
#[cfg(any(target_os = "linux", test))]
pub(super) fn shown_command(command_line: &[u8]) -> String {
    let text = String::from_utf8_lossy(command_line);
    // Programs that write a title over their arguments (puma, postgres) leave one text with blanks in it.
    let mut words = text.split(['\0', ' ']).filter(|word| !word.is_empty());
    let Some(program) = words.next() else { return String::new() };
    let program = program.rsplit('/').find(|part| !part.is_empty()).unwrap_or(program);
    let mut shown = program.replace(char::is_control, "?");
    for word in words.take(2).take_while(|word| is_plain(word)) {
        shown.push(' ');
        shown.push_str(word);
    }
    if shown.chars().count() > SHOWN {
        shown = shown.chars().take(SHOWN - 1).collect();
        shown.push('…');
    }
    shown
}

#[cfg(any(target_os = "linux", test))]
fn is_plain(word: &str) -> bool {
    let is_path = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
    word == "-m" || (!word.starts_with('-') && word.bytes().all(is_path))
}

/// Returns a process that listens on this TCP port, the oldest by its id where several share the socket.
///
/// `None` if there is none, or if it belongs to someone whose descriptors may not be read.
#[cfg(target_os = "linux")]
pub fn holder(port: u16) -> Option<Holder> {
    linux::holder(port)
}

/// Not known on this system.
#[cfg(not(target_os = "linux"))]
pub fn holder(_port: u16) -> Option<Holder> {
    None
}

#[cfg(target_os = "linux")]
pub(super) mod linux {
    #![expect(clippy::disallowed_methods, reason = "files of /proc, not of the user")]

    use std::collections::BTreeSet;
    use std::fs;

    use super::super::listeners::{holds, listeners};
    use super::{Holder, shown_command};

    pub(super) fn holder(port: u16) -> Option<Holder> {
        let sockets: BTreeSet<u64> = listeners(port).ok()?.iter().map(|listener| listener.inode).collect();
        if sockets.is_empty() {
            return None;
        }
        let mut pids: Vec<i32> = fs::read_dir("/proc")
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        pids.sort_unstable();
        pids.into_iter().find(|pid| holds(*pid, &sockets) == Some(true)).map(describe)
    }

    pub(super) fn describe(pid: i32) -> Holder {
        Holder {
            pid,
            command: shown_command(&fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()),
            directory: fs::read_link(format!("/proc/{pid}/cwd")).ok(),
        }
    }
}
