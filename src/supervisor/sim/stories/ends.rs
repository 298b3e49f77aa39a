//! A process ends by itself.

use expect_test::expect;

use crate::project::ExitOn;
use crate::supervisor::sim::story::story;

#[test]
fn the_first_end_stops_the_others_and_decides() {
    story("web: exits 3 after 2s | worker | clock").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        0ms      spawn    clock.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1ms      started  clock.1   pid 103
        2001ms   signal   worker.1  SIGTERM
        2001ms   signal   clock.1   SIGTERM
        2001ms   ended    web.1     code 3
        2001ms   to all             SIGTERM
        2002ms   ended    worker.1  SIGTERM
        2002ms   ended    clock.1   SIGTERM
        2002ms   cause    web.1     code 3 after 2.001s
        2002ms   finish   web.1     failed, code 3
    "#]]);
}

#[test]
fn a_success_that_comes_first_decides_too() {
    story("web: exits 0 after 2s | worker: exits 5 when asked").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        2001ms   signal   worker.1  SIGTERM
        2001ms   ended    web.1     code 0
        2001ms   to all             SIGTERM
        2002ms   ended    worker.1  code 5
        2002ms   finish             done
    "#]]);
}

#[test]
fn a_death_by_signal_is_a_failure() {
    story("web: dies of SEGV after 1s | worker: exits 5 when asked").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1001ms   signal   worker.1  SIGTERM
        1001ms   ended    web.1     SIGSEGV
        1001ms   to all             SIGTERM
        1002ms   ended    worker.1  code 5
        1002ms   cause    web.1     SIGSEGV after 1.001s
        1002ms   finish   web.1     failed, SIGSEGV
    "#]]);
}

#[test]
fn the_last_one_alone() {
    story("web: exits 0 after 10ms").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        11ms     ended    web.1     code 0
        11ms     finish             done
    "#]]);
}

#[test]
fn what_cannot_start_has_failed() {
    story("web: cannot start ENOENT | worker").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      no start web.1     errno 2
        1ms      to all             SIGTERM
        1ms      started  worker.1  pid 102
        1ms      signal   worker.1  SIGTERM
        2ms      ended    worker.1  SIGTERM
        2ms      cause    web.1     never started, errno 2 after 1ms
        2ms      finish   web.1     failed, never started, errno 2
    "#]]);
}

