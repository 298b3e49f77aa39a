use std::sync::Arc;

use super::{Choice, Labels};

fn choice(words: &[&str]) -> Choice {
    let labels = Labels::from([("web".to_owned(), vec![Arc::from("app")])]);
    Choice::new(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), labels)
}

#[test]
fn names_instances_and_globs() {
    let names = ["web.1", "web.2", "worker.1", "work-x.1", "api.web.1"].map(str::to_owned);
    for (words, expected) in [
        (&[][..], &["web.1", "web.2", "worker.1", "work-x.1", "api.web.1"][..]),
        (&["web"], &["web.1", "web.2"]),
        (&["web.2"], &["web.2"]),
        (&["api.web"], &["api.web.1"]),
        (&["@app"], &["web.1", "web.2"]),
        (&["work*"], &["worker.1", "work-x.1"]),
        (&["*.1"], &["web.1", "worker.1", "work-x.1", "api.web.1"]),
        (&["web.?,worker"], &["web.1", "web.2", "worker.1"]),
        (&["all"], &["web.1", "web.2", "worker.1", "work-x.1", "api.web.1"]),
        (&["we"], &[]),
        (&["system"], &[]),
    ] {
        assert_eq!(choice(words).of(&names), expected, "{words:?}");
    }
    let complaints = choice(&["we", "web", "web.3", "system", "all", "x*", "@none"]).unknown(&names);
    let messages: Vec<&str> = complaints.iter().map(|complaint| complaint.message.as_str()).collect();
    let unknown = ["we", "web.3", "x*", "@none"].map(|name| format!("there are no logs of `{name}`"));
    assert_eq!(messages, unknown);
}

#[test]
fn each_instance_is_asked_about_for_itself() {
    for (words, instance, expected) in [
        (&["web"][..], "web.7", true),
        (&["*.7"], "web.7", true),
        (&["web.7"], "web.1", false),
        (&["system"], "system", true),
        (&["web"], "system", false),
        (&[], "system", true),
    ] {
        assert_eq!(choice(words).has(instance), expected, "{words:?} {instance}");
    }
}
