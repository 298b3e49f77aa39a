use crate::diagnostic::{Source, Span};
use crate::project::Settings;
use crate::project::lifecycle::Milestone;
use crate::project::load::{Inputs, load};
use crate::project::manifest::{self, Manifest};

/// Who is started, and who waits for whom: `web.1 db.1 | web: db ready`.
fn settled(toml: &str, change: impl FnOnce(&mut Settings)) -> String {
    let parsed = manifest::parse(&Source::new("forge.toml", toml));
    assert_eq!(parsed.diagnostics, []);
    let manifest = Manifest::of(vec![parsed.value], Vec::new(), None).value;
    let mut settings = Settings::default();
    change(&mut settings);
    let procfile = Some(Source::new("Procfile", "web: a\ndb: b\nredis: c\nrelease: d\n"));
    let inputs = Inputs { root: "/app".into(), procfile, manifest, settings, ..Inputs::default() };
    let loaded = load(&inputs);
    let running: Vec<String> = loaded.value.instances.iter().map(|one| one.id.to_string()).collect();
    let mut parts = vec![running.join(" ")];
    for process in &loaded.value.processes {
        for need in &process.life.after {
            let reached = match need.reached {
                Milestone::Started => "started",
                Milestone::Ready => "ready",
                Milestone::Done => "done",
            };
            parts.push(format!("{}: {} {reached}", process.name, need.on));
        }
    }
    for complaint in loaded.diagnostics.iter().filter(|one| one.code != "release-not-started") {
        parts.push(complaint.code.to_owned());
    }
    parts.join(" | ")
}

fn span(text: &str) -> Span {
    Span::new(&Source::new("the command line", text), 0..text.len())
}

const TASK: &str = "[task.redis]\n[process.web]\nafter = ['db', 'redis']\n";

#[test]
fn a_process_is_waited_for_until_it_is_ready_and_a_task_until_it_is_done() {
    assert_eq!(settled(TASK, |_| {}), "web.1 db.1 redis.1 | web: db ready | web: redis done");
    assert_eq!(
        settled("[process.web]\nafter = 'db:started'\n", |_| {}),
        "web.1 db.1 redis.1 | web: db started"
    );
}

#[test]
fn a_label_and_a_glob_do_not_mean_whoever_waits() {
    let toml = "[process.web]\nlabels = 'x'\nafter = '@x'\n[process.db]\nlabels = 'x'\nafter = []\n";
    assert_eq!(settled(toml, |_| {}), "web.1 db.1 redis.1 | web: db ready");
    assert_eq!(settled("[process.web]\nafter = '*'\n", |_| {}).matches("web: ").count(), 3);
}

#[test]
fn what_is_needed_comes_along_also_by_way_of_others() {
    let toml = "[process.web]\nafter = 'db'\n[process.db]\nafter = 'redis'\n";
    let names = |settings: &mut Settings| settings.names = Some(vec![span("web")]);
    assert_eq!(
        settled(toml, names),
        "web.1 db.1 redis.1 | web: db ready | db: redis ready | started-too | started-too"
    );
    let alone = |settings: &mut Settings| {
        settings.names = Some(vec![span("web")]);
        settings.alone = Some(true);
    };
    assert!(settled(toml, alone).starts_with("web.1 | "));
}

#[test]
fn who_is_left_out_is_not_waited_for_and_who_cannot_come_is_a_mistake() {
    let except = |settings: &mut Settings| settings.except = Some(span("db"));
    assert_eq!(settled("[process.web]\nafter = 'db'\n", except), "web.1 redis.1 | not-waited-for");
    let zero = |settings: &mut Settings| settings.formation = Some(span("web=1,db=0"));
    assert_eq!(settled("[process.web]\nafter = 'db'\n", zero), "web.1 | not-waited-for");
    let toml = "[process.web]\nafter = 'db'\n[process.db]\nenabled = false\n";
    assert_eq!(settled(toml, |_| {}), "web.1 redis.1 | not-started");
    assert_eq!(
        settled("[process.web]\nafter = 'db'\n[process.db]\ninstances = 0\n", |_| {}),
        "web.1 redis.1 | not-started"
    );
}

#[test]
fn the_command_line_says_it_instead_of_the_file() {
    let after = |text: &'static str| move |settings: &mut Settings| settings.after = Some(vec![span(text)]);
    assert_eq!(settled(TASK, after("web=db:started")), "web.1 db.1 redis.1 | web: db started");
    assert_eq!(settled(TASK, after("web=")), "web.1 db.1 redis.1");
    assert_eq!(
        settled("", after("web,db=redis, release:started")),
        "web.1 db.1 redis.1 release.1 | web: redis ready | web: release started | db: redis ready | db: release started | started-too"
    );
    assert_eq!(settled("", after("web")), "web.1 db.1 redis.1 | bad-after");
    assert_eq!(settled("", after("web=db:dnoe")), "web.1 db.1 redis.1 | bad-after");
}

#[test]
fn the_release_is_first_and_nobody_waits_in_a_circle_for_it() {
    let release = |settings: &mut Settings| settings.release = Some(true);
    assert_eq!(
        settled("", release),
        "web.1 db.1 redis.1 release.1 | web: release done | db: release done | redis: release done"
    );
    assert_eq!(
        settled("[process.release]\nafter = 'db'\n[process.db]\nafter = 'redis'\n", release),
        "web.1 db.1 redis.1 release.1 | web: release done | db: redis ready | release: db ready"
    );
}

#[test]
fn circles_are_found_wherever_they_are() {
    for (toml, count) in [
        ("[process.web]\nafter = 'web'\n", 1),
        ("[process.web]\nafter = 'db'\n[process.db]\nafter = 'redis'\n[process.redis]\nafter = 'web'\n", 1),
        (
            "[process.web]\nafter = 'db'\n[process.db]\nafter = ['redis', 'web']\n[process.redis]\nafter = 'db'\n",
            2,
        ),
        ("[process.web]\nafter = ['db', 'redis']\n[process.db]\nafter = 'redis'\n", 0),
    ] {
        assert_eq!(settled(toml, |_| {}).matches("need-cycle").count(), count, "{toml}");
    }
}
