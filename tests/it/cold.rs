//! A whole stack comes up from nothing, again and again: only the order keeps it alive.

use std::fs;

use nix::sys::signal::Signal::SIGINT;

use crate::forge::Forge;
use crate::free::free_base;

/// Each of them dies when what it needs is not there, and nobody waits in its command.
const PROCFILE: &str = "\
db: test -d data && exec puppet
web: test -e data/migrated && exec puppet
worker: test -e data/migrated && echo waiting for work && exec puppet
";

const MANIFEST: &str = "\
[task.prepare]
command = 'mkdir data'

[process.db]
after = ['prepare']

[task.migrate]
command = 'test -e data/accepts && touch data/migrated'
after = ['db']

[process.web]
after = ['migrate']

[process.worker]
after = ['migrate']
ready = { log = '^waiting for work$' }

[schedule.count]
command = 'test -e data/migrated && echo counted'
every = '1s'
after = ['worker']
";

/// What has to come before what.
const ORDER: &[(&str, &str)] = &[
    ("prepare.1 | exited with code 0", "db.1 | started with pid"),
    ("db.1 | recovering", "db.1 | ready after"),
    ("db.1 | ready after", "migrate.1 | started with pid"),
    ("migrate.1 | exited with code 0", "web.1 | started with pid"),
    ("migrate.1 | exited with code 0", "worker.1 | started with pid"),
    ("worker.1 | ready after", "count.1 | started with pid"),
    ("count.1 | started with pid", "count.1 | counted"),
];

#[test]
fn a_stack_comes_up_in_order_every_time() {
    for round in 0..5 {
        let base = free_base();
        let forge = Forge::new().procfile(PROCFILE).file("forge.toml", MANIFEST).start(&format!("-p {base}"));
        let db = forge.puppet("db.1");
        db.says("recovering");
        forge.sees("db.1 | recovering");
        fs::write(forge.directory().join("data/accepts"), "").expect("prepare has made the directory");
        db.binds(base);
        let web = forge.puppet("web.1");
        let worker = forge.puppet("worker.1");
        forge.sees("count.1 | counted");
        assert!(db.is_alive() && web.is_alive() && worker.is_alive(), "round {round}");
        let lines = forge.lines_so_far();
        let place = |text: &str| lines.iter().position(|line| line.contains(text));
        for (before, after) in ORDER {
            let (first, second) = (place(before), place(after));
            assert!(
                first.is_some() && first < second,
                "round {round}: {before:?}, then {after:?}: {lines:#?}"
            );
        }
        forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
    }
}

#[test]
fn without_the_order_it_does_not() {
    let ended = Forge::new()
        .procfile(PROCFILE)
        .file("forge.toml", "[task.migrate]\ncommand = 'test -e data/accepts && touch data/migrated'\n")
        .runs(&["start"]);
    ended.fails();
}
