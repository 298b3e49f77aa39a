//! Durations as people write them: `10`, `2.5`, `300ms`, `5s`, `10m`, `1h`.

use std::time::Duration;

/// Reads a duration; a number without a unit means seconds, as foreman's `-t` does.
///
/// The error is a clause for a message: "expected a time such as 10, 5s or 300ms".
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds_per_unit = match unit.trim_start() {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(expectation()),
    };
    let number: f64 = number.parse().map_err(|_| expectation())?;
    Duration::try_from_secs_f64(number * seconds_per_unit).map_err(|_| expectation())
}

fn expectation() -> String {
    "expected a time such as 10, 5s or 300ms".to_owned()
}

#[cfg(test)]
mod tests;
