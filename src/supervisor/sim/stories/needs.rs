//! Who waits for whom, at the start and at the end.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn one_waits_until_another_is_ready() {
    story("web: after db | db: ready when seen, is ready after 60ms").at("1s", "Ctrl-C").plays(expect![[
        r#"
        0ms      spawn    db.1
        1ms      started  db.1      pid 101
        67ms     ready    db.1      after 67ms
        67ms     spawn    web.1
        68ms     started  web.1     pid 102
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
fn started_is_enough_where_that_is_asked_for() {
    story("web: after db started | db: ready when seen, is never ready, starts after 50ms")
        .at("1s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    db.1
            50ms     started  db.1      pid 101
            50ms     spawn    web.1
            51ms     started  web.1     pid 102
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
fn those_with_a_port_are_ready_when_they_listen() {
    story("web: after db | db: port, is ready after 30ms").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    db.1
        1ms      started  db.1      pid 101
        34ms     ready    db.1      after 34ms
        34ms     spawn    web.1
        35ms     started  web.1     pid 102
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
fn nobody_looks_where_nobody_waits() {
    story("web: port").at("1s", "Ctrl-C").plays(expect![[r#"
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
fn all_instances_are_waited_for() {
    story("web: after db | db=2").at("1s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    db.1
        0ms      spawn    db.2
        1ms      started  db.1      pid 101
        1ms      started  db.2      pid 102
        1ms      spawn    web.1
        2ms      started  web.1     pid 103
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        1001ms   ended    web.1     SIGTERM
        1001ms   signal   db.1      SIGTERM
        1001ms   signal   db.2      SIGTERM
        1002ms   ended    db.1      SIGTERM
        1002ms   ended    db.2      SIGTERM
        1002ms   finish             done
    "#]]);
}

#[test]
fn a_task_is_waited_for_until_it_has_succeeded() {
    story("migrate: task, exits 0 after 500ms, after db | web: after migrate done | db")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            1ms      spawn    migrate.1
            2ms      started  migrate.1 pid 102
            502ms    ended    migrate.1 code 0
            502ms    spawn    web.1
            503ms    started  web.1     pid 103
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            2001ms   ended    web.1     SIGTERM
            2001ms   signal   db.1      SIGTERM
            2002ms   ended    db.1      SIGTERM
            2002ms   finish             done
        "#]]);
}

#[test]
fn a_failed_task_keeps_them_down() {
    story("migrate: task, exits 1 after 500ms | web: after migrate done | worker: after web").plays(expect![
        [r#"
            0ms      spawn    migrate.1
            1ms      started  migrate.1 pid 101
            501ms    ended    migrate.1 code 1
            501ms    kept     web.1     down because of migrate.1
            501ms    kept     worker.1  down because of migrate.1
            501ms    cause    migrate.1 code 1 after 501ms
            501ms    finish   migrate.1 failed, code 1
        "#]
    ]);
}

#[test]
fn a_failed_task_that_can_die_keeps_them_down_while_the_others_go_on() {
    story(
        "migrate: task, can die, exits 1 after 500ms | web: after migrate done | worker: after web | clock",
    )
    .at("2s", "Ctrl-C")
    .plays(expect![[r#"
        0ms      spawn    migrate.1
        0ms      spawn    clock.1
        1ms      started  migrate.1 pid 101
        1ms      started  clock.1   pid 102
        501ms    ended    migrate.1 code 1
        501ms    kept     web.1     down because of migrate.1
        501ms    kept     worker.1  down because of migrate.1
        2000ms   heard              SIGINT
        2000ms   to all             SIGTERM
        2000ms   signal   clock.1   SIGTERM
        2001ms   ended    clock.1   SIGTERM
        2001ms   cause    migrate.1 code 1 after 501ms
        2001ms   finish   migrate.1 failed, code 1
    "#]]);
}

#[test]
fn when_only_those_who_wait_in_vain_are_left_it_is_over() {
    story("migrate: task, can die, exits 1 after 500ms | web: after migrate done").plays(expect![[r#"
        0ms      spawn    migrate.1
        1ms      started  migrate.1 pid 101
        501ms    ended    migrate.1 code 1
        501ms    kept     web.1     down because of migrate.1
        501ms    cause    migrate.1 code 1 after 501ms
        501ms    finish   migrate.1 failed, code 1
    "#]]);
}

#[test]
fn unless_they_can_die_too_the_failure_counts() {
    story("migrate: task, can die, exits 3 after 500ms | web: can die, after migrate done").plays(expect![[
        r#"
        0ms      spawn    migrate.1
        1ms      started  migrate.1 pid 101
        501ms    ended    migrate.1 code 3
        501ms    kept     web.1     down because of migrate.1
        501ms    finish             done
    "#
    ]]);
}

#[test]
fn tasks_alone_end_well() {
    story("a: task, exits 0 after 100ms | b: task, exits 0 after 100ms, after a done").plays(expect![[r#"
        0ms      spawn    a.1
        1ms      started  a.1       pid 101
        101ms    ended    a.1       code 0
        101ms    spawn    b.1
        102ms    started  b.1       pid 102
        202ms    ended    b.1       code 0
        202ms    finish             done
    "#]]);
}

#[test]
fn the_end_goes_backwards() {
    story("web: after db, needs 1s to stop | db: needs 500ms to stop | other").at("2s", "Ctrl-C").plays(
        expect![[r#"
            0ms      spawn    db.1
            0ms      spawn    other.1
            1ms      started  db.1      pid 101
            1ms      spawn    web.1
            1ms      started  other.1   pid 102
            2ms      started  web.1     pid 103
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            2000ms   signal   other.1   SIGTERM
            2001ms   ended    other.1   SIGTERM
            3000ms   waits    web.1 after SIGTERM, its leader has ended, 4s left
            3000ms   ended    web.1     code 0
            3000ms   signal   db.1      SIGTERM
            3500ms   ended    db.1      code 0
            3500ms   finish             done
        "#]],
    );
}

#[test]
fn nobody_waits_longer_than_the_grace_of_those_before() {
    story("web: after db, ignores TERM, grace 2s | db: ignores TERM, grace 1s").at("2s", "Ctrl-C").plays(
        expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            1ms      spawn    web.1
            2ms      started  web.1     pid 102
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            3000ms   waits    web.1 after SIGTERM, 1s left
            4000ms   to all             SIGKILL
            4000ms   signal   web.1     SIGKILL to all of it
            4001ms   signal   db.1      SIGTERM
            4001ms   ended    web.1     SIGKILL
            5001ms   to all             SIGKILL
            5001ms   signal   db.1      SIGKILL to all of it
            5002ms   ended    db.1      SIGKILL
            5002ms   finish             done
        "#]],
    );
}

#[test]
fn a_second_signal_knows_no_order() {
    story("web: after db, ignores TERM | db: ignores TERM").at("2s", "Ctrl-C").at("3s", "Ctrl-C").plays(
        expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            1ms      spawn    web.1
            2ms      started  web.1     pid 102
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            3000ms   to all             SIGKILL
            3000ms   signal   web.1     SIGKILL to all of it
            3000ms   signal   db.1      SIGKILL to all of it
            3001ms   ended    web.1     SIGKILL
            3001ms   ended    db.1      SIGKILL
            3001ms   finish             done
        "#]],
    );
}

#[test]
fn a_restart_of_the_other_restarts_nobody() {
    story("web: after db | db: ready when seen, is ready after 100ms")
        .at("1s", "restart db.1")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            111ms    ready    db.1      after 111ms
            111ms    spawn    web.1
            112ms    started  web.1     pid 102
            1000ms   signal   db.1      SIGTERM
            1001ms   ended    db.1      SIGTERM
            1001ms   spawn    db.1
            1002ms   started  db.1      pid 103
            1112ms   ready    db.1      after 111ms
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            2001ms   ended    web.1     SIGTERM
            2001ms   signal   db.1      SIGTERM
            2002ms   ended    db.1      SIGTERM
            2002ms   finish             done
        "#]]);
}

#[test]
fn whoever_restarts_waits_again() {
    story("web: after db | db: ready when seen, is ready after 100ms")
        .at("1s", "restart db.1")
        .at("1s", "restart web.1")
        .at("2s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            111ms    ready    db.1      after 111ms
            111ms    spawn    web.1
            112ms    started  web.1     pid 102
            1000ms   signal   db.1      SIGTERM
            1000ms   signal   web.1     SIGTERM
            1001ms   ended    db.1      SIGTERM
            1001ms   spawn    db.1
            1001ms   ended    web.1     SIGTERM
            1002ms   started  db.1      pid 103
            1112ms   ready    db.1      after 111ms
            1112ms   spawn    web.1
            1113ms   started  web.1     pid 104
            2000ms   heard              SIGINT
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            2001ms   ended    web.1     SIGTERM
            2001ms   signal   db.1      SIGTERM
            2002ms   ended    db.1      SIGTERM
            2002ms   finish             done
        "#]]);
}

#[test]
fn one_waits_for_the_last_word_of_a_task_whose_output_somebody_holds() {
    story("web: after db done | db: task, exits 0 after 1s, output held, leaves somebody for 2s")
        .at("5s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            1201ms   ended    db.1      code 0, output held
            3201ms   spawn    web.1
            3202ms   started  web.1     pid 102
            5000ms   heard              SIGINT
            5000ms   to all             SIGTERM
            5000ms   signal   web.1     SIGTERM
            5001ms   ended    web.1     SIGTERM
            5001ms   finish             done
        "#]]);
}

#[test]
fn one_that_the_clock_wants_again_keeps_nobody_down() {
    let db = "db: every 1s, ready when said, is never ready, overlap kill, exits 1 after 500ms, leaves somebody for 800ms, output held";
    let story = || story(&format!("web: after db | {db}"));
    story().shows("1800ms", expect![[r#"
        at 1800ms, stopping: None
        web.1      Up     KeptDown { because: InstanceId { process: ProcessName("db"), index: 1 }, since: Time(0ns) }
        db.1       Up     LeftSomebody { exit: Code(1) }
    "#]]);
    story().shows("2400ms", expect![[r#"
        at 2400ms, stopping: None
        web.1      Up     WaitsFor { on: InstanceId { process: ProcessName("db"), index: 1 }, reached: Ready, since: Time(0ns) }
        db.1       Up     AwaitsLastWords
    "#]]);
}

#[test]
fn whoever_is_needed_through_a_task_that_has_ended_goes_last() {
    story("db | migrate: task, after db, exits 0 after 100ms | web: after migrate done")
        .at("1s", "Ctrl-C")
        .plays(expect![[r#"
            0ms      spawn    db.1
            1ms      started  db.1      pid 101
            1ms      spawn    migrate.1
            2ms      started  migrate.1 pid 102
            102ms    ended    migrate.1 code 0
            102ms    spawn    web.1
            103ms    started  web.1     pid 103
            1000ms   heard              SIGINT
            1000ms   to all             SIGTERM
            1000ms   signal   web.1     SIGTERM
            1001ms   ended    web.1     SIGTERM
            1001ms   signal   db.1      SIGTERM
            1002ms   ended    db.1      SIGTERM
            1002ms   finish             done
        "#]]);
}
