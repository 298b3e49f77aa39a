//! Bad input: one report with all mistakes, each with its place and a way out; exit code 1; nothing started.

use crate::ended::Ended;
use crate::forge::Forge;

/// Checks that this was refused: code 1, these texts on stderr, and nothing on stdout but perhaps a report.
#[track_caller]
fn refused(ended: &Ended, texts: &[&str]) {
    ended.exits_with(1).complained(texts).never_showed("started with pid");
    assert!(ended.stdout().is_empty(), "a report is for stderr: {}", ended.out());
    ended.shows("no panic", !ended.err().contains("panicked"));
}

fn start(procfile: impl AsRef<[u8]>) -> Ended {
    Forge::new().procfile(procfile).runs(&["start"])
}

#[test]
fn no_procfile() {
    refused(&Forge::new().runs(&["start"]), &["ERROR: Procfile does not exist."]);
    refused(&Forge::new().runs(&["start", "-f", "sub/Procfile.dev"]), &["Procfile.dev", "not"]);
}

#[test]
fn an_empty_procfile() {
    refused(&start(""), &["no processes defined"]);
    refused(&start("# nothing\n\n"), &["no processes defined"]);
}

#[test]
fn a_directory_in_its_place() {
    refused(&Forge::new().file("Procfile/x", "").runs(&["start"]), &["Procfile", "directory"]);
}

#[test]
fn an_unreadable_procfile() {
    let forge = Forge::new().procfile("web: puppet\n").by_nobody();
    let path = forge.directory().join("Procfile");
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    std::fs::set_permissions(path, closed).expect("it is ours");
    refused(&forge.runs(&["start"]), &["Procfile", "permission"]);
}

#[test]
fn utf_16() {
    let text: Vec<u8> = "\u{feff}web: puppet\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&start(text), &["UTF-16"]);
}

#[test]
fn a_nul_byte() {
    refused(&start(b"web: echo \0\n"), &["NUL", "Procfile:1"]);
    let forge = Forge::new().procfile("web: puppet\n").file(".env", b"A=b\nC=\0\n");
    refused(&forge.runs(&["start"]), &["NUL", ".env:2"]);
}

#[test]
fn a_name_twice() {
    let ended = start("web: puppet\nworker: puppet\nweb: puppet\n");
    refused(&ended, &["web", "Procfile:3", "hint"]);
    ended.complained(&["1 |", "3 |", "^^^"]);
}

#[test]
fn a_missing_command() {
    refused(&start("web:\nworker: puppet\n"), &["web", "Procfile:1"]);
    refused(&start("worker: puppet\nweb: \n"), &["web", "Procfile:2"]);
}

#[test]
fn several_mistakes_are_told_at_once() {
    let forge = Forge::new().procfile("web: puppet\nweb: puppet\nworker:\n").file(".env", "PORT=abc\n");
    refused(&forge.runs(&["start"]), &["Procfile:2", "Procfile:3", ".env:1"]);
    let forge = Forge::new().procfile("web: puppet\n").file(".env", "PORT=abc\n");
    refused(&forge.runs(&["start", "-m", "web=x", "-q", "nosuch"]), &[".env:1", "web=x", "nosuch"]);
}

#[test]
fn an_unknown_name() {
    let procfile = "web: puppet\nworker: puppet\n";
    refused(&Forge::new().procfile(procfile).runs(&["start", "wroker"]), &["wroker", "worker", "web"]);
    refused(
        &Forge::new().procfile(procfile).runs(&["start", "-m", "nosuch=1"]),
        &["nosuch", "worker", "web"],
    );
    refused(&Forge::new().procfile(procfile).runs(&["start", "-q", "nosuch"]), &["nosuch"]);
    refused(&Forge::new().procfile(procfile).runs(&["start", "--can-die", "nosuch"]), &["nosuch"]);
}

#[test]
fn a_bad_formation() {
    for formation in ["web", "web=", "web=-1", "web=1.5", "=1", "web=1;worker=1", ""] {
        let ended = Forge::new().procfile("web: puppet\nworker: puppet\n").runs(&["start", "-m", formation]);
        refused(&ended, &[]);
        assert!(!ended.err().is_empty(), "{formation:?} needs a word");
    }
}

