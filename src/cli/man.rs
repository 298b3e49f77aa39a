//! `forge man`: the manual pages, made from the command line itself.

use std::path::Path;

use anyhow::Context;
use clap_mangen::Man;

use super::args::{self, ManArgs};
use super::{exit, report};

/// Prints the main page, or writes all pages into a directory.
pub(crate) fn man(args: &ManArgs) -> anyhow::Result<u8> {
    let command = args::parser(|_| false).disable_help_subcommand(true);
    if let Some(directory) = &args.directory {
        write_all(command, directory)?;
        return Ok(exit::DONE);
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page).context("could not make the manual page")?;
    report::answer(&String::from_utf8_lossy(&page))?;
    Ok(exit::DONE)
}

fn write_all(command: clap::Command, directory: &Path) -> anyhow::Result<()> {
    let shown = directory.display();
    std::fs::create_dir_all(directory).with_context(|| format!("could not make `{shown}`"))?;
    clap_mangen::generate_to(command, directory).with_context(|| format!("could not write into `{shown}`"))
}
