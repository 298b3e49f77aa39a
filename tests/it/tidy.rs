//! Rules about the source itself: what memory would forget, a test keeps.
//!
//! The arrows are those of ARCHITECTURE.md. Each rule is a function over [`Source`]s, so that the rules are tested
//! too, on sources made up for the purpose.

#![expect(clippy::disallowed_methods, reason = "the sources of forge are read from the disk")]

mod scan;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ::forge::restart;
use scan::{Source, read};

/// The longest file that still fits in one reading.
const LINES: usize = 450;

/// Files that are longer, and why that is better than cutting them.
const LONG: &[(&str, &str)] = &[];

/// Which room may name which others. Every room may name itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("exit", &[]),
    ("diagnostic", &[]),
    ("restart", &["time", "exit"]),
    ("project", &["restart", "diagnostic"]),
    ("supervisor", &["project", "restart", "time", "exit"]),
    ("logs", &["project", "supervisor", "time"]),
    ("store", &["logs", "supervisor", "sys", "time"]),
    ("sys", &["time", "exit"]),
    ("guard", &["sys", "exit"]),
    ("control", &["supervisor", "logs", "project", "time", "exit", "sys"]),
    ("engine", &["supervisor", "logs", "guard", "sys", "control", "project", "time", "exit"]),
    (
        "ui",
        &[
            "logs",
            "supervisor",
            "control",
            "project",
            "diagnostic",
            "time",
            "exit",
            "store",
            "sys::descriptor",
            "sys::own_terminal",
            "sys::pty",
        ],
    ),
    (
        "cli",
        &[
            "time",
            "exit",
            "diagnostic",
            "restart",
            "project",
            "supervisor",
            "logs",
            "store",
            "sys",
            "guard",
            "control",
            "engine",
            "ui",
        ],
    ),
];

/// Rooms that only compute: they reach neither the world nor a runtime. With it, what each may use all the same.
const PURE: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("exit", &[]),
    ("diagnostic", &[]),
    ("restart", &[]),
    ("project", &["dotenvy"]),
    ("supervisor", &[]),
    ("logs", &[]),
];

/// What a pure room has no business with.
const WORLD: &[&str] = &[
    "dotenvy",
    "futures_util",
    "nix",
    "signal_hook",
    "signal_hook_tokio",
    "std::env",
    "std::fs",
    "std::net",
    "std::os::fd",
    "std::os::unix::net",
    "std::os::unix::process",
    "std::process",
    "std::sync::mpsc",
    "std::thread",
    "tokio",
];

#[test]
fn arrows_point_downwards() {
    nothing(&arrows(&product()));
}

#[test]
fn the_mind_and_the_nouns_stay_out_of_the_world() {
    nothing(&impurities(&product()));
}

#[test]
fn a_file_fits_in_one_reading() {
    nothing(&too_long(&product(), LONG));
}

#[test]
fn unsafe_stays_in_sys_and_guard() {
    nothing(&unsafe_outside(&product()));
}

#[test]
fn every_file_says_what_it_is_for() {
    nothing(&nameless(&product()));
}

#[test]
fn nothing_is_left_to_do() {
    nothing(&unfinished(&everything()));
}

#[test]
fn no_test_file_is_forgotten() {
    let files = read("tests/it").into_iter().map(|source| source.path).collect::<Vec<_>>();
    nothing(&forgotten(&files, &repository_file("tests/it/main.rs")));
}

#[test]
fn every_code_is_documented_and_nothing_else() {
    let (used, complaints) = codes(&product());
    nothing(&complaints);
    nothing(&undocumented(&used, &documented_codes(&repository_file("docs/codes.md"))));
}

#[test]
fn the_registry_of_restart_policies_is_in_order() {
    nothing(&registry(&restart::KINDS.iter().map(|kind| (kind.name, kind.help)).collect::<Vec<_>>()));
}

// The rules.

