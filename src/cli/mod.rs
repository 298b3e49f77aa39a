//! The command line: reads what the user wrote, puts the rooms together, and gives the exit code.

mod act;
mod already;
mod args;
mod attach;
mod bar;
mod check;
mod ci;
mod clean;
mod completions;
mod detach;
mod dry_run;
mod env;
mod exit;
mod fault;
mod isolation;
mod left_behind;
mod log_files;
mod logs;
mod man;
pub mod preflight;
mod ps;
mod read;
mod remote;
mod renew;
mod report;
mod reread;
mod run;
mod schedule;
mod schema;
mod start;
mod version;
mod why;
mod wishes;

use std::borrow::Cow;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ContextValue;
use clap::{ArgMatches, FromArgMatches};

use crate::diagnostic::{Diagnostic, Severity, visible};
use crate::logs::Mask;
use crate::project::{Colour, OnConflict, PortSource, Project, load};
use crate::sys::signals;
use crate::ui::{messages, terminal};
use args::{Command, Forge, StartArgs};
use left_behind::Question;
use read::{Need, ProjectPlace};
use report::Verdict;
use start::Ground;

/// Does what the command line says; the first word is the name forge was called by.
pub fn main_with(words: Vec<OsString>) -> ExitCode {
    ExitCode::from(fault::survive(|| match completions::answer(&words) {
        Ok(true) => exit::DONE,
        Ok(false) => understand(words),
        Err(error) => complain(&error),
    }))
}

fn understand(words: Vec<OsString>) -> u8 {
    let matches = match args::parser(read::is_empty_variable).try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return complain(&error),
    };
    let (forge, matches) = match (Forge::from_arg_matches(&matches), matches.subcommand()) {
        (Ok(forge), Some((_, matches))) => (forge, matches),
        (Err(error), _) => return complain(&error),
        (Ok(_), None) => unreachable!("clap has asked for a command"),
    };
    if let Command::Start(args) = &forge.command
        && let Some(contradiction) = wishes::contradiction(args, matches)
    {
        return complain(&args::refusal("start", &contradiction));
    }
    dispatch(forge.command, matches).unwrap_or_else(|error| {
        if let Some(code) = error.downcast_ref().and_then(isolation::explain) {
            return code;
        }
        let root = error.root_cause().downcast_ref::<std::io::Error>();
        let doing: Vec<String> = error.chain().map(ToString::to_string).collect();
        let doing = if root.is_some() { &doing[..doing.len() - 1] } else { &doing };
        terminal::err(&messages::broken(doing, root));
        exit::BROKEN
    })
}

/// One arm a command.
fn dispatch(command: Command, matches: &ArgMatches) -> anyhow::Result<u8> {
    match command {
        Command::Start(args) => start_or_tell(&args, matches),
        Command::Ci(args) => ci::ci(&args, matches),
        Command::Run(args) if args.deps => ci::run_with_needs(&args, matches),
        Command::Run(args) => run::run(&args, matches),
        Command::Check(args) => check::check(&args, matches),
        Command::Clean(args) => clean::clean(&args, matches),
        Command::Env(args) => env::env(&args, matches),
        Command::Logs(args) => logs::logs(&args, matches),
        Command::Schedule(args) => schedule::schedule(&args, matches),
        Command::Why(args) => why::why(&args, matches),
        Command::Attach(args) => attach::attach(&args),
        Command::Ps(args) => ps::ps(&args),
        Command::Restart(args) => act::restart(&args),
        Command::Scale(args) => renew::scale(&args),
        Command::Reload(args) => renew::reload(&args),
        Command::Stop(args) => act::stop(&args),
        Command::Up(args) => match act::up(&args)? {
            Some(code) => Ok(code),
            None => start_or_tell(&args, matches),
        },
        Command::Signal(args) => act::signal(&args),
        Command::Wait(args) => act::wait(&args),
        Command::Down(args) => act::down(&args),
        Command::Ports(args) => ps::ports(&args),
        Command::Url(args) => ps::url(&args),
        Command::Schema => schema::schema(),
        Command::Version => version::version(),
        Command::Completions(args) => completions::completions(&args),
        Command::Man(args) => man::man(&args),
    }
}

