//! `forge.toml` through the real program: what it says is so for real processes, and what is wrong in it is told.

use std::net::TcpListener;

use serde_json::Value;

use crate::forge::Forge;
use crate::free::free_base;

const PROCFILE: &str = "web: printf 'web %s %s\\n' \"$WHO\" \"$PWD\"\nother: puppet\n";

#[test]
fn without_the_file_nothing_is_different() {
    let ended = Forge::new().procfile("web: puppet\n").runs(&["check"]);
    ended.exits_with(0);
    assert_eq!((ended.out().as_str(), ended.err().as_str()), ("valid procfile detected (web)\n", ""));
}

#[test]
fn a_process_runs_where_and_with_what_the_file_says() {
    let manifest = "[process.web]\ncwd = 'apps/shop'\nenv = { WHO = 'file' }\n";
    let forge = Forge::new().procfile(PROCFILE).file("forge.toml", manifest).file("apps/shop/x", "");
    let directory = forge.directory().join("apps/shop");
    let ended = forge.variable("WHO", "outside").runs(&["run", "web"]);
    ended.exits_with(0);
    assert_eq!(ended.out(), format!("web file {}\n", directory.display()));

    let forge = Forge::new().procfile(PROCFILE).file("forge.toml", manifest).file("apps/shop/x", "");
    let directory = forge.directory().join("apps/shop");
    let ended = forge.start("web").ends();
    ended.exits_with(0).showed(&format!("web file {}", directory.display()));
}

#[test]
fn no_procfile_is_needed_where_the_file_has_the_commands() {
    let manifest = "[process.web]\ncommand = 'echo from $X'\ninstances = [{ X = 'one' }, { X = 'two' }]\n[stop]\nexit_on = 'all'\n";
    let ended = Forge::new().file("forge.toml", manifest).start("").ends();
    ended.exits_with(0).showed("from one").showed("from two");
    let ended = Forge::new().file("forge.toml", "[ports]\nbase = 4000\n").runs(&["check"]);
    ended.exits_with(1).complained(&["Procfile does not exist."]);
}

#[test]
fn every_mistake_of_every_file_is_told_at_once_and_nothing_starts() {
    let ended = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", "include = 'more.toml'\n[prots]\n[process.web]\nport = 'many'\n")
        .file("more.toml", "[stop]\ntimeout = '5 weeks'\n")
        .file("forge.local.toml", "[process.wbe]\nnice = 1\n")
        .runs(&["start"]);
    ended.exits_with(1).never_showed("started with pid");
    assert_eq!(
        ended.err().lines().filter(|line| line.starts_with("error")).collect::<Vec<_>>(),
        [
            "error: there is no key `prots`",
            "error: `many` is no value for `process.web.port`",
            "error: `5 weeks` is no value for `stop.timeout`",
            "error: `process.wbe` has no `command`, and the Procfile has no `wbe`",
        ]
    );
    ended.complained(&["forge.toml:2:2", "forge.toml:4:8", "more.toml:2:11", "forge.local.toml:1:10"]);
}

