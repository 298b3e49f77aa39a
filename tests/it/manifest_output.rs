//! What `forge.toml` says about the stream, the log files and secrets, through the real program.

use crate::forge::Forge;

#[test]
fn the_stream_looks_as_the_file_says() {
    let manifest = "[output]\ntimestamp = \"<%Y>\"\ncolors = ['bright-red']\nquiet = ['css']\ndrop = [\"^GET \\\\d+\"]\n";
    let procfile = "web: echo GET 12; echo POST 12\ncss: echo never\n";
    let project = || Forge::new().procfile(procfile).file("forge.toml", manifest);
    let ended = project().start("--color=always --exit-on all").ends();
    ended.exits_with(0).never_showed("GET 12").never_showed("never").showed("POST 12");
    let out = ended.out();
    assert!(out.lines().any(|line| line.contains("\x1b[91m<20") && line.ends_with("POST 12")), "{out}");
    // Flags beat it.
    let ended = project().start("--no-timestamp --drop POST -q web --exit-on all").ends();
    ended.exits_with(0).never_showed("POST 12").never_showed("<20").showed("never");
    let ended = project().start("--timestamp-format %H:%M --exit-on all").ends();
    ended.exits_with(0).never_showed("<20");
}

#[test]
fn log_files_are_where_the_file_says_and_are_found_there() {
    let manifest = "[logs]\ndir = 'tmp/logs'\nkeep = 1\nrotate = '1K'\n[process.web]\nlabels = ['app']\n";
    let forge = Forge::new()
        .procfile("web: seq 1000\nother: echo mine\n")
        .file("forge.toml", manifest)
        .file("below/x", "")
        .start("--exit-on all");
    let directory = forge.directory().clone();
    let ended = forge.ends();
    ended.exits_with(0);
    let files = |name: &str| directory.join("tmp/logs").join(name).exists();
    assert!(files("web.1.log") && files("other.1.log"), "the files are where they should be");
    let logs = |words: &[&str], from: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_forge"))
            .arg("logs")
            .args(words)
            .current_dir(directory.join(from))
            .output()
            .expect("forge can be run");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(logs(&["--raw", "other"], ""), (Some(0), "mine\n".to_owned()));
    assert_eq!(logs(&["--raw", "other.1"], "below"), (Some(0), "mine\n".to_owned()));
    let (code, app) = logs(&["--raw", "@app", "-n", "1"], "");
    assert_eq!((code, app.as_str()), (Some(0), "1000\n"));
    assert_eq!(logs(&["@none"], "").0, Some(1));
}

#[test]
fn logs_that_are_not_there_yet_are_missed_where_the_file_says() {
    let ended = Forge::new().file("forge.toml", "[logs]\ndir = 'tmp/logs'\n").runs(&["logs"]);
    ended.exits_with(3).complained(&["there are no log files yet in", "tmp/logs`, which forge.toml names"]);
}

#[test]
fn the_file_says_what_else_is_secret_and_what_is_not() {
    let manifest = "[secrets]\nkeys = ['LICENCE']\nreveal = ['SHOWN_TOKEN']\n[process.web]\nenv = { OWN_TOKEN = 'mine-hunter2-y' }\n";
    let env = "LICENCE=lic-hunter2-x\nSHOWN_TOKEN=clear-hunter2-z\nOTHER_TOKEN=other-hunter2-x\n";
    let procfile = "web: echo $LICENCE; echo $SHOWN_TOKEN; echo $OTHER_TOKEN; echo $OWN_TOKEN\n";
    let project = || Forge::new().procfile(procfile).file(".env", env).file("forge.toml", manifest);
    let ended = project().start("").ends();
    ended.exits_with(0).showed("clear-hunter2-z");
    for secret in ["lic-hunter2-x", "other-hunter2-x", "mine-hunter2-y"] {
        ended.never_showed(secret);
    }
    let ended = project().file("forge.local.toml", "[secrets]\nmask = false\n").start("").ends();
    ended.exits_with(0).showed("lic-hunter2-x").showed("mine-hunter2-y");
}

#[test]
fn no_message_about_the_file_shows_a_secret() {
    let manifest = "[process.web]\nenv = { API_TOKEN = 'abc123', LEVEL = 1.5, nice = { } }\nnise = 5\n[process.db]\nenv = { DB_PASSWORD = 'def456' , \n";
    let ended = Forge::new().procfile("web: puppet\n").file("forge.toml", manifest).runs(&["check"]);
    ended.exits_with(1).complained(&["API_TOKEN = '…'", "nise"]);
    assert!(!ended.err().contains("abc123") && !ended.err().contains("def456"), "{}", ended.err());
}

#[test]
fn a_size_of_nothing_means_never_for_files_and_nothing_for_memory() {
    let ended = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", "[logs]\nrotate = '0'\n[process.web]\nlimits = { memory = '0M' }\n")
        .runs(&["check"]);
    ended.exits_with(1).complained(&["`0M` is no value for `process.web.limits.memory`"]);
    assert_eq!(ended.err().matches("error: ").count(), 1, "{}", ended.err());
}
