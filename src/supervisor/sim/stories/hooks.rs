//! Commands beside a process.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn before_it_starts() {
    story("web: hook before").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1     hook before
        21ms     spawn    web.1
        22ms     started  web.1     pid 102
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   finish             done
    "#]]);
}

#[test]
fn before_it_starts_and_it_fails() {
    story("web: hook before, hook before fails").plays(expect![[r#"
        0ms      spawn    web.1     hook before
        21ms     hook     web.1     hook before, code 1
        21ms     cause    web.1     code 1 after 21ms
        21ms     finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn before_it_starts_each_time() {
    story("web: hook before, exits 1 after 100ms, restarts on failure, at most 1").plays(expect![[r#"
        0ms      spawn    web.1     hook before
        21ms     spawn    web.1
        22ms     started  web.1     pid 102
        122ms    ended    web.1     code 1
        122ms    again    web.1     in 1.13s
        1252ms   spawn    web.1     hook before
        1273ms   spawn    web.1
        1274ms   started  web.1     pid 104
        1374ms   ended    web.1     code 1
        1374ms   gave up  web.1     1 restarts within 60s
        1374ms   cause    web.1     code 1 after 101ms
        1374ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn the_stack_ends_before_it_starts() {
    story("web: hook before, hook before takes 9s").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1     hook before
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   finish             done
    "#]]);
}

#[test]
fn when_it_is_ready() {
    story("web: hook ready, ready when seen, is ready after 50ms").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        56ms     ready    web.1     after 56ms
        56ms     spawn    web.1     hook ready
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   finish             done
    "#]]);
}

#[test]
fn a_hook_that_stays_is_ended_with_the_others() {
    story("web: hook ready, hook ready takes 1m").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1ms      spawn    web.1     hook ready
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   finish             done
    "#]]);
}

#[test]
fn a_hook_that_fails_means_nothing() {
    story("web: hook ready, hook ready fails").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1ms      spawn    web.1     hook ready
        22ms     hook     web.1     hook ready, code 1
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   finish             done
    "#]]);
}

#[test]
fn when_it_has_failed() {
    story("web: hook crash, exits 1 after 1s, hook crash takes 2s | db").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    db.1
        1ms      started  web.1     pid 101
        1ms      started  db.1      pid 102
        1001ms   spawn    web.1     hook crash
        1001ms   signal   db.1      SIGTERM
        1001ms   ended    web.1     code 1
        1001ms   to all             SIGTERM
        1002ms   ended    db.1      SIGTERM
        3002ms   cause    web.1     code 1 after 1.001s
        3002ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn when_it_has_failed_but_not_for_long() {
    story("web: hook crash, exits 1 after 1s, hook crash takes 1m").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1001ms   spawn    web.1     hook crash
        1001ms   ended    web.1     code 1
        6001ms   to all             SIGKILL
        6001ms   signal   web.1     SIGKILL to all of it
        6002ms   cause    web.1     code 1 after 1.001s
        6002ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn what_a_crash_hook_leaves_behind_has_what_is_left_of_its_grace() {
    story("web: exits 1 after 1s, hook crash, hook crash leaves somebody").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1001ms   spawn    web.1     hook crash
        1001ms   ended    web.1     code 1
        6001ms   to all             SIGKILL
        6001ms   signal   web.1     SIGKILL to all of it
        6002ms   cause    web.1     code 1 after 1.001s
        6002ms   finish   web.1     failed, code 1
    "#]]);
}
