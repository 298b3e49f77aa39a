//! `forge completions`, and the answers that the printed scripts ask for while somebody types.

use std::ffi::{OsStr, OsString};

use clap_complete::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};

use super::args::{self, CompletionsArgs, Shell};
use super::{exit, read, report};
use crate::project::load;

/// Set by the scripts when they ask; not clap's usual `COMPLETE`, which others might set for themselves.
const VARIABLE: &str = "FORGE_COMPLETE";

/// Prints the script for a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> anyhow::Result<u8> {
    let name = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
    };
    let mut script = Vec::new();
    if let Some(shell) = Shells::builtins().completer(name) {
        shell.write_registration(VARIABLE, "forge", "forge", "forge", &mut script)?;
    }
    report::answer(&String::from_utf8_lossy(&script))?;
    Ok(exit::DONE)
}

/// Answers a completion script, if it is one that asks; nothing may be written to stdout before.
pub(crate) fn answer(words: &[OsString]) -> Result<bool, clap::Error> {
    let here = read::current_directory();
    CompleteEnv::with_factory(|| args::parser(|_| false))
        .var(VARIABLE)
        .try_complete(words.iter().cloned(), here.as_deref())
}

/// The processes that the line means, each with its command; after a comma and an equals sign too.
pub(crate) fn process_names(word: &OsStr) -> Vec<CompletionCandidate> {
    let Some(project) = read::project_being_completed() else { return Vec::new() };
    let Some(word) = word.to_str() else { return Vec::new() };
    let (before, last) = word.rfind([',', '=']).map_or(("", word), |comma| word.split_at(comma + 1));
    load::commands(&project)
        .into_iter()
        .filter(|(name, _)| name.as_str().starts_with(last))
        .map(|(name, command)| {
            let command = String::from_utf8_lossy(&command).into_owned();
            CompletionCandidate::new(format!("{before}{name}")).help(Some(command.into()))
        })
        .collect()
}
