use std::ffi::{OsStr, OsString};

use clap::FromArgMatches;
use expect_test::{Expect, expect};

use super::{Command, Forge, StartArgs, parser};
use crate::cli::wishes;
use crate::diagnostic::Span;
use crate::project::{Colour, Settings};

fn parse(line: &[&str]) -> Result<Forge, clap::Error> {
    let words = std::iter::once("forge").chain(line.iter().copied());
    Forge::from_arg_matches(&parser(|_| false).try_get_matches_from(words)?)
}

#[track_caller]
fn start(line: &[&str]) -> Box<StartArgs> {
    match parse(line) {
        Ok(Forge { command: Command::Start(args) }) => args,
        other => panic!("{line:?} gave {other:?}"),
    }
}

fn settings(line: &[&str]) -> Settings {
    let words = std::iter::once("forge").chain(line.iter().copied());
    let matches = parser(|_| false).try_get_matches_from(words).expect("a right command line");
    let args = start(line);
    wishes::of_start(&args, matches.subcommand_matches("start").expect("start"))
}

fn run_words(line: &[&str]) -> Vec<OsString> {
    match parse(line) {
        Ok(Forge { command: Command::Run(args) }) => args.words,
        other => panic!("{line:?} gave {other:?}"),
    }
}

#[test]
fn the_parser_is_sound() {
    parser(|_| false).debug_assert();
}

#[test]
fn command_lines_of_foreman_mean_the_same() {
    let args = start(&["start", "-f", "Procfile.dev", "--env", "/dev/null", "web"]);
    assert_eq!(args.files.procfile, Some(vec!["Procfile.dev".into()]));
    assert_eq!(args.files.env.as_deref(), Some(&[OsString::from("/dev/null")][..]));
    assert_eq!(args.names, ["web"]);
    let settings = settings(&[
        "start",
        "-p",
        "3000",
        "-t",
        "10",
        "-c",
        "-m",
        "all=1,stripe=0",
        "-d",
        "app",
        "--env=/dev/null",
        "--no-timestamp",
        "web",
    ]);
    let text =
        |span: &Option<Span>| span.as_ref().map(|span| String::from_utf8_lossy(span.text()).into_owned());
    assert_eq!(text(&settings.port).as_deref(), Some("3000"));
    assert_eq!(text(&settings.formation).as_deref(), Some("all=1,stripe=0"));
    assert_eq!(settings.timeout, Some(std::time::Duration::from_secs(10)));
    assert_eq!(settings.colour, Some(Colour::Always));
    assert_eq!(settings.timestamp, Some(false));
    assert_eq!(settings.root, Some("app".into()));
    assert_eq!(settings.env_files, Some(vec!["/dev/null".into()]));
    assert_eq!(settings.names.map(|names| names.len()), Some(1));
}

#[test]
fn start_has_short_names() {
    for word in ["start", "s", "st"] {
        start(&[word]);
    }
    assert!(matches!(parse(&["up", "web"]), Ok(Forge { command: Command::Up(_) })));
    assert!(matches!(parse(&["v"]), Ok(Forge { command: Command::Version })));
}

#[test]
fn the_last_of_two_counts() {
    assert_eq!(start(&["start", "-m", "all=1", "-m", "web=2"]).formation.as_deref(), Some("web=2"));
    assert_eq!(settings(&["start", "--timestamp", "--no-timestamp"]).timestamp, Some(false));
    assert_eq!(settings(&["start", "--no-timestamp", "--timestamp"]).timestamp, Some(true));
    assert_eq!(settings(&["start", "--no-color", "-c"]).colour, Some(Colour::Always));
    assert_eq!(settings(&["start", "-c", "--no-color"]).colour, Some(Colour::Never));
    assert_eq!(settings(&["start", "--no-port", "-p", "1"]).no_port, None);
    assert_eq!(settings(&["start", "-p", "1", "--no-port"]).no_port, Some(true));
}

#[test]
fn whoever_says_how_the_time_is_shown_wants_to_see_it() {
    let timestamp = |words: &[&str]| settings(&[&["start"], words].concat()).timestamp;
    assert_eq!(timestamp(&["--timestamp-format", "%T"]), Some(true));
    assert_eq!(timestamp(&["--no-timestamp", "--timestamp-format", "%T"]), Some(true));
    assert_eq!(timestamp(&["--timestamp-format", "%T", "--no-timestamp"]), Some(false));
    assert_eq!(timestamp(&["--timestamp=false", "--timestamp-format", "%T"]), Some(false));
    assert_eq!(timestamp(&[]), None);
}

