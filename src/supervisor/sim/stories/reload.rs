//! The project becomes another one while it runs.

use expect_test::expect;

use crate::project::ExitOn;
use crate::supervisor::sim::story::story;

#[test]
fn who_is_new_starts_and_who_is_gone_stops_and_nobody_else_notices() {
    story("web | clock").reloads("1s", "web | worker").at("2s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    clock.1
        1ms      started  web.1     pid 101
        1ms      started  clock.1   pid 102
        1000ms   reload             +[worker.1] -[clock.1] ~[]
        1000ms   spawn    worker.1
        1000ms   signal   clock.1   SIGTERM
        1001ms   started  worker.1  pid 103
        1001ms   ended    clock.1   SIGTERM
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
fn more_and_fewer_instances() {
    story("web=3").reloads("1s", "web=1").reloads("2s", "web=4").at("3s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    web.2
        0ms      spawn    web.3
        1ms      started  web.1     pid 101
        1ms      started  web.2     pid 102
        1ms      started  web.3     pid 103
        1000ms   reload             +[] -[web.2 web.3] ~[]
        1000ms   signal   web.2     SIGTERM
        1000ms   signal   web.3     SIGTERM
        1001ms   ended    web.2     SIGTERM
        1001ms   ended    web.3     SIGTERM
        2000ms   reload             +[web.2 web.3 web.4] -[] ~[]
        2000ms   spawn    web.2
        2000ms   spawn    web.3
        2000ms   spawn    web.4
        2001ms   started  web.2     pid 104
        2001ms   started  web.3     pid 105
        2001ms   started  web.4     pid 106
        3000ms   heard              SIGINT
        3000ms   to all             SIGTERM
        3000ms   signal   web.1     SIGTERM
        3000ms   signal   web.2     SIGTERM
        3000ms   signal   web.3     SIGTERM
        3000ms   signal   web.4     SIGTERM
        3001ms   ended    web.1     SIGTERM
        3001ms   ended    web.2     SIGTERM
        3001ms   ended    web.3     SIGTERM
        3001ms   ended    web.4     SIGTERM
        3001ms   finish             done
    "#]]);
}

#[test]
fn an_instance_that_comes_back_before_it_is_gone_is_the_same() {
    story("web=2: needs 2s to stop").reloads("1s", "web=1").reloads("2s", "web=2").at("4s", "Ctrl-C").plays(
        expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    web.2
            1ms      started  web.1     pid 101
            1ms      started  web.2     pid 102
            1000ms   reload             +[] -[web.2] ~[]
            1000ms   signal   web.2     SIGTERM
            2000ms   reload             +[web.2] -[] ~[]
            3000ms   ended    web.2     code 0
            3000ms   spawn    web.2
            3001ms   started  web.2     pid 103
            4000ms   heard              SIGINT
            4000ms   to all             SIGTERM
            4000ms   signal   web.1     SIGTERM
            4000ms   signal   web.2     SIGTERM
            5000ms   waits    web.1 after SIGTERM, 4s left
            5000ms   waits    web.2 after SIGTERM, 4s left
            6000ms   ended    web.1     code 0
            6000ms   ended    web.2     code 0
            6000ms   finish             done
        "#]],
    );
}

#[test]
fn another_command_restarts_it() {
    story("web | worker").reloads("1s", "web: runs other | worker").at("2s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1000ms   reload             +[] -[] ~[web.1]
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   spawn    web.1
        1002ms   started  web.1     pid 103
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
fn changed_ones_restart_in_the_order_of_their_needs() {
    story("web: after db | db: needs 300ms to stop | other: after db")
        .reloads("1s", "web: after db, runs other | db: runs other | other: after db")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            1ms      spawn    web.1
            1ms      spawn    other.1
            2ms      started  web.1     pid 102
            2ms      started  other.1   pid 103
            1000ms   reload             +[] -[] ~[web.1 db.1]
            1000ms   signal   web.1     SIGTERM
            1001ms   ended    web.1     SIGTERM
            1001ms   signal   db.1      SIGTERM
            1301ms   ended    db.1      code 0
            1301ms   spawn    db.1
            1302ms   started  db.1      pid 104
            1302ms   spawn    web.1
            1303ms   started  web.1     pid 105
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            2000ms   signal   other.1   SIGTERM
            2001ms   ended    web.1     SIGTERM
            2001ms   ended    other.1   SIGTERM
            2001ms   signal   db.1      SIGTERM
            2301ms   ended    db.1      code 0
            2301ms   finish             done
        "#]]);
}

#[test]
fn who_was_needed_stays_until_those_are_gone_who_were_started_with_it() {
    story("web: after db, needs 300ms to stop | db")
        .reloads("1s", "web: runs other")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            1ms      spawn    web.1
            2ms      started  web.1     pid 102
            1000ms   reload             +[] -[db.1] ~[web.1]
            1000ms   signal   web.1     SIGTERM
            1300ms   ended    web.1     code 0
            1300ms   spawn    web.1
            1300ms   signal   db.1      SIGTERM
            1301ms   started  web.1     pid 103
            1301ms   ended    db.1      SIGTERM
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            2300ms   ended    web.1     code 0
            2300ms   finish             done
        "#]]);
}

#[test]
fn policies_are_taken_over_without_a_restart() {
    story("web: exits 1 after 2s | worker")
        .reloads("1s", "web: restarts on failure, can die | worker: grace 1s")
        .at("4s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1000ms   reload             +[] -[] ~[web.1 worker.1]
            2001ms   ended    web.1     code 1
            2001ms   again    web.1     in 1.1084s
            3109ms   spawn    web.1
            3110ms   started  web.1     pid 103
            4000ms   heard              SIGINT
            4000ms   to all             SIGTERM
            4000ms   signal   web.1     SIGTERM
            4000ms   signal   worker.1  SIGTERM
            4001ms   ended    web.1     SIGTERM
            4001ms   ended    worker.1  SIGTERM
            4001ms   finish             done
        "#]]);
}

#[test]
fn limits_are_taken_over_by_what_runs() {
    story("web: uses 2000 after 1s").reloads("6s", "web: memory 1000").at("9s", "Ctrl-C").plays(expect![[
        r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            6000ms   reload             +[] -[] ~[web.1]
            6000ms   measure  web.1
            6001ms   limit    web.1     Memory { used: 2000, limit: 1000 }, Restart
            6001ms   signal   web.1     SIGTERM
            6002ms   ended    web.1     SIGTERM
            6002ms   again    web.1     in 1.1084s
            7110ms   spawn    web.1
            7111ms   started  web.1     pid 102
            9000ms   heard              SIGINT
            9000ms   to all             SIGTERM
            9000ms   signal   web.1     SIGTERM
            9001ms   ended    web.1     SIGTERM
            9001ms   finish             done
        "#
    ]]);
}

#[test]
fn what_has_failed_starts_again_when_it_was_changed() {
    story("web: exits 1 after 100ms once | worker")
        .exit_on(ExitOn::Never)
        .reloads("1s", "web: runs other | worker")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            101ms    ended    web.1     code 1
            1000ms   reload             +[] -[] ~[web.1]
            1000ms   spawn    web.1
            1001ms   started  web.1     pid 103
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
fn what_was_stopped_stays_so() {
    story("web | worker")
        .at("1s", "stop web.1")
        .reloads("2s", "web: runs other | worker")
        .at("3s", "start web.1")
        .at("4s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1000ms   signal   web.1     SIGTERM
            1001ms   ended    web.1     SIGTERM
            2000ms   reload             +[] -[] ~[web.1]
            3000ms   spawn    web.1
            3001ms   started  web.1     pid 103
            4000ms   heard              SIGINT
            4000ms   to all             SIGTERM
            4000ms   signal   web.1     SIGTERM
            4000ms   signal   worker.1  SIGTERM
            4001ms   ended    web.1     SIGTERM
            4001ms   ended    worker.1  SIGTERM
            4001ms   finish             done
        "#]]);
}

#[test]
fn a_signal_takes_the_place_of_a_restart_where_nothing_given_at_the_start_has_changed() {
    story("web: rereads on WINCH | worker: rereads on WINCH | slow: rereads on WINCH, delay 5s | plain")
        .reloads(
            "1s",
            "web: rereads on WINCH | worker: rereads on WINCH, runs other | slow: rereads on WINCH, delay 5s | plain \
             !web.1 worker.1 slow.1 plain.1",
        )
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            0ms      spawn    slow.1
            0ms      spawn    plain.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1ms      started  slow.1    pid 103
            1ms      started  plain.1   pid 104
            1000ms   reload             +[] -[] ~[worker.1 web.1 slow.1 plain.1]
            1000ms   rereads  web.1     SIGWINCH
            1000ms   signal   web.1     SIGWINCH
            1000ms   signal   worker.1  SIGTERM
            1000ms   signal   slow.1    SIGTERM
            1000ms   signal   plain.1   SIGTERM
            1001ms   ended    worker.1  SIGTERM
            1001ms   spawn    worker.1
            1001ms   ended    slow.1    SIGTERM
            1001ms   spawn    slow.1
            1001ms   ended    plain.1   SIGTERM
            1001ms   spawn    plain.1
            1002ms   started  worker.1  pid 105
            1002ms   started  slow.1    pid 106
            1002ms   started  plain.1   pid 107
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            2000ms   signal   worker.1  SIGTERM
            2000ms   signal   slow.1    SIGTERM
            2000ms   signal   plain.1   SIGTERM
            2001ms   ended    web.1     SIGTERM
            2001ms   ended    worker.1  SIGTERM
            2001ms   ended    slow.1    SIGTERM
            2001ms   ended    plain.1   SIGTERM
            2001ms   finish             done
        "#]]);
}

#[test]
fn changed_files_send_the_signal() {
    story("web: watches, rereads on WINCH").at("1s", "a.rb changes for web").at("2s", "Ctrl-C").plays(
        expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1300ms   changed  web.1     a.rb and 0 more
        1300ms   rereads  web.1     SIGWINCH
        1300ms   signal   web.1     SIGWINCH
        2000ms   heard              SIGINT
        2000ms   to all             SIGTERM
        2000ms   signal   web.1     SIGTERM
        2001ms   ended    web.1     SIGTERM
        2001ms   finish             done
    "#]],
    );
}

#[test]
fn a_run_that_is_ending_ends_as_it_was_begun() {
    story("web: ignores TERM, grace 1s, ladder TERM")
        .at("1s", "restart web.1")
        .reloads("1500ms", "web: grace 9s, ladder INT")
        .at("3s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            1000ms   signal   web.1     SIGTERM
            1500ms   reload             +[] -[] ~[web.1]
            2000ms   signal   web.1     SIGKILL to all of it
            2001ms   ended    web.1     SIGKILL
            2001ms   spawn    web.1
            2002ms   started  web.1     pid 102
            3000ms   heard              SIGINT
            3000ms   to all             SIGINT
            3000ms   signal   web.1     SIGINT
            3001ms   ended    web.1     SIGINT
            3001ms   finish             done
        "#]]);
}

#[test]
fn nothing_is_read_again_once_the_stack_ends() {
    story("web: needs 1s to stop").at("1s", "Ctrl-C").reloads("1500ms", "web | worker").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        2000ms   waits    web.1 after SIGTERM, its leader has ended, 4s left
        2000ms   ended    web.1     code 0
        2000ms   finish             done
    "#]]);
}

#[test]
fn a_stack_in_which_nobody_is_left_stays() {
    story("web").reloads("1s", "web=0").reloads("2s", "web=1").at("3s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   reload             +[] -[web.1] ~[]
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        2000ms   reload             +[web.1] -[] ~[]
        2000ms   spawn    web.1
        2001ms   started  web.1     pid 102
        3000ms   heard              SIGINT
        3000ms   to all             SIGTERM
        3000ms   signal   web.1     SIGTERM
        3001ms   ended    web.1     SIGTERM
        3001ms   finish             done
    "#]]);
}

#[test]
fn the_failure_of_one_that_was_removed_does_not_count() {
    story("web: exits 1 after 100ms | worker")
        .exit_on(ExitOn::Never)
        .reloads("1s", "worker")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            101ms    ended    web.1     code 1
            1000ms   reload             +[] -[web.1] ~[]
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   worker.1  SIGTERM
            2001ms   ended    worker.1  SIGTERM
            2001ms   finish             done
        "#]]);
}

#[test]
fn what_the_clock_starts_finds_it_at_its_next_start() {
    story("job: every 2s, exits 0 after 500ms | web")
        .reloads("2200ms", "job: every 2s, runs other | web")
        .reloads("5s", "job: every 1s | web")
        .at("7s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    web.1
            1ms      started  web.1     pid 101
            2000ms   spawn    job.1
            2001ms   started  job.1     pid 102
            2200ms   reload             +[] -[] ~[job.1]
            2501ms   ended    job.1     code 0
            4000ms   spawn    job.1
            4001ms   started  job.1     pid 103
            4501ms   ended    job.1     code 0
            5000ms   reload             +[] -[] ~[job.1]
            6000ms   spawn    job.1
            6001ms   started  job.1     pid 104
            6501ms   ended    job.1     code 0
            7000ms   heard              SIGINT
            7000ms   to all             SIGTERM
            7000ms   signal   web.1     SIGTERM
            7001ms   ended    web.1     SIGTERM
            7001ms   finish             done
        "#]]);
}