fn arrows(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let Some(room) = source.room() else { continue };
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            complaints.push(format!("{}: the room `{room}` is not in the table of arrows", source.path));
            continue;
        };
        for (line, path) in source.paths_inside_forge() {
            let fits = |arrow: &str| path == arrow || path.starts_with(&format!("{arrow}::"));
            if !fits(room) && !allowed.iter().any(|arrow| fits(arrow)) {
                complaints.push(format!("{}:{line}: `{room}` must not know `{path}`", source.path));
            }
        }
    }
    complaints
}

fn impurities(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        // Of the guard only forge's end of the wire lives in the runtime: the other end is one thread on its own.
        let (why, excused, world): (_, &[&str], &[&str]) = match source.room() {
            Some("guard") if source.path != "src/guard/link.rs" => {
                ("has no runtime", &[], &["tokio", "futures_util"])
            }
            Some(room) => match PURE.iter().find(|(name, _)| *name == room) {
                Some((_, excused)) => ("only computes", excused, WORLD),
                None => continue,
            },
            None => continue,
        };
        for (line, path) in source.paths() {
            let hit = |part: &&&str| path == **part || path.starts_with(&format!("{part}::"));
            if let Some(part) = world.iter().filter(|part| !excused.contains(part)).find(hit) {
                complaints.push(format!("{}:{line}: this room {why}, it must not use `{part}`", source.path));
            }
        }
    }
    complaints
}

fn too_long(sources: &[Source], excused: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        match excused.iter().find(|(path, _)| *path == source.path) {
            None if lines > LINES => {
                complaints.push(format!("{}: {lines} lines; what does it hide?", source.path));
            }
            Some(_) if lines <= LINES => {
                complaints.push(format!("{}: needs no excuse any more", source.path));
            }
            Some((_, "")) => complaints.push(format!("{}: why so long?", source.path)),
            _ => {}
        }
    }
    for (path, _) in excused {
        if !sources.iter().any(|source| source.path == *path) {
            complaints.push(format!("{path}: excused, but not there"));
        }
    }
    complaints
}

fn unsafe_outside(sources: &[Source]) -> Vec<String> {
    let outside = |source: &&Source| !matches!(source.room(), Some("sys" | "guard"));
    let lines = |source: &Source| {
        source
            .words()
            .filter(|(_, word)| *word == "unsafe")
            .map(|(line, _)| at(source, line))
            .collect::<Vec<_>>()
    };
    sources
        .iter()
        .filter(outside)
        .flat_map(lines)
        .map(|place| format!("{place}: `unsafe` outside sys and guard"))
        .collect()
}

fn nameless(sources: &[Source]) -> Vec<String> {
    // main.rs is one call; lib.rs has the story.
    let silent = |source: &&Source| source.path != "src/main.rs" && !source.text.starts_with("//! ");
    sources.iter().filter(silent).map(|source| format!("{}: begins without `//!`", source.path)).collect()
}

fn unfinished(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for word in ["todo!", "unimplemented!", "dbg!", "#[ignore"] {
            for line in source.lines_with(word) {
                complaints.push(format!("{}: `{word}`", at(source, line)));
            }
        }
    }
    complaints
}

fn forgotten(files: &[String], main: &str) -> Vec<String> {
    let module = |path: &String| path.strip_prefix("tests/it/")?.strip_suffix(".rs").map(str::to_owned);
    let declared = |name: &str| {
        main.lines().any(|line| line == format!("mod {name};") || line == format!("pub(crate) mod {name};"))
    };
    let top = files.iter().filter_map(module).filter(|name| !name.contains('/') && name != "main");
    top.filter(|name| !declared(name))
        .map(|name| format!("tests/it/{name}.rs is no module of main.rs"))
        .collect()
}