#[test]
fn on_failure_a_success_ends_nothing_but_the_last_one_ends_all() {
    story("migrate: exits 0 after 1s | web: exits 0 after 2s").exit_on(ExitOn::Failure).plays(expect![[r#"
        0ms      spawn    migrate.1
        0ms      spawn    web.1
        1ms      started  migrate.1 pid 101
        1ms      started  web.1     pid 102
        1001ms   ended    migrate.1 code 0
        2001ms   ended    web.1     code 0
        2001ms   finish             done
    "#]]);
}

#[test]
fn on_failure_a_failure_stops_the_others() {
    story("migrate: exits 0 after 1s | web: exits 1 after 2s | worker").exit_on(ExitOn::Failure).plays(
        expect![[r#"
            0ms      spawn    migrate.1
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  migrate.1 pid 101
            1ms      started  web.1     pid 102
            1ms      started  worker.1  pid 103
            1001ms   ended    migrate.1 code 0
            2001ms   signal   worker.1  SIGTERM
            2001ms   ended    web.1     code 1
            2001ms   to all             SIGTERM
            2002ms   ended    worker.1  SIGTERM
            2002ms   cause    web.1     code 1 after 2.001s
            2002ms   finish   web.1     failed, code 1
        "#]],
    );
}

#[test]
fn on_all_the_first_failure_decides_when_all_have_ended() {
    story("a: exits 0 after 1s | b: exits 7 after 2s | c: exits 8 after 3s").exit_on(ExitOn::All).plays(
        expect![[r#"
            0ms      spawn    a.1
            0ms      spawn    b.1
            0ms      spawn    c.1
            1ms      started  a.1       pid 101
            1ms      started  b.1       pid 102
            1ms      started  c.1       pid 103
            1001ms   ended    a.1       code 0
            2001ms   ended    b.1       code 7
            3001ms   ended    c.1       code 8
            3001ms   cause    b.1       code 7 after 2.001s
            3001ms   finish   b.1       failed, code 7
        "#]],
    );
}

#[test]
fn on_never_forge_stays_and_says_so_once() {
    story("a: exits 0 after 1s | b: exits 0 after 2s").exit_on(ExitOn::Never).at("9s", "timer").plays(
        expect![[r#"
            0ms      spawn    a.1
            0ms      spawn    b.1
            1ms      started  a.1       pid 101
            1ms      started  b.1       pid 102
            1001ms   ended    a.1       code 0
            2001ms   ended    b.1       code 0
            2001ms   idle
            ...      goes on
        "#]],
    );
}

#[test]
fn on_never_a_failure_counts_when_forge_is_stopped() {
    story("a: exits 4 after 1s | b").exit_on(ExitOn::Never).at("9s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    a.1
        0ms      spawn    b.1
        1ms      started  a.1       pid 101
        1ms      started  b.1       pid 102
        1001ms   ended    a.1       code 4
        9000ms   heard              SIGINT
        9000ms   to all             SIGTERM
        9000ms   signal   b.1       SIGTERM
        9001ms   ended    b.1       SIGTERM
        9001ms   cause    a.1       code 4 after 1.001s
        9001ms   finish   a.1       failed, code 4
    "#]]);
}

#[test]
fn one_that_can_die_ends_nothing_and_is_no_failure() {
    story("css: exits 1 after 1s, can die | web").at("2s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    css.1
        0ms      spawn    web.1
        1ms      started  css.1     pid 101
        1ms      started  web.1     pid 102
        1001ms   ended    css.1     code 1
        2000ms   heard              SIGINT
        2000ms   to all             SIGTERM
        2000ms   signal   web.1     SIGTERM
        2001ms   ended    web.1     SIGTERM
        2001ms   finish             done
    "#]]);
}

#[test]
fn when_all_that_can_die_have_died_it_is_over() {
    story("css: exits 1 after 1s, can die | js: cannot start ENOENT, can die").plays(expect![[r#"
        0ms      spawn    css.1
        0ms      spawn    js.1
        1ms      started  css.1     pid 101
        1ms      no start js.1      errno 2
        1001ms   ended    css.1     code 1
        1001ms   finish             done
    "#]]);
}

#[test]
fn on_never_it_is_said_again_when_something_ran_meanwhile() {
    story("a: exits 0 after 1s").exit_on(ExitOn::Never).at("5s", "start a.1").plays(expect![[r#"
        0ms      spawn    a.1
        1ms      started  a.1       pid 101
        1001ms   ended    a.1       code 0
        1001ms   idle
        5000ms   spawn    a.1
        5001ms   started  a.1       pid 102
        6001ms   ended    a.1       code 0
        6001ms   idle
        ...      goes on
    "#]]);
}

#[test]
fn a_time_that_is_up_ends_all_and_says_who_was_waited_for() {
    story("tests: after web | web: ready when seen, is never ready, within 60s").at("3s", "time up").plays(
        expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            3000ms   time up            after 60s, pending tests.1 web.1
            3000ms   to all             SIGTERM
            3000ms   signal   web.1     SIGTERM
            3001ms   ended    web.1     SIGTERM
            3001ms   finish             done
        "#]],
    );
    story("web | clock").at("3s", "SIGTERM").at("4s", "time up").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    clock.1
        1ms      started  web.1     pid 101
        1ms      started  clock.1   pid 102
        3000ms   heard              SIGTERM
        3000ms   to all             SIGTERM
        3000ms   signal   web.1     SIGTERM
        3000ms   signal   clock.1   SIGTERM
        3001ms   ended    web.1     SIGTERM
        3001ms   ended    clock.1   SIGTERM
        3001ms   finish             done
    "#]]);
}

#[test]
fn a_failure_that_somebody_has_seen_to_does_not_decide() {
    story("web: exits 1 after 100ms once | worker")
        .exit_on(ExitOn::Never)
        .at("1s", "restart web.1")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            101ms    ended    web.1     code 1
            1000ms   spawn    web.1
            1001ms   started  web.1     pid 103
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            2000ms   signal   worker.1  SIGTERM
            2001ms   ended    web.1     SIGTERM
            2001ms   ended    worker.1  SIGTERM
            2001ms   finish             done
        "#]]);
}

#[test]
fn a_failure_that_comes_again_decides_in_its_place() {
    story("web: exits 1 after 100ms | worker: exits 2 after 500ms")
        .exit_on(ExitOn::Never)
        .at("1s", "restart web.1")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            101ms    ended    web.1     code 1
            501ms    ended    worker.1  code 2
            501ms    idle
            1000ms   spawn    web.1
            1001ms   started  web.1     pid 103
            1101ms   ended    web.1     code 1
            1101ms   idle
            2000ms   heard              SIGINT
            2000ms   cause    worker.1  code 2 after 501ms
            2000ms   finish   worker.1  failed, code 2
        "#]]);
}
