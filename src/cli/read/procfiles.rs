//! Finds and reads the Procfiles: one, several, or those that a glob finds in a monorepo.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::{Need, is_missing, procfile_path, read, read_up_to_limit, root_of, unreadable};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::project::manifest::Manifest;
use crate::project::{Part, Settings, clean_path};

/// Directories in which nobody looks for Procfiles.
const SKIPPED: &[&str] = &["node_modules", "target", "vendor"];

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Procfiles {
    /// The only one.
    pub(super) single: Option<Arc<Source>>,
    /// Several, or those of other directories.
    pub(super) parts: Vec<Part>,
}

/// One of the paths that were asked for, and where it is written.
struct Asked {
    path: PathBuf,
    span: Option<Span>,
}

/// Reads what the settings, else the file, else nobody names. `here` is the current directory, `root` that of the project.
pub(super) fn read_procfiles(
    settings: &Settings,
    manifest: &Manifest,
    (here, root): (&Path, &Path),
    need: Need,
    diagnostics: &mut Vec<Diagnostic>,
) -> Procfiles {
    if need == Need::Nothing {
        return Procfiles::default();
    }
    let asked: Vec<Asked> = match (&settings.procfile, manifest.procfiles()) {
        (Some(first), _) => {
            let paths = std::iter::once(first).chain(&settings.further_procfiles);
            paths.map(|path| Asked { path: path.clone(), span: None }).collect()
        }
        (None, Some(named)) => {
            let directory = root_of(settings);
            let path = |path: PathBuf| directory.join(path);
            named.into_iter().map(|file| Asked { path: path(file.path), span: Some(file.span) }).collect()
        }
        (None, None) => {
            // Where `forge.toml` makes the processes itself, nobody needs a Procfile.
            let need = if manifest.has_commands() { Need::IfThere } else { need };
            let single = read_one(&procfile_path(settings), true, need, None, diagnostics);
            return Procfiles { single, parts: Vec::new() };
        }
    };
    if let [Asked { path, span }] = asked.as_slice()
        && !is_glob(path)
    {
        let single = read_one(path, false, need, span.as_ref(), diagnostics);
        return Procfiles { single, parts: Vec::new() };
    }
    Procfiles { single: None, parts: read_several(&asked, settings, manifest, (here, root), diagnostics) }
}

/// Returns whether a path stands for any number of files.
pub(super) fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

