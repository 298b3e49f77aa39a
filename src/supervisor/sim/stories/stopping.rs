//! forge is asked to end.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn ctrl_c_is_sigterm_for_everybody_and_no_failure() {
    story("web: exits 143 when asked | worker: exits 7 when asked").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1000ms   signal   worker.1  SIGTERM
        1001ms   ended    web.1     code 143
        1001ms   ended    worker.1  code 7
        1001ms   finish             done
    "#]]);
}

#[test]
fn whoever_ignores_it_is_named_and_killed() {
    story("web=2: ignores TERM | worker").at("1s", "SIGTERM").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    web.2
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  web.2     pid 102
        1ms      started  worker.1  pid 103
        1000ms   heard              SIGTERM
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1000ms   signal   web.2     SIGTERM
        1000ms   signal   worker.1  SIGTERM
        1001ms   ended    worker.1  SIGTERM
        2000ms   waits    web.1 after SIGTERM, 4s left
        2000ms   waits    web.2 after SIGTERM, 4s left
        6000ms   to all             SIGKILL
        6000ms   signal   web.1     SIGKILL to all of it
        6000ms   signal   web.2     SIGKILL to all of it
        6001ms   ended    web.1     SIGKILL
        6001ms   ended    web.2     SIGKILL
        6001ms   finish             done
    "#]]);
}

#[test]
fn a_long_grace_is_reported_rarely() {
    story("web: ignores TERM, grace 12s | worker: needs 3s to stop, grace 12s").at("1s", "SIGHUP").plays(
        expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1000ms   heard              SIGHUP
            1000ms   to all             SIGTERM
            1000ms   signal   web.1     SIGTERM
            1000ms   signal   worker.1  SIGTERM
            2000ms   waits    web.1 after SIGTERM, 11s left
            2000ms   waits    worker.1 after SIGTERM, 11s left
            4000ms   ended    worker.1  code 0
            7000ms   waits    web.1 after SIGTERM, 6s left
            12000ms  waits    web.1 after SIGTERM, 1s left
            13000ms  to all             SIGKILL
            13000ms  signal   web.1     SIGKILL to all of it
            13001ms  ended    web.1     SIGKILL
            13001ms  finish             done
        "#]],
    );
}

#[test]
fn without_grace_it_is_sigkill_at_once() {
    story("web: ignores TERM, grace 0s").at("1s", "SIGQUIT").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   heard              SIGQUIT
        1000ms   to all             SIGKILL
        1000ms   signal   web.1     SIGKILL to all of it
        1001ms   ended    web.1     SIGKILL
        1001ms   finish             done
    "#]]);
}

#[test]
fn a_ladder_of_signals_shares_the_grace() {
    story("db: ignores TERM, ladder TERM INT, grace 6s").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    db.1
        1ms      started  db.1      pid 101
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   db.1      SIGTERM
        2000ms   waits    db.1 after SIGTERM, 5s left
        4000ms   signal   db.1      SIGINT
        4001ms   ended    db.1      SIGINT
        4001ms   finish             done
    "#]]);
}

#[test]
fn the_second_signal_kills() {
    story("web: ignores TERM | worker: needs 2s to stop").at("1s", "Ctrl-C").at("1500ms", "Ctrl-C").plays(
        expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1000ms   heard              SIGINT
            1000ms   to all             SIGTERM
            1000ms   signal   web.1     SIGTERM
            1000ms   signal   worker.1  SIGTERM
            1500ms   to all             SIGKILL
            1500ms   signal   web.1     SIGKILL to all of it
            1500ms   signal   worker.1  SIGKILL to all of it
            1501ms   ended    web.1     SIGKILL
            1501ms   ended    worker.1  SIGKILL
            1501ms   finish             done
        "#]],
    );
}

#[test]
fn the_second_signal_may_be_another_one() {
    story("web: ignores TERM").at("1s", "Ctrl-C").at("1500ms", "SIGTERM").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1500ms   to all             SIGKILL
        1500ms   signal   web.1     SIGKILL to all of it
        1501ms   ended    web.1     SIGKILL
        1501ms   finish             done
    "#]]);
}

