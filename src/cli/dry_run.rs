//! `forge start --dry-run`: what would be started, one line each.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

use super::{exit, report};
use crate::diagnostic::visible_bytes;
use crate::logs::Mask;
use crate::project::command::shell_line;
use crate::project::{InstanceSpec, Project};

/// Prints what `forge start` would start.
pub(crate) fn dry_run(project: &Project, mask: &Mask) -> anyhow::Result<u8> {
    report::answer(&plan(project, mask))?;
    Ok(exit::DONE)
}

/// The directory, then each instance with its PORT and the line that `sh -c` gets.
fn plan(project: &Project, mask: &Mask) -> String {
    let mut text = format!("in {}\n", visible_bytes(project.root.as_os_str().as_bytes()));
    let highest = project.instances.iter().filter_map(|instance| instance.port).max();
    let digits = highest.map_or(0, |port| port.to_string().len());
    let width = project.instances.iter().map(|instance| instance.id.to_string().len()).max().unwrap_or(0);
    for instance in &project.instances {
        let line = shell_line(&instance.process.command).line;
        let id = instance.id.to_string();
        let port = instance.port.map(|port| format!("PORT={port:<digits$}  ")).unwrap_or_default();
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{id:width$}  {port}{}{}",
            elsewhere(project, instance),
            visible_bytes(&mask.bytes(&line))
        );
    }
    text
}

/// The directory of one that does not run where all do, as in `[apps/api] `.
fn elsewhere(project: &Project, instance: &InstanceSpec) -> String {
    let Some(directory) = &instance.process.directory else { return String::new() };
    let shown = directory.strip_prefix(&project.root).unwrap_or(directory);
    if shown.as_os_str().is_empty() {
        return String::new();
    }
    format!("[{}] ", visible_bytes(shown.as_os_str().as_bytes()))
}

#[cfg(test)]
mod tests;
