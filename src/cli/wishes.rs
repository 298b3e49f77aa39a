//! From arguments to [`Settings`], each text with the name of the flag or variable it came from.

use std::os::unix::ffi::OsStrExt;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::args::{
    self, CiArgs, CleanArgs, ColourArgs, EnvArgs, FileArgs, ReadingArgs, ReadyArgs, RunArgs, StartArgs,
    Waiting, WhyArgs,
};
use crate::diagnostic::{Source, Span};
use crate::project::{self, Colour, Form, Settings, Wait};

/// What `forge start` was asked for.
pub(crate) fn of_start(args: &StartArgs, matches: &ArgMatches) -> Settings {
    let no_port = match given(matches, "no_port") {
        Given::Flag => is_last_word(matches, "no_port", "port"),
        // A flag beats a variable that says the opposite.
        Given::Variable => args.no_port && given(matches, "port") != Given::Flag,
        Given::Not => false,
    };
    let says_no = |beside: &str| is_last_word(matches, "no_timestamp", beside);
    let timestamp = if says_no("timestamp") && says_no("timestamp_format") {
        Some(false)
    } else if given(matches, "timestamp_format") == Given::Flag && given(matches, "timestamp") != Given::Flag
    {
        // Whoever says how the time is shown wants to see it. A variable says only how, and not that.
        Some(true)
    } else {
        args.timestamp
    };
    Settings {
        after: items(matches, "after", args.after.as_deref()),
        restart: items(matches, "restart", args.restart.as_deref()),
        stop_signal: items(matches, "stop_signal", args.stop_signal.as_deref()),
        release: args.release.then_some(true),
        exit_code_from: span(matches, "exit_code_from", args.exit_code_from.as_deref()),
        wait: wait(&args.ready),
        detach: args.ready.detach.then_some(true),
        watch: if is_last_word(matches, "no_watch", "watch") { Some(false) } else { args.watch },
        names: names(&args.names),
        formation: span(matches, "formation", args.formation.as_deref()),
        except: list(matches, "except", args.except.as_deref()),
        port: span(matches, "port", args.port.as_deref()),
        port_step: args.port_step,
        no_port: no_port.then_some(true),
        timeout: args.timeout,
        timestamp,
        timestamp_format: span(matches, "timestamp_format", args.timestamp_format.as_deref()),
        colour: colour(&args.colour, matches),
        no_prefix: args.no_prefix.then_some(true),
        no_mask: args.no_mask.then_some(true),
        quiet: list(matches, "quiet", args.quiet.as_deref()),
        drop: args.drop.as_ref().map(|patterns| {
            // One a line, so that a variable can hold several; a line cannot have a line end in it anyway.
            let patterns = patterns.iter().flat_map(|pattern| pattern.split('\n'));
            patterns.filter_map(|pattern| span(matches, "drop", Some(pattern))).collect()
        }),
        stderr: args.stderr.map(|stderr| match stderr {
            args::Stderr::Plain => project::Stderr::Plain,
            args::Stderr::Mark => project::Stderr::Mark,
        }),
        form: args.json.then_some(Form::Json),
        exit_on: args.exit_on.map(|exit_on| match exit_on {
            args::ExitOn::Any => project::ExitOn::Any,
            args::ExitOn::Failure => project::ExitOn::Failure,
            args::ExitOn::All => project::ExitOn::All,
            args::ExitOn::Never => project::ExitOn::Never,
        }),
        can_die: list(matches, "can_die", args.can_die.as_deref()),
        tty: args.tty.map(|tty| match tty {
            args::Tty::Auto => project::Tty::Auto,
            args::Tty::Full => project::Tty::Full,
            args::Tty::Line => project::Tty::Line,
            args::Tty::Pipe => project::Tty::Pipe,
        }),
        bar: if is_last_word(matches, "no_bar", "bar") { Some(false) } else { args.bar },
        focus: span(matches, "focus", args.focus.as_deref()),
        isolate: args.isolation.isolate.then_some(true),
        log_dir: args.logs.log_dir.clone(),
        log_rotate: args.logs.log_rotate,
        log_keep: args.logs.log_keep,
        log_raw: args.logs.log_raw.then_some(true),
        ..of_reading(&args.reading, of_files(&args.files))
    }
}

