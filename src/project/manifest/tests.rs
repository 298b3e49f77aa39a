use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::Value as Json;

use super::{Manifest, keys, parse, schema, shape, words};
use crate::diagnostic::{Source, Span, render_all};
use crate::project::lifecycle::{Nature, OnLimit, Probe, StopReach, When};
use crate::project::load::{Inputs, load};
use crate::project::{ExitOn, PortSource, Project, Tty};

/// The whole file as it is documented.
const EXAMPLE: &str = include_str!("../../../docs/forge-toml.md");

fn documented() -> String {
    let start = EXAMPLE.find("```toml\n").expect("an example") + 8;
    let end = start + EXAMPLE[start..].find("```").expect("its end");
    EXAMPLE[start..end].to_owned()
}

pub(in crate::project) fn manifest(text: &str) -> Manifest {
    let parsed = parse(&Source::new("forge.toml", text));
    assert_eq!(render_all(&parsed.diagnostics, false), "", "{text}");
    let laid = Manifest::of(vec![parsed.value], Vec::new(), None);
    assert_eq!(laid.diagnostics, []);
    laid.value
}

#[track_caller]
fn complains(text: &str, expected: &Expect) {
    let parsed = parse(&Source::new("forge.toml", text));
    expected.assert_eq(&render_all(&parsed.diagnostics, false));
}

#[track_caller]
fn project_complains(procfile: &str, text: &str, expected: &Expect) {
    expected.assert_eq(&render_all(&loaded(procfile, text).1, false));
}

fn loaded(procfile: &str, text: &str) -> (Project, Vec<crate::diagnostic::Diagnostic>) {
    let manifest = manifest(text);
    let settings = manifest.settings();
    let procfile = (!procfile.is_empty()).then(|| Source::new("Procfile", procfile));
    let inputs = Inputs { root: "/app".into(), procfile, manifest, settings, ..Inputs::default() };
    let checked = load(&inputs);
    (checked.value, checked.diagnostics)
}

fn project(procfile: &str, text: &str) -> Project {
    let (project, diagnostics) = loaded(procfile, text);
    assert_eq!(render_all(&diagnostics, false), "", "{text}");
    project
}

#[test]
fn the_documented_file_is_right() {
    let manifest = manifest(&documented());
    assert!(!manifest.is_empty());
    assert_eq!(manifest.name(), Some("shop"));
    assert_eq!(manifest.definitions().len(), 3);
}

#[test]
fn every_key_is_in_the_documented_file_and_in_the_schema() {
    let schema = schema();
    let mut missing = Vec::new();
    walk(&keys::ROOT, &schema, &mut |name, described| {
        if !EXAMPLE.contains(name) {
            missing.push(format!("{name} is not in docs/forge-toml.md"));
        }
        if !described {
            missing.push(format!("{name} is not in the schema"));
        }
    });
    assert_eq!(missing, Vec::<String>::new());
}

fn walk(shape: &shape::Shape, schema: &Json, say: &mut impl FnMut(&str, bool)) {
    if let shape::Shape::Table(groups) = shape {
        for key in groups.iter().copied().flatten() {
            let inner = &schema["properties"][key.name];
            say(key.name, inner["description"] == key.help);
            walk(&key.shape, inner, say);
        }
    } else if let shape::Shape::Named(groups) = shape {
        walk(&shape::Shape::Table(groups), &schema["additionalProperties"], say);
    } else if let shape::Shape::Either(shapes) = shape {
        for (shape, schema) in shapes.iter().zip(schema["anyOf"].as_array().expect("alternatives")) {
            walk(shape, schema, say);
        }
    }
}

#[test]
fn the_schema_takes_the_documented_file() {
    let (table, errors) = toml::de::DeTable::parse_recoverable(Box::leak(documented().into_boxed_str()));
    assert!(errors.is_empty());
    let tree = super::value::tree(&Source::new("forge.toml", documented()), table.get_ref());
    let mut refusals = Vec::new();
    accepts_table(&schema(), &tree, "", &mut refusals);
    assert_eq!(refusals, Vec::<String>::new());
}

