use std::time::Duration;

use super::{Inputs, Part, load, settle};
use crate::diagnostic::{Severity, Source, Span};
use crate::project::{Colour, ExitOn, Names, Origin, Settings, Tty};

fn inputs(procfile: &str) -> Inputs {
    Inputs { root: "/app".into(), procfile: Some(Source::new("Procfile", procfile)), ..Inputs::default() }
}

fn span(name: &str, text: &str) -> Span {
    Span::new(&Source::new(name, text), 0..text.len())
}

fn variable(name: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
    (name.as_bytes().to_vec(), value.as_bytes().to_vec())
}

/// `web.1 5000` for each instance.
fn instances(inputs: &Inputs) -> Vec<String> {
    load(inputs)
        .value
        .instances
        .iter()
        .map(|instance| match instance.port {
            Some(port) => format!("{} {port}", instance.id),
            None => instance.id.to_string(),
        })
        .collect()
}

fn errors(inputs: &Inputs) -> Vec<String> {
    load(inputs)
        .diagnostics
        .into_iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| diagnostic.message)
        .collect()
}

#[test]
fn what_nobody_says_is_as_in_foreman() {
    let project = load(&inputs("web: a\nworker: b\n")).value;
    assert_eq!(project.root, std::path::Path::new("/app"));
    assert_eq!(project.exit_on, ExitOn::Any);
    assert!(project.output.timestamp && project.output.prefix);
    assert_eq!((project.output.colour, project.output.tty), (Colour::Auto, Tty::Auto));
    let web = &project.processes[0];
    assert_eq!((web.stop.signals.as_slice(), web.stop.grace), (&[libc::SIGTERM][..], Duration::from_secs(5)));
    assert_eq!((&*web.place.file, web.place.line, web.position), ("Procfile", 1, 0));
}

#[test]
fn everything_asked_for_reaches_the_project() {
    let settings = Settings {
        timeout: Some(Duration::from_millis(300)),
        timestamp: Some(false),
        no_prefix: Some(true),
        colour: Some(Colour::Never),
        quiet: Some(span("--quiet", "worker")),
        can_die: Some(span("--can-die", "worker")),
        exit_on: Some(ExitOn::All),
        tty: Some(Tty::Pipe),
        ..Settings::default()
    };
    let project = load(&Inputs { settings, ..inputs("web: a\nworker: b\n") }).value;
    assert!(!project.output.timestamp && !project.output.prefix);
    assert_eq!((project.output.colour, project.output.tty), (Colour::Never, Tty::Pipe));
    assert_eq!(project.output.quiet, Names::of(&["worker"]));
    assert_eq!(project.processes.iter().map(|p| p.can_die).collect::<Vec<_>>(), [false, true]);
    assert_eq!(project.processes[1].stop.grace, Duration::from_millis(300));
    assert_eq!(project.exit_on, ExitOn::All);
}

#[test]
fn the_base_port_is_the_option_then_the_file_then_the_environment() {
    let mut inputs = inputs("web: a\nworker: b\n");
    assert_eq!(instances(&inputs), ["web.1 5000", "worker.1 5100"]);
    inputs.inherited = vec![variable("PORT", "9000")];
    assert_eq!(instances(&inputs), ["web.1 9000", "worker.1 9100"]);
    inputs.env_files = vec![Source::new(".env", "PORT=8000\n")];
    assert_eq!(instances(&inputs), ["web.1 8000", "worker.1 8100"]);
    inputs.settings.port = Some(span("--port", "7000"));
    inputs.settings.port_step = Some(10);
    assert_eq!(instances(&inputs), ["web.1 7000", "worker.1 7010"]);
    inputs.settings.no_port = Some(true);
    assert_eq!(instances(&inputs), ["web.1", "worker.1"]);
}

#[test]
fn an_empty_port_says_nothing() {
    let mut inputs = inputs("web: a\n");
    inputs.env_files = vec![Source::new(".env", "PORT=\n")];
    assert_eq!(instances(&inputs), ["web.1 5000"]);
}

#[test]
fn ports_follow_the_place_in_the_procfile() {
    let mut inputs = inputs("web: a\nworker: b\nsched: c\n");
    inputs.settings.formation = Some(span("--formation", "all=1,web=2,worker=0"));
    assert_eq!(instances(&inputs), ["web.1 5000", "web.2 5001", "sched.1 5200"]);
    inputs.settings.names = Some(vec![span("the command line", "worker")]);
    assert_eq!(instances(&inputs), ["worker.1 5100"]);
}

#[test]
fn a_bad_port_is_told_with_its_place_wherever_it_stands() {
    let mut inputs = inputs("web: a\n");
    inputs.inherited = vec![variable("PORT", "abc")];
    assert_eq!(errors(&inputs), ["PORT must be a number"]);
    inputs.env_files = vec![Source::new(".env", "A=1\nPORT=abc\n")];
    let diagnostics = load(&inputs).diagnostics;
    let place =
        diagnostics[0].primary.as_ref().map(|label| (label.span.source.name.clone(), label.span.line()));
    assert_eq!(place, Some((".env".to_owned(), 2)));
    inputs.settings.no_port = Some(true);
    assert!(errors(&inputs).is_empty());
}

