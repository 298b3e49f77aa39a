//! What the clock starts.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn again_and_again() {
    story("mail: every 10s, exits 0 after 1s").at("25s", "Ctrl-C").plays(expect![[r#"
        10000ms  spawn    mail.1
        10001ms  started  mail.1    pid 101
        11001ms  ended    mail.1    code 0
        20000ms  spawn    mail.1
        20001ms  started  mail.1    pid 102
        21001ms  ended    mail.1    code 0
        25000ms  heard              SIGINT
        25000ms  finish             done
    "#]]);
}

#[test]
fn a_failure_means_nothing_for_the_others() {
    story("mail: every 10s, exits 1 after 1s | web").at("15s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        10000ms  spawn    mail.1
        10001ms  started  mail.1    pid 102
        11001ms  ended    mail.1    code 1
        15000ms  heard              SIGINT
        15000ms  to all             SIGTERM
        15000ms  signal   web.1     SIGTERM
        15001ms  ended    web.1     SIGTERM
        15001ms  finish             done
    "#]]);
}

#[test]
fn as_its_expression_says() {
    story("mail: cron 7, exits 0 after 1s").at("15s", "Ctrl-C").plays(expect![[r#"
        1000ms   spawn    mail.1
        1001ms   started  mail.1    pid 101
        2001ms   ended    mail.1    code 0
        8000ms   spawn    mail.1
        8001ms   started  mail.1    pid 102
        9001ms   ended    mail.1    code 0
        15000ms  heard              SIGINT
        15000ms  finish             done
    "#]]);
}

#[test]
fn one_that_is_busy_is_left_alone() {
    story("mail: every 10s, exits 0 after 12s").at("35s", "Ctrl-C").plays(expect![[r#"
        10000ms  spawn    mail.1
        10001ms  started  mail.1    pid 101
        20000ms  busy     mail.1    Skip
        22001ms  ended    mail.1    code 0
        30000ms  spawn    mail.1
        30001ms  started  mail.1    pid 102
        35000ms  heard              SIGINT
        35000ms  to all             SIGTERM
        35000ms  signal   mail.1    SIGTERM
        35001ms  ended    mail.1    SIGTERM
        35001ms  finish             done
    "#]]);
}

#[test]
fn or_the_next_run_waits() {
    story("mail: every 10s, overlap queue, exits 0 after 25s").at("40s", "Ctrl-C").plays(expect![[r#"
        10000ms  spawn    mail.1
        10001ms  started  mail.1    pid 101
        20000ms  busy     mail.1    Queue
        35001ms  ended    mail.1    code 0
        35001ms  spawn    mail.1
        35002ms  started  mail.1    pid 102
        40000ms  heard              SIGINT
        40000ms  to all             SIGTERM
        40000ms  signal   mail.1    SIGTERM
        40001ms  ended    mail.1    SIGTERM
        40001ms  finish             done
    "#]]);
}

#[test]
fn or_the_last_run_is_ended() {
    story("mail: every 10s, overlap kill, exits 0 after 12s").at("25s", "Ctrl-C").plays(expect![[r#"
        10000ms  spawn    mail.1
        10001ms  started  mail.1    pid 101
        20000ms  busy     mail.1    Kill
        20000ms  signal   mail.1    SIGTERM
        20001ms  ended    mail.1    SIGTERM
        20001ms  spawn    mail.1
        20002ms  started  mail.1    pid 102
        25000ms  heard              SIGINT
        25000ms  to all             SIGTERM
        25000ms  signal   mail.1    SIGTERM
        25001ms  ended    mail.1    SIGTERM
        25001ms  finish             done
    "#]]);
}

#[test]
fn a_run_that_was_missed_is_made_up_for_once() {
    story("mail: every 100s, exits 0 after 1s")
        .at("50s", "clock goes forward 10m")
        .at("120s", "Ctrl-C")
        .plays(expect![[r#"
            60000ms  missed   mail.1    560s ago, Once
            60000ms  spawn    mail.1
            60001ms  started  mail.1    pid 101
            61001ms  ended    mail.1    code 0
            100000ms spawn    mail.1
            100001ms started  mail.1    pid 102
            101001ms ended    mail.1    code 0
            120000ms heard              SIGINT
            120000ms finish             done
        "#]]);
}

#[test]
fn or_left_out() {
    story("mail: every 100s, missed skip, exits 0 after 1s")
        .at("50s", "clock goes forward 10m")
        .at("120s", "Ctrl-C")
        .plays(expect![[r#"
            60000ms  missed   mail.1    560s ago, Skip
            100000ms spawn    mail.1
            100001ms started  mail.1    pid 101
            101001ms ended    mail.1    code 0
            120000ms heard              SIGINT
            120000ms finish             done
        "#]]);
}

#[test]
fn a_clock_that_is_corrected_does_nothing_twice() {
    story("mail: cron 10, exits 0 after 1s").at("11s", "clock goes back 5s").at("22s", "Ctrl-C").plays(
        expect![[r#"
            10000ms  spawn    mail.1
            10001ms  started  mail.1    pid 101
            11001ms  ended    mail.1    code 0
            22000ms  heard              SIGINT
            22000ms  finish             done
        "#]],
    );
}

#[test]
fn a_clock_that_is_set_back_begins_anew() {
    story("mail: every 100s, exits 0 after 1s").at("50s", "clock goes back 1h").at("170s", "Ctrl-C").plays(
        expect![[r#"
            160000ms spawn    mail.1
            160001ms started  mail.1    pid 101
            161001ms ended    mail.1    code 0
            170000ms heard              SIGINT
            170000ms finish             done
        "#]],
    );
}

#[test]
fn on_request() {
    story("mail: every 1h, exits 0 after 1s").at("5s", "start mail.1").at("10s", "Ctrl-C").plays(expect![[
        r#"
            5000ms   spawn    mail.1
            5001ms   started  mail.1    pid 101
            6001ms   ended    mail.1    code 0
            10000ms  heard              SIGINT
            10000ms  finish             done
        "#
    ]]);
}

#[test]
fn one_that_takes_too_long() {
    story("mail: every 10s, each within 2s").at("15s", "Ctrl-C").plays(expect![[r#"
        10000ms  spawn    mail.1
        10001ms  started  mail.1    pid 101
        12000ms  limit    mail.1    Runtime { limit: 2s }, Stop
        12000ms  signal   mail.1    SIGTERM
        12001ms  ended    mail.1    SIGTERM
        15000ms  heard              SIGINT
        15000ms  finish             done
    "#]]);
}

#[test]
fn one_that_fails_at_the_moment_when_it_is_due_again_has_failed() {
    story("mail: every 10s, overlap kill, hook crash, exits 1 after 9999ms, leaves somebody for 3s")
        .at("25s", "Ctrl-C")
        .plays(expect![[r#"
            10000ms  spawn    mail.1
            10001ms  started  mail.1    pid 101
            20000ms  spawn    mail.1    hook crash
            20000ms  busy     mail.1    Kill
            20000ms  ended    mail.1    code 1
            23000ms  spawn    mail.1
            23001ms  started  mail.1    pid 103
            25000ms  heard              SIGINT
            25000ms  to all             SIGTERM
            25000ms  signal   mail.1    SIGTERM
            25001ms  ended    mail.1    SIGTERM
            26000ms  waits    mail.1 after SIGTERM, its leader has ended, 4s left
            28001ms  finish             done
        "#]]);
}

#[test]
fn a_clock_that_jumps_is_looked_at_when_that_is_said() {
    // Without a word it would be seen at 30 s.
    story("mail: every 30s, exits 0 after 1s")
        .at("10s", "clock goes forward 25s")
        .at("11s", "clock set")
        .at("20s", "Ctrl-C")
        .plays(expect![[r#"
            11000ms  spawn    mail.1
            11001ms  started  mail.1    pid 101
            12001ms  ended    mail.1    code 0
            20000ms  heard              SIGINT
            20000ms  finish             done
        "#]]);
}
