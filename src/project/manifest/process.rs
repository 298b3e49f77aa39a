//! What `[process.NAME]`, `[task.NAME]` and `[schedule.NAME]` say, as nouns.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::super::lifecycle::{
    Hooks, Limits, Milestone, Missed, Nature, OnLimit, Overlap, Schedule, StopReach, Watch, When,
};
use super::super::{KeyboardOffer, Origin, Place, PortSource, ProcessSpec, Tty, Variable};
use super::probe::{liveness, readiness};
use super::value::{Content, Entry, Table, Value};
use super::{Manifest, Named, words};
use crate::diagnostic::{Diagnostic, Span};
use crate::restart;

/// The quiet after a change where none is given.
const DEBOUNCE: Duration = Duration::from_millis(300);

/// What is said of one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Definition<'a> {
    entry: &'a Entry,
    table: &'a Table,
    section: Section,
}

/// What kind of process it is, by the section it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// `[process.…]`.
    Process,
    /// `[task.…]`.
    Task,
    /// `[schedule.…]`.
    Schedule,
}

/// How many instances, where nobody says another number.
#[derive(Debug, Clone)]
pub(crate) enum Instances {
    /// So many.
    Count(u32),
    /// One for each of these.
    Each(Vec<Vec<Variable>>),
}

/// Something that must be so before a process starts, by name.
#[derive(Debug, Clone)]
pub(crate) struct NamedNeed {
    /// Who is waited for.
    pub(crate) on: Span,
    /// What; `None`: as is usual for what it is.
    pub(crate) reached: Option<Milestone>,
}

impl Manifest {
    /// Returns what is said of processes, in the order of the sections.
    pub(crate) fn definitions(&self) -> Vec<Definition<'_>> {
        let sections =
            [("process", Section::Process), ("task", Section::Task), ("schedule", Section::Schedule)];
        let mut definitions = Vec::new();
        for (name, section) in sections {
            for entry in self.table.table(name).into_iter().flat_map(|table| &table.entries) {
                if let Content::Table(table) = &entry.value.content {
                    definitions.push(Definition { entry, table, section });
                }
            }
        }
        definitions
    }

    /// Returns whether it makes processes of its own, so that no Procfile is needed.
    pub fn has_commands(&self) -> bool {
        self.definitions().iter().any(|definition| definition.command().is_some())
    }

    /// Returns the env files of single processes, with the names of these.
    pub fn own_env_files(&self) -> Vec<(String, Vec<Named>)> {
        let files = |definition: Definition<'_>| {
            let values = definition.table.several("env_files")?;
            Some((definition.name().to_owned(), values.iter().filter_map(Named::or_missing).collect()))
        };
        self.definitions().into_iter().filter_map(files).collect()
    }

    /// Returns the time zones that are named, to be looked up.
    pub fn zones(&self) -> Vec<Span> {
        let zone = |definition: Definition<'_>| Some(definition.table.get("timezone")?.inside());
        self.definitions().into_iter().filter_map(zone).collect()
    }
}

impl<'a> Definition<'a> {
    /// Returns its labels.
    pub(crate) fn labels(self) -> Vec<Arc<str>> {
        let labels = self.table.several("labels").unwrap_or_default();
        labels.iter().filter_map(Value::text).map(Arc::from).collect()
    }

