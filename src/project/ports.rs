//! Which port each instance gets.
//!
//! foreman's rule (compat section 6): base + step x place in the Procfile + (instance - 1). Every entry
//! counts, started or not, so that a process keeps its port whatever else is started.

use std::path::Path;

use super::InstanceId;
use crate::diagnostic::{Checked, Diagnostic, Span};

/// The port of the first process when nobody says anything.
pub const DEFAULT_BASE: u16 = 5000;

/// The distance between the ports of two processes when nobody says anything.
pub const DEFAULT_STEP: u16 = 100;

/// The rule that gives each instance its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRule {
    /// The port of the first instance of the first entry.
    pub base: u16,
    /// The distance between two entries.
    pub step: u16,
}

impl PortRule {
    /// Returns the port of an instance, counted from 1, of the entry at `position`, counted from 0; the error
    /// is the number beyond 65535 that it would have.
    pub fn port_of(self, position: usize, index: u32) -> Result<u16, u64> {
        let position = u64::try_from(position).unwrap_or(u64::MAX);
        let port = u64::from(self.base)
            .saturating_add(u64::from(self.step).saturating_mul(position))
            .saturating_add(u64::from(index.saturating_sub(1)));
        u16::try_from(port).map_err(|_| port)
    }
}

/// Returns the base of a directory that has one of its own: the same as long as the directory is called the same, and
/// most likely another one than that of any other directory. From 10000 up, below the ports that systems lend out.
pub(crate) fn base_of(directory: &Path) -> u16 {
    use std::os::unix::ffi::OsStrExt;
    // FNV-1a: well spread, and the same with every version of forge.
    let hash = directory.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    10_000 + u16::try_from(hash % 220).unwrap_or(0) * 100
}

/// Reads the port of the first process: a number from 1 to 65535.
pub(crate) fn read_base(text: &[u8], place: &Span) -> Checked<u16> {
    let text = String::from_utf8_lossy(text);
    let text = text.trim();
    let wrong = |message: String, label: &str| Checked {
        value: DEFAULT_BASE,
        diagnostics: vec![
            Diagnostic::error("bad-port", message)
                .at(place.clone(), label)
                .hint("a port is a number from 1 to 65535"),
        ],
    };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(0) => wrong("PORT must be at least 1".to_owned(), "no process can be reached there"),
        Ok(port) if digits => Checked { value: port, diagnostics: Vec::new() },
        Err(_) if digits => wrong(format!("there is no port above 65535, and PORT is {text}"), "too high"),
        Ok(_) | Err(_) => wrong("PORT must be a number".to_owned(), "not a number"),
    }
}

/// Says that a port is beyond the last one; once is enough for all that follow.
pub(crate) fn too_high(instance: &InstanceId, port: u64) -> Diagnostic {
    Diagnostic::error("port-too-high", format!("`{instance}` would get {port}, a port above 65535"))
        .hint("choose a lower `-p`, or a smaller `--port-step`")
}

#[cfg(test)]
mod tests;
