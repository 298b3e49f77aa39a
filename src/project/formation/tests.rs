use std::sync::Arc;

use super::Formation;
use crate::diagnostic::{Checked, Severity, Source, Span};
use crate::project::Settings;
use crate::project::names::{Known, whole};

const PROCESSES: &[&str] = &["web", "worker", "sched"];

fn span(name: &str, text: &str) -> Span {
    Span::new(&Source::new(name, text), 0..text.len())
}

fn formation(text: &str) -> Settings {
    Settings { formation: Some(span("--formation", text)), ..Settings::default() }
}

fn names(names: &[&str]) -> Settings {
    let names = names.iter().map(|name| span("the command line", name)).collect();
    Settings { names: Some(names), ..Settings::default() }
}

fn known<'a>(processes: &[&'a str]) -> Vec<Known<'a>> {
    processes.iter().map(|name| Known::plain(name)).collect()
}

fn resolve(processes: &[&str], settings: &Settings) -> Checked<Formation> {
    super::resolve(&known(processes), settings, None)
}

fn counted(formation: &Formation) -> Vec<usize> {
    formation.instances.iter().map(Vec::len).collect()
}

#[track_caller]
fn counts(processes: &[&str], settings: &Settings) -> Vec<usize> {
    let checked = resolve(processes, settings);
    let complaints: Vec<_> = checked.diagnostics.iter().filter(|d| d.severity > Severity::Note).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    counted(&checked.value)
}

/// All messages, each with the text it points at.
fn complaints(processes: &[&str], settings: &Settings) -> Vec<(String, String)> {
    resolve(processes, settings)
        .diagnostics
        .into_iter()
        .map(|diagnostic| {
            let place =
                diagnostic.primary.map(|label| String::from_utf8_lossy(label.span.text()).into_owned());
            (diagnostic.message, place.unwrap_or_default())
        })
        .collect()
}

#[test]
fn everything_is_started_once_when_nobody_says_anything() {
    assert_eq!(counts(PROCESSES, &Settings::default()), [1, 1, 1]);
}

#[test]
fn formations_follow_foreman() {
    for (text, expected) in [
        ("web=2", [2, 0, 0]),
        ("all=1,web=2,worker=0", [2, 0, 1]),
        ("web=2, worker = 1", [2, 1, 0]),
        ("web=1,web=2", [2, 0, 0]),
        ("all=2", [2, 2, 2]),
        ("web=1,", [1, 0, 0]),
    ] {
        assert_eq!(counts(PROCESSES, &formation(text)), expected, "{text}");
    }
}

#[test]
fn names_replace_the_formation() {
    let settings = Settings { formation: formation("web=3").formation, ..names(&["worker"]) };
    assert_eq!(counts(PROCESSES, &settings), [0, 1, 0]);
}

#[test]
fn names_may_be_many_and_may_have_counts() {
    assert_eq!(counts(PROCESSES, &names(&["web", "worker"])), [1, 1, 0]);
    assert_eq!(counts(PROCESSES, &names(&["web,worker"])), [1, 1, 0]);
    assert_eq!(counts(PROCESSES, &names(&["web=2,worker"])), [2, 1, 0]);
    assert_eq!(counts(PROCESSES, &names(&["all", "web=2"])), [2, 1, 1]);
}

#[test]
fn except_takes_away_whatever_was_asked_for() {
    let except = Some(span("--except", "web, sched"));
    assert_eq!(counts(PROCESSES, &Settings { except: except.clone(), ..Settings::default() }), [0, 1, 0]);
    assert_eq!(counts(PROCESSES, &Settings { except, ..names(&["web", "worker=2"]) }), [0, 2, 0]);
}

