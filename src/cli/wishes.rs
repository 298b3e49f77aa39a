//! From arguments to [`Settings`], each text with the name of the flag or variable it came from.

use std::os::unix::ffi::OsStrExt;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::args::{
    self, CiArgs, CleanArgs, ColourArgs, EnvArgs, FileArgs, ReadingArgs, RunArgs, StartArgs, WhyArgs,
};
use crate::diagnostic::{Source, Span};
use crate::project::{self, Colour, Settings};

/// What `forge start` was asked for.
pub(crate) fn of_start(args: &StartArgs, matches: &ArgMatches) -> Settings {
    let no_port = match given(matches, "no_port") {
        Given::Flag => is_last_word(matches, "no_port", "port"),
        // A flag beats a variable that says the opposite.
        Given::Variable => args.no_port && given(matches, "port") != Given::Flag,
        Given::Not => false,
    };
    let no_timestamp = is_last_word(matches, "no_timestamp", "timestamp");
    let timestamp = if no_timestamp { Some(false) } else { args.timestamp };
    Settings {
        after: items(matches, "after", args.after.as_deref()),
        restart: items(matches, "restart", args.restart.as_deref()),
        stop_signal: items(matches, "stop_signal", args.stop_signal.as_deref()),
        release: args.release.then_some(true),
        exit_code_from: span(matches, "exit_code_from", args.exit_code_from.as_deref()),
        watch: if is_last_word(matches, "no_watch", "watch") { Some(false) } else { args.watch },
        names: names(&args.names),
        formation: span(matches, "formation", args.formation.as_deref()),
        except: list(matches, "except", args.except.as_deref()),
        port: span(matches, "port", args.port.as_deref()),
        port_step: args.port_step,
        no_port: no_port.then_some(true),
        timeout: args.timeout,
        timestamp,
        colour: colour(&args.colour, matches),
        no_prefix: args.no_prefix.then_some(true),
        quiet: list(matches, "quiet", args.quiet.as_deref()),
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
        ..of_reading(&args.reading, of_files(&args.files))
    }
}

/// What `forge run` was asked for, apart from the words themselves.
pub(crate) fn of_run(args: &RunArgs, matches: &ArgMatches) -> Settings {
    let files = of_reading(&args.reading, of_files(&args.files));
    Settings { port: span(matches, "port", args.port.as_deref()), ..files }
}

/// What `forge ci` was asked for.
pub(crate) fn of_ci(args: &CiArgs, matches: &ArgMatches) -> Settings {
    let only: Vec<String> = args
        .only
        .iter()
        .flatten()
        .flat_map(|list| list.split(','))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    Settings {
        names: names(&only),
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

fn whole(name: &str, text: &str) -> Span {
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