    /// Its name.
    pub(crate) fn name(self) -> &'a str {
        &self.entry.name
    }

    /// Where its name stands.
    pub(crate) fn key(self) -> &'a Span {
        &self.entry.key
    }

    /// Where it stands.
    pub(crate) fn place(self) -> Place {
        place(&self.entry.key)
    }

    /// What kind of process it is.
    pub(crate) fn section(self) -> Section {
        self.section
    }

    /// Whether it says what it runs, rightly or not.
    pub(crate) fn says_command(self) -> bool {
        self.table.get("command").is_some()
    }

    /// Whether it says how it is ended.
    pub(crate) fn says_stop(self) -> bool {
        self.table.get("stop").is_some()
    }

    /// Its command, if it has one of its own.
    pub(crate) fn command(self) -> Option<Vec<u8>> {
        command(self.table, "command")
    }

    /// Whether it is started without being named.
    pub(crate) fn is_enabled(self) -> bool {
        self.table.truth("enabled").unwrap_or(true)
    }

    /// How many instances it has.
    pub(crate) fn instances(self) -> Option<Instances> {
        let value = self.table.get("instances")?;
        if let Some(count) = value.integer() {
            return Some(Instances::Count(u32::try_from(count).unwrap_or(u32::MAX)));
        }
        Some(Instances::Each(value.several().iter().map(variables_of).collect()))
    }

    /// What must be so before it starts.
    pub(crate) fn needs(self) -> Option<Vec<NamedNeed>> {
        let values = self.table.several("after")?;
        let need = |value: &Value| {
            let (name, reached) = words::need(value.text()?).ok()?;
            let inside = value.inside();
            // Where the text stands as it is written, its first part is the name.
            let end = inside.range.start + name.len();
            let on = if inside.text().starts_with(name.as_bytes()) {
                Span::new(&inside.source, inside.range.start..end)
            } else {
                inside
            };
            Some(NamedNeed { on, reached })
        };
        Some(values.iter().filter_map(need).collect())
    }

    /// Puts into `spec` all that is said here but names of other processes and numbers of instances. `root` is the
    /// directory of the project; paths are relative to it.
    pub(crate) fn apply(self, spec: &mut ProcessSpec, root: &Path, complaints: &mut Vec<Diagnostic>) {
        let table = self.table;
        if let Some(command) = self.command() {
            spec.command = command;
        }
        if let Some(cwd) = table.text("cwd") {
            spec.directory = Some(super::super::text::clean(&root.join(cwd)));
        }
        spec.labels.extend(self.labels());
        if let Some(tty) = table.text("tty") {
            spec.tty = Some(tty_of(tty));
        }
        match table.text("keyboard") {
            Some("always") => spec.keyboard = KeyboardOffer::Always,
            Some("never") => spec.keyboard = KeyboardOffer::Never,
            Some(_) => spec.keyboard = KeyboardOffer::Auto,
            None => {}
        }
        if let Some(can_die) = table.truth("can_die") {
            spec.can_die = can_die;
        }
        match table.get("port").map(|value| &value.content) {
            Some(Content::Integer(Some(port))) => {
                spec.port = PortSource::Fixed(u16::try_from(*port).unwrap_or_default());
            }
            Some(Content::Text(_)) => spec.port = PortSource::Free,
            Some(_) => spec.port = PortSource::None,
            None => {}
        }
        if let Some(stop) = table.table("stop") {
            if let Some(signals) = signals(stop, "signals") {
                spec.stop.signals = signals;
            }
            if let Some(timeout) = duration(stop, "timeout") {
                spec.stop.grace = timeout;
            }
            if stop.truth("group") == Some(true) {
                spec.life.stop_reach = StopReach::Tree;
            }
        }
        if let Some(variables) = table.get("env") {
            overlay(&mut spec.environment, variables_of(variables));
        }
        self.apply_life(spec, root, complaints);
    }

    fn apply_life(self, spec: &mut ProcessSpec, root: &Path, complaints: &mut Vec<Diagnostic>) {
        let table = self.table;
        let has_port = spec.port != PortSource::None;
        let directory = spec.directory.clone().unwrap_or_else(|| root.to_owned());
        let life = &mut spec.life;
        life.nature = self.nature(complaints);
        if let Some(ready) = table.entry("ready") {
            life.ready = readiness(ready, has_port, &directory, complaints);
        }
        if let Some(live) = table.entry("live") {
            life.live = liveness(live, has_port, &directory, complaints);
        }
        if let Some(name) = table.text("restart")
            && let Some(kind) = restart::KINDS.iter().find(|kind| kind.name == name)
        {
            life.restart.kind = kind;
        }
        if let Some(backoff) = table.table("backoff") {
            apply_backoff(&mut life.restart.backoff, backoff);
        }
        match table.get("max_restarts").map(|value| (value.integer(), &value.content)) {
            Some((Some(most), _)) => life.restart.max_restarts = u32::try_from(most).ok(),
            Some((None, Content::Bool(false))) => life.restart.max_restarts = None,
            Some(_) | None => {}
        }
        if let Some(codes) = table.several("success_codes") {
            life.success_codes =
                codes.iter().filter_map(|code| i32::try_from(code.integer()?).ok()).collect();
        }
        if let Some(signal) = table.text("reload_signal") {
            life.reload_signal = words::signal(signal).ok();
        }
        if let Some(watch) = table.get("watch") {
            life.watch = Some(watch_of(watch));
        }
        if let Some(limits) = table.table("limits") {
            life.limits = limits_of(limits);
        }
        if let Some(nice) = table.integer("nice") {
            life.nice = i32::try_from(nice).unwrap_or_default();
        }
        if let Some(hooks) = table.table("hooks") {
            life.hooks = Hooks {
                before: command(hooks, "before"),
                ready: command(hooks, "ready"),
                crash: command(hooks, "crash"),
            };
        }
    }

    fn nature(self, complaints: &mut Vec<Diagnostic>) -> Nature {
        let table = self.table;
        let timeout = duration(table, "timeout");
        match self.section {
            Section::Process => Nature::Service,
            Section::Task => Nature::Task { timeout },
            Section::Schedule => {
                let every = duration(table, "every").map(When::Every);
                let cron = || table.text("cron").map(|cron| When::Cron(cron.trim().to_owned()));
                let daily = || table.text("daily_at").and_then(|time| words::time_of_day(time).ok());
                let Some(when) = every.or_else(cron).or_else(daily) else {
                    if ["every", "cron", "daily_at"].iter().all(|key| table.get(key).is_none()) {
                        complaints.push(no_time(self));
                    }
                    return Nature::Task { timeout };
                };
                let overlap = match table.text("overlap") {
                    Some("queue") => Overlap::Queue,
                    Some("kill") => Overlap::Kill,
                    Some(_) | None => Overlap::Skip,
                };
                let missed = match table.text("missed") {
                    Some("skip") => Missed::Skip,
                    Some(_) | None => Missed::Once,
                };
                let timezone = table.text("timezone").map(Arc::from);
                Nature::Scheduled(Schedule { when, timezone, overlap, missed, timeout })
            }
        }
    }
}