#[test]
fn what_foreman_counts_as_zero_is_a_mistake() {
    for (text, message, place) in [
        ("web=x", "`x` is not a count in the formation", "web=x"),
        ("worker=1, web=-1", "`-1` is not a count in the formation", "web=-1"),
        ("web=", "`` is not a count in the formation", "web="),
        ("web=10001", "`10001` is not a count in the formation", "web=10001"),
        ("web", "`web` has no count in the formation", "web"),
        ("web=1,,worker=1", "a process name is missing in the formation", ""),
        ("=2", "a process name is missing in the formation", "=2"),
        ("wbe=2", "unknown process `wbe` (web, worker, sched)", "wbe=2"),
        ("", "the formation is empty", ""),
        ("web=0", "there is nothing to start", "web=0"),
    ] {
        let expected = vec![(message.to_owned(), place.to_owned())];
        assert_eq!(complaints(PROCESSES, &formation(text)), expected, "{text}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let settings = Settings { except: Some(span("--except", "bar")), ..formation("web=x,foo=1") };
    let messages: Vec<String> = complaints(PROCESSES, &settings).into_iter().map(|(m, _)| m).collect();
    assert_eq!(
        messages,
        [
            "`x` is not a count in the formation",
            "unknown process `foo` (web, worker, sched)",
            "unknown process `bar` (web, worker, sched)",
        ]
    );
}

#[test]
fn a_near_name_is_suggested() {
    let hints = |word: &str| {
        let mut diagnostics = Vec::new();
        whole(&known(PROCESSES), &span("--quiet", word), &mut diagnostics);
        diagnostics.remove(0).hints
    };
    assert_eq!(hints("wbe"), ["did you mean `web`?"]);
    assert_eq!(hints("Workers"), ["did you mean `worker`?"]);
    assert!(hints("database").is_empty());
}

#[test]
fn release_is_started_only_where_it_is_named() {
    const WITH_RELEASE: &[&str] = &["web", "release"];
    for (settings, expected, noted) in [
        (Settings::default(), [1, 0], true),
        (formation("all=2"), [2, 0], true),
        (formation("all=1,release=1"), [1, 1], false),
        (formation("web=1"), [1, 0], false),
        (names(&["release"]), [0, 1], false),
        (Settings { except: Some(span("--except", "release")), ..Settings::default() }, [1, 0], false),
    ] {
        let checked = resolve(WITH_RELEASE, &settings);
        assert_eq!(counted(&checked.value), expected);
        let notes = checked.diagnostics.iter().filter(|d| d.code == "release-not-started").count();
        assert_eq!(notes, usize::from(noted), "{settings:?}");
    }
}

#[test]
fn a_procfile_with_nothing_but_release_says_what_to_do() {
    let checked = resolve(&["release"], &Settings::default());
    assert!(checked.has_errors());
    assert_eq!(counted(&checked.value), [0]);
}

/// Two of web as usual, of a group; a worker that is not started by itself; sched with none.
fn told(labels: &[Arc<str>]) -> Vec<Known<'_>> {
    let known = |name, usual, enabled| Known { name, labels: &[], usual, enabled };
    vec![Known { labels, ..known("web", 2, true) }, known("worker", 1, false), known("sched", 0, true)]
}

#[test]
fn what_is_said_of_a_process_counts_where_nobody_says_another_number() {
    let labels = [Arc::from("front")];
    let known = told(&labels);
    for (settings, expected) in [
        (Settings::default(), [vec![1, 2], vec![], vec![]]),
        (names(&["web"]), [vec![1, 2], vec![], vec![]]),
        (names(&["@front"]), [vec![1, 2], vec![], vec![]]),
        (names(&["worker", "sched"]), [vec![], vec![1], vec![1]]),
        (names(&["w*"]), [vec![1, 2], vec![1], vec![]]),
        (names(&["w*=3"]), [vec![1, 2, 3], vec![1, 2, 3], vec![]]),
        (names(&["web.2"]), [vec![2], vec![], vec![]]),
        (names(&["web.3", "web.1"]), [vec![1, 3], vec![], vec![]]),
        (names(&["*.2"]), [vec![2], vec![], vec![]]),
        (names(&["all"]), [vec![1, 2], vec![], vec![]]),
        (formation("all=1"), [vec![1], vec![], vec![1]]),
        (
            Settings { except: Some(span("--except", "web.1")), ..Settings::default() },
            [vec![2], vec![], vec![]],
        ),
        (
            Settings { except: Some(span("--except", "*.2")), ..Settings::default() },
            [vec![1], vec![], vec![]],
        ),
    ] {
        let checked = super::resolve(&known, &settings, None);
        assert_eq!(checked.value.instances, expected, "{settings:?}");
    }
}

#[test]
fn a_file_may_say_what_a_bare_start_means() {
    let labels = [];
    let default = [span("forge.toml", "worker"), span("forge.toml", "sched")];
    let of = |settings: &Settings| super::resolve(&told(&labels), settings, Some(&default)).value.instances;
    assert_eq!(of(&Settings::default()), [vec![], vec![1], vec![1]]);
    assert_eq!(of(&names(&["web"])), [vec![1, 2], vec![], vec![]]);
    assert_eq!(of(&formation("web=1")), [vec![1], vec![], vec![]]);
}

#[test]
fn one_instance_has_no_count_and_who_is_left_out_by_name_is_known() {
    assert_eq!(
        complaints(PROCESSES, &names(&["web.1=2"])),
        [("`web.1` is one instance, and has no count".to_owned(), "web.1=2".to_owned())]
    );
    let refused = |settings: &Settings| resolve(PROCESSES, settings).value.refused;
    assert_eq!(refused(&formation("web=1,worker=0")), [false, true, false]);
    assert_eq!(
        refused(&Settings { except: Some(span("--except", "sched")), ..names(&["web"]) }),
        [false, false, true]
    );
}
