//! What processes call themselves: their command lines, which some of them write over to say what they are doing.

/// Returns the parent of a process and its title; `None` if there is none, or if the system does not tell.
#[cfg(target_os = "linux")]
pub fn of(pid: i32) -> Option<(i32, String)> {
    use super::process::proc_fs::{field, read};
    let stat = read(&format!("/proc/{pid}/stat")).ok()?;
    let parent = field(&stat, 4)?.parse().ok()?;
    let words = read(&format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<_> = words.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let title = words.join(" ").trim_end().to_owned();
    if !title.is_empty() {
        return Some((parent, title));
    }
    // A thread of the kernel, or one that has ended and that nobody has waited for.
    let name = read(&format!("/proc/{pid}/comm")).ok()?;
    Some((parent, format!("[{}]", String::from_utf8_lossy(name.trim_ascii_end()))))
}

/// See above.
#[cfg(not(target_os = "linux"))]
pub fn of(_pid: i32) -> Option<(i32, String)> {
    None
}