#[test]
fn env_files_win_unless_the_environment_is_to_win() {
    let mut inputs = inputs("web: a\n");
    inputs.inherited = vec![variable("V", "inherited"), variable("W", "")];
    inputs.env_files =
        vec![Source::new("one.env", "V=one\nW=one\n"), Source::new("two.env", "V=two\nX=two\n")];
    let values = |inputs: &Inputs| -> Vec<String> {
        let environment = load(inputs).value.environment;
        environment.iter().map(|v| String::from_utf8_lossy(&v.value).into_owned()).collect()
    };
    assert_eq!(values(&inputs), ["two", "one", "two"]);
    inputs.settings.no_override = Some(true);
    assert_eq!(values(&inputs), ["inherited", "", "two"]);
    let origins: Vec<Origin> = load(&inputs).value.environment.into_iter().map(|v| v.origin).collect();
    assert!(matches!(origins.as_slice(), [Origin::Inherited, Origin::Inherited, Origin::File(_)]));
}

#[test]
fn names_are_not_judged_against_half_a_procfile() {
    let mut inputs = inputs("");
    inputs.settings.names = Some(vec![span("the command line", "web")]);
    assert_eq!(errors(&inputs), ["no processes defined"]);
    inputs.procfile = None;
    assert!(errors(&inputs).is_empty());
}

#[test]
fn mistakes_of_all_kinds_are_told_together() {
    let mut inputs = inputs("web: a\n");
    inputs.settings.port = Some(span("--port", "abc"));
    inputs.settings.quiet = Some(span("--quiet", "nosuch"));
    inputs.settings.formation = Some(span("--formation", "web=x"));
    assert_eq!(errors(&inputs).len(), 3);
}

#[test]
fn the_command_line_is_stronger_than_the_options_file() {
    let file = Source::new(".foreman", "formation: a=2,b=0\nport: 15000\n");
    let command_line = Settings { formation: Some(span("--formation", "b=1")), ..Settings::default() };
    let settings = settle(command_line, Some(&file)).value;
    assert_eq!(instances(&Inputs { settings, ..inputs("a: x\nb: y\n") }), ["b.1 15100"]);
    let settings = settle(Settings::default(), Some(&file)).value;
    assert_eq!(instances(&Inputs { settings, ..inputs("a: x\nb: y\n") }), ["a.1 15000", "a.2 15001"]);
}

#[test]
fn one_error_is_enough_for_all_ports_beyond_the_last() {
    let mut inputs = inputs("web: a\nworker: b\ncss: c\n");
    inputs.settings.port = Some(span("--port", "65500"));
    assert_eq!(errors(&inputs), ["`worker.1` would get 65600, a port above 65535"]);
}

#[test]
fn references_are_replaced_only_on_request() {
    let mut inputs = inputs("web: a\n");
    inputs.inherited = vec![variable("HOST", "outside")];
    inputs.env_files = vec![Source::new(".env", "HOST=db\nURL=http://${HOST}/\n")];
    let url = |inputs: &Inputs| {
        let environment = load(inputs).value.environment;
        environment
            .into_iter()
            .find(|v| v.name == b"URL")
            .map(|v| String::from_utf8_lossy(&v.value).into_owned())
    };
    assert_eq!(url(&inputs).as_deref(), Some("http://${HOST}/"));
    inputs.settings.expand = Some(true);
    assert_eq!(url(&inputs).as_deref(), Some("http://db/"));
    inputs.settings.no_override = Some(true);
    assert_eq!(url(&inputs).as_deref(), Some("http://outside/"));
}

#[test]
fn references_in_env_files_of_single_processes_are_replaced_too() {
    let source = |name: &str, text: &str| Source::new(name, text);
    let mut inputs = Inputs {
        env_files: vec![source(".env", "HOST=db.test\nPASS=x\n")],
        own_env_files: vec![(
            "web".to_owned(),
            vec![
                source(".env.web", "PASS=own\nURL=${HOST}/${PASS}\n"),
                source(".env.more", "MORE=${URL}/${GONE:-no}\n"),
            ],
        )],
        ..inputs("web: a\n")
    };
    inputs.manifest = crate::project::manifest::tests::manifest("[process.web]\n");
    let own = |inputs: &Inputs| -> Vec<String> {
        let project = load(inputs).value;
        let variables = project.processes[0].environment.iter();
        variables
            .map(|one| {
                format!("{}={}", String::from_utf8_lossy(&one.name), String::from_utf8_lossy(&one.value))
            })
            .collect()
    };
    assert_eq!(own(&inputs), ["MORE=${URL}/${GONE:-no}", "PASS=own", "URL=${HOST}/${PASS}"]);
    inputs.settings.expand = Some(true);
    assert_eq!(own(&inputs), ["MORE=db.test/own/no", "PASS=own", "URL=db.test/own"]);
}

#[test]
fn references_in_env_files_beside_other_procfiles_are_replaced_too() {
    let part = |prefix: &str, env: &str| Part {
        source: Source::new(format!("{prefix}/Procfile"), "web: a\n"),
        prefix: Some(prefix.to_owned()),
        directory: None,
        env_files: vec![Source::new(format!("{prefix}/.env"), env)],
    };
    let settings = Settings { expand: Some(true), ..Settings::default() };
    let parts =
        vec![part("api", "HERE=api\nURL=${HOST}/${HERE}\n"), part("shop", "URL=${HOST}/${HERE:-none}\n")];
    let env_files = vec![Source::new(".env", "HOST=db.test\n")];
    let inputs = Inputs { root: "/app".into(), parts, env_files, settings, ..Inputs::default() };
    let project = load(&inputs).value;
    let url = |at: usize| {
        project.processes[at].environment.iter().find(|one| one.name == b"URL").unwrap().value.clone()
    };
    assert_eq!((url(0), url(1)), (b"db.test/api".to_vec(), b"db.test/none".to_vec()));
}
