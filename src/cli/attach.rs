//! `forge attach`: this terminal becomes the keyboard and the screen of one process of the running stack.

mod detach_keys;
mod sitting;

use super::args::AttachArgs;
use super::exit;
use super::remote::{self, Trouble};
use crate::control::attach::Wish;
use crate::control::session::AttachQuery;
use crate::diagnostic::Diagnostic;
use crate::sys::signals;
pub(crate) use detach_keys::DetachKeys;
use sitting::{End, Sitting};

/// Attaches, and stays until somebody leaves or all is over.
///
/// # Errors
/// The system gives no runtime.
pub(crate) fn attach(args: &AttachArgs) -> anyhow::Result<u8> {
    let sit = async || {
        let names: Vec<String> = args.name.iter().cloned().collect();
        let client = remote::find(&args.place, "attach", &names).await?;
        let wish = Wish { window: sitting::window(), read_only: args.read_only };
        let attached = client.attach(&AttachQuery { name: args.name.clone(), wish }).await?;
        let sitting =
            Sitting::begin(&attached.entered, &args.detach_keys).map_err(|error| no_terminal(&error))?;
        Ok(sitting.stay(attached).await)
    };
    remote::talk(sit, |end| {
        Ok(match end {
            End::Left | End::StackEnded | End::Removed | End::OutputGone => exit::DONE,
            End::Lost => exit::BROKEN,
            End::Signal(signal) => {
                signals::end_by(signal);
                exit::DONE
            }
        })
    })
}

fn no_terminal(error: &std::io::Error) -> Trouble {
    let diagnostic = match error.raw_os_error() {
        Some(libc::EPERM) => {
            Diagnostic::error("not-in-front", "the terminal belongs to another job at the moment")
                .hint("`fg` brings this one to the front; with `</dev/null` it needs no terminal")
        }
        _ => Diagnostic::error("no-terminal", format!("the terminal cannot be used: {error}")),
    };
    Trouble::new(diagnostic, exit::BROKEN)
}
