//! `forge ps` and its kin: what the running stack does, and where it listens.

use super::args::{PortsArgs, PsArgs, UrlArgs, WhereArgs};
use super::remote::{self, Trouble};
use super::{exit, report};
use crate::control::client::Client;
use crate::control::protocol::{Instance, Stack};
use crate::diagnostic::Diagnostic;
use crate::project::Known;
use crate::ui::{table, terminal};

/// Everything that is known, with what it uses.
const MEASURED: &str = "/v1/stack?measure=true";
/// How often `-w` looks.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// Shows it.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn ps(args: &PsArgs) -> anyhow::Result<u8> {
    if args.watch {
        return watch(args);
    }
    look(&args.place, "ps", &args.names, |mut stack| {
        narrow(&mut stack, &args.names)?;
        Ok(shown(&stack, args))
    })
}

/// Shows which ports were given, and where is listened.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn ports(args: &PortsArgs) -> anyhow::Result<u8> {
    look(&args.place, "ports", &[], |stack| {
        if !args.json {
            return Ok(table::ports(&stack));
        }
        let one = |one: &Instance| {
            let listens = one.used.as_ref().and_then(|used| used.listens.clone());
            serde_json::json!({ "name": one.name, "port": one.port, "listens": listens })
        };
        let instances: Vec<_> = stack.instances.iter().map(one).collect();
        Ok(serde_json::json!({ "version": stack.about.version, "instances": instances }).to_string() + "\n")
    })
}

/// Prints where a browser finds a process: where it listens if that is one place, else the port that it was given.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn url(args: &UrlArgs) -> anyhow::Result<u8> {
    let name = std::slice::from_ref(&args.name);
    look(&args.place, "url", name, |mut stack| {
        narrow(&mut stack, name)?;
        let Some(one) = stack.instances.first() else { return Err(no_port(&args.name)) };
        let listens = one.used.as_ref().and_then(|used| used.listens.as_deref()).unwrap_or_default();
        let given = one.port.filter(|port| listens.is_empty() || listens.contains(port));
        let port = given.or(listens.first().copied()).ok_or_else(|| no_port(&args.name))?;
        let url = format!("http://localhost:{port}");
        let json = serde_json::json!({ "version": stack.about.version, "name": one.name, "url": url });
        Ok(if args.json { json.to_string() + "\n" } else { url + "\n" })
    })
}

fn no_port(name: &str) -> Trouble {
    Trouble::new(Diagnostic::error("no-port", format!("`{name}` has no port")), exit::MISTAKE)
}

fn look(
    place: &WhereArgs,
    command: &str,
    names: &[String],
    words: impl FnOnce(Stack) -> Result<String, Trouble>,
) -> anyhow::Result<u8> {
    let look = async || {
        let client = remote::find(place, command, names).await?;
        words(client.get::<Stack>(MEASURED).await?)
    };
    remote::talk(look, |words| {
        report::answer(&words)?;
        Ok(exit::DONE)
    })
}

fn shown(stack: &Stack, args: &PsArgs) -> String {
    if args.json {
        return serde_json::to_string(stack).unwrap_or_default() + "\n";
    }
    let depth = if args.tree { table::Depth::Tree } else { table::Depth::Instances };
    table::stack(stack, depth, terminal::columns().map(usize::from))
}

/// Leaves those that are named.
fn narrow(stack: &mut Stack, words: &[String]) -> Result<(), Trouble> {
    if words.is_empty() {
        return Ok(());
    }
    let labels: Vec<Vec<std::sync::Arc<str>>> = stack
        .instances
        .iter()
        .map(|one| one.labels.iter().map(|label| std::sync::Arc::from(label.as_str())).collect())
        .collect();
    let mut known: Vec<Known<'_>> = Vec::new();
    for (one, labels) in stack.instances.iter().zip(&labels) {
        match known.iter_mut().find(|known| known.name == one.process) {
            Some(known) => known.usual += 1,
            None => known.push(Known { labels, ..Known::plain(&one.process) }),
        }
    }
    let meant = crate::project::meant(&known, words).map_err(|nobody| {
        let diagnostic = Diagnostic::error("unknown-process", nobody.message);
        Trouble::new(nobody.hint.into_iter().fold(diagnostic, Diagnostic::hint), exit::MISTAKE)
    })?;
    let kept = |one: &Instance| meant.contain(&one.name);
    stack.instances.retain(kept);
    Ok(())
}

/// Shows it again whenever it has changed, until the stack or the reader is gone.
fn watch(args: &PsArgs) -> anyhow::Result<u8> {
    let watch = async || {
        let client: Client = remote::find(&args.place, "ps", &args.names).await?;
        let mut last = String::new();
        let mut height = 0;
        loop {
            let mut stack: Stack = client.get(MEASURED).await?;
            narrow(&mut stack, &args.names)?;
            let text = shown(&stack, args);
            if text != last {
                let again =
                    if terminal::is_stdout() && !args.json { table::over(height) } else { String::new() };
                if !matches!(terminal::out_to_reader((again + &text).as_bytes()), Ok(true)) {
                    return Ok(());
                }
                height = text.lines().count();
                last = text;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    remote::talk(watch, |()| Ok(exit::DONE))
}
