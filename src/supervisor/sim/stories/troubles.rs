//! forge itself is in trouble.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn nobody_reads_any_more() {
    story("web | worker: exits 1 when asked").at("1s", "output gone EPIPE").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1000ms   signal   worker.1  SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   ended    worker.1  code 1
        1001ms   finish             done
    "#]]);
}

#[test]
fn the_disk_is_full() {
    story("web").at("1s", "output gone ENOSPC").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   finish             broken
    "#]]);
}

#[test]
fn a_failure_comes_before_a_full_disk() {
    story("web: exits 3 after 1s | worker: needs 2s to stop").at("2s", "output gone ENOSPC").plays(expect![
        [r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1001ms   signal   worker.1  SIGTERM
            1001ms   ended    web.1     code 3
            1001ms   to all             SIGTERM
            2001ms   waits    worker.1 after SIGTERM, 4s left
            3001ms   ended    worker.1  code 0
            3001ms   cause    web.1     code 3 after 1.001s
            3001ms   finish   web.1     failed, code 3
        "#]
    ]);
}

#[test]
fn the_guard_is_lost() {
    story("web: exits 1 after 1s, can die, output held for 900ms | worker").at("1100ms", "guard lost").plays(
        expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1100ms   ended    web.1     code 1, output held
            1100ms   no guard
            1100ms   finish             broken
        "#]],
    );
}

#[test]
fn a_full_disk_is_not_forgotten_when_nobody_reads_either() {
    story("web: needs 2s to stop").at("1s", "output gone ENOSPC").at("2s", "output gone EPIPE").plays(
        expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            1000ms   to all             SIGTERM
            1000ms   signal   web.1     SIGTERM
            2000ms   waits    web.1 after SIGTERM, 4s left
            3000ms   ended    web.1     code 0
            3000ms   finish             broken
        "#]],
    );
}

#[test]
fn the_guard_is_lost_when_somebody_is_due_to_be_killed() {
    story("web: ignores TERM").at("1s", "Ctrl-C").at("6s", "guard lost").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        2000ms   waits    web.1 after SIGTERM, 4s left
        6000ms   no guard
        6000ms   finish             broken
    "#]]);
}
