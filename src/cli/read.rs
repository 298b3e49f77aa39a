//! The only reader of what belongs to the user: files, the environment, the current directory.
//!
//! It reads and understands nothing; `project::load` understands and reads nothing.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads for everybody")]

mod env_files;
mod manifest;
mod procfiles;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Checked, Diagnostic, Source, Span};
use crate::guard::ProjectId;
use crate::guard::record::Places;
use crate::project::load::{self, Inputs};
use crate::project::manifest::Manifest;
use crate::project::{Colour, Settings, clean_path as clean};
use crate::ui::ci::Place;
use crate::ui::terminal::{self, ColourFacts};
use env_files::read_env_files;
use procfiles::{Procfiles, is_glob, read_procfiles};

/// Files of the user are small; what is larger than this, in bytes, is something else.
const LARGEST: u64 = 16 << 20;

/// Where log files are looked for, and where they are kept if they have to be and nobody says where.
pub(crate) const USUAL_LOGS: &str = ".forge/logs";

/// The options file, in the current directory.
const OPTIONS_FILE: &str = ".foreman";

/// Set where nobody watches a terminal, even if there is one: continuous integration and coding agents.
const UNATTENDED: &[&str] = &["CI", "CLAUDECODE", "CURSOR_AGENT", "CODEX_CLI", "AI_AGENT"];

/// What a command wants of the Procfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing works without it.
    Procfile,
    /// It is used if it is there; one that was named must be there.
    IfThere,
    /// It is used if it is there, and is a file: nobody reads the keyboard of somebody who is typing.
    IfTyped,
    /// It is not even looked for.
    Nothing,
}

/// Reads everything for a project. What could not be read is a diagnostic, all of it at once.
pub(crate) fn inputs(command_line: Settings, need: Need) -> Checked<Inputs> {
    let mut diagnostics = Vec::new();
    let here = here(&mut diagnostics);
    let options_file = read_options_file(&mut diagnostics);
    let settled = load::settle(command_line, options_file.as_ref());
    diagnostics.extend(settled.diagnostics);
    let settings = settled.value;

    if let Some(root) = &settings.root {
        diagnostics.extend(complaint_about_root(root));
    }
    let root = clean(&here.join(root_of(&settings)));
    let manifest = manifest::read_manifest(&root_of(&settings), settings.profile.as_ref(), &mut diagnostics);
    // What the file says never changes where the project is.
    let mut settings = settings.or(manifest.settings());
    if settings.log_dir.is_none() {
        // What the file names is beside it, whatever the current directory is.
        settings.log_dir = manifest.logs().dir.map(|dir| root_of(&settings).join(dir));
    }
    if settings.log_dir.is_none() && settings.detach == Some(true) {
        // There is no stream in which anybody could read it.
        settings.log_dir = Some(root_of(&settings).join(USUAL_LOGS));
    }
    let before = diagnostics.len();
    let procfiles = read_procfiles(&settings, &manifest, (&here, &root), need, &mut diagnostics);
    // It complains of nothing else.
    let procfile_is_missed = diagnostics.len() > before;
    let env_files = read_env_files(&settings, &manifest, &mut diagnostics);
    let own_env_files = env_files::read_own(&settings, &manifest, &mut diagnostics);
    let env_check = env_files::read_check(&settings, &manifest, &mut diagnostics);
    let inherited = std::env::vars_os()
        .map(|(name, value)| (name.into_encoded_bytes(), value.into_encoded_bytes()))
        .collect();
    let Procfiles { single: procfile, parts } = procfiles;
    let value = Inputs {
        root,
        procfile,
        parts,
        procfile_is_missed,
        env_files,
        own_env_files,
        env_check,
        manifest,
        inherited,
        settings,
    };
    Checked { value, diagnostics }
}

/// Reads what `forge.toml` says in a directory; quiet about everything, for whoever only looks for something.
pub(crate) fn manifest_of(directory: &Path, profile: Option<&Span>) -> Manifest {
    manifest::read_manifest(directory, profile, &mut Vec::new())
}

/// Where a stack belongs, and where it is noted that it runs.
#[derive(Debug)]
pub(crate) struct ProjectPlace {
    /// The directory, without symbolic links.
    pub(crate) root: PathBuf,
    /// The same as a number.
    pub(crate) project: ProjectId,
    /// Where the notes are.
    pub(crate) notes: Places,
}

impl ProjectPlace {
    /// The place of the project with this root, which is absolute.
    pub(crate) fn of(root: &Path) -> ProjectPlace {
        // However the way to it was written. A directory that is gone keeps the name it is called by.
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let runtime = std::env::var_os("XDG_RUNTIME_DIR");
        ProjectPlace { project: ProjectId::of(&root), root, notes: Places::new(runtime.as_deref()) }
    }
}

