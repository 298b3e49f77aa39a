//! What a child finds when it starts: signals, descriptors, session, variables, directory.

use nix::sys::signal::Signal;

use crate::forge::Forge;
use crate::free::free_base;

/// Returns whether a set of signals, as `/proc/PID/status` prints it, is empty.
fn is_empty(set: &str) -> bool {
    set.bytes().all(|digit| digit == b'0')
}

#[test]
fn signals_are_as_after_a_login_whatever_forge_was_started_with() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .ignoring(Signal::SIGINT)
        .ignoring(Signal::SIGHUP)
        .ignoring(Signal::SIGPIPE)
        .blocking(Signal::SIGTERM)
        .blocking(Signal::SIGUSR1)
        .start("");
    let web = forge.puppet("web.1");
    let facts = web.about();
    assert!(is_empty(&facts["SigBlk"]), "blocked: {}", facts["SigBlk"]);
    assert!(is_empty(&facts["SigIgn"]), "ignored: {}", facts["SigIgn"]);
    assert!(is_empty(&facts["SigCgt"]), "caught: {}", facts["SigCgt"]);
}

#[test]
fn it_has_three_descriptors() {
    for way in ["pipe", "line", "full"] {
        let forge =
            Forge::new().procfile("web: puppet\n").with_a_leaked_descriptor().start(&format!("--tty {way}"));
        let descriptors = forge.puppet("web.1").fact("descriptors");
        let numbers: Vec<&str> = descriptors
            .split(' ')
            .map(|entry| entry.split_once('=').map_or(entry, |(number, _)| number))
            .collect();
        assert_eq!(numbers, ["0", "1", "2"], "--tty {way}: {descriptors}");
    }
}

#[test]
fn stdout_and_stderr_are_one_so_that_their_order_is_kept() {
    for way in ["pipe", "line", "full"] {
        let forge = Forge::new().procfile("web: puppet\n").start(&format!("--tty {way}"));
        let web = forge.puppet("web.1");
        for _ in 0..20 {
            web.prints("out\n").complains("err\n");
        }
        web.exits(0);
        let said = forge.ends().lines_of("web.1");
        let words: Vec<&str> = said.iter().map(String::as_str).filter(|line| line.len() == 3).collect();
        assert_eq!(words, ["out", "err"].repeat(20), "--tty {way}");
    }
}

#[test]
fn it_leads_a_session_of_its_own() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    for puppet in [&web, &worker] {
        let facts = puppet.about();
        assert_eq!(facts["session"], facts["pid"]);
        assert_eq!(facts["group"], facts["pid"]);
    }
    assert_ne!(web.fact("session"), worker.fact("session"));
}

#[test]
fn its_variables_say_who_it_is() {
    let base = free_base();
    let procfile = "web: puppet\nworker: puppet\n";
    let forge = Forge::new()
        .procfile(procfile)
        .file(".env", "PS=mine\nCOLOUR=blue\n")
        .start(&format!("-p {base} -m all=1,web=2"));
    let second = forge.puppet("web.2").environment();
    assert_eq!(second["PS"], "web.2", "forge's own variables beat .env");
    assert_eq!(second["PORT"], (base + 1).to_string());
    assert_eq!(second["COLOUR"], "blue");
    assert_eq!(second["FORGE_PROCESS"], "web");
    assert!(second["FORGE_INSTANCE"].contains('2'));
    assert!(!second["FORGE_RUN_ID"].is_empty());
    let worker = forge.puppet("worker.1").environment();
    assert_eq!(worker["PORT"], (base + 100).to_string());
    assert_eq!(worker["FORGE_PORT_WEB"], base.to_string(), "it can find the others");
    assert!(worker["FORGE_URL_WEB"].ends_with(&format!(":{base}")), "{}", worker["FORGE_URL_WEB"]);
    assert_ne!(worker["FORGE_RUN_ID"], second["FORGE_RUN_ID"], "each launch has a name of its own");
}

