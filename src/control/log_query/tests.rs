use super::{LogQuery, pairs, written};
use crate::logs::when::Moment;
use crate::logs::{Escapes, Level};
use crate::time::WallTime;

const NOW: WallTime = WallTime { seconds: 1_000_000, nanos: 0, utc_offset: 0 };

fn read(query: &str) -> Result<LogQuery, String> {
    LogQuery::read(Some(query), NOW, &|_| 0).map_err(|refusal| refusal.message)
}

#[test]
fn everything_is_wanted_unless_something_is_said() {
    let query = LogQuery::read(None, NOW, &|_| 0).expect("right");
    assert!(query.names.is_empty() && query.question.is_open() && !query.follow);
    assert_eq!((query.lines, query.run, query.escapes), (None, None, Escapes::Strip));
}

#[test]
fn each_key_is_understood() {
    let query = read(
        "name=web,worker.1&name=%40jobs&lines=100&since=10s&until=1970-01-12T13:46:40Z&grep=a%2Bb&grep=c+d\
         &not=e&level=warn&run=-1&colour=true&follow",
    )
    .expect("right");
    assert_eq!(query.names, ["web", "worker.1", "@jobs"]);
    assert_eq!((query.lines, query.run, query.escapes), (Some(100), Some(-1), Escapes::Keep));
    assert_eq!((query.since, query.until), (Some(Moment(999_990 * 1_000_000_000)), Some(Moment::of(NOW))));
    assert_eq!(query.question.level, Some(Level::Warn));
    assert!(query.question.wants(b"aab c d") && !query.question.wants(b"a+b c d"), "a regular expression");
    assert!(!query.question.wants(b"aab c d e"));
    assert!(query.follow);
}

#[test]
fn what_is_wrong_is_said() {
    for (query, complaint) in [
        ("lines=many", "`lines` is `many`: expected a number of lines, or `all`"),
        ("grep=(", "`grep` is `(`: no regular expression: "),
        ("level=loud", "`level` is `loud`: expected trace, debug, info, warn, error or fatal"),
        ("run=0", "`run` is `0`: expected a number from 1 on, or -1 for the last run"),
        ("follow=1", "`follow` is `1`: expected `true` or `false`"),
        ("since=noon", "`since` is `noon`: expected a duration"),
        ("tail=5", "there is no `tail` in the query; there are name, lines, "),
    ] {
        let message = read(query).expect_err(query);
        assert!(message.starts_with(complaint), "{message}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let said = [("grep", "a+b & c=d? ü%20\n"), ("name", "@x,'w*'"), ("follow", "true")];
    let query = written(said);
    assert!(query.is_ascii() && query.starts_with("?grep=a%2Bb%20%26"), "{query}");
    let read: Vec<(String, String)> = pairs(&query[1..]).collect();
    assert_eq!(read, said.map(|(key, value)| (key.to_owned(), value.to_owned())));
    // No such thing.
    let odd: Vec<(String, String)> = pairs("&&a=%&b=%2&c=%zz&d=%FF&=&%").collect();
    assert_eq!(odd.len(), 6);
}
