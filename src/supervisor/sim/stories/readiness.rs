//! When a process is ready, and what follows if it is not, or does not work any more.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn it_says_so_in_a_line() {
    story("web: after db | db: ready when said, is ready after 700ms").at("1s", "Ctrl-C").plays(expect![[
        r#"
        0ms      spawn    db.1
        1ms      started  db.1      pid 101
        701ms    ready    db.1      after 701ms
        701ms    spawn    web.1
        702ms    started  web.1     pid 102
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   signal   db.1      SIGTERM
        1002ms   ended    db.1      SIGTERM
        1002ms   finish             done
    "#
    ]]);
}

#[test]
fn it_notifies() {
    story("web: after db | db: ready when notified, is ready after 700ms").at("1s", "Ctrl-C").plays(expect![
        [r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            701ms    ready    db.1      after 701ms
            701ms    spawn    web.1
            702ms    started  web.1     pid 102
            1000ms   heard              SIGINT
            1000ms   to all             SIGTERM
            1000ms   signal   web.1     SIGTERM
            1001ms   ended    web.1     SIGTERM
            1001ms   signal   db.1      SIGTERM
            1002ms   ended    db.1      SIGTERM
            1002ms   finish             done
        "#]
    ]);
}

#[test]
fn some_time_has_passed() {
    story("web: after db | db: delay 700ms").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    db.1
        1ms      started  db.1      pid 101
        700ms    ready    db.1      after 700ms
        700ms    spawn    web.1
        701ms    started  web.1     pid 102
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   signal   db.1      SIGTERM
        1002ms   ended    db.1      SIGTERM
        1002ms   finish             done
    "#]]);
}

#[test]
fn the_looks_become_rarer() {
    story("db: ready when seen, is ready after 3s").at("4s", "Ctrl-C").looks_at("db.1", expect![[r#"
        11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 12 12 12 13 13 14 14 14 15 15 16 16 17 17 18 19 19 20 20 21 22 23 23 24 25 26 26 27 28 29 30 31 32 33 34 35 36 37 38 40 41 42 43 45 46 48 49 51 52 54 56 57 59 61 63 65 67 69 71 74 76 78 81 83 86 89 91 ms
    "#]]);
}

#[test]
fn too_late_is_a_failure() {
    story("web: after db | db: ready when said, is never ready, within 3s").plays(expect![[r#"
        0ms      spawn    db.1
        1ms      started  db.1      pid 101
        3000ms   late     db.1      not ready after 3s, None
        3000ms   signal   db.1      SIGTERM
        3001ms   ended    db.1      SIGTERM
        3001ms   kept     web.1     down because of db.1
        3001ms   cause    db.1      SIGTERM after 3.001s
        3001ms   finish   db.1      failed, SIGTERM
    "#]]);
}

#[test]
fn too_late_is_a_failure_also_for_one_that_says_that_all_is_well() {
    story("db: ready when said, is never ready, within 3s, exits 0 when asked").plays(expect![[r#"
        0ms      spawn    db.1
        1ms      started  db.1      pid 101
        3000ms   late     db.1      not ready after 3s, None
        3000ms   signal   db.1      SIGTERM
        3001ms   ended    db.1      code 0
        3001ms   cause    db.1      code 0 after 3.001s
        3001ms   finish   db.1      failed, code 1
    "#]]);
}

#[test]
fn too_late_may_be_tried_again() {
    story("db: ready when said, is never ready, within 3s, restarts on failure, at most 1").plays(expect![[
        r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            3000ms   late     db.1      not ready after 3s, None
            3000ms   signal   db.1      SIGTERM
            3001ms   ended    db.1      SIGTERM
            3001ms   again    db.1      in 1.1084s
            4109ms   spawn    db.1
            4110ms   started  db.1      pid 102
            7109ms   late     db.1      not ready after 3s, None
            7109ms   signal   db.1      SIGTERM
            7110ms   ended    db.1      SIGTERM
            7110ms   gave up  db.1      1 restarts within 60s
            7110ms   cause    db.1      SIGTERM after 3.001s
            7110ms   finish   db.1      failed, SIGTERM
        "#
    ]]);
}

#[test]
fn one_that_does_not_work_any_more_is_started_again() {
    story("web: live every 1s, works for 2500ms, dump TTIN").at("12s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1001ms   look     web.1
        2001ms   look     web.1
        3001ms   look     web.1
        4001ms   look     web.1
        5001ms   look     web.1
        5002ms   dead     web.1     3 failures, Some(NothingListens)
        5002ms   signal   web.1     SIGTTIN
        6002ms   signal   web.1     SIGTERM
        6003ms   ended    web.1     SIGTERM
        6003ms   again    web.1     in 1.1084s
        7111ms   spawn    web.1
        7112ms   started  web.1     pid 102
        8112ms   look     web.1
        9112ms   look     web.1
        10112ms  look     web.1
        11112ms  look     web.1
        12000ms  heard              SIGINT
        12000ms  to all             SIGTERM
        12000ms  signal   web.1     SIGTERM
        12001ms  ended    web.1     SIGTERM
        12001ms  finish             done
    "#]]);
}

#[test]
fn one_that_does_not_speak_any_more_is_started_again() {
    story("web: speaks every 1s, beats every 400ms, works for 2s").at("10s", "Ctrl-C").plays(expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            4601ms   dead     web.1     3 failures, None
            4601ms   signal   web.1     SIGTERM
            4602ms   ended    web.1     SIGTERM
            4602ms   again    web.1     in 1.1084s
            5710ms   spawn    web.1
            5711ms   started  web.1     pid 102
            10000ms  heard              SIGINT
            10000ms  to all             SIGTERM
            10000ms  signal   web.1     SIGTERM
            10001ms  ended    web.1     SIGTERM
            10001ms  finish             done
        "#]]);
}

#[test]
fn one_that_nobody_can_see_is_taken_for_dead() {
    story("web: live every 1s, is not seen").at("8s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1001ms   look     web.1
        3001ms   look     web.1
        5001ms   look     web.1
        7001ms   dead     web.1     3 failures, Some(TimedOut)
        7001ms   signal   web.1     SIGTERM
        7002ms   ended    web.1     SIGTERM
        7002ms   again    web.1     in 1.1084s
        8000ms   heard              SIGINT
        8000ms   finish             done
    "#]]);
}
