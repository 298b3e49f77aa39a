//! Lines of log files as somebody sees them: as the stream shows them, alone, or as JSON.

use std::borrow::Cow;

use serde::Serialize;

use crate::logs::{
    Channel, EscapeFilter, RESET, Row, SYSTEM, Stamped, column_width, json, rfc3339, sgr_of_position,
};
use crate::project::TimeFormat;
use crate::store::names;
use crate::store::reader::Line;
use crate::time::WallTime;
use crate::ui::sinks::Screen;

/// How lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As `start` shows them.
    Stream {
        /// On what.
        screen: Screen,
        /// Whether the time stands before each line.
        timestamp: bool,
    },
    /// The lines alone.
    Raw,
    /// An object for each.
    Json,
}

/// Shows lines.
#[derive(Debug)]
pub struct History {
    look: Look,
    width: usize,
    /// Today, as a number of days; the date stands before lines of other days.
    today: i64,
    date: Stamped,
    time: Stamped,
    /// Takes the escape sequences of the line that is being shown.
    filter: Option<EscapeFilter>,
}

impl History {
    /// Shows lines of these instances.
    pub fn new<'a>(look: Look, names: impl IntoIterator<Item = &'a str>, now: WallTime) -> History {
        let date = Stamped::new(Vec::new(), Some(TimeFormat::date()), b" ".to_vec());
        let time = Stamped::new(Vec::new(), Some(TimeFormat::default()), b" ".to_vec());
        History { look, width: column_width(names), today: day(now), date, time, filter: None }
    }

    /// Returns whether remarks are shown at all.
    pub fn has_remarks(&self) -> bool {
        self.look != Look::Raw
    }

    /// Adds a line, or a piece of one, of an instance whose process stands at `position` in its Procfile.
    pub fn line(&mut self, name: &str, position: usize, line: &Line, out: &mut Vec<u8>) {
        match self.look {
            Look::Raw => {
                out.extend_from_slice(&line.text);
                if line.ends {
                    out.push(b'\n');
                }
            }
            Look::Json => object(name, line, out),
            Look::Stream { screen, timestamp } => {
                let (name, sgr) =
                    if line.gap { (names::SYSTEM, SYSTEM) } else { (name, sgr_of_position(position)) };
                let prefix = self.prefix(name, sgr, line.at, screen, timestamp);
                self.stream(&prefix, screen, line, out);
            }
        }
    }

    /// Adds a remark of forge, which is about an instance or about nobody. `object` is what programs get.
    pub fn remark(
        &mut self,
        about: Option<(&str, usize)>,
        text: &str,
        object: &[u8],
        at: WallTime,
        out: &mut Vec<u8>,
    ) {
        match self.look {
            Look::Raw => {}
            Look::Json => {
                out.extend_from_slice(object);
                out.push(b'\n');
            }
            Look::Stream { screen, timestamp } => {
                let (name, sgr) =
                    about.map_or((names::SYSTEM, SYSTEM), |(name, at)| (name, sgr_of_position(at)));
                out.extend_from_slice(&self.prefix(name, sgr, at, screen, timestamp));
                out.extend_from_slice(text.as_bytes());
                out.push(b'\n');
            }
        }
    }

    fn stream(&mut self, prefix: &[u8], screen: Screen, line: &Line, out: &mut Vec<u8>) {
        if line.begins {
            out.extend_from_slice(prefix);
            self.filter = None;
        }
        let escapes = screen.escapes();
        if line.begins && line.ends && escapes.leave_alone(&line.text) {
            out.extend_from_slice(&line.text);
        } else {
            let filter = self.filter.get_or_insert_with(|| EscapeFilter::new(escapes));
            let begins_at = line.begins.then_some(out.len());
            filter.filter(&line.text, Row { prefix, begins_at }, out);
            if line.ends {
                filter.end_line(out);
            }
        }
        if line.ends {
            out.push(b'\n');
        }
    }

    /// `05:49:39 web.1    | `; with the date before it, where it is not today's.
    fn prefix(&mut self, name: &str, sgr: u8, at: WallTime, screen: Screen, timestamp: bool) -> Vec<u8> {
        let mut prefix = Vec::new();
        if screen.colour {
            prefix.extend_from_slice(format!("\x1b[{sgr}m").as_bytes());
        }
        if timestamp {
            if day(at) != self.today {
                prefix.extend_from_slice(self.date.at(at));
            }
            prefix.extend_from_slice(self.time.at(at));
        }
        prefix.extend_from_slice(format!("{name:<0$} | ", self.width).as_bytes());
        if screen.colour {
            prefix.extend_from_slice(RESET);
        }
        prefix
    }
}

/// The local day as a number.
fn day(at: WallTime) -> i64 {
    (at.seconds + i64::from(at.utc_offset)).div_euclid(24 * 60 * 60)
}

/// A line as an object.
#[derive(Serialize)]
struct Object<'a> {
    time: String,
    process: &'a str,
    instance: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<&'a str>,
    run: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
}

/// Adds an object for a line; bytes that are not UTF-8 are replaced in `text`, and stand in `bytes` as they were.
fn object(name: &str, line: &Line, out: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(&line.text);
    let object = Object {
        time: rfc3339(line.at),
        process: name.rsplit_once('.').map_or(name, |(process, _)| process),
        instance: name,
        pid: line.pid,
        stream: match line.channel {
            Channel::Both => None,
            Channel::Out => Some("stdout"),
            Channel::Error => Some("stderr"),
        },
        run: line.run,
        event: line.gap.then_some("lines-missing"),
        text: &text,
        partial: (!line.ends).then_some(true),
        bytes: matches!(text, Cow::Owned(_)).then(|| base64(&line.text)),
    };
    out.extend_from_slice(
        serde_json::to_string(&object).expect("text and numbers are always JSON").as_bytes(),
    );
    out.push(b'\n');
}

fn base64(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    json::base64(bytes, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests;
