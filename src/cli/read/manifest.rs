//! Reads `forge.toml`, `forge.local.toml` and what they include.

use std::path::{Path, PathBuf};

use super::{is_missing, read, unreadable};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::project::manifest::{self, Document, Manifest};

/// The file that a project has, and the one that a person has besides.
const SHARED: &str = "forge.toml";
const LOCAL: &str = "forge.local.toml";

/// Where systems keep the time zones.
const ZONES: &str = "/usr/share/zoneinfo";

/// Reads all of it, beside the Procfile; `directory` is as the user wrote it.
pub(super) fn read_manifest(
    directory: &Path,
    profile: Option<&Span>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Manifest {
    let mut files = |name: &str| {
        let mut documents = Vec::new();
        let path = directory.join(name);
        read_document(&path, None, &mut Vec::new(), &mut documents, diagnostics);
        documents
    };
    let (shared, local) = (files(SHARED), files(LOCAL));
    let manifest = Manifest::of(shared, local, profile);
    diagnostics.extend(manifest.diagnostics);
    diagnostics.extend(manifest.value.zones().iter().filter_map(complaint_about_zone));
    manifest.value
}

/// Reads a file, and before it those that it includes. `open` are the files that have led here.
fn read_document(
    path: &Path,
    included: Option<&Span>,
    open: &mut Vec<PathBuf>,
    documents: &mut Vec<Document>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) if is_missing(&error) => {
            if let Some(span) = included {
                diagnostics.push(
                    Diagnostic::error("missing-include", format!("`{}` does not exist", path.display()))
                        .at(span.clone(), "included here"),
                );
            }
            return;
        }
        // A directory that nobody may look into has no such file, as far as anybody can see.
        Err(_) if included.is_none() && path.symlink_metadata().is_err() => return,
        Err(error) => return diagnostics.push(unreadable(path, &error)),
    };
    let source = Source::new(path.to_string_lossy(), text);
    let parsed = manifest::parse(&source);
    diagnostics.extend(parsed.diagnostics);
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    open.push(real);
    for include in parsed.value.includes() {
        let next = path.parent().unwrap_or(Path::new("")).join(&include.path);
        let real = next.canonicalize().unwrap_or_else(|_| next.clone());
        if let Some(begin) = open.iter().position(|file| *file == real) {
            let mut chain: Vec<&Path> = open[begin..].iter().map(PathBuf::as_path).collect();
            chain.push(&real);
            let names: Vec<&Path> =
                chain.iter().map(|file| Path::new(file.file_name().unwrap_or_default())).collect();
            diagnostics.push(manifest::include_cycle(&names, &include.span));
            continue;
        }
        read_document(&next, Some(&include.span), open, documents, diagnostics);
    }
    open.pop();
    documents.push(parsed.value);
}

/// Looks whether the system knows a time zone. One without any list of zones is believed.
fn complaint_about_zone(span: &Span) -> Option<Diagnostic> {
    let name = String::from_utf8_lossy(span.text()).into_owned();
    let path = Path::new(ZONES);
    let is_plain =
        !name.starts_with('/') && !name.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    if name == "UTC" || !path.is_dir() || (is_plain && path.join(&name).is_file()) {
        return None;
    }
    let diagnostic = Diagnostic::error("unknown-time-zone", format!("there is no time zone `{name}`"))
        .at(span.clone(), "expected a name such as Europe/Berlin or UTC");
    let zones = read(&path.join("zone.tab")).unwrap_or_default();
    let zones = String::from_utf8_lossy(&zones).into_owned();
    let names =
        zones.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').nth(2));
    let names: Vec<&str> = names.collect();
    // Often only the region is missing: `Berlin`.
    let city = |zone: &&&str| {
        zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&name.replace(' ', "_")))
    };
    let near =
        names.iter().find(city).copied().or_else(|| crate::project::nearest(&name, names.iter().copied()));
    Some(match near {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic,
    })
}
