use super::{Choice, glob};

fn choice(words: &[&str]) -> Choice {
    Choice::new(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
}

#[test]
fn names_instances_and_globs() {
    let names = ["web.1", "web.2", "worker.1", "work-x.1"].map(str::to_owned);
    for (words, expected) in [
        (&[][..], &["web.1", "web.2", "worker.1", "work-x.1"][..]),
        (&["web"], &["web.1", "web.2"]),
        (&["web.2"], &["web.2"]),
        (&["work*"], &["worker.1", "work-x.1"]),
        (&["*.1"], &["web.1", "worker.1", "work-x.1"]),
        (&["web.?,worker"], &["web.1", "web.2", "worker.1"]),
        (&["all"], &["web.1", "web.2", "worker.1", "work-x.1"]),
        (&["we"], &[]),
        (&["system"], &[]),
    ] {
        assert_eq!(choice(words).of(&names), expected, "{words:?}");
    }
    assert_eq!(choice(&["we", "web", "system", "x*"]).unknown(&names).len(), 2);
}

#[test]
fn globs() {
    for (pattern, text, fits) in [
        ("*", "", true),
        ("a*b*c", "axxbxxc", true),
        ("a*b*c", "axxbxx", false),
        ("?", "", false),
        ("**a", "bba", true),
        ("a*a", "a", false),
    ] {
        assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} {text}");
    }
}