#[test]
fn an_echo_of_the_first_signal_is_not_a_second_one() {
    story("web: needs 300ms to stop")
        .at("1000ms", "Ctrl-C")
        .at("1004ms", "SIGINT")
        .at("1049ms", "SIGTERM")
        .plays(expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            1000ms   heard              SIGINT
            1000ms   to all             SIGTERM
            1000ms   signal   web.1     SIGTERM
            1300ms   ended    web.1     code 0
            1300ms   finish             done
        "#]]);
}

#[test]
fn a_flood_of_signals_is_not_one_long_echo() {
    story("web: needs 300ms to stop")
        .at("1000ms", "Ctrl-C")
        .at("1030ms", "Ctrl-C")
        .at("1060ms", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            1000ms   heard              SIGINT
            1000ms   to all             SIGTERM
            1000ms   signal   web.1     SIGTERM
            1060ms   to all             SIGKILL
            1060ms   signal   web.1     SIGKILL to all of it
            1061ms   ended    web.1     SIGKILL
            1061ms   finish             done
        "#]]);
}

#[test]
fn the_first_signal_after_an_end_takes_no_grace() {
    story("web: exits 1 after 1s | worker: ignores TERM").at("1500ms", "Ctrl-C").at("3s", "Ctrl-C").plays(
        expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1001ms   signal   worker.1  SIGTERM
            1001ms   ended    web.1     code 1
            1001ms   to all             SIGTERM
            1500ms   heard              SIGINT
            2001ms   waits    worker.1 after SIGTERM, 4s left
            3000ms   to all             SIGKILL
            3000ms   signal   worker.1  SIGKILL to all of it
            3001ms   ended    worker.1  SIGKILL
            3001ms   cause    web.1     code 1 after 1.001s
            3001ms   finish   web.1     failed, code 1
        "#]],
    );
}

#[test]
fn before_anything_runs() {
    story("web: starts after 100ms | worker: starts after 150ms").at("50ms", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        50ms     heard              SIGINT
        50ms     to all             SIGTERM
        100ms    started  web.1     pid 101
        100ms    signal   web.1     SIGTERM
        101ms    ended    web.1     SIGTERM
        150ms    started  worker.1  pid 102
        150ms    signal   worker.1  SIGTERM
        151ms    ended    worker.1  SIGTERM
        151ms    finish             done
    "#]]);
}

#[test]
fn a_launch_that_is_never_answered_does_not_hold_it_up() {
    story("web: never starts | worker").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  worker.1  pid 102
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   worker.1  SIGTERM
        1001ms   ended    worker.1  SIGTERM
        8000ms   alive    web.1
        8000ms   finish             broken
    "#]]);
}

#[test]
fn a_launch_that_is_answered_late_has_what_is_left_of_the_grace() {
    story("a: starts after 4s, ignores TERM | b: starts after 9s").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    a.1
        0ms      spawn    b.1
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        4000ms   started  a.1       pid 101
        4000ms   signal   a.1       SIGTERM
        4000ms   waits    a.1 after SIGTERM, 2s left
        6000ms   to all             SIGKILL
        6000ms   signal   a.1       SIGKILL to all of it
        6001ms   ended    a.1       SIGKILL
        8000ms   alive    b.1
        8000ms   finish             broken
    "#]]);
}

#[test]
fn the_second_signal_does_not_prolong_the_wait_for_an_answer() {
    story("web: never starts, grace 1s").at("1s", "Ctrl-C").at("2500ms", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        4000ms   alive    web.1
        4000ms   finish             broken
    "#]]);
}

#[test]
fn several_graces_are_announced_in_order() {
    story("web: exits 1 after 1s | a: grace 0s | b: ignores TERM, grace 3s").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    a.1
        0ms      spawn    b.1
        1ms      started  web.1     pid 101
        1ms      started  a.1       pid 102
        1ms      started  b.1       pid 103
        1001ms   to all             SIGTERM
        1001ms   to all             SIGKILL
        1001ms   signal   a.1       SIGKILL to all of it
        1001ms   signal   b.1       SIGTERM
        1001ms   ended    web.1     code 1
        1002ms   ended    a.1       SIGKILL
        2001ms   waits    b.1 after SIGTERM, 2s left
        4001ms   to all             SIGKILL
        4001ms   signal   b.1       SIGKILL to all of it
        4002ms   ended    b.1       SIGKILL
        4002ms   cause    web.1     code 1 after 1.001s
        4002ms   finish   web.1     failed, code 1
    "#]]);
}

#[test]
fn what_even_sigkill_does_not_end_is_given_up() {
    story("web: ignores TERM, cannot be killed | worker").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1000ms   signal   worker.1  SIGTERM
        1001ms   ended    worker.1  SIGTERM
        2000ms   waits    web.1 after SIGTERM, 4s left
        6000ms   to all             SIGKILL
        6000ms   signal   web.1     SIGKILL to all of it
        8000ms   alive    web.1
        8000ms   finish             broken
    "#]]);
}

#[test]
fn one_that_runs_its_own_way_down_is_not_a_failure_of_the_stack() {
    story("web: exits 1 after 1200ms, ignores TERM").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1201ms   ended    web.1     code 1
        1201ms   finish             done
    "#]]);
}

#[test]
fn one_that_was_given_up_and_answers_is_ended_after_all() {
    story("a: starts after 5s, grace 1s | b: needs 4s to stop").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    a.1
        0ms      spawn    b.1
        1ms      started  b.1       pid 102
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   b.1       SIGTERM
        2000ms   waits    b.1 after SIGTERM, 4s left
        4000ms   alive    a.1
        5000ms   started  a.1       pid 101
        5000ms   to all             SIGKILL
        5000ms   signal   a.1       SIGKILL to all of it
        5000ms   ended    b.1       code 0
        5001ms   ended    a.1       SIGKILL
        5001ms   finish             done
    "#]]);
}

#[test]
fn whoever_was_given_up_is_not_named_again() {
    story("a: ignores TERM, cannot be killed, grace 1s | b: needs 9s to stop, grace 12s")
        .at("1s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    a.1
            0ms      spawn    b.1
            1ms      started  a.1       pid 101
            1ms      started  b.1       pid 102
            1000ms   heard              SIGINT
            1000ms   to all             SIGTERM
            1000ms   signal   a.1       SIGTERM
            1000ms   signal   b.1       SIGTERM
            2000ms   to all             SIGKILL
            2000ms   signal   a.1       SIGKILL to all of it
            2000ms   waits    a.1 after SIGKILL, 0ns left
            2000ms   waits    b.1 after SIGTERM, 11s left
            4000ms   alive    a.1
            7000ms   waits    b.1 after SIGTERM, 6s left
            10000ms  ended    b.1       code 0
            10000ms  finish             broken
        "#]]);
}

#[test]
fn a_second_begin_starts_nothing() {
    story("a: needs 1s to stop | b: exits 1 after 100ms, restarts after 9s")
        .at("1s", "Ctrl-C")
        .at("1500ms", "begin")
        .plays(expect![[r#"
            0ms      spawn    a.1
            0ms      spawn    b.1
            1ms      started  a.1       pid 101
            1ms      started  b.1       pid 102
            101ms    ended    b.1       code 1
            101ms    again    b.1       in 9s
            1000ms   heard              SIGINT
            1000ms   to all             SIGTERM
            1000ms   signal   a.1       SIGTERM
            2000ms   waits    a.1 after SIGTERM, its leader has ended, 4s left
            2000ms   ended    a.1       code 0
            2000ms   finish             done
        "#]]);
}

#[test]
fn the_signals_can_go_to_everyone_in_it() {
    story("web: group, ladder INT TERM, ignores INT, hook ready, hook ready takes 1m")
        .at("1s", "USR1")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            1ms      spawn    web.1     hook ready
            1000ms   forward            SIGUSR1
            1000ms   signal   web.1     SIGUSR1
            2000ms   heard              SIGINT
            2000ms   to all             SIGINT
            2000ms   signal   web.1     SIGINT to everyone in it
            2000ms   signal   web.1     SIGINT to everyone in it
            3000ms   waits    web.1 after SIGINT, 4s left
            4500ms   signal   web.1     SIGTERM to everyone in it
            4501ms   ended    web.1     SIGTERM
            4501ms   finish             done
        "#]]);
}
