//! What a leader leaves behind when it ends.

use expect_test::expect;

use crate::project::ExitOn;
use crate::supervisor::sim::story::story;

#[test]
fn it_gets_the_grace_and_then_sigkill() {
    story("web: exits 1 after 1s, leaves somebody | worker").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1001ms   signal   worker.1  SIGTERM
        1001ms   ended    web.1     code 1
        1001ms   to all             SIGTERM
        1002ms   ended    worker.1  SIGTERM
        2001ms   waits    web.1 after SIGTERM, its leader has ended, 4s left
        6001ms   to all             SIGKILL
        6001ms   signal   web.1     SIGKILL to all of it
        6002ms   cause    web.1     code 1 after 1.001s
        6002ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn the_others_go_on_meanwhile() {
    story("web: exits 0 after 1s, leaves somebody | worker").exit_on(ExitOn::All).at("20s", "Ctrl-C").plays(
        expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1001ms   ended    web.1     code 0
            6001ms   signal   web.1     SIGKILL to all of it
            20000ms  heard              SIGINT
            20000ms  to all             SIGTERM
            20000ms  signal   worker.1  SIGTERM
            20001ms  ended    worker.1  SIGTERM
            20001ms  finish             done
        "#]],
    );
}

#[test]
fn it_has_what_is_left_of_the_grace_of_its_leader() {
    story("web: needs 4s to stop, leaves somebody").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        2000ms   waits    web.1 after SIGTERM, 4s left
        5000ms   ended    web.1     code 0
        6000ms   to all             SIGKILL
        6000ms   signal   web.1     SIGKILL to all of it
        6001ms   finish             done
    "#]]);
}
