//! When `forge start` is over: the flags about getting ready, and about the background.

use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::project;

/// When a start is over.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReadyArgs {
    /// Say when everything is ready; if that takes longer than TIME, end all with 124 [default: as long as it takes]
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "true", env = "FORGE_WAIT", value_parser = waiting)]
    pub(crate) wait: Option<Waiting>,
    /// Come back when everything is ready, and let it run in the background
    #[arg(short = 'D', long, env = "FORGE_DETACH", value_parser = BoolishValueParser::new())]
    pub(crate) detach: bool,
}

/// `--wait`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// A variable says no.
    No,
    /// As long as it takes.
    AsLongAsItTakes,
    /// So long.
    For(Duration),
}

fn waiting(text: &str) -> Result<Waiting, String> {
    match text {
        "true" | "yes" | "on" => Ok(Waiting::AsLongAsItTakes),
        "false" | "no" | "off" => Ok(Waiting::No),
        text => match project::parse_duration(text)? {
            Duration::ZERO => Err("nothing is ready at once; expected a time such as 30s or 2m".to_owned()),
            time => Ok(Waiting::For(time)),
        },
    }
}