fn codes(sources: &[Source]) -> (BTreeSet<String>, Vec<String>) {
    let mut found = BTreeSet::new();
    let mut complaints = Vec::new();
    // diagnostic.rs itself passes on what it is given.
    for source in sources.iter().filter(|source| source.path != "src/diagnostic.rs") {
        for constructor in
            ["Diagnostic::note(", "Diagnostic::warning(", "Diagnostic::error(", "Diagnostic::foreman("]
        {
            for (line, code) in source.first_texts_after(constructor) {
                match code {
                    Some(code) if is_kebab(&code) => drop(found.insert(code)),
                    Some(code) => {
                        complaints.push(format!("{}: `{code}` is not kebab-case", at(source, line)));
                    }
                    None => {
                        complaints.push(format!("{}: the code is not written out here", at(source, line)));
                    }
                }
            }
        }
    }
    (found, complaints)
}

/// Returns the codes of the table in `docs/codes.md`: the first cell of each row, in backticks.
fn documented_codes(text: &str) -> Vec<String> {
    let code = |line: &str| line.strip_prefix("| `")?.split_once("` |").map(|(code, _)| code.to_owned());
    text.lines().filter_map(code).collect()
}

fn undocumented(used: &BTreeSet<String>, documented: &[String]) -> Vec<String> {
    let missing = used.iter().filter(|code| !documented.contains(code));
    let idle = documented.iter().filter(|code| !used.contains(*code));
    let unsorted = documented.windows(2).filter(|pair| pair[0] >= pair[1]);
    missing
        .map(|code| format!("docs/codes.md does not explain `{code}`"))
        .chain(idle.map(|code| format!("docs/codes.md explains `{code}`, but nobody says it")))
        .chain(unsorted.map(|pair| format!("docs/codes.md has `{}` before `{}`", pair[0], pair[1])))
        .collect()
}

fn registry(entries: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, help) in entries {
        if !is_kebab(name) {
            complaints.push(format!("`{name}` is not kebab-case"));
        }
        if help.is_empty() || help.contains('\n') || help.ends_with('.') {
            complaints.push(format!("`{name}`: the help is one line without a full stop"));
        }
    }
    for pair in entries.windows(2) {
        if pair[0].0 >= pair[1].0 {
            complaints.push(format!("`{}` stands before `{}`", pair[0].0, pair[1].0));
        }
    }
    complaints
}

// Small words.

/// What forge is made of, without the tests beside it.
fn product() -> Vec<Source> {
    read("src").into_iter().filter(|source| !source.is_test()).collect()
}

fn everything() -> Vec<Source> {
    ["src", "tests", "examples"].into_iter().flat_map(read).collect()
}

fn repository_file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file of the repository")
}

fn at(source: &Source, line: usize) -> String {
    format!("{}:{line}", source.path)
}

fn is_kebab(name: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.split('-').all(part)
}