/// Whoever goes away has to be told when to.
fn wait(args: &ReadyArgs) -> Option<Wait> {
    match args.wait {
        Some(Waiting::For(limit)) => Some(Wait { limit: Some(limit) }),
        Some(Waiting::AsLongAsItTakes) => Some(Wait { limit: None }),
        Some(Waiting::No) | None => args.detach.then_some(Wait { limit: None }),
    }
}

/// Says which two flags of `forge start` contradict each other, if any do. A variable gives way to a flag in silence: it
/// may be there for all projects.
pub(crate) fn contradiction(args: &StartArgs, matches: &ArgMatches) -> Option<String> {
    let is_flag = |id: &str| given(matches, id) == Given::Flag;
    let meaningless = |flag: &str, beside: &str, because: &str| {
        Some(format!("`{flag}` means nothing with `{beside}`: {because}"))
    };
    let marks_stderr = is_flag("stderr") && args.stderr == Some(args::Stderr::Mark);
    if is_flag("json") && is_flag("no_prefix") {
        return meaningless("--no-prefix", "--json", "an object has no prefix");
    }
    if is_flag("json") && is_flag("timestamp_format") {
        return meaningless("--timestamp-format", "--json", "the time of an object is always RFC 3339");
    }
    let wants_bar = is_flag("bar") && args.bar == Some(true);
    if is_flag("json") && (wants_bar || is_flag("focus")) {
        let flag = if wants_bar { "--bar" } else { "--focus" };
        return meaningless(flag, "--json", "objects are for a program, not for a person at a terminal");
    }
    if is_flag("focus") && is_flag("no_bar") {
        return meaningless("--focus", "--no-bar", "without the bar nothing is read from the keyboard");
    }
    if is_flag("json") && marks_stderr {
        return meaningless("--stderr mark", "--json", "each object has its `stream`");
    }
    if is_flag("json") && is_flag("dry_run") {
        return meaningless("--json", "--dry-run", "nothing is started that could say something");
    }
    if is_flag("no_prefix") && is_flag("timestamp_format") {
        return meaningless("--timestamp-format", "--no-prefix", "the time is in the prefix");
    }
    if is_flag("no_prefix") && marks_stderr {
        return meaningless("--stderr mark", "--no-prefix", "the mark is in the prefix");
    }
    None
}

/// What `forge run` was asked for, apart from the words themselves.
pub(crate) fn of_run(args: &RunArgs, matches: &ArgMatches) -> Settings {
    let files = of_reading(&args.reading, of_files(&args.files));
    let isolate = args.isolation.isolate.then_some(true);
    Settings { port: span(matches, "port", args.port.as_deref()), isolate, ..files }
}

/// What `forge ci` was asked for.
pub(crate) fn of_ci(args: &CiArgs, matches: &ArgMatches) -> Settings {
    // Each a text of its own, so that a message can point at it.
    let words = args.only.iter().flatten().flat_map(|list| list.split(',')).filter(|name| !name.is_empty());
    let only: Vec<Span> = words.filter_map(|name| span(matches, "only", Some(name))).collect();
    Settings {
        names: (!only.is_empty()).then_some(only),
        port: span(matches, "port", args.port.as_deref()),
        colour: colour(&args.colour, matches),
        watch: Some(false),
        ..of_reading(&args.reading, of_files(&args.files))
    }
}

/// What `forge env` was asked for.
pub(crate) fn of_env(args: &EnvArgs, matches: &ArgMatches) -> Settings {
    let files = of_reading(&args.reading, of_files(&args.files));
    Settings { port: span(matches, "port", args.port.as_deref()), ..files }
}

/// What `forge clean` was asked for.
pub(crate) fn of_clean(args: &CleanArgs, matches: &ArgMatches) -> Settings {
    Settings {
        procfile: args.procfile.clone(),
        root: args.root.clone(),
        timeout: args.timeout,
        colour: colour(&args.colour, matches),
        ..Settings::default()
    }
}

