//! Names as people write them in lists: `web` (all its instances), `web.2` (one), `'worker*'` (a glob), `all`.

use super::formation::{items, unknown, words};
use super::{InstanceId, ProcessName};
use crate::diagnostic::{Diagnostic, Span};

/// Some of the instances, by name. It also knows of those that come later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<Name>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    All,
    Process(ProcessName),
    Instance(InstanceId),
    Glob(String),
}

impl Names {
    /// Means all instances of these processes.
    pub fn of(processes: &[&str]) -> Names {
        Names(processes.iter().map(|name| Name::Process(ProcessName::new(name))).collect())
    }

    /// Returns whether this instance is meant.
    pub fn contain(&self, instance: &InstanceId) -> bool {
        self.0.iter().any(|name| match name {
            Name::All => true,
            Name::Process(process) => instance.process == *process,
            Name::Instance(id) => instance == id,
            Name::Glob(glob) => {
                matches(glob, instance.process.as_str()) || matches(glob, &instance.to_string())
            }
        })
    }
}

/// Reads a list of names with commas. `processes` are all entries, each with how many of it are started; a name that
/// means none of them becomes an error and is left out.
pub(crate) fn parse(processes: &[(&str, u32)], list: &Span, diagnostics: &mut Vec<Diagnostic>) -> Names {
    let entries: Vec<&str> = processes.iter().map(|(name, _)| *name).collect();
    let mut names = Vec::new();
    for item in items(list) {
        let text = words(&item);
        if let Some(name) = entries.iter().find(|name| **name == text) {
            names.push(Name::Process(ProcessName::new(name)));
        } else if text == "all" {
            names.push(Name::All);
        } else if is_glob(&text) {
            if processes.iter().any(|(name, count)| glob_means(&text, name, *count)) {
                names.push(Name::Glob(text));
            } else {
                diagnostics.push(no_match(&entries, &text, item));
            }
        } else {
            match instance(processes, &text) {
                Ok(id) => names.push(Name::Instance(id)),
                Err(Wrong::Number { process, count }) => {
                    diagnostics.push(no_such_instance(process, count, &text, item));
                }
                Err(Wrong::Name) => diagnostics.push(unknown(&entries, &text, item)),
            }
        }
    }
    Names(names)
}

/// Returns whether a name has characters that stand for others.
pub(super) fn is_glob(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// Returns whether a whole name is what a glob describes: `*` stands for any text, `?` for any one character.
pub(super) fn matches(glob: &str, name: &str) -> bool {
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    let (mut at, mut place) = (0, 0);
    // Where the last `*` was, and how much of the name it stands for so far.
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() {
        match glob.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(character) if *character == '?' || *character == name[place] => {
                at += 1;
                place += 1;
            }
            Some(_) | None => {
                let Some((star_at, end)) = star else { return false };
                star = Some((star_at, end + 1));
                (at, place) = (star_at + 1, end + 1);
            }
        }
    }
    glob[at..].iter().all(|character| *character == '*')
}

/// What is said of a glob that no name fits.
pub(super) fn no_match(processes: &[&str], glob: &str, item: Span) -> Diagnostic {
    let list = processes.join(", ");
    Diagnostic::error("unknown-process", format!("no process is called like `{glob}` ({list})"))
        .at(item, "not in the Procfile")
}

/// Returns whether a glob describes a process or one of its instances.
fn glob_means(glob: &str, process: &str, count: u32) -> bool {
    matches(glob, process) || (1..=count).any(|index| matches(glob, &format!("{process}.{index}")))
}

/// What is wrong with `web.2`.
enum Wrong<'a> {
    /// There is `web`, but no second one of it.
    Number { process: &'a str, count: u32 },
    /// There is no `web`.
    Name,
}

fn instance<'a>(processes: &[(&'a str, u32)], text: &str) -> Result<InstanceId, Wrong<'a>> {
    let (process, index) = text.rsplit_once('.').ok_or(Wrong::Name)?;
    let (process, count) = processes.iter().copied().find(|(name, _)| *name == process).ok_or(Wrong::Name)?;
    match index.parse() {
        // One that is not started at all may be named, as its process may.
        Ok(index) if index >= 1 && (index <= count || count == 0) => {
            Ok(InstanceId { process: ProcessName::new(process), index })
        }
        Ok(_) | Err(_) => Err(Wrong::Number { process, count }),
    }
}

fn no_such_instance(process: &str, count: u32, text: &str, item: Span) -> Diagnostic {
    let there_are = match count {
        0 => format!("`{process}` is not started"),
        1 => format!("there is one `{process}`, `{process}.1`"),
        _ => format!("of `{process}` there are `{process}.1` to `{process}.{count}`"),
    };
    Diagnostic::error("unknown-process", format!("unknown process `{text}`"))
        .at(item, there_are)
        .hint(format!("`{process}` means all of them"))
}

#[cfg(test)]
mod tests;
