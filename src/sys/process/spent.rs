//! What a process had used when it ended.

use crate::exit::Spent;

/// Reads what the kernel says of a process that has ended, getrusage(2).
pub(super) fn of(usage: &libc::rusage) -> Spent {
    let micros = |time: libc::timeval| {
        u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_usec).unwrap_or(0)
    };
    // In KiB, but on macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Spent {
        cpu_micros: micros(usage.ru_utime) + micros(usage.ru_stime),
        peak_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0) * unit,
    }
}
