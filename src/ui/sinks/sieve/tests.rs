use serde_json::Value;

use super::Sieve;
use crate::logs::when::Moment;
use crate::logs::{
    Channel, Escapes, Level, Lines, Origin, Pattern, Piece, Question, Sink, StreamId, Wanted, Whom,
};
use crate::project::{InstanceId, Names, ProcessName};
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;
use crate::ui::sinks::stream::tests::project;

const WEB: StreamId = StreamId(0);
const JOBS: StreamId = StreamId(1);

fn at(seconds: i64) -> WallTime {
    WallTime { seconds, nanos: 0, utc_offset: 0 }
}

struct Told(Sieve);

impl Told {
    fn of(wanted: Wanted) -> Told {
        // What the screen does not show makes no difference.
        let project = project(|output| output.quiet = Names::of(&["web"]));
        let mut told = Told(Sieve::new(&project, wanted, Escapes::Strip));
        told.begins(WEB, 1).begins(JOBS, 1);
        told
    }

    fn begins(&mut self, stream: StreamId, number: u32) -> &mut Told {
        let project = project(|_| ());
        let instance = &project.instances[stream.0];
        let origin = Origin { instance, channel: Channel::Both, run: RunId(9), number, pid: 7 };
        self.0.begins(at(0), stream, &origin);
        self
    }

    fn says(&mut self, stream: StreamId, text: &str) -> &mut Told {
        self.0.lines(at(10), stream, Lines::new(text.as_bytes()).expect("lines"));
        self
    }

    fn piece(&mut self, text: &str, begins: bool, ends: bool) -> &mut Told {
        self.0.piece(at(10), WEB, Piece { text: text.as_bytes(), begins, ends });
        self
    }

    fn notes(&mut self) -> &mut Told {
        let web = InstanceId { process: ProcessName::new("web"), index: 1 };
        self.0.note(at(10), &Note::Started { instance: web, pid: 7 });
        self.0.note(at(10), &Note::NothingRuns);
        self
    }

    /// What was told since the last look: whose it is, and its text.
    fn told(&mut self) -> Vec<String> {
        let pending = std::mem::take(self.0.pending());
        let object = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
        let brief = |object: Value| {
            let whose = object["instance"].as_str().unwrap_or("system").to_owned();
            let run = object["run"].as_u64().map_or_else(String::new, |run| format!("#{run}"));
            let goes_on = if object["partial"] == true { ".." } else { "" };
            format!("{whose}{run} {}{goes_on}", object["text"].as_str().expect("a text"))
        };
        String::from_utf8(pending).expect("UTF-8").lines().map(|line| brief(object(line))).collect()
    }
}

fn question(grep: &[&str], not: &[&str], level: Option<Level>) -> Wanted {
    let patterns =
        |texts: &[&str]| texts.iter().map(|text| Pattern::new(text).expect("right")).collect::<Vec<_>>();
    Wanted { question: Question { grep: patterns(grep), not: patterns(not), level }, ..Wanted::default() }
}

#[test]
fn everything_is_told_with_its_run_whatever_the_screen_shows() {
    let mut told = Told::of(Wanted::default());
    told.says(WEB, "one\n\x1b[1mtwo\x1b[0m\n").says(JOBS, "mine\n").notes();
    told.piece("be", true, false).piece("gun", false, true);
    let expected = [
        "web.1#1 one",
        "web.1#1 two",
        "jobs.1#1 mine",
        "web.1 started with pid 7",
        "system all processes have ended (Ctrl-C to leave)",
        "web.1#1 be..",
        "web.1#1 gun",
    ];
    assert_eq!(told.told(), expected);
}

