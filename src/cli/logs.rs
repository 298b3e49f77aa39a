//! `forge logs`: what processes have printed, from the log files, for which no forge has to run; where one runs that keeps none,
//! from its memory.

mod choice;
mod live;
mod merge;

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::ArgMatches;

use self::choice::{Choice, Labels};
use self::live::UntilItsEnd;
use self::merge::{Merge, Shown};
use super::args::{Lines, LogsArgs};
use super::read::{self, USUAL_LOGS, why};
use super::{exit, report, wishes};
use crate::diagnostic::{Diagnostic, Span};
use crate::logs::when::{self, Moment};
use crate::logs::{Level, Mask, Palette, Pattern, Question};
use crate::project::Colour;
use crate::project::manifest::{Manifest, colour_number};
use crate::store::names::INDEX;
use crate::store::reader::{Archive, Start};
use crate::sys::changes::{Changes, Wake};
use crate::sys::{clock, descriptor_table};
use crate::ui::history::{History, Look};
use crate::ui::sinks::Screen;
use crate::ui::terminal;

/// How many lines there are before those that come.
const BEFORE_FOLLOWING: usize = 10;

/// What several processes print at the same time is in several files a moment later; then the order is known.
const SETTLING: Duration = Duration::from_millis(50);

/// How long a report waits for another line of it.
const REPORT_PATIENCE: Duration = Duration::from_millis(500);

/// What is wanted.
struct Wish {
    choice: Choice,
    question: Question,
    since: Option<Moment>,
    until: Option<Moment>,
    run: Option<i64>,
    lines: Lines,
}

/// Shows what is wanted.
///
/// # Errors
/// The files cannot be read, or the output cannot be written.
pub(crate) fn logs(args: &LogsArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    let colour = wishes::colour(&args.colour, matches).unwrap_or(Colour::Auto);
    let stop = |diagnostics: &[Diagnostic], code: u8| {
        let _ = report::show(diagnostics, &Mask::default(), colour);
        Ok(code)
    };
    let profile = args.profile.as_deref().map(|name| wishes::whole("--profile", name));
    let running = match live::find(args) {
        Ok(running) => running,
        Err(trouble) => return Ok(trouble.show()),
    };
    let is_terminal = terminal::is_stdout();
    let look = if args.json {
        Look::Json
    } else if args.raw {
        Look::Raw
    } else {
        let screen = Screen { terminal: is_terminal, colour: read::has_colour(colour, is_terminal) };
        Look::Stream { screen, timestamp: !args.no_timestamp }
    };
    let from_files = args.log_dir.clone().or_else(|| running.as_ref()?.log_dir());
    if let (Some(running), None) = (&running, &from_files) {
        let (wish, diagnostics) = understand(args, Labels::default());
        if !diagnostics.is_empty() {
            return stop(&diagnostics, exit::MISTAKE);
        }
        return running.show(args, &wish, look, profile.as_ref());
    }
    let here = args.place.root.clone().unwrap_or_else(|| read::current_directory().unwrap_or_default());
    let (path, archive, manifest) = match open(&here, from_files.as_deref(), profile.as_ref()) {
        Ok(found) => found,
        Err(diagnostic) => return stop(&[*diagnostic], exit::NOTHING_HERE),
    };
    let (wish, mut diagnostics) = understand(args, manifest.labels());
    let names = archive.names().with_context(|| format!("could not read `{}`", path.display()))?;
    diagnostics.extend(wish.choice.unknown(&names));
    if !diagnostics.is_empty() {
        return stop(&diagnostics, exit::MISTAKE);
    }
    // Two for each file.
    descriptor_table::raise_file_limit();
    let doing = || format!("could not read the log files in `{}`", path.display());
    let chosen = wish.choice.of(&names);
    let history = History::new(look, palette_of(&manifest), chosen.iter().map(String::as_str), clock::wall());
    // Before the first look, so that nothing is missed between the two.
    let changes = if args.follow {
        Some(Changes::of(&path.join(INDEX)).context("could not wait for changes of the log files")?)
    } else {
        None
    };
    let mut merge = Merge::new(archive, wish, history, args.follow).with_context(doing)?;
    match changes {
        None => merge.show_all().map(drop).with_context(doing)?,
        Some(changes) => {
            // A forge that writes elsewhere says nothing about the end of these.
            let writer =
                running.filter(|running| running.writes_to(&path)).and_then(|one| one.until_its_end());
            follow(&mut merge, &changes, writer).with_context(doing)?;
        }
    }
    Ok(exit::DONE)
}

/// Returns the colours that a `forge.toml` names.
fn palette_of(manifest: &Manifest) -> Palette {
    let colours: Vec<u8> = manifest.colours().iter().filter_map(|name| colour_number(name)).collect();
    Palette::new(&colours)
}

