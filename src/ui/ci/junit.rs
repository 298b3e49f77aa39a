//! The XML of `JUnit`: a test case for each process. It keeps to what both common schemas allow: that of Ant (the stricter one,
//! which wants every attribute and both outputs) and that of Jenkins.

use std::time::Duration;

use super::rows::{Row, Standing, rows};
use super::{Held, Story};

/// What a reader wants to know besides.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// When it began: `2026-01-31T12:00:00`.
    pub timestamp: &'a str,
}

/// Returns the whole file.
pub fn xml(story: &Story<'_>, held: &Held, occasion: Occasion<'_>) -> String {
    let rows = rows(story);
    let count = |standing| rows.iter().filter(|row| row.standing == standing).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"forge ci\" package=\"forge\" id=\"0\" \
         timestamp=\"{}\" hostname=\"localhost\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\">\n    \
         <properties/>\n",
        escaped(occasion.timestamp),
        rows.len(),
        count(Standing::Failed),
        count(Standing::NeverRan),
        seconds(story.stack.at.since(crate::time::Time::ZERO)),
    );
    for row in &rows {
        text += &case(row, held);
    }
    text += "    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n";
    text
}

fn case(row: &Row<'_>, held: &Held) -> String {
    let Row { id, lasted, end, .. } = row;
    let begin = format!(
        "    <testcase name=\"{}\" classname=\"forge.{}\" time=\"{}\"",
        escaped(&id.to_string()),
        escaped(id.process.as_str()),
        seconds(*lasted)
    );
    match row.standing {
        Standing::Good => format!("{begin}/>\n"),
        Standing::NeverRan => format!("{begin}>\n      <skipped/>\n    </testcase>\n"),
        Standing::Failed => format!(
            "{begin}>\n      <failure message=\"{}\" type=\"process\">{}</failure>\n    </testcase>\n",
            escaped(end),
            escaped(&held.tail(id))
        ),
    }
}

fn seconds(length: Duration) -> String {
    format!("{:.3}", length.as_secs_f64())
}

/// Returns a text as XML 1.0 can hold it, in an element or in an attribute: without what has no place in it at all.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}