#[test]
fn of_some_processes_their_remarks_are_told_too() {
    let only =
        |system| Wanted { whose: Whom::Some { names: Names::of(&["web"]), system }, ..Wanted::default() };
    let mut told = Told::of(only(false));
    told.says(WEB, "one\n").says(JOBS, "mine\n").notes();
    assert_eq!(told.told(), ["web.1#1 one", "web.1 started with pid 7"]);
    let mut told = Told::of(only(true));
    assert_eq!(told.notes().told().len(), 2);
}

#[test]
fn patterns_see_lines_without_escape_sequences() {
    let mut told = Told::of(question(&["GET"], &["health"], None));
    told.says(WEB, "PUT /\nPOST /\n")
        .says(WEB, "GET /\nPUT /\nGE\x1b[1mT\x1b[0m /bold\nGET /health\n")
        .notes();
    told.piece("a GET", true, false).piece(" and more", false, true);
    told.piece("a PUT", true, false).piece(" GET", false, true);
    assert_eq!(told.told(), ["web.1#1 GET /", "web.1#1 GET /bold", "web.1#1 a GET..", "web.1#1  and more"]);
    let mut told = Told::of(question(&["^T.*s$"], &[], None));
    assert_eq!(told.says(WEB, "no\nThis\n").told(), ["web.1#1 This"]);
}

#[test]
fn a_stack_trace_goes_with_its_error_and_what_is_held_back_comes_in_the_end() {
    let mut told = Told::of(question(&[], &["quiet"], Some(Level::Error)));
    told.says(WEB, "INFO on\nERROR bad\n  at x\n").notes();
    assert!(told.0.holds_back(WEB) && told.told().is_empty(), "it may become quiet yet");
    told.says(WEB, "  at y\n").0.falls_silent(at(11), WEB);
    assert_eq!(told.told(), ["web.1#1 ERROR bad", "web.1#1   at x", "web.1#1   at y"]);
    told.says(WEB, "ERROR worse\n").0.ends(at(11), WEB);
    assert_eq!(told.told(), ["web.1#1 ERROR worse"]);
    assert!(!told.0.holds_back(WEB));
}

#[test]
fn times_and_runs() {
    let since = |since, until| Wanted {
        since: Some(Moment::of(at(since))),
        until: Some(Moment::of(at(until))),
        ..Wanted::default()
    };
    assert_eq!(Told::of(since(10, 10)).says(WEB, "now\n").told().len(), 1);
    assert!(Told::of(since(11, 12)).says(WEB, "before\n").notes().told().is_empty());
    assert!(Told::of(since(8, 9)).says(WEB, "after\n").notes().told().is_empty());

    let web = InstanceId { process: ProcessName::new("web"), index: 1 };
    for (run, expected) in [(1, 1), (2, 2), (-1, 3), (-2, 2), (-3, 1), (4, 0), (-4, 0)] {
        let newest = [(web.clone(), 3)].into();
        let mut told = Told::of(Wanted { run: Some(run), newest, ..Wanted::default() });
        for number in 1..=3 {
            told.begins(WEB, number).says(WEB, &format!("{number}\n")).notes();
        }
        let expected: Vec<String> =
            (expected > 0).then(|| format!("web.1#{expected} {expected}")).into_iter().collect();
        assert_eq!(told.told(), expected, "run {run}");
    }
}

#[test]
fn what_is_missing_is_told_to_whom_it_concerns() {
    let mut told = Told::of(Wanted {
        whose: Whom::Some { names: Names::of(&["web"]), system: false },
        ..Wanted::default()
    });
    told.0.misses(at(10), Some(JOBS), 7);
    told.0.misses(at(10), Some(WEB), 312);
    let pending = String::from_utf8(std::mem::take(told.0.pending())).expect("UTF-8");
    assert_eq!(
        pending,
        "{\"time\":\"1970-01-01T00:00:10.000000+00:00\",\"process\":\"web\",\"instance\":\"web.1\",\
         \"event\":\"lines-missing\",\"lines\":312,\
         \"text\":\"312 lines are missing here: they came faster than they were taken\"}\n"
    );
}
