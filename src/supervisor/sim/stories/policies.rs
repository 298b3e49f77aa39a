//! What follows when a process ends by itself.

use expect_test::expect;

use crate::project::ExitOn;
use crate::supervisor::sim::story::story;

#[test]
fn on_failure() {
    story("web: restarts on failure, exits 1 after 1s, at most 2").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1001ms   ended    web.1     code 1
        1001ms   again    web.1     in 1.1084s
        2109ms   spawn    web.1
        2110ms   started  web.1     pid 102
        3110ms   ended    web.1     code 1
        3110ms   again    web.1     in 2.26s
        5370ms   spawn    web.1
        5371ms   started  web.1     pid 103
        6371ms   ended    web.1     code 1
        6371ms   gave up  web.1     2 restarts within 60s
        6371ms   cause    web.1     code 1 after 1.001s
        6371ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn a_success_is_an_end() {
    story("web: restarts on failure, exits 0 after 1s").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1001ms   ended    web.1     code 0
        1001ms   finish             done
    "#]]);
}

#[test]
fn its_own_idea_of_success() {
    story("web: restarts on failure, succeeds with 3, exits 3 after 1s").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1001ms   ended    web.1     code 3
        1001ms   finish             done
    "#]]);
}

#[test]
fn zero_is_no_success_where_that_is_said() {
    story("web: succeeds with 3, exits 0 after 1s").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1001ms   ended    web.1     code 0
        1001ms   cause    web.1     code 0 after 1.001s
        1001ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn always() {
    story("web: restarts always, exits 0 after 1s, at most 1").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1001ms   ended    web.1     code 0
        1001ms   again    web.1     in 1.1084s
        2109ms   spawn    web.1
        2110ms   started  web.1     pid 102
        3110ms   ended    web.1     code 0
        3110ms   gave up  web.1     1 restarts within 60s
        3110ms   finish             done
    "#]]);
}

#[test]
fn whose_exit_code_counts() {
    story("web: exits 0 after 1s | test: exits 0 after 2s, can die | db: exits 3 after 1500ms")
        .exit_on(ExitOn::Never)
        .exit_code_from("test")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    test.1
            0ms      spawn    db.1
            1ms      started  web.1     pid 101
            1ms      started  test.1    pid 102
            1ms      started  db.1      pid 103
            1001ms   ended    web.1     code 0
            1501ms   ended    db.1      code 3
            2001ms   ended    test.1    code 0
            2001ms   finish             done
        "#]]);
}

#[test]
fn whose_exit_code_counts_if_it_fails() {
    story("test: exits 4 after 2s | db: exits 3 after 1500ms")
        .exit_on(ExitOn::Never)
        .exit_code_from("test")
        .plays(expect![[r#"
            0ms      spawn    test.1
            0ms      spawn    db.1
            1ms      started  test.1    pid 101
            1ms      started  db.1      pid 102
            1501ms   ended    db.1      code 3
            2001ms   ended    test.1    code 4
            2001ms   cause    test.1    code 4 after 2.001s
            2001ms   finish   test.1    failed, code 4
        "#]]);
}

#[test]
fn a_task_that_takes_too_long() {
    story("migrate: task within 2s, dump TTIN").plays(expect![[r#"
        0ms      spawn    migrate.1
        1ms      started  migrate.1 pid 101
        2000ms   limit    migrate.1 Runtime { limit: 2s }, Stop
        2000ms   signal   migrate.1 SIGTTIN
        3000ms   signal   migrate.1 SIGTERM
        3001ms   ended    migrate.1 SIGTERM
        3001ms   cause    migrate.1 SIGTERM after 3.001s
        3001ms   finish   migrate.1 failed, SIGTERM
    "#]]);
}
