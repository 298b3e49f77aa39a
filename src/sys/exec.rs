//! Becoming another program.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::signals;

/// A program and everything it starts with.
#[derive(Debug)]
pub struct Program<'a> {
    /// Its file.
    pub file: &'a Path,
    /// What it is told to be called.
    pub name: &'a OsStr,
    /// Its further arguments.
    pub arguments: &'a [OsString],
    /// Its whole environment.
    pub environment: &'a [(Vec<u8>, Vec<u8>)],
    /// Where it runs.
    pub directory: &'a Path,
}

/// Replaces forge by the program; returns only if that did not work.
///
/// The program gets an empty signal mask and the default actions of SIGCHLD and of SIGPIPE, which Rust ignores (the
/// standard library restores the latter, and hands the mask on): nobody means to start a program that hears no SIGTERM or
/// cannot wait for its children. Other signals that were ignored when forge was started stay ignored, so that
/// `nohup forge run` is `nohup`; forge has not touched them. Descriptors that forge opened close by
/// themselves (`O_CLOEXEC`), those that were inherited stay, as if forge had never been in between.
pub fn replace_by(program: &Program<'_>) -> io::Error {
    let environment =
        program.environment.iter().map(|(name, value)| (OsStr::from_bytes(name), OsStr::from_bytes(value)));
    signals::expect_children();
    Command::new(program.file)
        .arg0(program.name)
        .args(program.arguments)
        .env_clear()
        .envs(environment)
        .current_dir(program.directory)
        .exec()
}