#[track_caller]
fn nothing(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

// The rules, tried on sources that break them.

#[test]
fn an_arrow_upwards_is_found_in_every_spelling() {
    let breaks = |path: &str, text: &str| arrows(&[Source::new(path, text)]).len();
    assert_eq!(breaks("src/project/load.rs", "use crate::supervisor::Effect;"), 1);
    assert_eq!(breaks("src/project/load.rs", "use crate::{diagnostic::Span, logs, time::Time};"), 2);
    assert_eq!(breaks("src/project/load.rs", "use crate::{\n    cli::{args, read},\n};"), 2);
    assert_eq!(breaks("src/project/load.rs", "fn f() { crate::ui::messages::say() }"), 1);
    assert_eq!(breaks("src/project/load.rs", "use super::super::engine;"), 1);
    assert_eq!(breaks("src/project/mod.rs", "use super::{engine, diagnostic::Span};"), 1);
    assert_eq!(breaks("src/ui/terminal.rs", "use crate::sys::{descriptor, pidfd};"), 1);
    assert_eq!(breaks("src/attic/mod.rs", ""), 1);
    assert_eq!(
        breaks("src/project/load.rs", "// use crate::cli;\nlet s = \"crate::cli\"; use super::Project;"),
        0
    );
    assert_eq!(breaks("src/project/load/tests.rs", "use crate::project::procfile; use crate::restart;"), 0);
    assert_eq!(breaks("src/cli/start.rs", "use crate::engine;"), 0);
}

#[test]
fn a_step_into_the_world_is_found() {
    let breaks = |path: &str, text: &str| impurities(&[Source::new(path, text)]).len();
    assert_eq!(breaks("src/logs/framer.rs", "use std::fs::File;"), 1);
    assert_eq!(breaks("src/logs/framer.rs", "use std::{fs, io};"), 1);
    assert_eq!(breaks("src/logs/framer.rs", "let x = std::env::var(\"A\");"), 1);
    assert_eq!(breaks("src/supervisor/mod.rs", "use tokio::sync::mpsc;"), 1);
    assert_eq!(breaks("src/guard/mod.rs", "use tokio::time;"), 1);
    assert_eq!(breaks("src/guard/link.rs", "use tokio::time;"), 0);
    assert_eq!(breaks("src/project/interpolate.rs", "use dotenvy::from_read_iter;"), 0);
    assert_eq!(breaks("src/supervisor/mod.rs", "use dotenvy::from_read_iter;"), 1);
    assert_eq!(breaks("src/engine/mod.rs", "use tokio::time;"), 0);
}

#[test]
fn other_rules_find_what_breaks_them() {
    let long = Source::new("src/a.rs", &"\n".repeat(LINES + 1));
    let short = Source::new("src/a.rs", "");
    assert_eq!(too_long(&[long], &[]).len(), 1);
    assert_eq!(too_long(&[short], &[("src/a.rs", "it was long once")]).len(), 1);
    assert_eq!(too_long(&[], &[("src/gone.rs", "it was here once")]).len(), 1);

    assert_eq!(unsafe_outside(&[Source::new("src/logs/a.rs", "unsafe { f() }")]).len(), 1);
    assert_eq!(unsafe_outside(&[Source::new("src/sys/a.rs", "unsafe { f() }")]).len(), 0);
    assert_eq!(unsafe_outside(&[Source::new("src/logs/a.rs", "fn unsafe_code() {} // unsafe")]).len(), 0);

    assert_eq!(nameless(&[Source::new("src/a.rs", "use std::fmt;")]).len(), 1);
    assert_eq!(
        unfinished(&[Source::new("src/a.rs", "fn f() { todo!() }\n// todo!")]),
        ["src/a.rs:1: `todo!`"]
    );

    let files = ["main", "start", "scan/deep", "lost"].map(|name| format!("tests/it/{name}.rs"));
    assert_eq!(
        forgotten(&files, "mod start;\nmod lostandfound;\n"),
        ["tests/it/lost.rs is no module of main.rs"]
    );
}

#[test]
fn codes_are_read_out_of_the_source() {
    let text = "f(Diagnostic::error(\n    \"no-command\", \"x\")); Diagnostic::warning(\"Bad_One\", y); Diagnostic::foreman(CODE, z)";
    let (found, complaints) = codes(&[Source::new("src/project/procfile.rs", text)]);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["no-command"]);
    assert_eq!(
        complaints,
        [
            "src/project/procfile.rs:2: `Bad_One` is not kebab-case",
            "src/project/procfile.rs:2: the code is not written out here",
        ]
    );
    let used = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    assert_eq!(undocumented(&used, &["a", "b"].map(str::to_owned)).len(), 0);
    assert_eq!(undocumented(&used, &["c", "b"].map(str::to_owned)).len(), 3);
    assert_eq!(documented_codes("# Codes\n| code | x |\n| --- | --- |\n| `a-b` | text `c` | y |\n"), ["a-b"]);
}

#[test]
fn a_registry_out_of_order_is_found() {
    assert_eq!(registry(&[("always", "start it again"), ("never", "leave it down")]).len(), 0);
    assert_eq!(registry(&[("never", "leave it down"), ("always", "start it again")]).len(), 1);
    assert_eq!(registry(&[("never", "leave it down"), ("never", "leave it down")]).len(), 1);
    assert_eq!(registry(&[("onFailure", "start it again.")]).len(), 2);
}