/// What `forge why` was asked for.
pub(crate) fn of_why(args: &WhyArgs, matches: &ArgMatches) -> Settings {
    Settings {
        procfile: args.procfile.clone(),
        root: args.root.clone(),
        colour: colour(&args.colour, matches),
        ..Settings::default()
    }
}

/// Which files a command was asked to read.
pub(crate) fn of_files(args: &FileArgs) -> Settings {
    let mut procfiles = args.procfile.iter().flatten().cloned();
    Settings {
        procfile: procfiles.next(),
        further_procfiles: procfiles.collect(),
        // A name is as good as its place: no message has to tell the flag from the variable.
        profile: args.profile.as_deref().map(|name| whole("--profile", name)),
        root: args.root.clone(),
        env_files: args
            .env
            .as_ref()
            .map(|lists| lists.iter().flat_map(|list| project::parse_paths(list.as_bytes())).collect()),
        ..Settings::default()
    }
}

fn of_reading(args: &ReadingArgs, rest: Settings) -> Settings {
    Settings { expand: args.expand.then_some(true), no_override: args.no_override.then_some(true), ..rest }
}

/// When there is colour, as far as the command line says anything.
pub(crate) fn colour(args: &ColourArgs, matches: &ArgMatches) -> Option<Colour> {
    if is_last_word(matches, "no_color", "color") {
        return Some(Colour::Never);
    }
    args.color.map(|when| match when {
        args::When::Auto => Colour::Auto,
        args::When::Always => Colour::Always,
        args::When::Never => Colour::Never,
    })
}

/// The names as one text, so that a message can point at each of them: `forge start web nosuch`.
pub(crate) fn names(names: &[String]) -> Option<Vec<Span>> {
    if names.is_empty() {
        return None;
    }
    let mut text = "forge start".to_owned();
    let ranges: Vec<_> = names
        .iter()
        .map(|name| {
            text.push(' ');
            let start = text.len();
            text.push_str(name);
            start..text.len()
        })
        .collect();
    let source = Source::new("the command line", text);
    Some(ranges.into_iter().map(|range| Span::new(&source, range)).collect())
}

fn list(matches: &ArgMatches, id: &str, values: Option<&[String]>) -> Option<Span> {
    span(matches, id, values.map(|values| values.join(",")).as_deref())
}

/// Flags that can be repeated, each a text of its own; in a variable they stand behind each other, with blanks.
fn items(matches: &ArgMatches, id: &str, values: Option<&[String]>) -> Option<Vec<Span>> {
    let values = values?;
    let is_variable = given(matches, id) == Given::Variable;
    let words = values.iter().flat_map(|value| {
        if is_variable { value.split_whitespace().collect() } else { vec![value.as_str()] }
    });
    Some(words.filter_map(|word| span(matches, id, Some(word))).collect())
}

/// A text that was given for `name`.
pub(crate) fn whole(name: &str, text: &str) -> Span {
    Span::new(&Source::new(name, text), 0..text.len())
}

fn span(matches: &ArgMatches, id: &str, text: Option<&str>) -> Option<Span> {
    let text = text?;
    let name = match given(matches, id) {
        Given::Variable => format!("FORGE_{}", id.to_uppercase()),
        Given::Flag | Given::Not => format!("--{}", id.replace('_', "-")),
    };
    Some(whole(&name, text))
}

/// Whether a flag was given, and its opposite not after it. (clap's own `overrides_with` takes a variable for a
/// flag and refuses both together.)
fn is_last_word(matches: &ArgMatches, flag: &str, opposite: &str) -> bool {
    given(matches, flag) == Given::Flag
        && (given(matches, opposite) != Given::Flag || matches.index_of(flag) > matches.index_of(opposite))
}

#[derive(PartialEq, Eq)]
enum Given {
    Flag,
    Variable,
    Not,
}

fn given(matches: &ArgMatches, id: &str) -> Given {
    match matches.value_source(id) {
        Some(ValueSource::CommandLine) => Given::Flag,
        Some(ValueSource::EnvVariable) => Given::Variable,
        Some(_) | None => Given::Not,
    }
}
