//! `forge ps` as a table.

use unicode_width::UnicodeWidthStr;

use super::facts;
use super::messages::duration;
use crate::control::protocol::{Instance, Stack};
use crate::diagnostic::visible;

/// Shows a stack, one line an instance.
pub fn stack(stack: &Stack) -> String {
    let mut rows = vec![["NAME", "STATE", "PID", "PORT", "UPTIME", "RESTARTS"].map(str::to_owned).to_vec()];
    rows.extend(stack.instances.iter().map(row));
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0)).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn row(one: &Instance) -> Vec<String> {
    let number = |number: Option<String>| number.unwrap_or_else(|| "-".to_owned());
    let uptime = one.uptime_ms.map(|uptime| duration(std::time::Duration::from_millis(uptime)));
    let state = match facts::why(&one.because, None) {
        Some(why) => visible(&why).into_owned(),
        None => one.state.word().to_owned(),
    };
    vec![
        one.name.to_string(),
        state,
        number(one.pid.map(|pid| pid.to_string())),
        number(one.port.map(|port| port.to_string())),
        number(uptime),
        one.restarts.to_string(),
    ]
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', (width + 2).saturating_sub(cell.width())));
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}
