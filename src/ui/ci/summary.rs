//! The summary of a step: Markdown, for people who look at the run and not at its log.

use super::rows::{Standing, cpu, memory, rows};
use super::{Story, chain};
use crate::ui::messages::duration;

/// Returns a table of all processes, and what the start-up waited for.
pub fn markdown(story: &Story<'_>) -> String {
    let verdict = story.complaint().unwrap_or_else(|| format!("{} succeeded", story.command));
    let mut text = format!("### forge ci: {}\n\n", cell(&verdict));
    text += "| process | ready after | CPU | peak memory (largest process) | exit |\n| --- | ---: | ---: | ---: | --- |\n";
    for row in rows(story) {
        let mark = match row.standing {
            Standing::Good => "",
            Standing::Failed => "❌ ",
            Standing::NeverRan => "⏭️ ",
        };
        let ready = row.ready.filter(|_| row.id != story.command).map(duration).unwrap_or_default();
        text.extend([format!(
            "| {mark}{} | {ready} | {} | {} | {} |\n",
            cell(&row.id.to_string()),
            row.spent.map(cpu).unwrap_or_default(),
            row.spent.map(memory).unwrap_or_default(),
            cell(&row.end)
        )]);
    }
    if let Some(line) = chain::line(story) {
        text.extend([format!("\n{}\n", cell(&line))]);
    }
    for culprit in story.culprits().into_iter().take(super::SHOWN) {
        let lines = story.last_lines_of(culprit);
        if !lines.is_empty() {
            // Indented, not fenced: no line of it can end the block.
            text.extend([format!("\nThe last lines of {}:\n\n", cell(&culprit.to_string()))]);
            text.extend(lines.iter().map(|line| format!("    {}\n", crate::diagnostic::visible(line))));
        }
    }
    text.push('\n');
    text
}

/// Returns a text in which nothing is Markdown or HTML.
fn cell(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|").replace(['\n', '\r'], " ")
}
