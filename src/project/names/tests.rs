use std::sync::Arc;

use super::{Choice, Known, choose, whole};
use crate::diagnostic::{Source, Span};

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
    assert_eq!(whole(&known, &place("web.1,nosuch,worker"), &mut complaints), [1]);
    let codes: Vec<&str> = complaints.iter().map(|complaint| complaint.code).collect();
    assert_eq!(codes, ["whole-process", "unknown-process"]);
}
