//! A process runs more than once.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn on_request() {
    story("web | worker").at("1s", "restart web.1").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   spawn    web.1
        1002ms   started  web.1     pid 103
        ...      goes on
    "#]]);
}

#[test]
fn only_when_all_of_it_is_gone_and_has_had_its_last_word() {
    story("web: leaves somebody for 300ms, output held").at("1s", "restart web.1").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   signal   web.1     SIGTERM
        1201ms   ended    web.1     SIGTERM, output held
        1501ms   spawn    web.1
        1502ms   started  web.1     pid 102
        ...      goes on
    "#]]);
}

#[test]
fn by_its_policy() {
    story("web: exits 1 after 1s, restarts after 100ms | worker").at("2s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1001ms   ended    web.1     code 1
        1001ms   again    web.1     in 100ms
        1101ms   spawn    web.1
        1102ms   started  web.1     pid 103
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
fn not_while_the_stack_ends() {
    story("web: exits 1 after 1s, restarts after 500ms | worker: needs 2s to stop")
        .at("1200ms", "Ctrl-C")
        .at("1300ms", "start web.1")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1001ms   ended    web.1     code 1
            1001ms   again    web.1     in 500ms
            1200ms   heard              SIGINT
            1200ms   to all             SIGTERM
            1200ms   signal   worker.1  SIGTERM
            2200ms   waits    worker.1 after SIGTERM, 4s left
            3200ms   ended    worker.1  code 0
            3200ms   finish             done
        "#]]);
}

#[test]
fn stopped_and_started_on_request() {
    story("web | worker").at("1s", "stop web.1").at("2s", "start web.1").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        2000ms   spawn    web.1
        2001ms   started  web.1     pid 103
        ...      goes on
    "#]]);
}

#[test]
fn started_while_it_is_stopping() {
    story("web: needs 2s to stop").at("1s", "stop web.1").at("2s", "start web.1").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   signal   web.1     SIGTERM
        3000ms   ended    web.1     code 0
        3000ms   spawn    web.1
        3001ms   started  web.1     pid 102
        ...      goes on
    "#]]);
}

#[test]
fn one_that_was_stopped_on_request_keeps_the_stack() {
    story("web").at("1s", "stop web.1").at("5s", "start web.1").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        5000ms   spawn    web.1
        5001ms   started  web.1     pid 102
        ...      goes on
    "#]]);
}

#[test]
fn not_at_the_very_moment_at_which_the_stack_ends() {
    story("a: exits 1 after 500ms, restarts after 500ms | b: exits 1 after 1s").plays(expect![[r#"
        0ms      spawn    a.1
        0ms      spawn    b.1
        1ms      started  a.1       pid 101
        1ms      started  b.1       pid 102
        501ms    ended    a.1       code 1
        501ms    again    a.1       in 500ms
        1001ms   ended    b.1       code 1
        1001ms   cause    b.1       code 1 after 1.001s
        1001ms   finish   b.1       failed, code 1
    "#]]);
}

#[test]
fn not_beside_one_that_even_sigkill_does_not_end() {
    story("web: ignores TERM, cannot be killed | worker").at("1s", "restart web.1").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1000ms   signal   web.1     SIGTERM
        6000ms   signal   web.1     SIGKILL to all of it
        8000ms   alive    web.1
        ...      goes on
    "#]]);
}

#[test]
fn at_once_on_request_though_its_policy_would_wait() {
    story("web: exits 1 after 1s, restarts after 20s")
        .at("3s", "start web.1")
        .at("3500ms", "stop web.1")
        .plays(expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            1001ms   ended    web.1     code 1
            1001ms   again    web.1     in 20s
            3000ms   spawn    web.1
            3001ms   started  web.1     pid 102
            3500ms   signal   web.1     SIGTERM
            3501ms   ended    web.1     SIGTERM
            ...      goes on
        "#]]);
}