/// Shows what there is, and what comes, until nobody reads it any more, or the stack that writes it has ended.
fn follow(merge: &mut Merge, changes: &Changes, mut writer: Option<UntilItsEnd>) -> anyhow::Result<()> {
    if merge.show_all()? == Shown::NobodyReads {
        return Ok(());
    }
    loop {
        let patience = merge.waits().then_some(REPORT_PATIENCE);
        let told = writer.as_ref().map(AsFd::as_fd);
        match changes.wait(std::io::stdout(), told, patience)? {
            Wake::NobodyReads => return Ok(()),
            Wake::Told => {
                if writer.as_mut().is_some_and(UntilItsEnd::has_come) {
                    merge.look_for_new()?;
                    merge.show_all()?;
                    merge.end_reports();
                    return merge.show_all().map(drop).map_err(Into::into);
                }
            }
            Wake::Nothing => merge.end_reports(),
            Wake::Change => {
                clock::pause(SETTLING);
                merge.look_for_new()?;
            }
        }
        if merge.show_all()? == Shown::NobodyReads {
            return Ok(());
        }
    }
}

/// Opens the directory that was named, or the next one above that has logs; also says what `forge.toml` there says.
fn open(
    here: &Path,
    named: Option<&Path>,
    profile: Option<&Span>,
) -> Result<(PathBuf, Archive, Manifest), Box<Diagnostic>> {
    let unreadable = |path: &Path, error: &std::io::Error| {
        let message = format!("there are no log files in `{}`: {}", path.display(), why(error));
        Box::new(Diagnostic::error("no-logs", message).hint("`forge start --log-dir DIR` writes them"))
    };
    if let Some(path) = named {
        return match Archive::open(path) {
            Ok(archive) => Ok((path.to_owned(), archive, read::manifest_of(here, profile))),
            Err(error) => Err(unreadable(path, &error)),
        };
    }
    let mut missing = None;
    for directory in here.ancestors() {
        let manifest = read::manifest_of(directory, profile);
        let said = manifest.logs().dir.map(|dir| directory.join(dir));
        for path in said.iter().cloned().chain([directory.join(USUAL_LOGS)]) {
            match Archive::open(&path) {
                Ok(archive) => return Ok((path, archive, manifest)),
                Err(error) if read::is_missing(&error) => {}
                Err(error) => return Err(unreadable(&path, &error)),
            }
        }
        missing = missing.or(said);
    }
    if let Some(path) = missing {
        let message = format!("there are no log files yet in `{}`, which forge.toml names", path.display());
        return Err(Box::new(Diagnostic::error("no-logs", message).hint("`forge start` writes them")));
    }
    let message = format!(
        "no forge runs here, and there are no log files: no `{USUAL_LOGS}` in this directory or above"
    );
    let hint = format!(
        "a running stack has its last lines in memory, and `forge start --log-dir {USUAL_LOGS}` and `forge start -D` write files; other \
         places are named with `-d` and `--log-dir`"
    );
    Err(Box::new(Diagnostic::error("no-logs", message).hint(hint)))
}

/// Reads times and patterns; what is wrong with them is said at once.
fn understand(args: &LogsArgs, labels: Labels) -> (Wish, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let now = clock::wall();
    let mut moment = |flag: &str, text: Option<&String>| match when::parse(text?, now, &clock::offset_at) {
        Ok(moment) => Some(moment),
        Err(expected) => {
            let text = text.map_or("", String::as_str);
            diagnostics.push(
                Diagnostic::error("bad-time", format!("`{text}` is no time for `--{flag}`")).hint(expected),
            );
            None
        }
    };
    let (since, until) = (moment("since", args.since.as_ref()), moment("until", args.until.as_ref()));
    let mut patterns = |flag: &str, texts: &[String]| {
        let mut patterns = Vec::new();
        for text in texts {
            match Pattern::new(text) {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => diagnostics.push(
                    Diagnostic::error(
                        "bad-pattern",
                        format!("`{text}` is no regular expression for `--{flag}`: {error}"),
                    )
                    .hint("a backslash before a special letter makes it an ordinary one: `\\(`"),
                ),
            }
        }
        patterns
    };
    let (grep, not) = (patterns("grep", &args.grep), patterns("not", &args.not));
    let level = if args.errors { Some(args.level.unwrap_or(Level::Error)) } else { args.level };
    let question = Question { grep, not, level };
    // Whoever says from when on wants all of it.
    let narrowed = since.is_some() || until.is_some() || args.run.is_some();
    let lines = args.lines.unwrap_or(match (args.follow, narrowed) {
        (true, false) => Lines::Last(BEFORE_FOLLOWING),
        _ => Lines::All,
    });
    let choice = Choice::new(&args.names, labels);
    (Wish { choice, question, since, until, run: args.run, lines }, diagnostics)
}

impl Wish {
    /// Where reading has to begin: only where nothing is left out, is the end enough.
    fn start(&self) -> Start {
        let whole =
            self.question.is_open() && self.since.is_none() && self.until.is_none() && self.run.is_none();
        match self.lines {
            Lines::Last(lines) if whole => Start::Last(lines),
            Lines::Last(_) | Lines::All => Start::Oldest,
        }
    }
}
