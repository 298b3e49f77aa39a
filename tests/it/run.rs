//! `forge run`: one command in the stack's environment, with nothing in between.

use nix::sys::signal::Signal;

use crate::forge::Forge;

#[test]
fn a_name_runs_its_command_with_port_and_ps() {
    let forge = Forge::new()
        .procfile("web: puppet\nworker: puppet\n")
        .file(".env", "V=dot\n")
        .launch(&["run", "worker"]);
    let worker = forge.puppet("worker.1");
    let environment = worker.environment();
    assert_eq!(environment["PORT"], "5100");
    assert_eq!(environment["V"], "dot");
    worker.exits(0);
    forge.exits_with(0);
}

#[test]
fn forge_becomes_the_command() {
    let forge = Forge::new().procfile("web: puppet\n").launch(&["run", "web"]);
    let web = forge.puppet("web.1");
    assert_eq!(web.person.pid, forge.pid, "exec, not a child");
    web.exits(0);
    forge.exits_with(0).leaves_nobody_behind();
}

#[test]
fn other_words_are_a_command_and_are_not_touched() {
    let forge =
        Forge::new().procfile("web: puppet\n").launch(&["run", "puppet", "--as", "me", "$HOME", "a  b", "*"]);
    let me = forge.puppet("me");
    assert_eq!(me.arguments(), ["puppet", "--as", "me", "$HOME", "a  b", "*"]);
    assert_eq!(me.person.pid, forge.pid);
    me.exits(0);
    forge.exits_with(0);
}

#[test]
fn options_after_the_command_belong_to_it() {
    let ended =
        Forge::new().procfile("web: puppet\n").runs(&["run", "printf", "<%s>", "-e", "-p", "7", "--help"]);
    ended.exits_with(0);
    assert_eq!(ended.out(), "<-e><-p><7><--help>");
    let ended = Forge::new().procfile("web: puppet\n").runs(&["run", "--", "echo", "-f"]);
    assert_eq!(ended.out(), "-f\n");
}

#[test]
fn its_code_is_forges_code() {
    Forge::new().runs(&["run", "sh", "-c", "exit 9"]).exits_with(9);
    let forge = Forge::new().procfile("web: puppet\n").launch(&["run", "web"]);
    forge.puppet("web.1").dies_by(Signal::SIGTERM);
    forge.dies_by(Signal::SIGTERM);
}

#[test]
fn what_cannot_be_run_is_127_or_126() {
    Forge::new()
        .runs(&["run", "nosuchcmd"])
        .exits_with(127)
        .complained(&["ERROR: command not found: nosuchcmd"]);
    let forge = Forge::new().file("plain.txt", "text\n");
    forge.runs(&["run", "./plain.txt"]).exits_with(126).complained(&["ERROR: not executable: ./plain.txt"]);
}

#[test]
fn no_procfile_is_needed_for_a_command() {
    Forge::new().runs(&["run", "true"]).exits_with(0);
    Forge::new().procfile("").runs(&["run", "true"]).exits_with(0);
    Forge::new().file(".env", "V=dot\n").runs(&["run", "sh", "-c", "echo $V"]).showed("dot");
}

#[test]
fn a_name_runs_in_the_root_and_a_command_where_it_was_called() {
    let forge = Forge::new().file("sub/Procfile", "where: pwd\n");
    let here = forge.directory().canonicalize().expect("it is there");
    let ended = forge.runs(&["run", "-f", "sub/Procfile", "where"]);
    assert_eq!(ended.out().trim_end(), here.join("sub").display().to_string());
    let forge = Forge::new().file("sub/Procfile", "where: pwd\n");
    let here = forge.directory().canonicalize().expect("it is there");
    let ended = forge.runs(&["run", "-f", "sub/Procfile", "pwd"]);
    assert_eq!(ended.out().trim_end(), here.display().to_string());
}

#[test]
fn a_name_with_more_words_is_a_command() {
    Forge::new().procfile("web: puppet\n").runs(&["run", "web", "more"]).exits_with(127);
}

#[test]
fn the_terminal_and_stdin_are_its_own() {
    let forge = Forge::new().procfile("web: puppet\n").on_a_terminal().launch(&["run", "web"]);
    let web = forge.puppet("web.1");
    let facts = web.about();
    assert_eq!(["tty0", "tty1", "tty2"].map(|key| facts[key].as_str()), ["true"; 3]);
    assert_eq!(facts["size"], "100x30");
    forge.types("typed\n");
    web.reads("typed").exits(0);
    forge.exits_with(0);

    let (read, write) = std::io::pipe().expect("descriptors are free");
    std::io::Write::write_all(&mut &write, b"piped\n").expect("a pipe has room");
    drop(write);
    let forge = Forge::new().procfile("cat: cat\n").with_stdin(std::os::fd::OwnedFd::from(read));
    assert_eq!(forge.runs(&["run", "cat"]).out(), "piped\n");
}

#[test]
fn no_blocked_signal_is_handed_on_and_nohup_is() {
    for words in [&["run", "web"][..], &["run", "--isolate", "web"]] {
        if words.contains(&"--isolate") && !crate::isolate::is_possible(false) {
            continue;
        }
        let forge = Forge::new()
            .procfile("web: puppet\n")
            .blocking(Signal::SIGTERM)
            .blocking(Signal::SIGUSR1)
            .ignoring(Signal::SIGHUP)
            .ignoring(Signal::SIGCHLD)
            .ignoring(Signal::SIGPIPE)
            .launch(words);
        let web = forge.puppet("web.1");
        let facts = web.about();
        assert_eq!(facts["SigBlk"], "0000000000000000", "{words:?}");
        let ignored = u64::from_str_radix(&facts["SigIgn"], 16).expect("a mask");
        let is_ignored = |signal: Signal| ignored & (1 << (signal as i32 - 1)) != 0;
        assert!(is_ignored(Signal::SIGHUP), "{words:?}");
        assert!(!is_ignored(Signal::SIGCHLD), "{words:?}");
        web.exits(0);
        forge.exits_with(0).leaves_nobody_behind();
    }
}

/// What `forge run` must hand on as it is: signals and descriptors. Those of a puppet that the test started itself
/// are what forge found; who runs the tests may have left something open or ignored.
const HANDED_ON: [&str; 2] = ["SigIgn", "SigCgt"];

#[test]
fn signals_and_descriptors_are_as_forge_found_them() {
    let script = "PS=web.1 exec puppet";
    let direct = Forge::new().launch_program("/bin/sh".as_ref(), &["-c", script]);
    let found = direct.puppet("web.1").about();
    let forge = Forge::new().procfile("web: puppet\n").launch(&["run", "web"]);
    let facts = forge.puppet("web.1").about();
    for key in HANDED_ON {
        assert_eq!(facts[key], found[key], "{key}");
    }
    let numbers = |descriptors: &str| -> Vec<String> {
        let entries = descriptors.split(' ').filter_map(|entry| entry.split_once('='));
        entries.map(|(number, _)| number.to_owned()).collect()
    };
    assert_eq!(numbers(&facts["descriptors"]), numbers(&found["descriptors"]));
}
