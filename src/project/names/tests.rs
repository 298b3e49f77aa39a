use std::sync::Arc;

use expect_test::{Expect, expect};

use super::{Choice, Known, Names, choose, fits, whole};
use crate::diagnostic::{Source, Span, render_all};
use crate::project::{InstanceId, ProcessName};

fn place(word: &str) -> Span {
    Span::new(&Source::new("the command line", word), 0..word.len())
}

#[test]
fn a_word_means_a_process_an_instance_a_glob_a_label_or_all() {
    let labels = [Arc::from("app"), Arc::from("front")];
    let known = [
        Known { labels: &labels, ..Known::plain("web") },
        Known::plain("api.web"),
        Known { labels: &labels[..1], ..Known::plain("web.2") },
    ];
    for (word, expected) in [
        ("web", Choice::Process(0)),
        ("web.1", Choice::Instance(0, 1)),
        // A process that is called so is nearer than an instance.
        ("web.2", Choice::Process(2)),
        ("web.2.3", Choice::Instance(2, 3)),
        ("api.web", Choice::Process(1)),
        ("api.web.7", Choice::Instance(1, 7)),
        ("*web", Choice::Processes(vec![0, 1])),
        ("{web,api}*", Choice::Processes(vec![0, 1, 2])),
        ("@app", Choice::Processes(vec![0, 2])),
        ("@front", Choice::Processes(vec![0])),
        ("*.1", Choice::Instances(vec![(0, 1), (1, 1), (2, 1)])),
        ("all", Choice::All),
    ] {
        assert_eq!(choose(&known, word, &place(word)), Ok(expected), "{word}");
    }
}

#[test]
fn a_word_that_means_nothing_says_what_there_is() {
    let labels = [Arc::from("front")];
    let known = [Known { labels: &labels, ..Known::plain("web") }, Known::plain("worker")];
    for (word, message, hint) in [
        ("wbe", "unknown process `wbe` (web, worker)", Some("did you mean `web`?")),
        ("web.0", "unknown process `web.0` (web, worker)", None),
        ("web.x", "unknown process `web.x` (web, worker)", None),
        ("x*", "no process matches `x*` (web, worker)", None),
        ("[", "no process matches `[` (web, worker)", None),
        ("@font", "no process has the label `font`", Some("did you mean `@front`?")),
        ("@", "no process has the label ``", Some("the labels are @front")),
        ("", "unknown process `` (web, worker)", None),
    ] {
        let complaint = choose(&known, word, &place(word)).expect_err(word);
        assert_eq!(
            (complaint.message.as_str(), complaint.hints.first().map(String::as_str)),
            (message, hint)
        );
    }
}

#[test]
fn a_list_of_whole_processes_has_each_once() {
    let known = [Known::plain("web"), Known::plain("worker")];
    let mut complaints = Vec::new();
    assert_eq!(whole(&known, &place("worker, w*, all,"), &mut complaints), [0, 1]);
    assert_eq!(complaints, []);
    assert_eq!(whole(&known, &place("web.1,nosuch,worker,*.1"), &mut complaints), [1]);
    let codes: Vec<&str> = complaints.iter().map(|complaint| complaint.code).collect();
    assert_eq!(codes, ["whole-process", "unknown-process", "whole-process"]);
}

const PROCESSES: &[(&str, u32)] = &[("web", 2), ("worker", 1), ("worker-mail", 1), ("release", 0)];

/// The started instances that a list means, and what is wrong with it.
fn meant(list: &str) -> (Vec<String>, String) {
    let mut diagnostics = Vec::new();
    let known: Vec<Known<'_>> =
        PROCESSES.iter().map(|(name, count)| Known { usual: *count, ..Known::plain(name) }).collect();
    let mut names = Names::default();
    names.read(&known, &Span::new(&Source::new("--quiet", list), 0..list.len()), &mut diagnostics);
    let instances = PROCESSES.iter().flat_map(|(name, count)| {
        (1..=*count).map(|index| InstanceId { process: ProcessName::new(name), index })
    });
    let meant = instances.filter(|instance| names.contain(instance)).map(|instance| instance.to_string());
    (meant.collect(), render_all(&diagnostics, false))
}

#[track_caller]
fn refused(list: &str, expected: &Expect) {
    expected.assert_eq(&meant(list).1);
}

#[test]
fn a_name_means_all_or_one_or_some() {
    let cases: &[(&str, &[&str])] = &[
        ("web", &["web.1", "web.2"]),
        ("web.2", &["web.2"]),
        ("worker*", &["worker.1", "worker-mail.1"]),
        ("w*r", &["worker.1"]),
        ("we?", &["web.1", "web.2"]),
        ("*.2", &["web.2"]),
        ("web.2, worker", &["web.2", "worker.1"]),
        ("all", &["web.1", "web.2", "worker.1", "worker-mail.1"]),
        ("release", &[]),
        ("release.1", &[]),
        ("", &[]),
    ];
    for (list, expected) in cases {
        let (meant, complaints) = meant(list);
        assert_eq!(
            (meant.as_slice(), complaints.as_str()),
            (expected.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().as_slice(), ""),
            "{list}"
        );
    }
}

#[test]
fn a_name_that_means_nothing_is_an_error() {
    refused(
        "wbe",
        &expect![[r#"
        error: unknown process `wbe` (web, worker, worker-mail, release)
         --> --quiet:1:1
          |
        1 | wbe
          | ^^^ not in the Procfile
        hint: did you mean `web`?
    "#]],
    );
    refused(
        "web.3",
        &expect![[r#"
            error: unknown process `web.3`
             --> --quiet:1:1
              |
            1 | web.3
              | ^^^^^ of `web` there are `web.1` to `web.2`
            hint: `web` means all of them
        "#]],
    );
    refused(
        "worker.0",
        &expect![[r#"
        error: unknown process `worker.0`
         --> --quiet:1:1
          |
        1 | worker.0
          | ^^^^^^^^ there is one `worker`, `worker.1`
        hint: `worker` means all of them
    "#]],
    );
    refused(
        "worker.x",
        &expect![[r#"
        error: unknown process `worker.x`
         --> --quiet:1:1
          |
        1 | worker.x
          | ^^^^^^^^ there is one `worker`, `worker.1`
        hint: `worker` means all of them
    "#]],
    );
    refused(
        "db*",
        &expect![[r#"
        error: no process matches `db*` (web, worker, worker-mail, release)
         --> --quiet:1:1
          |
        1 | db*
          | ^^^ not in the Procfile
    "#]],
    );
}

#[test]
fn globs_fit_whole_names() {
    let cases = [
        ("*", "", true),
        ("*", "web", true),
        ("w*", "web", true),
        ("*b", "web", true),
        ("w*b*", "web", true),
        ("**e**", "web", true),
        ("?*?", "ab", true),
        ("a*b*c", "aXbYbZc", true),
        ("w", "web", false),
        ("eb", "web", false),
        ("???", "web", true),
        ("????", "web", false),
        ("a*b*c", "aXbYbZ", false),
        ("", "", true),
        ("", "a", false),
    ];
    for (glob, name, expected) in cases {
        assert_eq!(fits(glob, name), expected, "{glob} {name}");
    }
}
