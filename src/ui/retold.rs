//! What a running stack tells whoever follows it, object by object, as somebody sees it: as the stream shows it, alone, or as it is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::history::{History, Look};
use crate::logs::when;
use crate::logs::{Channel, json};
use crate::store::reader::Line;
use crate::time::WallTime;

/// Shows objects.
#[derive(Debug)]
pub struct Retold {
    look: Look,
    history: History,
    /// Where the process of each instance stands in its Procfile.
    positions: BTreeMap<String, usize>,
    /// Whose line stands unfinished at the end of what was shown.
    standing: Option<Source>,
}

/// Whose output, and which of its two.
type Source = (String, Option<String>);

/// One object, as `docs/output.md` describes it.
#[derive(Debug, Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow, default)]
    instance: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    stream: Option<Cow<'a, str>>,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(borrow, default)]
    bytes: Option<Cow<'a, str>>,
    #[serde(default)]
    pid: Option<i32>,
    #[serde(default)]
    run: u32,
    #[serde(default)]
    partial: bool,
    #[serde(default)]
    continues: bool,
}

impl Retold {
    /// Shows what comes of instances that stand at these positions.
    pub fn new(look: Look, history: History, positions: BTreeMap<String, usize>) -> Retold {
        Retold { look, history, positions, standing: None }
    }

    /// Adds what is shown of an object, which is given without its line end. What is none is left out.
    pub fn object(&mut self, object: &[u8], out: &mut Vec<u8>) {
        if self.look == Look::Json {
            out.extend_from_slice(object);
            out.push(b'\n');
            return;
        }
        let Ok(object) = serde_json::from_slice::<Object<'_>>(object) else { return };
        let at = time(&object.time);
        let name = object.instance.as_deref().unwrap_or_default();
        let position = self.positions.get(name).copied().unwrap_or(0);
        if object.event.is_some() {
            if self.history.has_remarks() {
                self.interrupt(None, out);
            }
            let about = object.instance.as_deref().map(|name| (name, position));
            return self.history.remark(about, &object.text, b"", at, out);
        }
        let source = (name.to_owned(), object.stream.as_deref().map(str::to_owned));
        self.interrupt(Some(&source), out);
        let bytes = object.bytes.as_deref().and_then(json::from_base64);
        let text = bytes.unwrap_or_else(|| object.text.as_bytes().to_vec());
        if object.continues && !object.partial && self.standing.is_none() && text.is_empty() {
            // The end of a line that was interrupted after its last byte, or whose beginning nobody has seen.
            return;
        }
        let begins = self.standing.is_none();
        let line = Line {
            text,
            begins,
            ends: !object.partial,
            at,
            order: 0,
            channel: match object.stream.as_deref() {
                Some("stderr") => Channel::Error,
                Some("stdout") => Channel::Out,
                Some(_) | None => Channel::Both,
            },
            run: object.run,
            pid: object.pid,
            gap: false,
        };
        self.history.line(name, position, &line, out);
        self.standing = object.partial.then_some(source);
    }

    /// Puts a line end behind a line of somebody else that stands unfinished.
    fn interrupt(&mut self, speaks: Option<&Source>, out: &mut Vec<u8>) {
        if self.standing.is_some() && self.standing.as_ref() != speaks {
            self.standing = None;
            out.push(b'\n');
        }
    }

    /// Ends what was shown: nothing more comes.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        self.interrupt(None, out);
    }
}

/// Reads the time of an object, with the offset that it was written with.
fn time(text: &str) -> WallTime {
    let offset = text.len().checked_sub("+00:00".len()).and_then(|at| text.get(at..));
    let seconds = offset.and_then(|offset| {
        let (hours, minutes) = offset.get(1..)?.split_once(':')?;
        let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
        Some(if offset.starts_with('-') { -seconds } else { seconds })
    });
    let moment = when::parse(text, WallTime::default(), &|_| 0);
    moment.map_or(WallTime::default(), |moment| moment.wall(seconds.unwrap_or(0)))
}

#[cfg(test)]
mod tests;