fn read_one(
    path: &Path,
    unnamed: bool,
    need: Need,
    span: Option<&Span>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arc<Source>> {
    if need == Need::IfTyped && path == Path::new("-") {
        return None;
    }
    let (name, text) = if path == Path::new("-") {
        ("<stdin>".into(), read_up_to_limit(io::stdin().lock()))
    } else {
        (path.to_string_lossy(), read(path))
    };
    let error = match text {
        Ok(text) => return Some(Source::new(name, text)),
        Err(error) => error,
    };
    if need == Need::IfThere && unnamed && is_missing(&error) {
        return None;
    }
    let complaint = if error.kind() == io::ErrorKind::IsADirectory {
        Diagnostic::error("directory", format!("`{name}` is a directory"))
            .hint(format!("name the file: `-f {}`", path.join("Procfile").display()))
    } else if is_missing(&error) {
        missing_procfile(path, unnamed)
    } else {
        unreadable(path, &error)
    };
    diagnostics.push(match span {
        Some(span) => complaint.hint(format!("{}:{} names it", span.source.name, span.line())),
        None => complaint,
    });
    None
}

/// The words are foreman's, with its full stop (compat section 12).
fn missing_procfile(path: &Path, unnamed: bool) -> Diagnostic {
    let diagnostic = Diagnostic::foreman("missing-procfile", format!("{} does not exist.", path.display()));
    let development = path.with_file_name("Procfile.dev");
    if unnamed && development.is_file() {
        return diagnostic.hint(format!("there is one for development: `-f {}`", development.display()));
    }
    diagnostic
}

fn read_several(
    asked: &[Asked],
    settings: &Settings,
    manifest: &Manifest,
    (here, root): (&Path, &Path),
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Part> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for Asked { path, span } in asked {
        let found = if is_glob(path) { expand(path) } else { vec![path.clone()] };
        if found.is_empty() {
            let message = format!("no file matches `{}`", path.display());
            let complaint = Diagnostic::error("missing-procfile", message);
            diagnostics.push(match span {
                Some(span) => complaint.at(span.clone(), ""),
                None => complaint,
            });
        }
        paths.extend(found);
    }
    let directories: Vec<PathBuf> = paths.iter().map(|path| clean_path(&here.join(parent(path)))).collect();
    let prefixes = prefixes(root, &directories);
    let mut parts = Vec::new();
    for ((path, directory), prefix) in paths.iter().zip(directories).zip(prefixes) {
        let Some(source) = read_one(path, false, Need::Procfile, None, diagnostics) else { continue };
        let is_elsewhere = directory != root && path != Path::new("-");
        let env_files = if is_elsewhere {
            super::env_files::beside(parent(path), settings, manifest, diagnostics)
        } else {
            Vec::new()
        };
        parts.push(Part { source, prefix, directory: is_elsewhere.then_some(directory), env_files });
    }
    parts
}

/// What stands before the names of each directory's processes: its own name, or its whole way where two have the same.
fn prefixes(root: &Path, directories: &[PathBuf]) -> Vec<Option<String>> {
    let last = |directory: &Path| word(&directory.file_name().unwrap_or_default().to_string_lossy());
    let mut owners: BTreeMap<String, &Path> = BTreeMap::new();
    let mut shared: Vec<String> = Vec::new();
    for directory in directories {
        if owners.insert(last(directory), directory).is_some_and(|other| other != directory) {
            shared.push(last(directory));
        }
    }
    let prefix = |directory: &PathBuf| {
        if directory == root {
            return None;
        }
        let last = last(directory);
        let way = directory.strip_prefix(root).ok().filter(|_| shared.contains(&last));
        let words =
            |way: &Path| way.iter().map(|part| word(&part.to_string_lossy())).collect::<Vec<_>>().join(".");
        Some(way.map_or(last, words))
    };
    directories.iter().map(prefix).collect()
}

/// A name of a directory as part of a name of a process.
fn word(name: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    name.chars().map(|letter| if fits(letter) { letter } else { '-' }).collect()
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// Finds the files of a glob, in the order of their names. Hidden directories are left out, and those of packages.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    let components: Vec<Component<'_>> = pattern.components().collect();
    for (at, component) in components.iter().enumerate() {
        let is_last = at + 1 == components.len();
        let text = component.as_os_str().to_string_lossy();
        found = if !is_glob(Path::new(component)) {
            found
                .into_iter()
                .map(|path| path.join(component))
                .filter(|path| !is_last || path.is_file())
                .collect()
        } else if text == "**" {
            found.into_iter().flat_map(below).collect()
        } else {
            found
                .into_iter()
                .flat_map(|path| children(&path, &text))
                .filter(|path| path.is_file() == is_last)
                .collect()
        };
    }
    found.sort();
    found.dedup();
    found
}

/// The entries of a directory whose names match.
fn children(directory: &Path, pattern: &str) -> Vec<PathBuf> {
    let shown = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let Ok(entries) = std::fs::read_dir(shown) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let fits = |name: &String| {
        (!name.starts_with('.') || pattern.starts_with('.'))
            && !SKIPPED.contains(&name.as_str())
            && fast_glob::glob_match(pattern, name)
    };
    names.filter(fits).map(|name| directory.join(name)).collect()
}

/// A directory and all below it; links are not followed, so that there is an end.
fn below(directory: PathBuf) -> Vec<PathBuf> {
    let mut found = vec![directory];
    let mut at = 0;
    while at < found.len() {
        let further = children(&found[at], "*");
        let is_directory = |path: &PathBuf| path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        found.extend(further.into_iter().filter(is_directory));
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests;
