//! One line out of what the bar knows, never wider than the window.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::model::{Mode, Model, Row, Sight, State};
use super::words;

/// Between two things that stand side by side.
const GAP: &str = "  ";

/// What is drawn for the place where the next character comes.
const CARET: &str = "_";

/// In less room a choice does not say what it is for.
const ROOM_FOR_VERB: usize = 30;

/// How a piece of the line looks. The line itself is reversed, which every terminal can, with or without colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Strong,
    Bad,
    /// As the lines of the stream, so that it stands out.
    Chosen,
}

#[derive(Debug, Clone, Default)]
struct Line(Vec<(Look, String)>);

impl Line {
    fn of(look: Look, text: impl Into<String>) -> Line {
        Line(vec![(look, text.into())])
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }

    fn push(&mut self, look: Look, text: impl Into<String>) {
        self.0.push((look, text.into()));
    }

    fn append(&mut self, other: Line) {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.push(Look::Plain, GAP);
        }
        self.0.extend(other.0);
    }
}

/// Draws the line for a window of so many columns: text and SGR, nothing else.
pub fn line(model: &Model, columns: u16, colour: bool) -> Vec<u8> {
    // One column stays free on both sides.
    let room = usize::from(columns).saturating_sub(2);
    let (left, right) = match &model.mode {
        Mode::Commands => commands(model, room),
        Mode::Choice { verb, typed, .. } => (choice(model, words::verb(*verb), typed, room), Line::default()),
        Mode::Filter { typed } => {
            let mut line = Line::of(Look::Strong, words::FILTER);
            line.push(Look::Plain, format!("{}{CARET}", tail(typed, room.saturating_sub(line.width() + 1))));
            (line, fitting(words::FILTER_KEYS, room, typed.width() + words::FILTER.width() + 1))
        }
        Mode::Keyboard { of } => {
            let name = of.to_string();
            (
                longest(words::has_keyboard(&name).map(|text| Line::of(Look::Strong, text)), room),
                Line::default(),
            )
        }
    };
    let mut out = Vec::new();
    paint(&left, &right, room, colour, &mut out);
    out
}

/// What stands there while each key is a command.
fn commands(model: &Model, room: usize) -> (Line, Line) {
    let mut front = Line::default();
    if let Some(id) = model.waiting.first().filter(|_| model.has_keys) {
        let name = id.to_string();
        front = longest(words::waits(&name).map(|text| Line::of(Look::Strong, text)), room);
    }
    front.append(sight(&model.sight));
    if let Some(answer) = &model.answer {
        front.append(Line::of(Look::Strong, answer));
    }
    let room_left = room.saturating_sub(front.width() + if front.0.is_empty() { 0 } else { GAP.len() });
    let states = [named(&model.processes), troubled(&model.processes), counted(&model.processes)];
    let hints = hints(model);
    let fits = |states: &&Line| states.width() <= room_left;
    let room_for = |states: &Line, hint: &str| states.width() + GAP.len() + hint.width() <= room_left;
    // Names before hints, but for the last of them, which leads to all the others.
    let last = hints.last().copied().unwrap_or_default();
    let states = states
        .iter()
        .find(|states| room_for(states, last))
        .or_else(|| states.iter().find(fits))
        .cloned()
        .unwrap_or_else(|| states[states.len() - 1].clone());
    let hint = hints.iter().find(|hint| room_for(&states, hint)).copied().unwrap_or_default();
    front.append(states);
    (front, Line::of(Look::Plain, hint))
}

fn hints(model: &Model) -> &'static [&'static str] {
    match (model.has_keys, model.is_stopping) {
        (false, _) => &[""],
        (true, true) => words::HINTS_AT_THE_END,
        (true, false) => words::HINTS,
    }
}

/// Says which lines are shown, if not all.
fn sight(sight: &Sight) -> Line {
    let mut line = Line::default();
    if let Some(only) = &sight.only {
        line.append(Line::of(Look::Strong, words::only(only)));
    }
    match sight.muted.len() {
        0 => {}
        1 => line
            .append(Line::of(Look::Strong, words::muted_one(sight.muted.first().map(ToString::to_string)))),
        many => line.append(Line::of(Look::Strong, words::muted(many))),
    }
    if let Some(filter) = &sight.filter {
        line.append(Line::of(Look::Strong, words::filter(filter)));
    }
    line
}

/// Every process with its state.
fn named(rows: &[Row]) -> Line {
    let mut line = Line::default();
    for row in rows {
        let mut one = Line::of(Look::Plain, format!("{} ", row.id));
        one.push(look(row.state), words::state(row.state));
        line.append(one);
    }
    line
}