#[test]
fn a_formation_of_nobody() {
    refused(&Forge::new().procfile("web: puppet\n").runs(&["start", "-m", "web=0"]), &[]);
}

#[test]
fn a_bad_port() {
    // On the command line or in a file, the user's mistake is the same.
    for port in ["abc", "-1", "65536", "70000", "5000x"] {
        let forge = Forge::new().procfile("web: puppet\n").file(".env", format!("A=b\nPORT={port}\n"));
        refused(&forge.runs(&["start"]), &["PORT", ".env:2"]);
        let ended = Forge::new().procfile("web: puppet\n").runs(&["start", "-p", port]);
        ended.fails().never_showed("started with pid");
        assert!(ended.err().contains(port), "{}", ended.err());
    }
}

#[test]
fn too_many_instances_for_the_ports() {
    let ended = Forge::new().procfile("web: puppet\n").runs(&["start", "-p", "65530", "-m", "web=10"]);
    refused(&ended, &["65535"]);
}

#[test]
fn a_missing_env_file() {
    let ended = Forge::new().procfile("web: puppet\n").runs(&["start", "-e", "one.env,two.env"]);
    refused(&ended, &["one.env does not exist", "two.env does not exist"]);
}

#[test]
fn a_missing_root() {
    let ended = Forge::new().procfile("web: puppet\n").runs(&["start", "-d", "nosuch"]);
    refused(&ended, &["nosuch"]);
}

#[test]
fn a_bad_options_file() {
    let forge = Forge::new().procfile("web: puppet\n").file(".foreman", "port: 5000\nformation web=1\n");
    refused(&forge.runs(&["start"]), &[".foreman:2"]);
}

#[test]
fn mistakes_on_the_command_line_are_2() {
    for words in [
        &["start", "--bogus"][..],
        &["start", "--tty", "sometimes"],
        &["start", "--exit-on", "monday"],
        &["start", "-t", "soon"],
        &["strat"],
        &["start", "-f"],
    ] {
        let ended = Forge::new().procfile("web: puppet\n").runs(words);
        ended.exits_with(2).never_showed("started with pid");
        assert!(!ended.err().is_empty(), "{words:?} needs a word");
    }
}

#[test]
fn a_suggestion_is_made_for_a_slip() {
    Forge::new()
        .procfile("web: puppet\n")
        .runs(&["start", "--formatoin", "web=1"])
        .exits_with(2)
        .complained(&["--formation"]);
    Forge::new().procfile("web: puppet\n").runs(&["chekc"]).exits_with(2).complained(&["check"]);
}

#[test]
fn a_warning_does_not_stop_anything() {
    let ended = start("not an entry\n web: echo works\n");
    ended.exits_with(0).showed("web.1 | works").complained(&["warning", "Procfile:1", "Procfile:2"]);
}

#[test]
fn env_files_of_any_kind_are_fine() {
    let base = Forge::new().procfile("web: echo V=$V=\n").file(".env", "V=file\n");
    base.runs(&["start", "-e", "/dev/null"]).exits_with(0).showed("V==");
    let base = Forge::new().procfile("web: echo V=$V=\n").file(".env/x", "V=file\n");
    base.runs(&["start"]).exits_with(0).showed("V==");
    let base = Forge::new().procfile("web: echo V=$V=\n").file("other.env", b"\xef\xbb\xbfV=bom\r\n");
    base.runs(&["start", "-e", "other.env"]).exits_with(0).showed("V=bom=");
}

#[test]
fn an_env_file_may_be_a_fifo() {
    let forge = Forge::new().procfile("web: echo V=$V=\n");
    let fifo = forge.directory().join("secrets");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("it is ours");
    let writer = std::thread::spawn(move || std::fs::write(fifo, "V=piped\n"));
    forge.runs(&["start", "-e", "secrets"]).exits_with(0).showed("V=piped=");
    writer.join().expect("no panic").expect("somebody reads");
}

#[test]
fn escape_sequences_in_names_and_files_cannot_reach_the_terminal() {
    let forge = Forge::new().procfile("web: puppet\n\x1b]0;owned\x07: x\n").on_a_terminal();
    let ended = forge.runs(&["check"]);
    assert!(!ended.out().contains("\x1b]0;owned"), "{:?}", ended.out());
}
