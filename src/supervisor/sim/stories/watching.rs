//! Files have changed.

use expect_test::expect;

use crate::project::ExitOn;
use crate::supervisor::sim::story::story;

#[test]
fn it_is_started_again_when_it_is_quiet() {
    story("web: watches | worker")
        .at("1s", "a.rb changes for web")
        .at("1200ms", "b.rb changes for web")
        .at("1200ms", "b.rb changes for worker")
        .at("3s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1500ms   changed  web.1     b.rb and 1 more
            1500ms   signal   web.1     SIGTERM
            1501ms   ended    web.1     SIGTERM
            1501ms   spawn    web.1
            1502ms   started  web.1     pid 103
            3000ms   heard              SIGINT
            3000ms   to all             SIGTERM
            3000ms   signal   web.1     SIGTERM
            3000ms   signal   worker.1  SIGTERM
            3001ms   ended    web.1     SIGTERM
            3001ms   ended    worker.1  SIGTERM
            3001ms   finish             done
        "#]]);
}

#[test]
fn what_waits_to_be_started_again_starts_at_once() {
    story("web: watches, exits 1 after 1s, restarts after 9s")
        .at("2s", "a.rb changes for web")
        .at("2500ms", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            1001ms   ended    web.1     code 1
            1001ms   again    web.1     in 9s
            2300ms   changed  web.1     a.rb and 0 more
            2300ms   spawn    web.1
            2301ms   started  web.1     pid 102
            2500ms   heard              SIGINT
            2500ms   to all             SIGTERM
            2500ms   signal   web.1     SIGTERM
            2501ms   ended    web.1     SIGTERM
            2501ms   finish             done
        "#]]);
}

#[test]
fn not_while_the_stack_ends() {
    story("web: watches, needs 2s to stop").at("1s", "a.rb changes for web").at("1200ms", "Ctrl-C").plays(
        expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            1200ms   heard              SIGINT
            1200ms   to all             SIGTERM
            1200ms   signal   web.1     SIGTERM
            2200ms   waits    web.1 after SIGTERM, 4s left
            3200ms   ended    web.1     code 0
            3200ms   finish             done
        "#]],
    );
}

#[test]
fn nobody_is_said_to_stay_down_who_is_started_again_before_the_last_words() {
    story("web: after db | db: watches, ready when said, is never ready, exits 1 after 190ms, output held")
        .exit_on(ExitOn::Never)
        .at("1ms", "a.rb changes for db")
        .at("450ms", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            301ms    changed  db.1      a.rb and 0 more
            391ms    ended    db.1      code 1, output held
            391ms    spawn    db.1
            392ms    started  db.1      pid 102
            450ms    heard              SIGINT
            450ms    to all             SIGTERM
            450ms    signal   db.1      SIGTERM
            651ms    ended    db.1      SIGTERM, output held
            651ms    finish             done
        "#]]);
}

#[test]
fn no_restart_is_promised_once_the_stack_ends() {
    story("web: exits 1 after 1s, output held, restarts after 9s").at("1100ms", "Ctrl-C").plays(expect![[
        r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1100ms   heard              SIGINT
        1201ms   ended    web.1     code 1, output held
        1201ms   finish             done
    "#
    ]]);
}

#[test]
fn files_that_change_all_the_time_do_not_put_it_off_for_ever() {
    let changes = (0..40).map(|nth| format!("{}ms", 1000 + nth * 200));
    let all = changes.fold(story("web: watches"), |story, at| story.at(&at, "a.rb changes for web"));
    all.at("9500ms", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        4000ms   changed  web.1     a.rb and 15 more
        4000ms   signal   web.1     SIGTERM
        4001ms   ended    web.1     SIGTERM
        4001ms   spawn    web.1
        4002ms   started  web.1     pid 102
        7200ms   changed  web.1     a.rb and 15 more
        7200ms   signal   web.1     SIGTERM
        7201ms   ended    web.1     SIGTERM
        7201ms   spawn    web.1
        7202ms   started  web.1     pid 103
        9100ms   changed  web.1     a.rb and 7 more
        9100ms   signal   web.1     SIGTERM
        9101ms   ended    web.1     SIGTERM
        9101ms   spawn    web.1
        9102ms   started  web.1     pid 104
        9500ms   heard              SIGINT
        9500ms   to all             SIGTERM
        9500ms   signal   web.1     SIGTERM
        9501ms   ended    web.1     SIGTERM
        9501ms   finish             done
    "#]]);
}
