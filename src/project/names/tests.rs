use expect_test::{Expect, expect};

use super::{matches, parse};
use crate::diagnostic::{Source, Span, render_all};
use crate::project::{InstanceId, ProcessName};

const PROCESSES: &[(&str, u32)] = &[("web", 2), ("worker", 1), ("worker-mail", 1), ("release", 0)];

/// The started instances that a list means, and what is wrong with it.
fn meant(list: &str) -> (Vec<String>, String) {
    let mut diagnostics = Vec::new();
    let names = parse(PROCESSES, &Span::new(&Source::new("--quiet", list), 0..list.len()), &mut diagnostics);
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
        error: no process is called like `db*` (web, worker, worker-mail, release)
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
        assert_eq!(matches(glob, name), expected, "{glob} {name}");
    }
}
