//! Somebody waits until all of it is ready.

use expect_test::expect;

use crate::project::ExitOn;
use crate::supervisor::sim::story::story;

#[test]
fn all_are_ready_once_services_are_and_tasks_are_done() {
    story("migrate: task, exits 0 after 2s | web: port, is ready after 500ms | db: ready when said, is ready after 1s")
        .waited_for()
        .at("3s", "time up")
        .at("4s", "restart web.1")
        .at("9s", "TERM")
        .plays(expect![[r#"
            0ms      spawn    migrate.1
            0ms      spawn    web.1
            0ms      spawn    db.1
            1ms      started  migrate.1 pid 101
            1ms      started  web.1     pid 102
            1ms      started  db.1      pid 103
            509ms    ready    web.1     after 509.54945ms
            1001ms   ready    db.1      after 1.001s
            2001ms   ended    migrate.1 code 0
            2001ms   all ready           after 2.001s
            4000ms   signal   web.1     SIGTERM
            4001ms   ended    web.1     SIGTERM
            4001ms   spawn    web.1
            4002ms   started  web.1     pid 104
            4510ms   ready    web.1     after 509.54945ms
            9000ms   heard              SIGTERM
            9000ms   to all             SIGTERM
            9000ms   signal   web.1     SIGTERM
            9000ms   signal   db.1      SIGTERM
            9001ms   ended    web.1     SIGTERM
            9001ms   ended    db.1      SIGTERM
            9001ms   finish             done
        "#]]);
}

#[test]
fn nobody_waits_for_those_who_can_die_nor_for_what_the_clock_starts() {
    story("web | mail: can die, ready when seen, is never ready, within 60s | job: every 60s")
        .waited_for()
        .at("2s", "TERM")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    mail.1
            1ms      started  web.1     pid 101
            1ms      all ready           after 1ms
            1ms      started  mail.1    pid 102
            2000ms   heard              SIGTERM
            2000ms   to all             SIGTERM
            2000ms   signal   web.1     SIGTERM
            2000ms   signal   mail.1    SIGTERM
            2001ms   ended    web.1     SIGTERM
            2001ms   ended    mail.1    SIGTERM
            2001ms   finish             done
        "#]]);
}

#[test]
fn one_that_fails_for_good_before_all_is_ready_ends_the_stack_whatever_its_end_means_later() {
    story("web: ready when seen, is never ready, within 60s | worker: exits 3 after 1s")
        .exit_on(ExitOn::Never)
        .waited_for()
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    worker.1
            1ms      started  web.1     pid 101
            1ms      started  worker.1  pid 102
            1001ms   signal   web.1     SIGTERM
            1001ms   ended    worker.1  code 3
            1001ms   to all             SIGTERM
            1002ms   ended    web.1     SIGTERM
            1002ms   cause    worker.1  code 3 after 1.001s
            1002ms   finish   worker.1  failed, code 3
        "#]]);
    story("db: task, exits 1 after 1s, can die | web: after db done | other")
        .exit_on(ExitOn::Never)
        .waited_for()
        .plays(expect![[r#"
            0ms      spawn    db.1
            0ms      spawn    other.1
            1ms      started  db.1      pid 101
            1ms      started  other.1   pid 102
            1001ms   signal   other.1   SIGTERM
            1001ms   ended    db.1      code 1
            1001ms   kept     web.1     down because of db.1
            1001ms   to all             SIGTERM
            1002ms   ended    other.1   SIGTERM
            1002ms   cause    db.1      code 1 after 1.001s
            1002ms   finish   db.1      failed, code 1
        "#]]);
}

#[test]
fn one_that_is_started_again_waited_for() {
    story("web: exits 1 after 1s, restarts on failure, at most 1 | other: ready when seen, is never ready, within 60s")
        .exit_on(ExitOn::Never)
        .waited_for()
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    other.1
            1ms      started  web.1     pid 101
            1ms      started  other.1   pid 102
            1001ms   ended    web.1     code 1
            1001ms   again    web.1     in 1.1084s
            2109ms   spawn    web.1
            2110ms   started  web.1     pid 103
            3110ms   signal   other.1   SIGTERM
            3110ms   ended    web.1     code 1
            3110ms   gave up  web.1     1 restarts within 60s
            3110ms   to all             SIGTERM
            3111ms   ended    other.1   SIGTERM
            3111ms   cause    web.1     code 1 after 1.001s
            3111ms   finish   web.1     failed, code 1
        "#]]);
}

#[test]
fn what_is_stopped_on_request_waited_for_by_nobody() {
    story("web: ready when seen, is never ready, within 60s | other")
        .waited_for()
        .at("1s", "stop web.1")
        .at("2s", "TERM")
        .plays(expect![[r#"
            0ms      spawn    web.1
            0ms      spawn    other.1
            1ms      started  web.1     pid 101
            1ms      started  other.1   pid 102
            1000ms   signal   web.1     SIGTERM
            1000ms   all ready           after 1s
            1001ms   ended    web.1     SIGTERM
            2000ms   heard              SIGTERM
            2000ms   to all             SIGTERM
            2000ms   signal   other.1   SIGTERM
            2001ms   ended    other.1   SIGTERM
            2001ms   finish             done
        "#]]);
}

#[test]
fn a_time_that_is_up_before_ends_all() {
    story("web: port, is never ready | other").waited_for().at("3s", "time up").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    other.1
        1ms      started  web.1     pid 101
        1ms      started  other.1   pid 102
        3000ms   time up            after 60s, pending web.1
        3000ms   to all             SIGTERM
        3000ms   signal   web.1     SIGTERM
        3000ms   signal   other.1   SIGTERM
        3001ms   ended    web.1     SIGTERM
        3001ms   ended    other.1   SIGTERM
        3001ms   finish             done
    "#]]);
}