/// A validator as small as the schema: what it does not know it complains of.
fn accepts(schema: &Json, value: &super::value::Value, path: &str, refusals: &mut Vec<String>) {
    use super::value::Content;
    if let Some(alternatives) = schema.get("anyOf").and_then(Json::as_array) {
        let fits = |one: &&Json| {
            let mut inner = Vec::new();
            accepts(one, value, path, &mut inner);
            inner.is_empty()
        };
        if alternatives.iter().find(fits).is_none() {
            refusals.push(format!("{path}: no alternative fits"));
        }
        return;
    }
    let text_fits = |text: &str| {
        let pattern = schema.get("pattern").and_then(Json::as_str);
        let words = schema.get("enum").and_then(Json::as_array);
        pattern.is_none_or(|pattern| regex_lite::Regex::new(pattern).expect("a pattern").is_match(text))
            && words.is_none_or(|words| words.iter().any(|word| word == text))
    };
    let is = |kind: &str| {
        schema.get("type").is_some_and(|found| {
            found == kind || found.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind))
        })
    };
    let fits = match &value.content {
        Content::Bool(truth) => is("boolean") || schema.get("const") == Some(&Json::Bool(*truth)),
        Content::Integer(_) | Content::Float(_) => is("integer") || is("number"),
        Content::Text(text) => (is("string") || schema.get("enum").is_some()) && text_fits(text),
        Content::List(values) => {
            for value in values {
                accepts(&schema["items"], value, path, refusals);
            }
            is("array")
        }
        Content::Table(table) => {
            accepts_table(schema, table, path, refusals);
            is("object")
        }
        Content::Unusable => false,
    };
    if !fits {
        refusals.push(format!("{path}: {:?}", value.content));
    }
}

fn accepts_table(schema: &Json, table: &super::value::Table, path: &str, refusals: &mut Vec<String>) {
    for entry in &table.entries {
        let path = format!("{path}.{}", entry.name);
        let known = schema.get("properties").and_then(|properties| properties.get(&entry.name));
        match known.or_else(|| schema.get("additionalProperties").filter(|one| one.is_object())) {
            Some(schema) => accepts(schema, &entry.value, &path, refusals),
            None => refusals.push(format!("{path}: not in the schema")),
        }
    }
}

