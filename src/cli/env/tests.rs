use expect_test::expect;

use super::{Row, common, instance_called, json, table};
use crate::diagnostic::Source;
use crate::logs::Mask;
use crate::project::load::{Inputs, load};
use crate::project::{Origin, Project};

fn project() -> Project {
    let inputs = Inputs {
        procfile: Some(Source::new("Procfile", "web: a\nworker: b\n")),
        env_files: vec![Source::new(".env", "FORGE_PORT_WEB=1\nAPI_TOKEN=hunter2\nTEXT=a\tb\n")],
        inherited: vec![(b"HOME".to_vec(), b"/home/u".to_vec())],
        ..Inputs::default()
    };
    load(&inputs).value
}

fn rows(project: &Project, reveal: bool) -> Vec<Row> {
    let mask = Mask::new(project.secrets.found.clone());
    let hide = (!reveal).then_some((&project.secrets.rules, &mask));
    common(project).iter().map(|variable| Row::of(variable, hide)).collect()
}

#[test]
fn the_table_shows_names_sources_and_values() {
    expect![[r#"
        API_TOKEN          .env:2     •••
        FORGE_PORT_WEB     forge      5000
        FORGE_PORT_WORKER  forge      5100
        FORGE_URL_WEB      forge      http://localhost:5000
        FORGE_URL_WORKER   forge      http://localhost:5100
        HOME               inherited  /home/u
        TEXT               .env:3     a\tb
    "#]]
    .assert_eq(&table(&rows(&project(), false)));
}

#[test]
fn secrets_are_shown_on_request() {
    assert!(table(&rows(&project(), true)).contains("hunter2"));
    assert!(!json(None, &rows(&project(), false)).contains("hunter2"));
}

#[test]
fn a_secret_is_masked_in_other_variables_too() {
    let inputs = Inputs {
        env_files: vec![Source::new(
            ".env",
            "A_TOKEN=hunter2hunter2\nB=x hunter2hunter2\nC_TOKEN=short\nD=short\n",
        )],
        ..Inputs::default()
    };
    expect![[r#"
        A_TOKEN  .env:1  •••
        B        .env:2  x •••
        C_TOKEN  .env:3  •••
        D        .env:4  short
    "#]]
    .assert_eq(&table(&rows(&load(&inputs).value, false)));
}

#[test]
fn the_json_tells_the_source_of_each_value() {
    let report: serde_json::Value =
        serde_json::from_str(&json(None, &rows(&project(), false))).expect("JSON");
    assert_eq!(report["version"], 1);
    expect![[r#"{"file":".env","line":2,"masked":true,"name":"API_TOKEN","source":"file","value":"•••"}"#]]
        .assert_eq(&report["variables"][0].to_string());
    expect![[r#"{"masked":false,"name":"HOME","source":"inherited","value":"/home/u"}"#]]
        .assert_eq(&report["variables"][5].to_string());
}

#[test]
fn an_instance_is_named_with_or_without_its_number() {
    let project = project();
    let called = |name: &str| {
        instance_called(&project, name).ok().map(|instance| (instance.id.to_string(), instance.port))
    };
    assert_eq!(called("worker"), Some(("worker.1".to_owned(), Some(5100))));
    assert_eq!(called("web.3"), Some(("web.3".to_owned(), Some(5002))));
    assert_eq!(called("web.0"), None);
    assert_eq!(called("web.x"), None);
    assert_eq!(called("nosuch"), None);
}

#[test]
fn what_an_instance_gets_of_its_own_is_not_common() {
    assert!(common(&project()).iter().all(|variable| variable.name != b"PORT" && variable.name != b"PS"));
    assert!(common(&project()).iter().any(|variable| variable.origin == Origin::Inherited));
}
