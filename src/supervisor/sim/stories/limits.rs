//! What a process may use at most.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn memory() {
    story("web: memory 1000, uses 2000 after 7s, dump TTIN").at("20s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        5000ms   measure  web.1
        10001ms  measure  web.1
        10002ms  limit    web.1     Memory { used: 2000, limit: 1000 }, Restart
        10002ms  signal   web.1     SIGTTIN
        11002ms  signal   web.1     SIGTERM
        11003ms  ended    web.1     SIGTERM
        11003ms  again    web.1     in 1.1084s
        12111ms  spawn    web.1
        12112ms  started  web.1     pid 102
        17111ms  measure  web.1
        20000ms  heard              SIGINT
        20000ms  to all             SIGTERM
        20000ms  signal   web.1     SIGTERM
        20001ms  ended    web.1     SIGTERM
        20001ms  finish             done
    "#]]);
}

#[test]
fn memory_and_a_failure() {
    story("web: memory 1000, uses 2000 after 7s, limit stops").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        5000ms   measure  web.1
        10001ms  measure  web.1
        10002ms  limit    web.1     Memory { used: 2000, limit: 1000 }, Stop
        10002ms  signal   web.1     SIGTERM
        10003ms  ended    web.1     SIGTERM
        10003ms  cause    web.1     SIGTERM after 10.003s
        10003ms  finish   web.1     failed, SIGTERM
    "#]]);
}

#[test]
fn memory_and_a_word() {
    story("web: memory 1000, uses 2000 after 7s, limit warns").at("30s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        5000ms   measure  web.1
        10001ms  measure  web.1
        10002ms  limit    web.1     Memory { used: 2000, limit: 1000 }, Warn
        15002ms  measure  web.1
        20003ms  measure  web.1
        25004ms  measure  web.1
        30000ms  heard              SIGINT
        30000ms  to all             SIGTERM
        30000ms  signal   web.1     SIGTERM
        30001ms  ended    web.1     SIGTERM
        30001ms  finish             done
    "#]]);
}

#[test]
fn processor_time() {
    story("web: cpu 50, burns 90").at("20s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        5000ms   measure  web.1
        10001ms  measure  web.1
        15002ms  measure  web.1
        15003ms  limit    web.1     Cpu { used: 89, limit: 50 }, Restart
        15003ms  signal   web.1     SIGTERM
        15004ms  ended    web.1     SIGTERM
        15004ms  again    web.1     in 1.1084s
        16112ms  spawn    web.1
        16113ms  started  web.1     pid 102
        20000ms  heard              SIGINT
        20000ms  to all             SIGTERM
        20000ms  signal   web.1     SIGTERM
        20001ms  ended    web.1     SIGTERM
        20001ms  finish             done
    "#]]);
}

#[test]
fn silence() {
    story("web: silence 20s, talks for 3s").at("30s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        20000ms  measure  web.1
        23002ms  measure  web.1
        23003ms  limit    web.1     Silence { silent: 20.001s, limit: 20s }, Restart
        23003ms  signal   web.1     SIGTERM
        23004ms  ended    web.1     SIGTERM
        23004ms  again    web.1     in 1.1084s
        24112ms  spawn    web.1
        24113ms  started  web.1     pid 102
        30000ms  heard              SIGINT
        30000ms  to all             SIGTERM
        30000ms  signal   web.1     SIGTERM
        30001ms  ended    web.1     SIGTERM
        30001ms  finish             done
    "#]]);
}

#[test]
fn age() {
    story("web: age 10s").at("25s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        9690ms   limit    web.1     Age { age: 9.69s, limit: 10s }, Restart
        9690ms   signal   web.1     SIGTERM
        9691ms   ended    web.1     SIGTERM
        9691ms   spawn    web.1
        9692ms   started  web.1     pid 102
        19383ms  limit    web.1     Age { age: 9.692s, limit: 10s }, Restart
        19383ms  signal   web.1     SIGTERM
        19384ms  ended    web.1     SIGTERM
        19384ms  spawn    web.1
        19385ms  started  web.1     pid 103
        25000ms  heard              SIGINT
        25000ms  to all             SIGTERM
        25000ms  signal   web.1     SIGTERM
        25001ms  ended    web.1     SIGTERM
        25001ms  finish             done
    "#]]);
}

#[test]
fn one_that_is_always_too_fat_is_given_up() {
    story("web: memory 1000, uses 2000 after 0s, at most 1").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        5000ms   measure  web.1
        5001ms   limit    web.1     Memory { used: 2000, limit: 1000 }, Restart
        5001ms   signal   web.1     SIGTERM
        5002ms   ended    web.1     SIGTERM
        5002ms   again    web.1     in 1.1084s
        6110ms   spawn    web.1
        6111ms   started  web.1     pid 102
        11110ms  measure  web.1
        11111ms  limit    web.1     Memory { used: 2000, limit: 1000 }, Restart
        11111ms  signal   web.1     SIGTERM
        11112ms  ended    web.1     SIGTERM
        11112ms  gave up  web.1     1 restarts within 60s
        11112ms  cause    web.1     SIGTERM after 5.002s
        11112ms  finish   web.1     failed, SIGTERM
    "#]]);
}
