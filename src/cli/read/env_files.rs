//! Finds and reads the env files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{is_missing, read, root_of, unreadable};
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::project::Settings;
use crate::project::manifest::{Manifest, Named};

/// Reads those that all processes share.
pub(super) fn read_env_files(
    settings: &Settings,
    manifest: &Manifest,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Arc<Source>> {
    let Some(named) = &settings.env_files else {
        return match manifest.env_files().files {
            Some(files) => read_named(&files, &root_of(settings), diagnostics),
            None => read_default_env_file(settings, diagnostics).into_iter().collect(),
        };
    };
    let mut sources = Vec::new();
    for path in named {
        match read(path) {
            Ok(text) => sources.push(Source::secret(path.to_string_lossy(), text)),
            Err(error) if is_missing(&error) => diagnostics.push(
                Diagnostic::foreman("missing-env-file", format!("{} does not exist", path.display()))
                    .hint("`-e /dev/null` reads no env file at all"),
            ),
            Err(error) => diagnostics.push(unreadable(path, &error)),
        }
    }
    sources
}

/// Reads those beside a Procfile of another directory, of which none has to be there. With `-e` there are none.
pub(super) fn beside(
    directory: &Path,
    settings: &Settings,
    manifest: &Manifest,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Arc<Source>> {
    if settings.env_files.is_some() {
        return Vec::new();
    }
    match manifest.env_files().files {
        Some(files) => {
            let files: Vec<Named> = files.into_iter().map(|file| Named { optional: true, ..file }).collect();
            read_named(&files, directory, diagnostics)
        }
        None => read_if_there(&directory.join(".env"), diagnostics).into_iter().collect(),
    }
}

/// Reads those of single processes.
pub(super) fn read_own(
    settings: &Settings,
    manifest: &Manifest,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(String, Vec<Arc<Source>>)> {
    let root = root_of(settings);
    let own = manifest.own_env_files().into_iter();
    own.map(|(name, files)| (name, read_named(&files, &root, diagnostics))).collect()
}

/// Reads the file whose keys must all be set.
pub(super) fn read_check(
    settings: &Settings,
    manifest: &Manifest,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Arc<Source>, Severity)> {
    let (file, severity) = manifest.env_files().check?;
    let path = root_of(settings).join(&file.path);
    match read(&path) {
        Ok(text) => return Some((Source::secret(path.to_string_lossy(), text), severity)),
        Err(error) if is_missing(&error) => diagnostics.push(
            Diagnostic::error("missing-env-file", format!("`{}` does not exist", path.display()))
                .at(file.span, ""),
        ),
        Err(error) => diagnostics.push(unreadable(&path, &error)),
    }
    None
}

/// Reads files that `forge.toml` names.
fn read_named(files: &[Named], directory: &Path, diagnostics: &mut Vec<Diagnostic>) -> Vec<Arc<Source>> {
    let mut sources = Vec::new();
    for file in files {
        let path = directory.join(&file.path);
        match read(&path) {
            Ok(text) => sources.push(Source::secret(path.to_string_lossy(), text)),
            Err(error) if is_missing(&error) && file.optional => {}
            Err(error) if error.kind() == io::ErrorKind::IsADirectory && file.optional => {}
            Err(error) if is_missing(&error) => diagnostics.push(
                Diagnostic::error("missing-env-file", format!("`{}` does not exist", path.display()))
                    .at(file.span.clone(), "")
                    .hint(format!("write `\"{}?\"` if it may be missing", file.path.display())),
            ),
            Err(error) => diagnostics.push(unreadable(&path, &error)),
        }
    }
    sources
}

/// `.env` of `-d`, else of the current directory, else the one beside the Procfile (D11).
fn read_default_env_file(settings: &Settings, diagnostics: &mut Vec<Diagnostic>) -> Option<Arc<Source>> {
    let first = settings.root.clone().unwrap_or_default();
    let mut places = vec![first];
    if settings.root.is_none() {
        places.push(root_of(settings));
    }
    for place in places {
        let path = if place == Path::new(".") { PathBuf::from(".env") } else { place.join(".env") };
        if let Some(source) = read_if_there(&path, diagnostics) {
            return Some(source);
        }
    }
    None
}

/// A directory of that name, as some virtual environments make it, is no env file.
fn read_if_there(path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Option<Arc<Source>> {
    match read(path) {
        Ok(text) => return Some(Source::secret(path.to_string_lossy(), text)),
        Err(error) if is_missing(&error) || error.kind() == io::ErrorKind::IsADirectory => {}
        Err(error) => diagnostics.push(unreadable(path, &error)),
    }
    None
}