/// Reads a way to hold a process that has been judged already.
pub(super) fn tty_of(word: &str) -> Tty {
    match word {
        "full" => Tty::Full,
        "line" => Tty::Line,
        "pipe" => Tty::Pipe,
        _ => Tty::Auto,
    }
}

/// Returns the duration of a key.
pub(super) fn duration(table: &Table, name: &str) -> Option<Duration> {
    words::duration(table.text(name)?).ok()
}

/// Returns the signals of a key.
pub(super) fn signals(table: &Table, name: &str) -> Option<Vec<i32>> {
    let values = table.several(name)?;
    let signals: Vec<i32> = values.iter().filter_map(|value| words::signal(value.text()?).ok()).collect();
    // An empty list says nothing: somebody has to ask.
    (!signals.is_empty()).then_some(signals)
}

/// Returns the command of a key, without line ends behind it.
pub(super) fn command(table: &Table, name: &str) -> Option<Vec<u8>> {
    Some(table.text(name)?.trim().as_bytes().to_vec())
}

fn place(span: &Span) -> Place {
    Place { file: span.source.name.as_str().into(), line: span.line() }
}

/// Lays variables over weaker ones; the result is sorted by name, each name once.
pub(crate) fn overlay(weaker: &mut Vec<Variable>, stronger: Vec<Variable>) {
    for variable in stronger {
        match weaker.binary_search_by(|known| known.name.cmp(&variable.name)) {
            Ok(at) => weaker[at] = variable,
            Err(at) => weaker.insert(at, variable),
        }
    }
}

fn variables_of(value: &Value) -> Vec<Variable> {
    let Content::Table(table) = &value.content else { return Vec::new() };
    let mut variables = Vec::new();
    for entry in &table.entries {
        let text = match &entry.value.content {
            Content::Text(text) => text.clone(),
            Content::Bool(truth) => truth.to_string(),
            Content::Integer(Some(number)) => number.to_string(),
            Content::Float(number) => number.to_string(),
            Content::Integer(None) | Content::Unusable | Content::List(_) | Content::Table(_) => continue,
        };
        let origin = Origin::File(place(&entry.key));
        let variable = Variable { name: entry.name.clone().into_bytes(), value: text.into_bytes(), origin };
        overlay(&mut variables, vec![variable]);
    }
    variables
}

fn apply_backoff(backoff: &mut restart::Backoff, table: &Table) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range has been judged")]
    let percent =
        |name: &str| table.get(name).and_then(Value::number).map(|part| (part * 100.0).round() as u32);
    backoff.first = duration(table, "first").unwrap_or(backoff.first);
    backoff.max = duration(table, "max").unwrap_or(backoff.max).max(backoff.first);
    backoff.factor_percent = percent("factor").unwrap_or(backoff.factor_percent);
    backoff.jitter_percent = percent("jitter").unwrap_or(backoff.jitter_percent);
    backoff.reset_after = duration(table, "reset_after").unwrap_or(backoff.reset_after);
}

fn watch_of(value: &Value) -> Watch {
    let texts = |values: &[Value]| values.iter().filter_map(Value::text).map(str::to_owned).collect();
    let Content::Table(table) = &value.content else {
        return Watch { paths: texts(value.several()), ignore: Vec::new(), debounce: DEBOUNCE };
    };
    Watch {
        // Without paths everything in its directory counts.
        paths: table.several("paths").map_or_else(|| vec!["**".to_owned()], texts),
        ignore: table.several("ignore").map(texts).unwrap_or_default(),
        debounce: duration(table, "debounce").unwrap_or(DEBOUNCE),
    }
}

fn limits_of(table: &Table) -> Limits {
    Limits {
        memory: table.text("memory").and_then(|size| super::super::parse_size(size).ok()),
        cpu: table.integer("cpu").and_then(|cpu| u32::try_from(cpu).ok()),
        silence: duration(table, "silence"),
        age: duration(table, "age"),
        dump_signal: table.text("dump_signal").and_then(|signal| words::signal(signal).ok()),
        on_limit: match table.text("on_limit") {
            Some("stop") => OnLimit::Stop,
            Some("warn") => OnLimit::Warn,
            Some(_) | None => OnLimit::Restart,
        },
    }
}

fn no_time(definition: Definition<'_>) -> Diagnostic {
    let name = definition.name();
    Diagnostic::error("missing-key", format!("`schedule.{name}` does not say when"))
        .at(definition.key().clone(), "")
        .hint("write `every = \"10m\"`, `cron = \"0 3 * * *\"` or `daily_at = \"03:00\"`")
}
