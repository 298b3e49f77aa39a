//! `forge version`.

use super::{exit, report};

/// Prints name and version.
pub(crate) fn version() -> anyhow::Result<u8> {
    report::answer(concat!("forge ", env!("CARGO_PKG_VERSION"), "\n"))?;
    Ok(exit::DONE)
}
