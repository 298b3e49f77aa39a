//! What was probably meant: the hints for lines that are no entry, and names for those that clash.

use std::sync::Arc;

use super::is_name_byte;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::project::ProcessName;
use crate::project::text::{Line, is_blank};

/// Names that people give to processes; a line that begins with one was meant as an entry.
pub(super) const USUAL: [&str; 34] = [
    "api",
    "app",
    "assets",
    "backend",
    "beat",
    "build",
    "celery",
    "client",
    "clock",
    "cron",
    "css",
    "db",
    "frontend",
    "jobs",
    "js",
    "log",
    "logs",
    "mail",
    "nginx",
    "postgres",
    "queue",
    "rails",
    "redis",
    "release",
    "resque",
    "scheduler",
    "server",
    "sidekiq",
    "vite",
    "watch",
    "web",
    "webpack",
    "worker",
    "workers",
];

/// Programs that say nothing about what they run.
pub(super) const GENERIC: [&str; 27] = [
    "bash", "bundle", "bunx", "cd", "dev", "dotenv", "env", "exec", "go", "make", "manage", "node", "npm",
    "npx", "php", "pnpm", "poetry", "python", "ruby", "run", "serve", "sh", "sleep", "start", "uv", "watch",
    "yarn",
];

/// How much of a line a hint repeats.
const REPEATED: usize = 60;

/// The complaint about a line that is neither an entry nor a comment.
pub(super) fn ignored(source: &Arc<Source>, line: &Line) -> Diagnostic {
    let text = String::from_utf8_lossy(&source.text[line.range.clone()]);
    let text = text.trim();
    let start =
        line.range.start + source.text[line.range.clone()].iter().take_while(|byte| is_blank(**byte)).count();
    let message = match not_a_name(text) {
        Some(name) => format!("`{name}` cannot be the name of a process; this line is ignored"),
        None => "this line is not `name: command` and is ignored".to_owned(),
    };
    Diagnostic::warning("ignored-line", message)
        .at(Span::new(source, start..line.range.end), "")
        .hint(hint(text))
}

/// The word before the colon, where it was meant as a name.
fn not_a_name(text: &str) -> Option<&str> {
    let (name, _) = text.split_once(':')?;
    let name = name.trim();
    let is_short = name.len() <= 40 && name.split_whitespace().count() <= 2;
    (is_short && !name.is_empty() && !name.contains(['=', '{', '[']) && !name.starts_with('-'))
        .then_some(name)
}

fn hint(text: &str) -> String {
    if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| text.starts_with(mark)) {
        return "a merge conflict has been left here".to_owned();
    }
    if text.starts_with("//") || text.starts_with(';') || text.starts_with("--") {
        return "a comment begins with `#`".to_owned();
    }
    if text.starts_with(':') {
        return "a name is missing before the colon".to_owned();
    }
    if let Some(entry) = entry_meant(text) {
        return format!("did you mean `{}`?", shortened(&entry));
    }
    if not_a_name(text).is_some() {
        return "names are made of the letters a to z, digits, `-` and `_`".to_owned();
    }
    if is_variable(text) {
        return "variables belong into `.env`".to_owned();
    }
    "a process is written `name: command`, a comment begins with `#`".to_owned()
}

/// The entry that a line was probably meant to be.
fn entry_meant(text: &str) -> Option<String> {
    // An item of a YAML list.
    if let Some(item) = text.strip_prefix("- ")
        && let Some((name, command)) = item.split_once(':')
        && is_name(name.trim())
    {
        return Some(entry(name.trim(), command));
    }
    // U+FF1A, as Asian keyboards write the colon.
    if let Some((name, command)) = text.split_once('\u{ff1a}')
        && is_name(name.trim())
    {
        return Some(entry(name.trim(), command));
    }
    if let Some(name) = not_a_name(text) {
        let (_, command) = text.split_once(':')?;
        return Some(entry(&usable_name(name)?, command));
    }
    if let Some((name, command)) = text.split_once('=')
        && is_name(name.trim())
        && !is_variable(text)
        && !command.trim().is_empty()
    {
        return Some(entry(name.trim(), command.trim_start_matches('>')));
    }
    let (name, command) = text.split_once(char::is_whitespace)?;
    let bare = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_usual = USUAL.binary_search(&bare).is_ok();
    (is_usual && !command.trim().is_empty()).then(|| entry(name, command.trim_start_matches(['-', '>'])))
}

fn entry(name: &str, command: &str) -> String {
    format!("{name}: {}", command.trim())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_name_byte)
}

/// Whether a line sets a variable, as in an env file: `RAILS_ENV=production`.
fn is_variable(text: &str) -> bool {
    let text = text.strip_prefix("export ").unwrap_or(text);
    let Some((name, _)) = text.split_once('=') else { return false };
    is_name(name) && name.bytes().all(|byte| !byte.is_ascii_lowercase() && byte != b'-')
}

/// The nearest name that works: `web.ui` gives `web-ui`, `"web"` gives `web`.
fn usable_name(text: &str) -> Option<String> {
    let mut name = String::new();
    for letter in text.trim_matches(['"', '\'', '`', '*']).chars() {
        if !letter.is_ascii() {
            return None;
        }
        if letter.is_ascii_alphanumeric() || letter == '_' || letter == '-' {
            name.push(letter);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= REPEATED {
        return text.to_owned();
    }
    let kept: String = text.chars().take(REPEATED).collect();
    format!("{}…", kept.trim_end())
}

/// A free name for a process whose own is taken: that of its program, or else the same with a number.
pub(super) fn other_name(name: &ProcessName, command: &[u8], is_taken: impl Fn(&str) -> bool) -> String {
    let command = String::from_utf8_lossy(command);
    let program = command
        .split_whitespace()
        .take(4)
        .filter_map(|word| word.rsplit('/').next())
        .map(|word| word.split('.').next().unwrap_or(word))
        .filter(|word| is_name(word) && !word.starts_with('-') && word.len() <= 20)
        .find(|word| GENERIC.binary_search(word).is_err() && *word != name.as_str() && !is_taken(word));
    if let Some(program) = program {
        return program.to_owned();
    }
    let numbered = (2..).map(|number| format!("{name}{number}"));
    numbered.into_iter().find(|candidate| !is_taken(candidate)).unwrap_or_default()
}
