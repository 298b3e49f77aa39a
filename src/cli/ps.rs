//! `forge ps`: what the running stack does.

use super::args::PsArgs;
use super::{exit, remote, report};
use crate::control::protocol::Stack;
use crate::ui::table;

/// Shows it.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn ps(args: &PsArgs) -> anyhow::Result<u8> {
    let look = async || {
        let client = remote::find(&args.place, "ps", &args.names).await?;
        Ok(client.get::<Stack>("/v1/stack?measure=true").await?)
    };
    remote::talk(look, |stack| {
        if args.json {
            report::answer(&(serde_json::to_string(&stack)? + "\n"))?;
        } else {
            report::answer(&table::stack(&stack))?;
        }
        Ok(exit::DONE)
    })
}