#[test]
fn no_port_means_no_port() {
    let forge = Forge::new().procfile("web: puppet\n").start("--no-port");
    assert!(!forge.puppet("web.1").environment().contains_key("PORT"));
}

#[test]
fn it_inherits_the_rest_of_the_environment() {
    let forge = Forge::new().procfile("web: puppet\n").variable("KEPT", "a b=c").start("");
    assert_eq!(forge.puppet("web.1").environment()["KEPT"], "a b=c");
}

#[test]
fn no_override_lets_the_inherited_environment_win() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file(".env", "V=file\nW=file\n")
        .variable("V", "inherited")
        .start("--no-override");
    let environment = forge.puppet("web.1").environment();
    assert_eq!((environment["V"].as_str(), environment["W"].as_str()), ("inherited", "file"));
}

#[test]
fn a_value_with_a_dollar_stays_whole_unless_expand_is_asked_for() {
    let env = "HOST=db\nPASSWORD=pa$$w${HOST}rd\nURL=\"x://${HOST}/${MISSING:-none}\"\n";
    let forge = Forge::new().procfile("web: puppet\n").file(".env", env).start("");
    assert_eq!(forge.puppet("web.1").environment()["PASSWORD"], "pa$$w${HOST}rd");

    let forge = Forge::new().procfile("web: puppet\n").file(".env", env).start("--expand");
    assert_eq!(forge.puppet("web.1").environment()["URL"], "x://db/none");
}

#[test]
fn a_simple_command_is_the_process_itself() {
    let forge =
        Forge::new().procfile("a: puppet one  'two three'\nb: WORD=x puppet\nc: puppet; true\n").start("");
    let (a, b, c) = (forge.puppet("a.1"), forge.puppet("b.1"), forge.puppet("c.1"));
    forge.sees(&format!("a.1 | started with pid {}", a.person.pid));
    assert_eq!(a.arguments(), ["puppet", "one", "two three"]);
    forge.sees(&format!("b.1 | started with pid {}", b.person.pid));
    assert_eq!(b.environment()["WORD"], "x");
    // A shell must stay where there is more to do.
    assert_ne!(c.fact("session"), c.fact("pid"));
    assert_eq!(c.fact("session"), c.fact("ppid"));
}

#[test]
fn it_runs_in_the_directory_of_the_procfile() {
    let forge = Forge::new().file("sub/Procfile", "web: puppet\n").start("-f sub/Procfile");
    let expected = forge.directory().join("sub").canonicalize().expect("it is there");
    assert_eq!(forge.puppet("web.1").fact("cwd"), expected.display().to_string());
}

#[test]
fn it_runs_as_the_user_who_started_forge() {
    let forge = Forge::new().procfile("web: puppet\n").by_nobody().start("");
    let uid = forge.puppet("web.1").fact("uid");
    let (real, effective) = uid.split_once(' ').expect("two numbers");
    assert_eq!(real, effective);
    assert_ne!(real, "0");
}

#[test]
fn forge_needs_more_descriptors_than_its_children_get() {
    let forge = Forge::new().procfile("web: ulimit -n; puppet\n");
    let forge = forge.script("ulimit -S -n 40; exec $FORGE start -m web=30");
    for index in 1..=30 {
        forge.puppet(&format!("web.{index}"));
        forge.sees(&format!("web.{index} | 40"));
    }
    forge.signal(Signal::SIGTERM).exits_with(0);
}

#[test]
fn bytes_that_are_not_utf_8_reach_it() {
    let forge = Forge::new()
        .procfile(b"web: printf '<\xff>\\n'; printf \"[$V]\\n\"\n")
        .file(".env", b"V=\xe9t\xe9\n")
        .variable("LC_ALL", "C")
        .start("");
    let ended = forge.ends();
    ended.exits_with(0);
    let has = |bytes: &[u8]| ended.stdout().windows(bytes.len()).any(|window| window == bytes);
    assert!(has(b"<\xff>\n") && has(b"[\xe9t\xe9]\n"), "{}", ended.out());
}
