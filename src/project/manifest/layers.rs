//! What wins: `forge.local.toml` over the profile over `forge.toml`, and a file over those that it includes.

use super::super::suggest;
use super::value::{Content, Entry, Table};
use super::{Document, Manifest};
use crate::diagnostic::{Checked, Diagnostic, Span};

/// Ways to say the same: whoever says it in one way takes the others of weaker files away.
const WAYS: &[(&str, &[&str])] = &[
    ("ready", PROBES),
    ("live", PROBES),
    // A schedule of any name.
    ("", &["every", "cron", "daily_at"]),
];
const PROBES: &[&str] =
    &["http", "port", "tcp", "unix", "command", "log", "file", "notify", "delay", "status", "headers"];

/// See [`Manifest::of`].
pub(super) fn lay(shared: Vec<Document>, local: Vec<Document>, profile: Option<&Span>) -> Checked<Manifest> {
    let mut diagnostics = Vec::new();
    let broken = shared.iter().chain(&local).any(|document| document.broken);
    let (mut shared, profiles) = joined(shared);
    let (mut local, local_profiles) = joined(local);
    if let Some(span) = profile {
        let name = String::from_utf8_lossy(span.text()).into_owned();
        if profiles.table(&name).is_none() && local_profiles.table(&name).is_none() && !broken {
            diagnostics.push(unknown_profile(span, &name, &[&profiles, &local_profiles]));
        }
        shared = over(shared, profiles.table(&name).cloned().unwrap_or_default(), "");
        local = over(local, local_profiles.table(&name).cloned().unwrap_or_default(), "");
    }
    Checked { value: Manifest { table: over(shared, local, ""), broken }, diagnostics }
}

/// Joins files, later ones stronger, and takes the profiles out of them.
fn joined(documents: Vec<Document>) -> (Table, Table) {
    let all = documents.into_iter().fold(Table::default(), |weak, strong| over(weak, strong.table, ""));
    let profiles = all.table("profile").cloned().unwrap_or_default();
    let others =
        all.entries.into_iter().filter(|entry| !matches!(entry.name.as_str(), "profile" | "include"));
    (Table { entries: others.collect() }, profiles)
}

/// Lays a table over a weaker one: tables are joined, everything else is replaced. `name` is that of the table.
fn over(mut weak: Table, strong: Table, name: &str) -> Table {
    for (table, ways) in WAYS {
        if (*table == name || table.is_empty())
            && strong.entries.iter().any(|entry| ways.contains(&entry.name.as_str()))
        {
            weak.entries
                .retain(|entry| !ways.contains(&entry.name.as_str()) || strong.entry(&entry.name).is_some());
        }
    }
    for entry in strong.entries {
        match weak.entries.iter_mut().find(|known| known.name == entry.name) {
            Some(known) => replace(known, entry),
            None => weak.entries.push(entry),
        }
    }
    weak
}

fn replace(known: &mut Entry, entry: Entry) {
    known.key = entry.key;
    known.value.span = entry.value.span;
    known.value.content =
        match (std::mem::replace(&mut known.value.content, Content::Unusable), entry.value.content) {
            (Content::Table(weak), Content::Table(strong)) => Content::Table(over(weak, strong, &entry.name)),
            (_, strong) => strong,
        };
}

fn unknown_profile(span: &Span, name: &str, profiles: &[&Table]) -> Diagnostic {
    let names: Vec<&str> =
        profiles.iter().flat_map(|table| &table.entries).map(|entry| entry.name.as_str()).collect();
    let diagnostic = Diagnostic::error("unknown-profile", format!("there is no profile `{name}`"))
        .at(span.clone(), "not in forge.toml");
    match suggest::nearest(name, names.iter().copied()) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None if names.is_empty() => diagnostic.hint(format!("write one into forge.toml: `[profile.{name}]`")),
        None => diagnostic.hint(format!("the profiles are {}", names.join(", "))),
    }
}
