//! What the sections about the project as a whole say, as nouns.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::{ExitOn, OnConflict, Settings};
use super::process::{duration, signals, tty_of};
use super::value::{Content, Value};
use super::{Manifest, Named};
use crate::diagnostic::{Severity, Span};

/// What `[env]` says about files.
#[derive(Debug, Clone, Default)]
pub struct EnvFiles {
    /// The files in their order, later ones stronger; `None`: `.env`, if it is there.
    pub files: Option<Vec<Named>>,
    /// A file whose keys must all be set, and what each is that is not.
    pub check: Option<(Named, Severity)>,
}

/// How the base of the ports is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortMode {
    /// It is given.
    Fixed,
    /// Each directory has one of its own.
    Hash,
    /// The next free ports.
    Auto,
}

/// What `[ports]` says.
#[derive(Debug, Clone, Default)]
pub struct Ports {
    /// The port of the first process.
    pub base: Option<u16>,
    /// How the base is found.
    pub mode: Option<PortMode>,
    /// What happens to a port that somebody else has.
    pub on_conflict: Option<OnConflict>,
}

/// What `[logs]` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logs {
    /// The directory of the log files.
    pub dir: Option<PathBuf>,
    /// The size in bytes at which a file is put aside.
    pub rotate: Option<u64>,
    /// How many of those are kept.
    pub keep: Option<u32>,
}

/// What `[secrets]` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// Globs of the names whose values are secret, too.
    pub keys: Option<Vec<String>>,
    /// Globs of the names whose values are shown all the same.
    pub reveal: Option<Vec<String>>,
}

