//! Tables of what a running stack does.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::facts;
use super::messages::duration;
use crate::control::protocol::{Instance, Member, Stack, State, Use};
use crate::diagnostic::visible;

/// How much of a stack is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// A line for each instance.
    Instances,
    /// And one for each process below it.
    Tree,
}

/// A column that gives way is left out of a window that is too narrow for all of them, the last of these first.
const COLUMNS: &[(&str, u8)] = &[
    ("NAME", 0),
    ("STATE", 0),
    ("PID", 1),
    ("PORT", 2),
    ("UPTIME", 3),
    ("RESTARTS", 6),
    ("CPU", 4),
    ("MEMORY", 5),
    ("LAST LINE", 7),
];
/// A last line of which less than this can be shown is not.
const NARROWEST: usize = 12;

/// Shows a stack; `width` is that of the window, if there is one.
pub fn stack(stack: &Stack, depth: Depth, width: Option<usize>) -> String {
    let heads = COLUMNS.iter().map(|(head, _)| (*head).to_owned()).collect();
    let mut rows: Vec<Vec<String>> = vec![heads];
    rows.extend(stack.instances.iter().map(row));
    let mut widths: Vec<usize> = (0..COLUMNS.len())
        .map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0))
        .collect();
    if let Some(width) = width {
        fit(&mut widths, width);
    }
    let mut text = line(&rows[0], &widths);
    for (row, one) in rows[1..].iter().zip(&stack.instances) {
        text.push_str(&line(row, &widths));
        let tree = one.used.iter().flat_map(|used| &used.tree);
        if depth == Depth::Tree {
            let members: Vec<&Member> = tree.collect();
            for member in &members {
                text.push_str(&cut(&branch(member, &members), width.unwrap_or(usize::MAX)));
                text.push('\n');
            }
        }
    }
    text
}

/// Shows which ports were given, and where is listened.
pub fn ports(stack: &Stack) -> String {
    let mut rows = vec![["NAME", "PORT", "LISTENS"].map(str::to_owned).to_vec()];
    for one in &stack.instances {
        let listens = one.used.as_ref().and_then(|used| used.listens.as_deref()).map(list);
        rows.push(vec![one.name.to_string(), or_dash(one.port), listens.unwrap_or_else(|| "-".to_owned())]);
    }
    let widths: Vec<usize> =
        (0..3).map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0)).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

/// Returns what goes back over a table of so many lines, and takes it away.
pub fn over(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!("\x1b[{lines}A\r\x1b[J") }
}

fn row(one: &Instance) -> Vec<String> {
    let uptime = one.uptime_ms.map(|uptime| duration(Duration::from_secs(uptime / 1000)));
    let state = match (one.state, facts::why(&one.because, None)) {
        (State::Running | State::Stopped, _) | (_, None) => one.state.word().to_owned(),
        (_, Some(why)) => visible(why.strip_prefix("is ").unwrap_or(&why)).into_owned(),
    };
    let used = one.used.as_ref();
    vec![
        one.name.to_string(),
        state,
        or_dash(one.pid),
        port(one.port, used),
        or_dash(uptime),
        one.restarts.to_string(),
        or_dash(used.and_then(|used| used.cpu_percent).map(|percent| format!("{percent:.0}%"))),
        or_dash(used.and_then(|used| used.memory_bytes).map(size)),
        one.last_line.as_deref().map(|line| visible(line).into_owned()).unwrap_or_default(),
    ]
}

/// The port that it was given, and in brackets where it really listens, if that is somewhere else.
fn port(given: Option<u16>, used: Option<&Use>) -> String {
    let listens = used.and_then(|used| used.listens.as_deref()).unwrap_or_default();
    match given {
        Some(port) if listens.is_empty() || listens == [port] => port.to_string(),
        Some(port) => format!("{port} ({})", list(listens)),
        None if listens.is_empty() => "-".to_owned(),
        None => format!("({})", list(listens)),
    }
}

fn list(ports: &[u16]) -> String {
    if ports.is_empty() {
        return "-".to_owned();
    }
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Bytes, as people say them.
fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        mib @ 1..1024 => format!("{mib} MiB"),
        mib => format!("{}.{} GiB", mib >> 10, ((mib & 1023) * 10) >> 10),
    }
}

/// One process below another.
fn branch(member: &Member, all: &[&Member]) -> String {
    let mut depth = 0;
    let mut above = member;
    while let Some(parent) = all.iter().find(|other| other.pid == above.parent).filter(|_| depth < 16) {
        depth += 1;
        above = parent;
    }
    format!("{}{} {}", "  ".repeat(depth + 1), member.pid, visible(&member.title))
}

/// Makes columns narrower, or leaves them out, until all fit.
fn fit(widths: &mut [usize], width: usize) {
    let total = |widths: &[usize]| {
        let shown = widths.iter().filter(|width| **width > 0);
        shown.clone().sum::<usize>() + 2 * shown.count().saturating_sub(1)
    };
    if let Some(last) = widths.len().checked_sub(1) {
        let excess = total(widths).saturating_sub(width);
        if excess > 0 {
            widths[last] = widths[last].saturating_sub(excess);
            if widths[last] < NARROWEST {
                widths[last] = 0;
            }
        }
    }
    for rank in (1..=7).rev() {
        if total(widths) <= width {
            return;
        }
        if let Some(column) = COLUMNS.iter().position(|(_, own)| *own == rank) {
            widths[column] = 0;
        }
    }
    // The reason is cut before the name.
    let excess = total(widths).saturating_sub(width);
    widths[1] = widths[1].saturating_sub(excess).max(4);
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths).filter(|(_, width)| **width > 0) {
        let cell = cut(cell, *width);
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', (width + 2).saturating_sub(cell.width())));
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

/// Returns as much of a text as fits; what is cut off leaves a mark.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut taken = 1;
    for letter in text.chars() {
        taken += letter.width().unwrap_or(0);
        if taken > width {
            break;
        }
        shown.push(letter);
    }
    shown.push('…');
    shown
}

#[cfg(test)]
mod tests;
