use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use expect_test::expect;

use super::{complaints, give, give_new, ports};
use crate::diagnostic::render_all;
use crate::project::{
    InstanceId, InstanceSpec, OnConflict, Place, PortRule, PortSource, ProcessName, ProcessSpec, Project,
};

/// A project with one instance of each command, at these ports.
fn project(instances: &[(&str, &str, Option<u16>)]) -> Project {
    let instances = instances.iter().enumerate().map(|(position, (name, command, port))| {
        let name = ProcessName::new(name);
        let process = Arc::new(ProcessSpec::plain(
            name.clone(),
            command.as_bytes().to_vec(),
            Place { file: "Procfile".into(), line: u32::try_from(position).expect("few") + 1 },
            position,
        ));
        InstanceSpec { id: InstanceId { process: name, index: 1 }, process, port: *port }
    });
    let instances: Vec<InstanceSpec> = instances.collect();
    Project {
        root: PathBuf::from("/srv/shop"),
        processes: instances.iter().map(|instance| Arc::clone(&instance.process)).collect(),
        instances,
        ..Project::default()
    }
}

#[test]
fn a_taken_port_is_an_error_where_it_is_used() {
    let project = project(&[
        ("web", "puma -p $PORT", Some(5000)),
        ("js", "yarn build --watch", Some(5100)),
        ("api", "api ${PORT}", Some(5200)),
        ("free", "echo $PORT", Some(5300)),
        ("none", "echo $PORT", None),
    ]);
    let look = |port| match port {
        5000 | 5100 => Some(Some("pid 4711 (ruby bin/rails server, in ~/shop)")),
        5200 => Some(None),
        _ => None,
    };
    expect![[r"
        error: port 5000, which `web.1` (Procfile:1) is to use, is taken by pid 4711 (ruby bin/rails server, in ~/shop)
        hint: stop that process, or choose other ports with `-p`, for example `-p 6000`

        warning: port 5100 of `js.1` (Procfile:2) is taken by pid 4711 (ruby bin/rails server, in ~/shop)

        error: port 5200, which `api.1` (Procfile:3) is to use, is taken by another program
        hint: stop that process, or choose other ports with `-p`, for example `-p 6000`
    "]].assert_eq(&render_all(&complaints(&project, look), false));
}

#[test]
fn two_instances_have_two_ports() {
    let project = project(&[("web", "a", Some(5000)), ("js", "b", Some(5000)), ("css", "c", Some(5001))]);
    expect![[r"
        error: `web.1` (Procfile:1) and `js.1` (Procfile:2) are both given port 5000
        hint: ports are 100 apart from entry to entry; start fewer instances of the first
    "]]
    .assert_eq(&render_all(&complaints(&project, |_| None::<Option<&str>>), false));
}

#[test]
fn the_system_is_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let found = ports(&project(&[("web", "puma -p $PORT", Some(port))]));
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["port-taken"]);
    assert!(cfg!(not(target_os = "linux")) || found[0].message.contains("pid "), "{}", found[0].message);
}

/// The ports after those that `taken` says are somebody's.
fn given(project: Project, on_conflict: OnConflict, taken: &[u16]) -> (Vec<Option<u16>>, Vec<String>) {
    given_where(project, on_conflict, |port| taken.contains(&port))
}

fn given_where(
    mut project: Project,
    on_conflict: OnConflict,
    is_taken: impl Fn(u16) -> bool,
) -> (Vec<Option<u16>>, Vec<String>) {
    project.on_conflict = on_conflict;
    project.port_rule = Some(PortRule { base: 5000, step: 100 });
    let look = |port: u16| is_taken(port).then_some(Some("redis"));
    let messages = give(&mut project, look).into_iter().map(|one| one.message).collect();
    (project.instances.iter().map(|instance| instance.port).collect(), messages)
}

#[test]
fn a_taken_port_is_replaced_by_the_next_free_one_where_that_is_wished() {
    let plain = || project(&[("web", "a", Some(5000)), ("db", "b", Some(5100)), ("x", "c", Some(5002))]);
    assert_eq!(given(plain(), OnConflict::Fail, &[5000]).0, [Some(5000), Some(5100), Some(5002)]);
    assert_eq!(given(plain(), OnConflict::Ask, &[5000]).0, [Some(5000), Some(5100), Some(5002)]);
    let (ports, messages) = given(plain(), OnConflict::Next, &[5000, 5001]);
    assert_eq!(ports, [Some(5003), Some(5100), Some(5002)]);
    assert_eq!(messages, ["`web.1` gets port 5003: 5000 is taken by redis"]);
}

#[test]
fn who_asks_for_any_port_gets_a_free_one_and_who_has_one_of_its_own_keeps_it() {
    let with = |source: PortSource, port: Option<u16>| {
        let mut project = project(&[("web", "a", port), ("db", "b", Some(5100))]);
        let process = ProcessSpec { port: source, ..(*project.instances[0].process).clone() };
        project.instances[0].process = Arc::new(process);
        project
    };
    assert_eq!(given(with(PortSource::Free, None), OnConflict::Fail, &[5000]).0, [Some(5001), Some(5100)]);
    assert_eq!(
        given(with(PortSource::Fixed(80), Some(80)), OnConflict::Next, &[80]).0,
        [Some(80), Some(5100)]
    );
    assert_eq!(given(with(PortSource::None, None), OnConflict::Next, &[]).0, [None, Some(5100)]);
    let (ports, messages) = given_where(with(PortSource::Free, None), OnConflict::Fail, |port| port >= 5000);
    assert_eq!((ports[0], messages.len()), (None, 1));
}

#[test]
fn new_ones_get_ports_that_nobody_has_and_the_others_keep_theirs() {
    let rule = Some(PortRule { base: 5000, step: 100 });
    let look = |port| (port == 5300).then_some(Some("pid 4711 (ruby)"));
    let running = Project {
        port_rule: rule,
        ..project(&[("web", "a $PORT", Some(5000)), ("api", "b $PORT", Some(5100))])
    };
    // `new` stands first now, and is given what `web` has; a stranger has the port of `last`.
    let mut changed = Project {
        port_rule: rule,
        ..project(&[
            ("new", "n $PORT", Some(5000)),
            ("api", "b $PORT", Some(5100)),
            ("web", "a $PORT", Some(5000)),
            ("last", "l $PORT", Some(5300)),
        ])
    };
    let told = give_new(&mut changed, &running, look);
    let ports: Vec<u16> = changed.instances.iter().filter_map(|one| one.port).collect();
    assert_eq!(ports, [5001, 5100, 5000, 5300]);
    expect![[r"
        note: `new.1` gets port 5001, because 5000 is taken

        error: port 5300, which `last.1` (Procfile:4) is to use, is taken by pid 4711 (ruby)
        hint: stop that process, or choose other ports with `-p`, for example `-p 6000`
    "]]
    .assert_eq(&render_all(&told, false));
    // What is to move may move.
    let mut changed = Project { on_conflict: OnConflict::Next, ..changed };
    changed.instances[3].port = Some(5300);
    give_new(&mut changed, &running, look);
    assert_eq!(changed.instances[3].port, Some(5301));
}
