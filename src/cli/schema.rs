//! `forge schema`: the JSON Schema of `forge.toml`, for editors.

use super::{exit, report};
use crate::project::manifest;

/// Prints it.
pub(crate) fn schema() -> anyhow::Result<u8> {
    let text = serde_json::to_string_pretty(&manifest::schema()).expect("texts and numbers are always JSON");
    report::answer(&(text + "\n"))?;
    Ok(exit::DONE)
}
