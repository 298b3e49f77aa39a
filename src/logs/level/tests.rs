use super::{Level, level_of};

#[track_caller]
fn check(expected: Option<Level>, lines: &[&str]) {
    for line in lines {
        assert_eq!(level_of(line.as_bytes()), expected, "{line}");
    }
}

#[test]
fn errors_of_many_loggers() {
    check(
        Some(Level::Error),
        &[
            "ERROR something",
            "[error] something",
            "E, [2026-11-21T10:00:00.1 #12] ERROR -- : no such table",
            "2026-11-21 15:29:05,123 [main] ERROR com.example.App - lost",
            "2026-11-21 15:29:05.123 UTC [77] ERROR:  relation \"x\" does not exist",
            "2026/11/21 15:29:05 [error] 12#0: *1 open() failed",
            "ERROR:root:bad",
            "15:29:05.123 [error] GenServer terminating",
            "[2026-11-21T15:29:05Z ERROR app::db] lost",
            "E1121 15:29:05.123456   1 main.go:3] lost",
            "src/a.ts(3,5): error TS2304: Cannot find name",
            "main.c:3:5: error: expected ';'",
            "error[E0382]: borrow of moved value",
            "error: could not compile",
            "npm ERR! code ELIFECYCLE",
            "TypeError: x is not a function",
            "Uncaught Error: x",
            "java.lang.NullPointerException: null",
            "ActionView::Template::Error (undefined method):",
            "Traceback (most recent call last):",
            "app.rb:3:in 'f': message (RuntimeError)",
            "Exception in thread \"main\" java.lang.Error: x",
            "thread 'main' panicked at src/main.rs:2:5:",
            "fail: Microsoft.AspNetCore.Server[13]",
            "<3>disk is full",
            "time=2026-11-21T10:00:00Z level=error msg=\"lost\"",
            "msg=lost lvl=eror",
            "{\"level\":\"error\",\"msg\":\"x\"}",
            "{\"level\":50,\"time\":1,\"msg\":\"x\"}",
            "{\"level\":3,\"short_message\":\"x\"}",
            "{\"severity\":\"ERROR\",\"message\":\"x\"}",
            "{\"@timestamp\":\"x\",\"log.level\":\"ERROR\"}",
            "{\"log\":{\"level\":\"error\"}}",
            "2026-11-21T15:29:05.000Z\tERROR\tmain.go:3\tlost",
            "  ERROR in ./src/app.js",
            "12:00:01 - error: lost",
        ],
    );
}

#[test]
fn the_other_levels() {
    check(
        Some(Level::Fatal),
        &["panic: runtime error: index", "FATAL:  role", "crit: x", "{\"level\":60}", "<2>x"],
    );
    check(
        Some(Level::Warn),
        &["WARN x", "warning: unused", "W1121 15:29:05.1 x", "level=WARNING", "{\"level\":40}", "[warn] x"],
    );
    check(
        Some(Level::Info),
        &[
            "INFO ERROR pages are shown",
            "info: Microsoft",
            "I1121 15:29:05.1 x",
            "level=info error=none",
            "{\"level\":\"info\",\"err\":\"error\"}",
            "LOG:  ready",
        ],
    );
    check(Some(Level::Debug), &["DEBUG x", "dbug: x", "{\"level\":20}", "[debug] x"]);
    check(Some(Level::Trace), &["TRACE x", "trce: x", "{\"level\":10}"]);
}

#[test]
fn words_that_are_no_level() {
    check(
        None,
        &[
            "",
            "listening on port 3000",
            "0 errors, no error so far",
            "GET /error 200",
            "GET /ERROR 200",
            "the error page was rendered",
            "Found 1 error: see above",
            "log in with your name",
            "fine with me",
            "error_handler is loaded",
            "{\"message\":\"ERROR\"}",
            "{\"level\":true}",
            "level=",
            "<a>",
            "MyErrorHandler: ready",
        ],
    );
}

#[test]
fn levels_are_in_order() {
    assert!(Level::Trace < Level::Debug && Level::Warn < Level::Error && Level::Error < Level::Fatal);
}