/// Everything before the start: read, understand, look at the ports, show all that is wrong at once.
fn start_or_tell(args: &StartArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    signals::write_from_the_background();
    let wishes = wishes::of_start(args, matches);
    let read = read::inputs(wishes.clone(), Need::Procfile);
    let mut loaded = load::load(&read.value);
    let mask = Mask::new(loaded.value.secrets.found.clone());
    let mut diagnostics = [read.diagnostics, loaded.diagnostics].concat();
    let place = ProjectPlace::of(&loaded.value.root);
    // Nobody is asked anything about a start that cannot be. Before the ports, which may be free afterwards.
    if report::worst(&diagnostics) != Some(Severity::Error) {
        let question = if args.dry_run { Question::Idle } else { Question::Welcome };
        diagnostics.extend(left_behind::settle(&place, start::longest_grace(&loaded.value), question, &mask));
    }
    // Before the ports: that they are taken would be true, and no help.
    diagnostics.extend(preflight::give_ports(&mut loaded.value));
    if let Some(running) = already::look(&place, &loaded.value).filter(|_| !args.dry_run) {
        diagnostics.push(running.complaint);
        let colour = read.value.settings.colour.unwrap_or(Colour::Auto);
        let _ = report::show(&diagnostics, &mask, colour);
        if read::may_ask() && terminal::asks("follow what it prints? [y/N] ") {
            let words = ["forge", "logs", "-f", "--socket"].map(OsString::from);
            return Ok(understand(words.into_iter().chain([running.socket.into()]).collect()));
        }
        return Ok(exit::MISTAKE);
    }
    let mut taken = preflight::ports(&loaded.value);
    if may_move_ports(&loaded.value, &diagnostics, &taken, args.dry_run) {
        loaded.value.on_conflict = OnConflict::Next;
        diagnostics.extend(preflight::give_ports(&mut loaded.value));
        taken = preflight::ports(&loaded.value);
    }
    diagnostics.extend(taken);
    let colour = read.value.settings.colour.unwrap_or(Colour::Auto);
    if report::show(&diagnostics, &mask, colour) == Verdict::Stop {
        return Ok(exit::MISTAKE);
    }
    if args.dry_run {
        return dry_run::dry_run(&loaded.value, &mask);
    }
    if read.value.settings.detach == Some(true) {
        return detach::detach(|let_go| {
            start::start(loaded.value, mask, &place, wishes, Ground::Back(let_go))
        });
    }
    start::start(loaded.value, mask, &place, wishes, Ground::Front)
}

/// Asks whether other ports may be used, where that is the only thing in the way and somebody is there to answer.
fn may_move_ports(project: &Project, others: &[Diagnostic], taken: &[Diagnostic], dry_run: bool) -> bool {
    let in_the_way: Vec<&Diagnostic> = taken.iter().filter(|one| one.severity == Severity::Error).collect();
    let can_help = in_the_way.iter().all(|one| one.code == "port-taken") && !in_the_way.is_empty();
    let moves = project.instances.iter().any(|instance| instance.process.port == PortSource::Rule);
    let is_open = project.on_conflict == OnConflict::Ask && !dry_run && moves;
    if !is_open || !can_help || report::worst(others) == Some(Severity::Error) || !read::may_ask() {
        return false;
    }
    let messages: Vec<String> = in_the_way.iter().map(|one| format!("{}\n", visible(&one.message))).collect();
    terminal::asks(&format!("{}use the next free ports instead? [y/N] ", messages.concat()))
}

/// clap's own words: help and version go to stdout and are no mistake.
fn complain(error: &clap::Error) -> u8 {
    if quotes_something_hostile(error) {
        let plain = error.render().to_string();
        let lines: Vec<_> = plain.lines().map(visible).collect();
        terminal::err(&(lines.join("\n") + "\n"));
    } else {
        // Nobody to tell if nobody listens.
        let _ = error.print();
    }
    if error.use_stderr() { exit::USAGE } else { exit::DONE }
}

/// Returns whether a word of the command line that is in the message would do something to the terminal.
fn quotes_something_hostile(error: &clap::Error) -> bool {
    let is_hostile = |word: &str| matches!(visible(word), Cow::Owned(_));
    error.context().any(|(_, value)| {
        if let ContextValue::String(word) = value {
            is_hostile(word)
        } else if let ContextValue::Strings(words) = value {
            words.iter().any(|word| is_hostile(word))
        } else {
            // What else there is, clap has made of these.
            false
        }
    })
}
