//! What is said about a process comes in order, after all it wrote.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn the_end_is_said_when_the_output_is_at_its_end() {
    story("web: exits 1 after 1s, output held for 150ms | worker: needs 1s to stop").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1001ms   signal   worker.1  SIGTERM
        1151ms   ended    web.1     code 1
        1151ms   to all             SIGTERM
        2001ms   waits    worker.1 after SIGTERM, its leader has ended, 4s left
        2001ms   ended    worker.1  code 0
        2001ms   cause    web.1     code 1 after 1.001s
        2001ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn an_output_that_stays_open_is_not_waited_for() {
    story("web: exits 1 after 1s, output held").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1201ms   ended    web.1     code 1, output held
        1201ms   cause    web.1     code 1 after 1.001s
        1201ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn nor_when_somebody_was_left_behind() {
    story("web: exits 1 after 1s, leaves somebody for 500ms, output held").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1201ms   ended    web.1     code 1, output held
        1701ms   cause    web.1     code 1 after 1.001s
        1701ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn an_address_in_use_is_told_after_the_end() {
    story("web: exits 1 after 1s, complains | worker: complains").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1001ms   signal   worker.1  SIGTERM
        1001ms   ended    web.1     code 1
        1001ms   hint     web.1     address in use
        1001ms   to all             SIGTERM
        1002ms   ended    worker.1  SIGTERM
        1002ms   cause    web.1     code 1 after 1.001s
        1002ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn but_not_long_after_the_start() {
    story("web: exits 1 after 11s, complains").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        11001ms  ended    web.1     code 1
        11001ms  cause    web.1     code 1 after 11.001s
        11001ms  finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn nor_of_one_that_did_not_fail() {
    story("web: complains").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   finish             done
    "#]]);
}

#[test]
fn why_the_others_end_is_said_before_they_have_ended() {
    story("web: exits 1 after 1s, output held | worker").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1001ms   signal   worker.1  SIGTERM
        1002ms   to all             SIGTERM
        1002ms   ended    worker.1  SIGTERM
        1201ms   ended    web.1     code 1, output held
        1201ms   cause    web.1     code 1 after 1.001s
        1201ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn the_end_of_one_that_is_given_up_is_said_too() {
    story("a: needs 2900ms to stop, leaves somebody, output held, grace 1s, cannot be killed")
        .at("1s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    a.1
            1ms      started  a.1       pid 101
            1000ms   heard              SIGINT
            1000ms   to all             SIGTERM
            1000ms   signal   a.1       SIGTERM
            2000ms   to all             SIGKILL
            2000ms   signal   a.1       SIGKILL to all of it
            4000ms   alive    a.1
            4100ms   ended    a.1       code 0, output held
            4100ms   finish             broken
        "#]]);
}
