use expect_test::{Expect, expect};

use super::{Change, Difference, Follows};
use crate::diagnostic::Source;
use crate::project::Project;
use crate::project::load::{Inputs, load};
use crate::project::manifest;

/// What was written: a Procfile, an env file, and `forge.toml`.
pub(in crate::project) fn project(procfile: &str, env: &str, toml: &str) -> Project {
    let inputs = Inputs {
        root: "/app".into(),
        procfile: Some(Source::new("Procfile", procfile)),
        env_files: vec![Source::new(".env", env)],
        settings: manifest::tests::manifest(toml).settings(),
        manifest: manifest::tests::manifest(toml),
        ..Inputs::default()
    };
    load(&inputs).value
}

#[expect(clippy::needless_pass_by_value, reason = "as `expect!` is written")]
fn differs(old: (&str, &str, &str), new: (&str, &str, &str), expected: Expect) {
    let (old, mut new) = (project(old.0, old.1, old.2), project(new.0, new.1, new.2));
    new.keep_ports_of(&old);
    let difference = Difference::between(&old, &new);
    let mut told = Vec::new();
    told.extend(difference.added.iter().map(|id| format!("+ {id}")));
    told.extend(difference.removed.iter().map(|id| format!("- {id}")));
    for Change { instance, what, follows } in &difference.changed {
        told.push(format!("~ {instance} {what:?} {follows:?}"));
    }
    told.extend(difference.next_start.iter().map(|setting| format!("later {setting:?}")));
    if told.is_empty() {
        told.push("nothing".to_owned());
    }
    expected.assert_eq(&(told.join("\n") + "\n"));
}

#[test]
fn the_same_is_no_difference() {
    let same = ("web: a\nworker: b\n", "A=1\n", "[process.web]\ninstances = 2\n");
    differs(
        same,
        same,
        expect![[r#"
            nothing
        "#]],
    );
}

#[test]
fn who_comes_and_who_goes_changes_nobody_else() {
    differs(
        ("web: a\nworker: b\n", "", ""),
        ("api: c\nweb: a\n", "", ""),
        expect![[r#"
        + api.1
        - worker.1
    "#]],
    );
}

#[test]
fn what_is_given_at_the_start_needs_another_start() {
    differs(
        ("web: a\nworker: b\njob: c\n", "A=1\nB=2\n", "[schedule.job]\nevery = \"1m\"\n"),
        (
            "web: a -x\nworker: b\njob: c\n",
            "A=1\nB=3\nC=4\n",
            "[schedule.job]\nevery = \"1m\"\n[process.worker]\nport = 7000\nnice = 3\n",
        ),
        expect![[r#"
            ~ web.1 [Command, Environment { names: ["B", "C"] }] Restart
            ~ worker.1 [Environment { names: ["B", "C"] }, Port, Nice] Restart
            ~ job.1 [Environment { names: ["B", "C"] }] NextStart
        "#]],
    );
}

#[test]
fn rules_are_taken_over() {
    differs(
        ("web: a\nworker: b\ndb: c\n", "", "[process.web]\nready = { delay = \"1s\" }\n"),
        (
            "web: a\nworker: b\ndb: c\n",
            "",
            "[process.web]\nready = { delay = \"2s\" }\n[process.worker]\nrestart = \"always\"\nlimits = { memory = \"1G\" }\nlabels = [\"x\"]\n\
             [process.db]\nlive = { notify = true, every = \"5s\" }\n",
        ),
        expect![[r#"
            ~ web.1 [Ready] NextStart
            ~ worker.1 [Restart, Limits, Labels] Nothing
            ~ db.1 [Live] Restart
        "#]],
    );
}

#[test]
fn what_belongs_to_forge_itself_is_for_the_next_start() {
    differs(
        ("web: a\n", "", ""),
        ("web: a\n", "", "[output]\ntimestamp = false\n"),
        expect![["later Output\n"]],
    );
}

#[test]
fn whoever_is_asked_rereads_by_its_signal_or_by_a_restart() {
    let toml = "[process.web]\nreload_signal = \"HUP\"\n";
    let (old, new) =
        (project("web: a\nworker: b\n", "", toml), project("web: a\nworker: b\nnew: c\n", "", toml));
    let mut difference = Difference::between(&old, &new);
    new.instances.iter().for_each(|spec| difference.ask_to_reread(spec));
    let follows: Vec<Follows> = difference.changed.iter().map(|change| change.follows).collect();
    assert_eq!(follows, [Follows::Signal(libc::SIGHUP), Follows::Restart]);
    // What needs another start anyhow has no use for a signal.
    let changed = project("web: x\nworker: b\n", "", toml);
    let mut difference = Difference::between(&old, &changed);
    changed.instances.iter().for_each(|spec| difference.ask_to_reread(spec));
    assert_eq!(difference.follows(&changed.instances[0].id), Some(Follows::Restart));
}