/// Finds the place of a project, and reads nothing of it but `.foreman`.
pub(crate) fn place(command_line: Settings) -> Checked<(ProjectPlace, Settings)> {
    let mut diagnostics = Vec::new();
    let here = here(&mut diagnostics);
    let options_file = read_options_file(&mut diagnostics);
    let settled = load::settle(command_line, options_file.as_ref());
    diagnostics.extend(settled.diagnostics);
    let settings = settled.value;
    // A root that has been removed may have left processes all the same.
    let root = clean(&here.join(root_of(&settings)));
    Checked { value: (ProjectPlace::of(&root), settings), diagnostics }
}

/// Reads what forge itself has kept; nothing if there is no such file.
///
/// # Errors
/// It cannot be read, or is far larger than anything that forge keeps.
pub(crate) fn kept(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(LARGEST).read_to_end(&mut bytes).map(|_| Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns how long ago a moment of the calendar was.
pub(crate) fn since(seconds: i64) -> std::time::Duration {
    let ago = crate::sys::clock::wall().seconds.saturating_sub(seconds);
    std::time::Duration::from_secs(u64::try_from(ago).unwrap_or(0))
}

/// Returns whether somebody is there to answer a question.
pub(crate) fn may_ask() -> bool {
    terminal::is_stdin()
        && terminal::is_stderr()
        && !is_unattended()
        && crate::sys::process::is_in_the_foreground()
}

/// Returns where the log of this run is read.
pub(crate) fn place_of_log() -> Place {
    let is_true = |name: &str| std::env::var_os(name).is_some_and(|value| value == "true");
    if is_true("GITHUB_ACTIONS") {
        Place::GitHub
    } else if is_true("GITLAB_CI") {
        Place::GitLab
    } else {
        Place::Plain
    }
}

/// Returns the file to which a step of GitHub Actions adds its summary.
pub(crate) fn step_summary() -> Option<PathBuf> {
    std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Returns a number that nobody can guess.
pub(crate) fn chance() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// Returns a moment of the calendar, in seconds, as `2026-01-31T12:00:00`, in UTC.
pub(crate) fn calendar_time(seconds: i64) -> String {
    let moment = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    moment.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Returns whether somebody may sit at the terminal that stdout is, and it can have a row of its own.
pub(crate) fn may_have_bar(asked_for: Option<bool>) -> bool {
    let is_smart = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    terminal::is_stdout() && is_smart && asked_for.unwrap_or_else(|| !is_unattended())
}

/// Returns the directory for files that nobody misses.
pub(crate) fn directory_for_spills() -> PathBuf {
    let named = std::env::var_os("TMPDIR").map(PathBuf::from).filter(|path| path.is_absolute());
    named.unwrap_or_else(|| PathBuf::from("/tmp"))
}

fn is_unattended() -> bool {
    UNATTENDED.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Returns the current directory, or nothing if it is gone.
pub(crate) fn current_directory() -> Option<PathBuf> {
    std::env::current_dir().ok()
}

/// Returns whether a variable is there and empty, which means the same as not there for `FORGE_…`.
pub(crate) fn is_empty_variable(name: &OsStr) -> bool {
    std::env::var_os(name).is_some_and(|value| value.is_empty())
}

/// Reads the project that a half-written command line means, for completion; quiet about everything.
pub(crate) fn project_being_completed() -> Option<Inputs> {
    // The completion script hands over the whole line behind `--`.
    let line: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let settings = Settings {
        procfile: last_value(&line, 'f', "procfile").map(PathBuf::from),
        root: last_value(&line, 'd', "root").map(PathBuf::from),
        ..Settings::default()
    };
    let from_environment = Settings {
        procfile: std::env::var_os("FORGE_PROCFILE").filter(|value| !value.is_empty()).map(PathBuf::from),
        root: std::env::var_os("FORGE_ROOT").filter(|value| !value.is_empty()).map(PathBuf::from),
        ..Settings::default()
    };
    let read = inputs(settings.or(from_environment), Need::IfTyped).value;
    (read.settings.procfile.as_deref() != Some(Path::new("-"))).then_some(read)
}

/// Returns whether an output has colour, as the environment and the wish of the user say together.
pub(crate) fn has_colour(choice: Colour, is_terminal: bool) -> bool {
    let variable = |name: &str| std::env::var_os(name);
    terminal::has_colour(&ColourFacts {
        choice,
        terminal: is_terminal && !is_unattended(),
        no_color: variable("NO_COLOR").as_deref(),
        force_color: variable("FORCE_COLOR").as_deref(),
        clicolor_force: variable("CLICOLOR_FORCE").as_deref(),
        clicolor: variable("CLICOLOR").as_deref(),
        term: variable("TERM").as_deref(),
    })
}

fn last_value(line: &[OsString], short: char, long: &str) -> Option<OsString> {
    let short = format!("-{short}");
    let long = format!("--{long}");
    let mut value = None;
    let mut words = line.iter();
    while let Some(word) = words.next() {
        if word == short.as_str() || word == long.as_str() {
            value = words.next().cloned().or(value);
        } else if let Some(rest) = word.as_bytes().strip_prefix(format!("{long}=").as_bytes()) {
            value = Some(OsString::from_vec(rest.to_vec()));
        } else if let Some(rest) = word.as_bytes().strip_prefix(short.as_bytes()) {
            value = Some(OsString::from_vec(rest.strip_prefix(b"=").unwrap_or(rest).to_vec()));
        }
    }
    value
}

fn here(diagnostics: &mut Vec<Diagnostic>) -> PathBuf {
    std::env::current_dir().unwrap_or_else(|error| {
        diagnostics.push(
            Diagnostic::error(
                "no-current-directory",
                format!("the current directory is gone: {}", why(&error)),
            )
            .hint("change to a directory that exists"),
        );
        PathBuf::from("/")
    })
}

fn read_options_file(diagnostics: &mut Vec<Diagnostic>) -> Option<Arc<Source>> {
    match read(Path::new(OPTIONS_FILE)) {
        Ok(text) => Some(Source::new(OPTIONS_FILE, text)),
        Err(error) if is_missing(&error) || error.kind() == io::ErrorKind::IsADirectory => None,
        Err(error) => {
            diagnostics.push(unreadable(OPTIONS_FILE.as_ref(), &error));
            None
        }
    }
}

fn complaint_about_root(root: &Path) -> Option<Diagnostic> {
    let shown = root.display();
    match std::fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => None,
        Ok(_) => Some(Diagnostic::error("bad-root", format!("`{shown}` is not a directory"))),
        Err(error) if is_missing(&error) => {
            Some(Diagnostic::foreman("missing-root", format!("{shown} does not exist")))
        }
        Err(error) => Some(unreadable(root, &error)),
    }
}

/// The Procfile: as named, else in the root directory.
fn procfile_path(settings: &Settings) -> PathBuf {
    match (&settings.procfile, &settings.root) {
        (Some(procfile), _) => procfile.clone(),
        (None, Some(root)) if root != Path::new(".") => root.join("Procfile"),
        (None, _) => PathBuf::from("Procfile"),
    }
}

/// Where the processes run: as named, else where the Procfile is.
fn root_of(settings: &Settings) -> PathBuf {
    // Several Procfiles, and those of a glob, belong to the directory from which they are seen.
    let is_one = settings.further_procfiles.is_empty() && !settings.procfile.as_deref().is_some_and(is_glob);
    match (&settings.root, &settings.procfile) {
        (Some(root), _) => root.clone(),
        (None, Some(procfile)) if is_one && procfile != Path::new("-") => {
            procfile.parent().map(Path::to_owned).unwrap_or_default()
        }
        (None, _) => PathBuf::new(),
    }
}

/// Opens and reads; never asks first what kind of file it is, because a FIFO or `/dev/null` is as good.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to_limit(File::open(path)?)
}

fn read_up_to_limit(file: impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 16 MiB"));
    }
    Ok(text)
}

/// Returns who can read a file besides its owner; `source` was read from it. Pipes and devices are nobody's to read twice.
pub(crate) fn open_to_others(source: &Source) -> Option<Audience> {
    let path = std::fs::canonicalize(&source.name).ok()?;
    let file = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
    let ways: Option<Vec<u32>> =
        path.ancestors().skip(1).map(|way| Some(std::fs::metadata(way).ok()?.mode())).collect();
    audience(file.mode(), &ways?)
}

/// Who can read a file besides its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody.
    Everybody,
    /// The group it belongs to.
    Group,
}

/// Returns who can read a file of this mode below directories of these: whoever cannot pass one of them, cannot.
fn audience(file: u32, ways: &[u32]) -> Option<Audience> {
    let everybody_passes = ways.iter().all(|way| way & 0o001 != 0);
    let group_passes = ways.iter().all(|way| way & 0o011 != 0);
    if file & 0o004 != 0 && everybody_passes {
        Some(Audience::Everybody)
    } else if file & 0o040 != 0 && group_passes {
        Some(Audience::Group)
    } else {
        None
    }
}

pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error("unreadable", format!("could not read `{}`: {}", path.display(), why(error)))
}

/// The reason in small letters, without the number of the error.
pub(crate) fn why(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