#[test]
fn a_mistake_looks_like_this() {
    let manifest = "[process.web]\nafter = [\"db\", \"redsi\"]\n[process.db]\nafter = [\"web\"]\n";
    let ended = Forge::new()
        .procfile("web: puppet\ndb: puppet\nredis: puppet\n")
        .file("forge.toml", manifest)
        .runs(&["check"]);
    ended.exits_with(1);
    assert_eq!(
        ended.err(),
        "\
error: unknown process `redsi` (web, db, redis)
 --> forge.toml:2:17
  |
2 | after = [\"db\", \"redsi\"]
  |                 ^^^^^ not in the Procfile
hint: did you mean `redis`?

error: these wait for each other for ever: web -> db -> web
 --> forge.toml:4:11
  |
2 | after = [\"db\", \"redsi\"]
  |           -- `web` waits for `db`
3 | [process.db]
4 | after = [\"web\"]
  |           ^^^ `db` waits for `web`
hint: take one of these out of `after`
"
    );
}

#[test]
fn flags_beat_variables_and_these_beat_the_layers_of_the_file() {
    let base = |forge: Forge, words: &[&str]| {
        let ended = forge.runs(&[&["start", "--dry-run"][..], words].concat());
        ended.exits_with(0);
        ended
            .out()
            .lines()
            .last()
            .and_then(|line| line.split("PORT=").nth(1)?.split(' ').next()?.parse::<u16>().ok())
    };
    let shared = || {
        Forge::new()
            .procfile("web: a\n")
            .file(".env", "PORT=1000\n")
            .file("forge.toml", "[ports]\nbase = 2000\n[profile.ci]\nports.base = 3000\n")
    };
    let local = || shared().file("forge.local.toml", "[ports]\nbase = 4000\n");
    let foreman = || local().file(".foreman", "port: 5000\n");
    assert_eq!(base(shared(), &[]), Some(2000));
    assert_eq!(base(shared(), &["--profile", "ci"]), Some(3000));
    assert_eq!(base(shared().variable("FORGE_PROFILE", "ci"), &[]), Some(3000));
    assert_eq!(base(local(), &["--profile", "ci"]), Some(4000));
    assert_eq!(base(foreman(), &[]), Some(5000));
    assert_eq!(base(foreman().variable("FORGE_PORT", "6000"), &[]), Some(6000));
    assert_eq!(base(foreman().variable("FORGE_PORT", "6000"), &["-p", "7000"]), Some(7000));
}

#[test]
fn a_glob_makes_a_monorepo_of_procfiles() {
    let forge = || {
        Forge::new()
            .file("apps/api/Procfile", "web: echo \"$WHO in ${PWD##*/}\"\n")
            .file("apps/api/.env", "WHO=api\n")
            .file("apps/shop/Procfile", "web: echo \"$WHO in ${PWD##*/}\"\n")
            .file("node_modules/x/Procfile", "web: false\n")
            .file(".env", "WHO=all\n")
    };
    let toml =
        "[project]\nprocfile = 'apps/*/Procfile'\n[stop]\nexit_on = 'all'\n[process.'api.web']\nport = 9\n";
    let ended = forge().file("forge.toml", toml).start("").ends();
    ended.exits_with(0);
    assert!(ended.lines_of("api.web.1").contains(&"api in api".to_owned()), "{}", ended.out());
    assert!(ended.lines_of("shop.web.1").contains(&"all in shop".to_owned()), "{}", ended.out());
    let ended = forge().runs(&["check", "-f", "apps/api/Procfile", "-f", "apps/shop/Procfile"]);
    assert_eq!(ended.exits_with(0).out(), "valid procfile detected (api.web, shop.web)\n");
    let ended = forge().runs(&["check", "-f", "**/Procfile"]);
    assert_eq!(ended.exits_with(0).out(), "valid procfile detected (api.web, shop.web)\n");
    forge()
        .runs(&["check", "-f", "libs/*/Procfile"])
        .exits_with(1)
        .complained(&["no file matches `libs/*/Procfile`"]);
    forge().file("forge.toml", toml).runs(&["run", "api.web"]).exits_with(0).showed("api in api");
}

#[test]
fn env_files_are_layered_and_checked() {
    let forge = |toml: &str| {
        Forge::new()
            .procfile("web: echo $A $B $C\n")
            .file(".env", "A=1\nB=1\nC=1\n")
            .file(".env.test", "B=2\nC=2\n")
            .file(".env.test.local", "C=3\n")
            .file(".env.example", "A=\nMISSING_KEY=\n")
            .file("forge.toml", toml)
    };
    forge("[env]\nenvironment = 'test'\n").runs(&["run", "web"]).exits_with(0).showed("1 2 3");
    forge("[env]\nenvironment = 'test'\n").runs(&["run", "-e", ".env", "web"]).exits_with(0).showed("1 1 1");
    let ended = forge("[env]\ncheck = '.env.example'\n").runs(&["check"]);
    ended
        .exits_with(0)
        .complained(&["warning: `MISSING_KEY` of `.env.example` is not set", ".env.example:2"]);
    forge("[env]\ncheck = { file = '.env.example', missing = 'error' }\n").runs(&["start"]).exits_with(1);
    forge("[env]\nfiles = ['.env', '.env.no']\n")
        .runs(&["check"])
        .exits_with(1)
        .complained(&["forge.toml:2:18"]);
    forge("[env]\nfiles = ['.env', '.env.no?']\n").runs(&["check"]).exits_with(0);
}

#[test]
fn names_are_names_globs_labels_and_instances_everywhere() {
    let plan = |words: &[&str]| {
        let manifest = "[process.web]\nlabels = ['front']\n[process.worker_a]\nenabled = false\n";
        let ended = Forge::new()
            .procfile("web: a\nworker_a: b\nworker_b: c\nrelease: d\n")
            .file("forge.toml", manifest)
            .runs(&[&["start", "--dry-run", "--no-port"][..], words].concat());
        let line = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
        (ended.out().lines().skip(1).map(line).collect::<Vec<_>>().join(" "), ended)
    };
    for (words, expected) in [
        (&[][..], "web.1 worker_b.1"),
        (&["@front"], "web.1"),
        (&["worker*"], "worker_a.1 worker_b.1"),
        (&["web.2"], "web.2"),
        (&["all"], "web.1 worker_b.1"),
        (&["-x", "@front"], "worker_b.1"),
        (&["-m", "w*=2"], "web.1 web.2 worker_a.1 worker_a.2 worker_b.1 worker_b.2"),
        (&["--release", "web"], "web.1 release.1"),
        (&["-q", "*", "--can-die", "@front", "web"], "web.1"),
    ] {
        assert_eq!(plan(words).0, expected, "{words:?}");
    }
    plan(&["@frnt"])
        .1
        .exits_with(1)
        .complained(&["no process has the label `frnt`", "did you mean `@front`?"]);
    plan(&["x*"]).1.exits_with(1).complained(&["no process matches `x*` (web, worker_a, worker_b, release)"]);
    plan(&["--can-die", "web.1"]).1.exits_with(1).complained(&["`web.1` is one instance", "name `web`"]);
}

#[test]
fn what_is_needed_is_started_too_and_what_is_left_out_is_not_waited_for() {
    let forge = || {
        Forge::new()
            .procfile("web: a\ndb: b\n")
            .file("forge.toml", "[process.web]\nafter = ['db', 'migrate']\n[task.migrate]\ncommand = 'm'\n")
    };
    let ended = forge().runs(&["start", "--dry-run", "--no-port", "web"]);
    assert_eq!(ended.exits_with(0).out().lines().count(), 4);
    ended.complained(&["note: `db` is started too: `web` needs it"]);
    let ended = forge().runs(&["start", "--dry-run", "--no-port", "web", "-x", "db"]);
    assert_eq!(ended.exits_with(0).out().lines().count(), 3);
    ended.complained(&["warning: `web` does not wait for `db`, which is left out"]);
    forge().runs(&["start", "--dry-run", "--after", "web=", "web"]).exits_with(0).never_showed("db");
    forge().runs(&["check"]).exits_with(0);
    let ended = forge().runs(&["start", "--after", "db=web"]);
    ended.exits_with(1).complained(&["web -> db -> web", "--after:1:4"]);
    forge().runs(&["start", "--after", "db"]).exits_with(1).complained(&["expected NAME=NAME[,NAME]"]);
    forge()
        .runs(&["start", "--stop-signal", "db=TREM"])
        .exits_with(1)
        .complained(&["did you mean \"TERM\"?"]);
    forge()
        .runs(&["start", "--restart", "db=sometimes"])
        .exits_with(1)
        .complained(&["no restart policy `sometimes`"]);
    forge().runs(&["start", "--release"]).exits_with(1).complained(&["no entry `release`"]);
}

#[test]
fn a_process_gets_the_signal_and_the_time_that_were_chosen_for_it() {
    let stops = |manifest: &str, words: &str| {
        let forge = Forge::new().procfile("web: puppet\n").file("forge.toml", manifest).start(words);
        forge.puppet("web.1");
        forge
    };
    let running = stops("[process.web]\nstop = { signals = ['QUIT'] }\n", "");
    running.signal(nix::sys::signal::Signal::SIGTERM);
    running.ends().exits_with(0).showed("terminated by SIGQUIT");
    let running = stops("", "--stop-signal web=INT");
    running.signal(nix::sys::signal::Signal::SIGTERM);
    running.ends().exits_with(0).showed("terminated by SIGINT");
}

#[test]
fn ports_move_where_that_is_wished() {
    let base = free_base();
    let taken = TcpListener::bind(("127.0.0.1", base)).expect("it is free");
    let start = |toml: &str| {
        Forge::new()
            .procfile("web: echo port $PORT $FORGE_PORT_WEB\n")
            .file("forge.toml", format!("[ports]\nbase = {base}\n{toml}"))
            .runs(&["start"])
    };
    start("").exits_with(1).complained(&["is taken by"]);
    let next = base + 1;
    start("on_conflict = 'next'\n").exits_with(0).showed(&format!("port {next} {next}"));
    let ended = start("mode = 'auto'\n");
    ended.exits_with(0).showed(&format!("port {next} {next}"));
    ended.complained(&[&format!("note: `web.1` gets port {next}: {base} is taken by")]);
    start("[process.web]\nport = 'auto'\n").exits_with(0).showed(&format!("port {next} {next}"));
    start("[process.web]\nport = false\n").exits_with(0).never_showed(&base.to_string());
    drop(taken);
}

#[test]
fn a_directory_has_a_base_of_its_own() {
    let plan = |forge: Forge| forge.runs(&["env", "--json"]).out();
    let forge = || Forge::new().procfile("web: a\n").file("forge.toml", "[ports]\nmode = 'hash'\n");
    let port = |text: &str| {
        let report: Value = serde_json::from_str(text).expect("one JSON object");
        let rows = report["variables"].as_array().expect("rows").clone();
        let row = rows.into_iter().find(|row| row["name"] == "FORGE_PORT_WEB").expect("it has a port");
        row["value"].as_str().and_then(|port| port.parse::<u16>().ok()).expect("a port")
    };
    let port = port(&plan(forge()));
    assert!((10_000..32_000).contains(&port) && port % 100 == 0, "{port}");
}

#[test]
fn known_programs_get_a_hint_until_somebody_has_thought_about_it() {
    let check = |toml: &str| {
        Forge::new()
            .procfile("web: puppet\nworker: bundle exec sidekiq\n")
            .file("forge.toml", toml)
            .runs(&["check", "--strict"])
    };
    let ended = check("");
    ended
        .exits_with(0)
        .complained(&["note: `worker` is Sidekiq, which gives its jobs 25 s to finish", "Procfile:2:1"]);
    ended.complained(&[
        "hint: write into forge.toml: `[process.worker]` and below it `stop = { timeout = \"30s\" }`",
    ]);
    assert_eq!(check("[process.worker]\nstop = { timeout = \"30s\" }\n").exits_with(0).err(), "");
    assert_eq!(check("[process.worker]\nstop = { timeout = \"2s\" }\n").exits_with(0).err(), "");
    Forge::new().procfile("w: sidekiq\n").runs(&["start", "--dry-run"]).exits_with(0).never_showed("Sidekiq");
}

#[test]
fn check_says_it_to_scripts_too() {
    let ended = Forge::new()
        .procfile("web: a\n")
        .file("forge.toml", "[ports]\nbsae = 1\n")
        .runs(&["check", "--json"]);
    let report: Value = serde_json::from_str(&ended.exits_with(1).out()).expect("one JSON object");
    let one = &report["diagnostics"][0];
    assert_eq!(
        (&one["code"], &one["file"], &one["line"]),
        (&"unknown-key".into(), &"forge.toml".into(), &2.into())
    );
}

#[test]
fn includes_are_weaker_than_the_file_and_circles_end() {
    let forge = Forge::new()
        .procfile("web: echo $A $B\n")
        .file("forge.toml", "include = ['etc/a.toml']\n[process.web.env]\nB = 'file'\n")
        .file("etc/a.toml", "include = 'b.toml'\n[process.web.env]\nA = 'a'\nB = 'a'\n")
        .file("etc/b.toml", "[process.web.env]\nA = 'b'\n");
    forge.runs(&["run", "web"]).exits_with(0).showed("a file");
    let ended = Forge::new()
        .procfile("web: a\n")
        .file("forge.toml", "include = 'a.toml'\n")
        .file("a.toml", "include = ['forge.toml', 'no.toml']\n")
        .runs(&["check"]);
    ended.exits_with(1).complained(&[
        "a file includes itself: forge.toml -> a.toml -> forge.toml",
        "a.toml:1:12",
        "`no.toml` does not exist",
    ]);
}

#[test]
fn a_time_zone_must_be_one() {
    let check = |zone: &str| {
        let toml = format!("[schedule.s]\ncommand = 'x'\ncron = '0 3 * * *'\ntimezone = '{zone}'\n");
        Forge::new().procfile("web: a\n").file("forge.toml", toml).runs(&["check"])
    };
    check("UTC").exits_with(0);
    if std::path::Path::new("/usr/share/zoneinfo/zone.tab").is_file() {
        check("Europe/Berlin").exits_with(0);
        check("Berlin")
            .exits_with(1)
            .complained(&["there is no time zone `Berlin`", "did you mean `Europe/Berlin`?"]);
        check("../../../etc/passwd").exits_with(1);
    }
}

#[test]
fn the_schema_is_json_and_knows_the_sections() {
    let ended = Forge::new().runs(&["schema"]);
    let schema: Value = serde_json::from_str(&ended.exits_with(0).out()).expect("one JSON object");
    assert_eq!(schema["additionalProperties"], false);
    for section in ["project", "env", "ports", "process", "task", "schedule", "profile", "include"] {
        assert!(schema["properties"][section].is_object(), "{section}");
    }
}

#[test]
fn who_listens_before_it_lets_anybody_in_is_told_how_to_say_when_it_does() {
    let check = |toml: &str| {
        let toml = format!("[process.db]\nstop = {{ signals = ['TERM', 'INT'] }}\n{toml}");
        let forge =
            Forge::new().procfile("web: puppet\ndb: exec postgres -D data\n").file("forge.toml", toml);
        forge.runs(&["check"])
    };
    check("[process.web]\nafter = ['db']\n").exits_with(0).complained(&[
        "note: `db` listens before it lets anybody in, and others wait for it",
        "`[process.db]` and below it `ready = { log = \"ready to accept connections\" }`",
    ]);
    assert_eq!(check("[process.web]\nafter = ['db:started']\n").exits_with(0).err(), "");
    assert_eq!(check("ready = { log = 'accept' }\n[process.web]\nafter = ['db']\n").exits_with(0).err(), "");
}

#[test]
fn whoever_writes_true_for_what_has_places_is_told_what_it_takes() {
    let ended = Forge::new()
        .procfile("web: true\n")
        .file("forge.toml", "[process.web]\nwatch = true\n")
        .runs(&["check"]);
    ended
        .exits_with(1)
        .complained(&["`process.web.watch` must be a path or a glob, or a list of such, or a table"]);
    assert!(!ended.err().contains("quotes"), "{}", ended.err());
}