/// Who is not as it should be, and how many others there are.
fn troubled(rows: &[Row]) -> Line {
    let is_fine = |state: State| {
        matches!(state, State::Running | State::Ready | State::Done | State::Stopped | State::Scheduled)
    };
    let (fine, troubled): (Vec<Row>, Vec<Row>) = rows.iter().cloned().partition(|row| is_fine(row.state));
    let mut line = named(&troubled);
    line.append(counted(&fine));
    line
}

/// How many there are in each state, the worst first.
fn counted(rows: &[Row]) -> Line {
    let mut states: Vec<State> = rows.iter().map(|row| row.state).collect();
    states.sort_unstable();
    let mut line = Line::default();
    for same in states.chunk_by(|one, other| one == other) {
        let mut one = Line::of(Look::Plain, format!("{} ", same.len()));
        one.push(look(same[0]), words::state(same[0]));
        line.append(one);
    }
    line
}

fn look(state: State) -> Look {
    match state {
        State::Failed | State::Backoff => Look::Bad,
        State::Stopping
        | State::Waiting
        | State::Starting
        | State::Running
        | State::Ready
        | State::Done
        | State::Stopped
        | State::Scheduled => Look::Plain,
    }
}

/// Who can be chosen, and who would be taken now.
fn choice(model: &Model, verb: &str, typed: &str, room: usize) -> Line {
    // Where there is no room, whom matters more than what for: that was pressed a moment ago.
    let mut line = Line::default();
    if room >= ROOM_FOR_VERB {
        line.push(Look::Strong, format!("{verb} "));
    }
    line.push(Look::Plain, format!("{}{CARET}", tail(typed, room.saturating_sub(line.width() + 1))));
    let choices = model.choices(typed);
    if choices.is_empty() {
        line.append(Line::of(Look::Bad, words::NOBODY));
        return line;
    }
    let chosen = model.chosen();
    let place = choices.iter().position(|(_, row)| Some(&row.id) == chosen).unwrap_or(0);
    // As many in front of the chosen one as leave it in sight.
    let width = |(number, row): &(usize, &Row)| format!("{number} {}", row.id).width() + GAP.len();
    let room = room.saturating_sub(line.width());
    let mut first = 0;
    while first < place && choices[first..=place].iter().map(width).sum::<usize>() > room {
        first += 1;
    }
    for (number, row) in &choices[first..] {
        let look = if Some(&row.id) == chosen { Look::Chosen } else { Look::Plain };
        line.append(Line::of(look, format!("{number} {}", row.id)));
    }
    line
}

/// Returns the first that fits, else the last.
fn longest<const N: usize>(lines: [Line; N], room: usize) -> Line {
    let mut last = Line::default();
    for line in lines {
        if line.width() <= room {
            return line;
        }
        last = line;
    }
    last
}

fn fitting(text: &str, room: usize, taken: usize) -> Line {
    if taken + GAP.len() + text.width() <= room { Line::of(Look::Plain, text) } else { Line::default() }
}

/// Returns as much of the end of a text as has room.
fn tail(text: &str, room: usize) -> &str {
    let mut width = text.width();
    let mut rest = text;
    while width > room {
        let Some(first) = rest.chars().next() else { break };
        rest = &rest[first.len_utf8()..];
        width = rest.width();
    }
    rest
}

fn paint(left: &Line, right: &Line, room: usize, colour: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[0;7m ");
    let mut width = 0;
    for (look, text) in &left.0 {
        set(*look, colour, out);
        width += put(text, room - width, out);
    }
    set(Look::Plain, colour, out);
    let gap = room.saturating_sub(width + right.width());
    out.extend(std::iter::repeat_n(b' ', gap));
    width += gap;
    for (look, text) in &right.0 {
        set(*look, colour, out);
        width += put(text, room - width, out);
    }
    set(Look::Plain, colour, out);
    out.extend_from_slice(b" \x1b[0m");
}

fn set(look: Look, colour: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(match (look, colour) {
        (Look::Plain, _) => b"\x1b[0;7m",
        (Look::Strong, _) | (Look::Bad, false) => b"\x1b[0;1;7m",
        (Look::Bad, true) => b"\x1b[0;1;7;31m",
        (Look::Chosen, _) => b"\x1b[0;1m",
    });
}

/// Writes as much of a text as has room; returns how many columns it took. A name may hold whatever a Procfile may.
fn put(text: &str, room: usize, out: &mut Vec<u8>) -> usize {
    let mut width = 0;
    let is_cut = text.width() > room;
    for letter in text.chars() {
        let next = letter.width().unwrap_or(0);
        if is_cut && width + next + 1 > room {
            if width < room {
                out.extend_from_slice("…".as_bytes());
                width += 1;
            }
            break;
        }
        if !letter.is_control() {
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            width += next;
        }
    }
    width
}

#[cfg(test)]
mod tests;
