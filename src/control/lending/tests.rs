use super::{is_asked_for, path, read_query};
use crate::control::attach::Wish;
use crate::control::session::AttachQuery;
use crate::sys::pty::WindowSize;

#[test]
fn what_is_asked_for_is_understood() {
    let window = Some(WindowSize { rows: 24, columns: 80 });
    for (name, wish) in [
        (Some("web.1"), Wish { window, read_only: false }),
        (Some("web"), Wish { window: None, read_only: true }),
        (None, Wish { window, read_only: true }),
    ] {
        let query = AttachQuery { name: name.map(str::to_owned), wish };
        let uri = path(&query).parse().expect("a path");
        assert!(is_asked_for(&uri));
        assert_eq!(read_query(&uri).ok(), Some(query));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for bad in [
        "?read_only=perhaps",
        "?columns=80",
        "?columns=0&rows=1",
        "?columns=80&rows=x",
        "?columns=70000&rows=1",
    ] {
        let uri = format!("/v1/attach/web{bad}").parse().expect("a path");
        assert!(read_query(&uri).is_err(), "{bad}");
    }
    assert!(!is_asked_for(&"/v1/attached".parse().expect("a path")));
}