#[test]
fn patterns_add_up_and_may_have_commas() {
    let drop = settings(&["start", "--drop", "a,b", "--drop", "-c\nd"]).drop.expect("patterns");
    let texts: Vec<_> = drop.iter().map(|span| span.text().to_vec()).collect();
    assert_eq!(texts, [b"a,b".to_vec(), b"-c".to_vec(), b"d".to_vec()]);
}

#[test]
fn env_files_and_names_add_up() {
    let env = settings(&["start", "-e", "a, b", "-e", "c"]).env_files;
    assert_eq!(env, Some(vec!["a".into(), "b".into(), "c".into()]));
    assert_eq!(settings(&["start", "-e", ""]).env_files, Some(vec![]));
    let except = settings(&["start", "-x", "a,b", "-x", "c"]).except;
    assert_eq!(except.as_ref().map(Span::text), Some(&b"a,b,c"[..]));
}

#[test]
fn a_value_after_c_is_a_name_unless_it_is_attached() {
    let args = start(&["start", "-c", "web"]);
    assert_eq!(args.names, ["web"]);
    for (flag, colour) in
        [("-c=never", Colour::Never), ("--color=auto", Colour::Auto), ("--color", Colour::Always)]
    {
        assert_eq!(settings(&["start", flag]).colour, Some(colour), "{flag}");
    }
}

#[test]
fn what_follows_the_command_of_run_belongs_to_it() {
    assert_eq!(
        run_words(&["run", "rails", "c", "--help", "-e", "test", "--", "x"]),
        ["rails", "c", "--help", "-e", "test", "--", "x"]
    );
    assert_eq!(run_words(&["run", "-e", "x.env", "--", "-weird", "-p"]), ["-weird", "-p"]);
    assert_eq!(run_words(&["run", "-p", "1", "web"]), ["web"]);
    assert!(parse(&["run"]).is_err());
}

#[test]
fn mistakes_are_told_with_a_suggestion() {
    let check = |line: &[&str], expected: Expect| {
        let error = parse(line).expect_err("a wrong command line");
        let text = error.to_string();
        expected.assert_eq(text.split("\n\nUsage").next().unwrap_or_default());
        assert!(error.use_stderr());
    };
    check(
        &["start", "--formatoin", "web=1"],
        expect![[r#"
        error: unexpected argument '--formatoin' found

          tip: a similar argument exists: '--formation'"#]],
    );
    check(
        &["strat"],
        expect![[r#"
        error: unrecognized subcommand 'strat'

          tip: some similar subcommands exist: 's', 'st', 'status', 'restart', 'start'"#]],
    );
    check(
        &["start", "-t", "soon"],
        expect![[r#"
        error: invalid value 'soon' for '--timeout <TIME>': expected a time such as 10, 5s or 300ms

        For more information, try '--help'.
    "#]],
    );
}

/// A value in the help would show what somebody has in the environment.
#[test]
fn no_help_shows_the_value_of_a_variable() {
    fn walk(command: &clap::Command) {
        for arg in command.get_arguments().filter(|arg| arg.get_env().is_some()) {
            assert!(arg.is_hide_env_values_set(), "{} {}", command.get_name(), arg.get_id());
        }
        command.get_subcommands().for_each(walk);
    }
    walk(&parser(|_| false));
}

/// `wishes` names the variable in messages from the name of the argument.
#[test]
fn variables_are_called_like_their_flags() {
    fn walk(command: &clap::Command) {
        for arg in command.get_arguments() {
            let expected = format!("FORGE_{}", arg.get_id().as_str().to_uppercase());
            assert!(arg.get_env().is_none_or(|name| name == expected.as_str()), "{}", arg.get_id());
        }
        command.get_subcommands().for_each(walk);
    }
    walk(&parser(|_| false));
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let command = parser(|name| name == OsStr::new("FORGE_PORT"));
    let start = command.find_subcommand("start").expect("start");
    let env_of = |id: &str| start.get_arguments().find(|arg| arg.get_id() == id).and_then(clap::Arg::get_env);
    assert_eq!(env_of("port"), None);
    assert_eq!(env_of("port_step"), Some(OsStr::new("FORGE_PORT_STEP")));
}

#[test]
fn the_help_of_start_explains_the_ports() {
    let mut command = parser(|_| false);
    let help = command.find_subcommand_mut("start").expect("start").render_long_help().to_string();
    assert!(help.contains("base + 100 x its place in the Procfile"), "{help}");
}

#[test]
fn every_setting_that_looks_like_an_address_is_known_to_be_none() {
    let command = parser(|_| false);
    let mut found: Vec<&str> = command
        .get_subcommands()
        .flat_map(clap::Command::get_arguments)
        .filter_map(|argument| argument.get_env()?.to_str())
        .filter(|name| name.starts_with("FORGE_PORT_") || name.starts_with("FORGE_URL_"))
        .collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, crate::project::SETTINGS_LIKE_ADDRESSES);
}