impl Manifest {
    /// Returns what flags could say just as well.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        if let Some(env) = self.table.table("env") {
            settings.expand = env.truth("expand");
            settings.no_override = env.truth("override").map(|files_win| !files_win);
        }
        if let Some(ports) = self.table.table("ports") {
            settings.port_step = ports.integer("step").and_then(|step| u16::try_from(step).ok());
        }
        if let Some(output) = self.table.table("output") {
            settings.tty = output.text("tty").map(tty_of);
            settings.timestamp = match output.get("timestamp").map(|value| &value.content) {
                Some(Content::Bool(shown)) => Some(*shown),
                Some(_) => Some(true),
                None => None,
            };
            settings.timestamp_format =
                output.get("timestamp").filter(|value| value.text().is_some()).map(Value::alone);
            settings.bar = output.truth("bar");
            settings.drop = output.several("drop").map(|values| values.iter().map(Value::alone).collect());
        }
        if let Some(secrets) = self.table.table("secrets") {
            settings.no_mask = secrets.truth("mask").map(|masked| !masked);
        }
        if let Some(stop) = self.table.table("stop") {
            settings.exit_on = stop.text("exit_on").map(|word| match word {
                "failure" => ExitOn::Failure,
                "all" => ExitOn::All,
                "never" => ExitOn::Never,
                _ => ExitOn::Any,
            });
        }
        settings
    }

    /// The name of the project.
    pub fn name(&self) -> Option<&str> {
        self.table.table("project")?.text("name")
    }

    /// The Procfiles, each a path or a glob, relative to the file.
    pub fn procfiles(&self) -> Option<Vec<Named>> {
        let values = self.table.table("project")?.several("procfile")?;
        let files: Vec<Named> = values.iter().filter_map(Named::of).collect();
        (!files.is_empty()).then_some(files)
    }

    /// What a bare start runs: names, each with its place.
    pub(crate) fn default_names(&self) -> Option<Vec<Span>> {
        self.spans("project", "default")
    }

    /// The processes whose lines are not shown.
    pub(crate) fn quiet(&self) -> Option<Vec<Span>> {
        self.spans("output", "quiet")
    }

    /// The signals that ask a process to end.
    pub(crate) fn stop_signals(&self) -> Option<Vec<i32>> {
        signals(self.table.table("stop")?, "signals")
    }

    /// The time until SIGKILL.
    pub(crate) fn stop_timeout(&self) -> Option<std::time::Duration> {
        duration(self.table.table("stop")?, "timeout")
    }

    /// What it says about env files.
    pub fn env_files(&self) -> EnvFiles {
        let Some(env) = self.table.table("env") else { return EnvFiles::default() };
        let listed: Option<Vec<Named>> =
            env.several("files").map(|values| values.iter().filter_map(Named::or_missing).collect());
        let environment = env.get("environment").and_then(|value| Some((value.text()?, value.span.clone())));
        let files = match (listed, environment) {
            (listed, None) => listed,
            (listed, Some((name, span))) => {
                let standard =
                    || vec![Named { path: PathBuf::from(".env"), span: span.clone(), optional: true }];
                Some(with_variants(listed.unwrap_or_else(standard), name, &span))
            }
        };
        let check = env.get("check").and_then(|value| {
            let Content::Table(table) = &value.content else {
                return Some((Named::of(value)?, Severity::Warning));
            };
            let missing = table.text("missing").unwrap_or_default();
            let severity = if missing == "error" { Severity::Error } else { Severity::Warning };
            Some((Named::of(table.get("file")?)?, severity))
        });
        EnvFiles { files, check }
    }

    /// What it says about ports.
    pub fn ports(&self) -> Ports {
        let Some(ports) = self.table.table("ports") else { return Ports::default() };
        Ports {
            base: ports.integer("base").and_then(|base| u16::try_from(base).ok()),
            mode: ports.text("mode").map(|mode| match mode {
                "hash" => PortMode::Hash,
                "auto" => PortMode::Auto,
                _ => PortMode::Fixed,
            }),
            on_conflict: ports.text("on_conflict").map(|word| match word {
                "next" => OnConflict::Next,
                _ => OnConflict::Fail,
            }),
        }
    }

    /// What it says about log files.
    pub fn logs(&self) -> Logs {
        let Some(logs) = self.table.table("logs") else { return Logs::default() };
        Logs {
            dir: logs.text("dir").map(PathBuf::from),
            rotate: logs.text("rotate").and_then(|size| super::super::parse_size(size).ok()),
            keep: logs.integer("keep").and_then(|keep| u32::try_from(keep).ok()),
        }
    }

    /// What it says about secrets.
    pub fn secrets(&self) -> Secrets {
        let Some(secrets) = self.table.table("secrets") else { return Secrets::default() };
        Secrets { keys: secrets.several("keys").map(texts), reveal: secrets.several("reveal").map(texts) }
    }

    /// The names of the colours of names, in turn.
    pub fn colours(&self) -> Vec<String> {
        let output = self.table.table("output");
        output.and_then(|output| output.several("colors")).map(texts).unwrap_or_default()
    }

    /// The labels of the processes that it says something of, by their names.
    pub fn labels(&self) -> BTreeMap<String, Vec<Arc<str>>> {
        let definitions = self.definitions();
        definitions.iter().map(|one| (one.name().to_owned(), one.labels())).collect()
    }

    fn spans(&self, section: &str, key: &str) -> Option<Vec<Span>> {
        let values = self.table.table(section)?.several(key)?;
        Some(values.iter().map(Value::inside).collect())
    }
}

/// Adds to each file its variant of an environment, which may be missing: `.env.test` to `.env`, and
/// `.env.test.local` to `.env.local`, or to `.env` where there is no `.env.local`. So later ones win as under Rails:
/// `.env`, `.env.test`, `.env.local`, `.env.test.local`.
fn with_variants(listed: Vec<Named>, environment: &str, span: &Span) -> Vec<Named> {
    let names: Vec<String> = listed.iter().map(|file| file.path.to_string_lossy().into_owned()).collect();
    let variant = |path: String| Named { path: PathBuf::from(path), span: span.clone(), optional: true };
    let mut files = Vec::new();
    let mut last = Vec::new();
    for (file, name) in listed.into_iter().zip(&names) {
        files.push(file);
        if let Some(stem) = name.strip_suffix(".local") {
            files.push(variant(format!("{stem}.{environment}.local")));
            continue;
        }
        files.push(variant(format!("{name}.{environment}")));
        if !names.contains(&format!("{name}.local")) {
            last.push(variant(format!("{name}.{environment}.local")));
        }
    }
    files.extend(last);
    files
}

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::text).map(str::to_owned).collect()
}