#[test]
fn everything_said_of_a_process_reaches_its_specification() {
    let project = project(
        "web: old\ndb: d\n",
        r#"
        [process.web]
        command = "new"
        cwd = "apps/../shop"
        labels = ["front", "app"]
        env = { B = "2", A = 1, C = true }
        instances = [{ A = "x" }, {}]
        port = 3000
        after = "db:started"
        ready = { http = "http://example.org/up", status = 204, headers = { Host = "x" }, interval = "50ms", timeout = "9s" }
        live = { tcp = "127.0.0.1:1", every = "3s", timeout = "1s", failures = 7 }
        restart = "never"
        backoff = { first = "2s", max = "1s", factor = 1.5, jitter = 0.5, reset_after = "5m" }
        max_restarts = false
        can_die = true
        success_codes = [0, 3]
        stop = { signals = ["sigint", "TERM"], timeout = "20s", group = true }
        reload_signal = "HUP"
        watch = ["lib/**"]
        limits = { memory = "1.5G", silence = "5m", age = "6h", cpu = 200, dump_signal = "TTIN", on_limit = "warn" }
        nice = -5
        tty = "pipe"
        hooks = { before = "a", ready = "b", crash = "c" }
        "#,
    );
    let web = &project.processes[0];
    assert_eq!(web.command, b"new");
    assert_eq!(web.directory.as_deref(), Some(std::path::Path::new("/app/shop")));
    assert_eq!(web.labels, [Arc::from("front"), Arc::from("app")]);
    let variables: Vec<String> = web
        .environment
        .iter()
        .map(|v| format!("{}={}", String::from_utf8_lossy(&v.name), String::from_utf8_lossy(&v.value)))
        .collect();
    assert_eq!(variables, ["A=1", "B=2", "C=true"]);
    assert_eq!((web.variants.len(), web.port, web.tty), (2, PortSource::Fixed(3000), Some(Tty::Pipe)));
    assert_eq!(web.stop.signals, [libc::SIGINT, libc::SIGTERM]);
    assert_eq!((web.stop.grace, web.life.stop_reach), (Duration::from_secs(20), StopReach::Tree));
    expect![[r#"
        Lifecycle {
            nature: Service,
            after: [
                Need {
                    on: ProcessName(
                        "db",
                    ),
                    reached: Started,
                },
            ],
            ready: Some(
                Readiness {
                    probe: Http(
                        HttpProbe {
                            host: Some(
                                "example.org",
                            ),
                            port: Some(
                                80,
                            ),
                            path: "/up",
                            status: Some(
                                204,
                            ),
                            headers: [
                                (
                                    "Host",
                                    "x",
                                ),
                            ],
                        },
                    ),
                    interval: 50ms,
                    timeout: 9s,
                },
            ),
    "#]]
    .assert_eq(format!("{:#?}", web.life).split("    live:").next().unwrap_or_default());
    let live = web.life.live.as_ref().expect("it has one");
    assert_eq!(
        (live.every, live.timeout, live.failures),
        (Duration::from_secs(3), Duration::from_secs(1), 7)
    );
    let rule = web.life.restart;
    assert_eq!((rule.kind.name, rule.max_restarts), ("never", None));
    assert_eq!((rule.backoff.first, rule.backoff.max), (Duration::from_secs(2), Duration::from_secs(2)));
    assert_eq!((rule.backoff.factor_percent, rule.backoff.jitter_percent), (150, 50));
    assert_eq!((web.can_die, web.life.success_codes.as_slice(), web.life.nice), (true, &[0, 3][..], -5));
    assert_eq!(web.life.reload_signal, Some(libc::SIGHUP));
    assert_eq!(web.life.watch.as_ref().map(|watch| watch.paths.clone()), Some(vec!["lib/**".to_owned()]));
    let limits = &web.life.limits;
    assert_eq!((limits.memory, limits.cpu, limits.on_limit), (Some(3 << 29), Some(200), OnLimit::Warn));
    assert_eq!(limits.dump_signal, Some(libc::SIGTTIN));
    assert_eq!(web.life.hooks.crash.as_deref(), Some(&b"c"[..]));
    let ports: Vec<Option<u16>> = project.instances.iter().map(|instance| instance.port).collect();
    assert_eq!(ports, [Some(3000), Some(3001), Some(5100)]);
}

#[test]
fn tasks_and_schedules_are_processes_of_their_own() {
    let project = project(
        "",
        "[task.migrate]\ncommand = 'm'\ntimeout = '5m'\n[schedule.a]\ncommand = 'a'\nevery = '10m'\n[schedule.b]\ncommand = 'b'\ndaily_at = '3:05'\nport = false\n",
    );
    let natures: Vec<&Nature> = project.processes.iter().map(|process| &process.life.nature).collect();
    assert_eq!(natures[0], &Nature::Task { timeout: Some(Duration::from_secs(300)) });
    let when = |nature: &Nature| match nature {
        Nature::Scheduled(schedule) => Some(schedule.when.clone()),
        Nature::Service | Nature::Task { .. } => None,
    };
    assert_eq!(when(natures[1]), Some(When::Every(Duration::from_secs(600))));
    assert_eq!(when(natures[2]), Some(When::DailyAt { hour: 3, minute: 5 }));
    assert_eq!(project.instances[2].port, None);
}

#[test]
fn every_way_to_be_ready_is_a_probe() {
    for (text, expected) in [
        ("http = '/up'", "Http"),
        ("port = true", "Listening"),
        ("tcp = '[::1]:5432'", "Tcp { host: \"::1\", port: 5432 }"),
        ("unix = 'tmp/s'", "Unix(\"/app/tmp/s\")"),
        ("command = 'pg_isready'", "Command("),
        ("log = 'Listening on \\d+'", "Log(\"Listening on \\\\d+\")"),
        ("file = '/tmp/f'", "File(\"/tmp/f\")"),
        ("notify = true", "Notify"),
        ("delay = '1s'", "Delay(1s)"),
        ("timeout = '2m'", "Listening"),
    ] {
        let project = project("web: a\n", &format!("[process.web]\nready = {{ {text} }}\n"));
        let probe = format!("{:?}", project.processes[0].life.ready.as_ref().map(|ready| &ready.probe));
        assert!(probe.starts_with(&format!("Some({expected}")), "{text}: {probe}");
    }
    let alone = project("web: a\n", "[process.web]\nport = false\nready.timeout = '2m'\n");
    assert_eq!(alone.processes[0].life.ready, None);
}

#[test]
fn the_sections_say_what_flags_say() {
    let settings = manifest(
        "[env]\noverride = false\nexpand = true\n[ports]\nstep = 10\n[output]\ntty = 'line'\ntimestamp = false\n[stop]\nexit_on = 'all'\n",
    )
    .settings();
    assert_eq!(
        (settings.no_override, settings.expand, settings.port_step),
        (Some(true), Some(true), Some(10))
    );
    assert_eq!(
        (settings.tty, settings.timestamp, settings.exit_on),
        (Some(Tty::Line), Some(false), Some(ExitOn::All))
    );
}

#[test]
fn env_files_stand_in_the_order_of_rails() {
    let files = |text: &str| -> Vec<String> {
        let files = manifest(text).env_files().files.unwrap_or_default();
        files
            .iter()
            .map(|file| format!("{}{}", file.path.display(), if file.optional { "?" } else { "" }))
            .collect()
    };
    assert_eq!(files("[env]\nfiles = ['.env', 'x?']\n"), [".env", "x?"]);
    assert_eq!(files("[env]\nenvironment = 'test'\n"), [".env?", ".env.test?", ".env.test.local?"]);
    assert_eq!(
        files("[env]\nenvironment = 'test'\nfiles = ['.env', '.env.local?']\n"),
        [".env", ".env.test?", ".env.local?", ".env.test.local?"]
    );
}

fn layered(shared: &str, local: &str, profile: Option<&str>) -> Manifest {
    let document = |text: &str| parse(&Source::new("forge.toml", text)).value;
    let profile = profile.map(|name| Span::new(&Source::new("--profile", name), 0..name.len()));
    let laid = Manifest::of(vec![document(shared)], vec![document(local)], profile.as_ref());
    assert_eq!(laid.diagnostics, []);
    laid.value
}

#[test]
fn the_local_file_beats_the_profile_and_the_profile_the_file() {
    let shared = "[ports]\nbase = 1\nstep = 1\nmode = 'hash'\n[profile.ci]\nports.base = 2\nports.step = 2\n";
    let local = "[ports]\nbase = 3\n";
    let of = |local: &str, profile| {
        let manifest = layered(shared, local, profile);
        (manifest.ports().base, manifest.settings().port_step)
    };
    assert_eq!(of("", None), (Some(1), Some(1)));
    assert_eq!(of("", Some("ci")), (Some(2), Some(2)));
    assert_eq!(of(local, Some("ci")), (Some(3), Some(2)));
    assert_eq!(of("[profile.ci.ports]\nbase = 4\n[ports]\nbase = 3\n", Some("ci")), (Some(4), Some(2)));
}

#[test]
fn another_way_to_be_ready_replaces_the_weaker_one() {
    let manifest = layered(
        "[process.web]\ncommand = 'a'\nready = { http = '/up', status = 200, timeout = '9s' }\n[schedule.s]\ncommand = 'b'\nevery = '1m'\n",
        "[process.web]\nready.tcp = 'a:1'\n[schedule.s]\ncron = '0 3 * * *'\n",
        None,
    );
    let inputs = Inputs { root: "/app".into(), manifest, ..Inputs::default() };
    let project = load(&inputs);
    assert_eq!(project.diagnostics, []);
    let ready = project.value.processes[0].life.ready.clone().expect("it has one");
    assert_eq!(
        (ready.probe, ready.timeout),
        (Probe::Tcp { host: "a".to_owned(), port: 1 }, Duration::from_secs(9))
    );
    assert!(format!("{:?}", project.value.processes[1].life.nature).contains("Cron"));
}

#[test]
fn words_are_read_as_people_write_them() {
    let seconds = |text| words::duration(text).ok().map(|time| time.as_millis());
    for (text, expected) in [
        ("300ms", Some(300)),
        ("5s", Some(5000)),
        ("10m", Some(600_000)),
        ("1h", Some(3_600_000)),
        ("7d", Some(604_800_000)),
        ("1.5s", Some(1500)),
        ("5 s", Some(5000)),
        ("5", None),
        ("s", None),
        ("-5s", None),
        (".s", None),
        ("5w", None),
        ("99999999999999999999999d", None),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
    assert_eq!(words::signal("sigusr1"), Ok(libc::SIGUSR1));
    assert!(words::signal("TREM").is_err_and(|why| why.contains("TERM")));
    for (text, right) in
        [("a:1", true), ("[::1]:2", true), ("::1:2", false), ("a", false), ("a:0", false), (":1", false)]
    {
        assert_eq!(words::address(text).is_ok(), right, "{text}");
    }
    for (text, right) in [
        ("/", true),
        ("http://a", true),
        ("http://a:1/b", true),
        ("https://a", false),
        ("up", false),
        ("/a b", false),
    ] {
        assert_eq!(words::http(text).is_ok(), right, "{text}");
    }
    for (text, right) in
        [("00:00", true), ("7:30", true), ("24:00", false), ("07:60", false), ("7", false), ("7:5", false)]
    {
        assert_eq!(words::time_of_day(text).is_ok(), right, "{text}");
    }
    for (text, right) in [
        ("0 3 * * *", true),
        ("*/5 8-18 * * MON-FRI", true),
        ("@daily", true),
        ("0 3 * *", false),
        ("0 0 3 * * *", false),
        ("61 * * * *", false),
        ("", false),
    ] {
        assert_eq!(words::cron(text).is_ok(), right, "{text}");
    }
    for (text, right) in [
        ("**/*.rb", true),
        ("{a,b}[0-9]", true),
        ("[a", false),
        ("{a", false),
        ("a}", false),
        ("a\\", false),
        ("", false),
    ] {
        assert_eq!(words::glob(text).is_ok(), right, "{text}");
    }
}

#[test]
fn all_mistakes_are_shown_at_once_each_with_its_place() {
    complains(
        "[projct]\n[ports]\nbase = \"3000\"\nmode = \"hsh\"\n[process.web]\nstop = { timeout = 5 }\nnice = 40\nready = { http = \"/\", tcp = \"a:1\" }\noops\n",
        &expect![[r#"
            error: there is no key `projct`
             --> forge.toml:1:2
              |
            1 | [projct]
              |  ^^^^^^
            hint: did you mean `project`?

            error: `ports.base` must be a port from 1 to 65535
             --> forge.toml:3:8
              |
            3 | base = "3000"
              |        ^^^^^^ this is a text
            hint: write it without quotes

            error: `hsh` is no value for `ports.mode`
             --> forge.toml:4:8
              |
            4 | mode = "hsh"
              |        ^^^^^ did you mean "hash"?

            error: `process.web.stop.timeout` must be a time such as "5s"
             --> forge.toml:6:20
              |
            6 | stop = { timeout = 5 }
              |                    ^ this is a number
            hint: write the unit: "5s"

            error: `40` is no value for `process.web.nice`
             --> forge.toml:7:8
              |
            7 | nice = 40
              |        ^^ expected a whole number from -20 to 19

            error: `http` and `tcp` exclude each other
             --> forge.toml:8:23
              |
            8 | ready = { http = "/", tcp = "a:1" }
              |           ----        ^^^ and here it is said differently
              |           |
              |           said here
            hint: leave one of them out

            error: this is not TOML: key with no value, expected `=`
             --> forge.toml:9:4
              |
            9 | oops
              |    ^
        "#]],
    );
}

#[test]
fn what_is_no_text_or_no_toml_is_refused() {
    complains(
        "a = \n",
        &expect![[r#"
        error: this is not TOML: string values must be quoted, expected literal string
         --> forge.toml:1:4
          |
        1 | a = 
          |    ^
    "#]],
    );
    complains(
        "[ports]\nbase = 1\nbase = 2\n",
        &expect![[r#"
        error: `base` is written twice
         --> forge.toml:3:1
          |
        3 | base = 2
          | ^^^^ and again here
        hint: a table and a key may stand in a file once
    "#]],
    );
    complains(
        "[process.all]\n[process.\"a b\"]\n[process.api.web]\ncommand = 'x'\n",
        &expect![[r#"
        error: `all` cannot be a name here
         --> forge.toml:1:10
          |
        1 | [process.all]
          |          ^^^ `all` means every process

        error: `a b` cannot be a name here
         --> forge.toml:2:10
          |
        2 | [process."a b"]
          |          ^^^^^ expected letters, digits, `-` and `_`

        error: there is no key `web` in `process.api`
         --> forge.toml:3:14
          |
        3 | [process.api.web]
          |              ^^^
        hint: a name with a dot stands in quotes: `[process."api.web"]`
    "#]],
    );
    let latin = parse(&Source::new("forge.toml", b"name = \"caf\xe9\"\n".to_vec()));
    assert_eq!(latin.diagnostics[0].code, "not-utf-8");
    let wide = parse(&Source::new("forge.toml", b"\xff\xfea\0=\0".to_vec()));
    assert_eq!(wide.diagnostics[0].code, "utf-16");
    assert_eq!(parse(&Source::new("forge.toml", "\u{feff}[ports]\nbase = 1\n")).diagnostics, []);
}

#[test]
fn names_must_be_there_and_circles_are_shown() {
    project_complains(
        "web: a\ndb: b\nredis: c\n",
        "[process.web]\nafter = [\"db\", \"rediss\"]\n[process.db]\nafter = [\"web\"]\n[process.redis]\nafter = [\"redis:started\"]\n",
        &expect![[r#"
            error: unknown process `rediss` (web, db, redis)
             --> forge.toml:2:17
              |
            2 | after = ["db", "rediss"]
              |                 ^^^^^^ not in the Procfile
            hint: did you mean `redis`?

            error: these wait for each other for ever: web -> db -> web
             --> forge.toml:4:11
              |
            2 | after = ["db", "rediss"]
              |           -- `web` waits for `db`
            3 | [process.db]
            4 | after = ["web"]
              |           ^^^ `db` waits for `web`
            hint: take one of these out of `after`

            error: these wait for each other for ever: redis -> redis
             --> forge.toml:6:11
              |
            6 | after = ["redis:started"]
              |           ^^^^^ `redis` waits for `redis`
            hint: take one of these out of `after`
        "#]],
    );
    project_complains(
        "web: a\nredis: c\n",
        "[process.web]\nafter = [\"redis:done\", \"clock\"]\n[schedule.clock]\ncommand = 'x'\nevery = '1m'\n",
        &expect![[r#"
            error: `redis` runs until the stack ends, so it is never done
             --> forge.toml:2:11
              |
            2 | after = ["redis:done", "clock"]
              |           ^^^^^ no task
            hint: write `redis:ready` or `redis:started`, or make it a task: `[task.redis]`

            error: `clock` is started by the clock; nobody can wait for it
             --> forge.toml:2:25
              |
            2 | after = ["redis:done", "clock"]
              |                         ^^^^^ a schedule
            hint: make it a task that runs once: `[task.clock]`
        "#]],
    );
    project_complains(
        "web: a\n",
        "[process.wbe]\nport = 1\n[task.web]\n[process.web]\n[process.x]\ncommand = 'x'\nenabled = false\n[process.y]\ncommand = 'y'\nafter = ['x']\n",
        &expect![[r#"
            error: `process.wbe` has no `command`, and the Procfile has no `wbe`
             --> forge.toml:1:10
              |
            1 | [process.wbe]
              |          ^^^
            hint: did you mean `web`?

            error: two processes are called `web`
             --> forge.toml:3:7
              |
            3 | [task.web]
              |       ^^^ and again here
            4 | [process.web]
              |          --- first here
            hint: write all about it in one section

            error: `y` waits for `x`, which is not started
              --> forge.toml:10:11
               |
            10 | after = ['x']
               |           ^ it is not enabled
            hint: start it by its name: `forge start y x`, or without it: `-x x`
        "#]],
    );
}

#[test]
fn what_belongs_together_is_judged_together() {
    project_complains(
        "web: a\n",
        "[process.web]\nport = false\nready = { http = '/up' }\nlive = { every = '1s' }\n[schedule.s]\ncommand = 'x'\n[process.x]\ncommand = 'x'\nready = { status = 200, delay = '1s' }\n",
        &expect![[r#"
            error: `http` asks for the port of a process that has none
             --> forge.toml:3:11
              |
            3 | ready = { http = '/up' }
              |           ^^^^
            hint: leave `port = false` out, or ask in another way

            error: `live` does not say how the process is asked
             --> forge.toml:4:1
              |
            4 | live = { every = '1s' }
              | ^^^^
            hint: for example `live = { http = "/up", every = "10s", failures = 3 }`

            error: `status` says something about `http` alone
             --> forge.toml:9:11
              |
            9 | ready = { status = 200, delay = '1s' }
              |           ^^^^^^ there is no `http` beside it

            error: `schedule.s` does not say when
             --> forge.toml:5:11
              |
            5 | [schedule.s]
              |           ^
            hint: write `every = "10m"`, `cron = "0 3 * * *"` or `daily_at = "03:00"`
        "#]],
    );
}
