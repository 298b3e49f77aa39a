use super::{Place, Report};

/// `|` begins, `.` goes on, `_` is blank.
#[track_caller]
fn check(text: &str, expected: &str) {
    let mut report = Report::default();
    let places: String = text
        .lines()
        .map(|line| match report.hear(line.as_bytes()) {
            Place::Begins => '|',
            Place::GoesOn => '.',
            Place::Blank => '_',
        })
        .collect();
    assert_eq!(places, expected, "{text}");
}

#[test]
fn plain_lines_stand_alone() {
    check("one\ntwo\n\nthree\n", "||_|");
}

#[test]
fn python_with_a_cause() {
    check(
        "ERROR:root:bad\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nKeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 3, in <module>\nmodule.Odd: text\nnext\n",
        "|...._._...|",
    );
}

#[test]
fn java_with_a_cause() {
    check(
        "Exception in thread \"main\" java.lang.Error: x\n\tat A.f(A.java:3)\nCaused by: java.io.IOException: y\n\tat B.g(B.java:4)\n\t... 12 more\nINFO next\n",
        "|....|",
    );
}

#[test]
fn node() {
    check("Error: x\n    at f (/a.js:3:1) {\n  code: 'X'\n}\nnext\n", "|...|");
}

#[test]
fn ruby_and_rails() {
    check("app.rb:3:in 'f': bad (RuntimeError)\n\tfrom app.rb:5:in '<main>'\nnext\n", "|.|");
    check(
        "RuntimeError (bad):\n  \napp/models/x.rb:3:in 'f'\napp/controllers/y.rb:4:in 'g'\nStarted GET\n",
        "|_..|",
    );
}

#[test]
fn go() {
    check(
        "panic: bad\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/main.go:3 +0x1d\nexit status 2\nnext\n",
        "|_....|",
    );
}

#[test]
fn rust() {
    check(
        "thread 'main' panicked at src/main.rs:2:5:\n  left: 1\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\nnext\n",
        "|..|",
    );
}

#[test]
fn a_list_behind_an_empty_line_is_something_else() {
    check("ready\n\n  GET /\n", "|_|");
}
