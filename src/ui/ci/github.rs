//! GitHub Actions: groups that are folded, annotations, and lines that are no commands.

use super::rows::{Row, Standing, rows};
use super::{Held, Story};
use crate::ui::messages::duration;

/// Shows what each process printed: folded where all is well, open for those who failed, and these last.
///
/// Commands to the runner that a process prints are stopped by a word that nobody can guess.
pub(super) fn groups(story: &Story<'_>, held: &Held, token: &str, out: &mut String) {
    let rows = rows(story);
    let (failed, good): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.standing == Standing::Failed);
    for row in good.into_iter().chain(failed).filter(|row| row.id != story.command) {
        let text = held.text(row.id);
        if text.is_empty() && row.standing != Standing::Failed {
            continue;
        }
        let is_folded = row.standing != Standing::Failed;
        let title = title(row);
        let title = if is_folded { format!("::group::{}\n", data(&title)) } else { format!("{title}\n") };
        out.push_str(&title);
        out.extend([format!("::stop-commands::{token}\n{text}::{token}::\n")]);
        if is_folded {
            out.push_str("::endgroup::\n");
        }
    }
}

/// Returns the title of what a process printed.
pub(super) fn title(row: &Row<'_>) -> String {
    let ready = row.ready.map(|ready| format!("ready after {}, ", duration(ready))).unwrap_or_default();
    format!("{}: {ready}{}", row.id, row.end)
}

/// Marks the run as failed, with the last lines of whoever is to blame.
pub(super) fn annotation(story: &Story<'_>, complaint: &str) -> String {
    let mut message = complaint.to_owned();
    for line in story.culprits().into_iter().take(super::SHOWN).flat_map(|one| story.last_lines_of(one)) {
        message.push('\n');
        message.push_str(line);
    }
    format!("::error title=forge ci::{}\n", data(&message))
}

/// Returns a text as the message of a command: it must not end the line.
pub(super) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Returns a line of forge's own in which nothing is a command, wherever it stands.
pub(super) fn harmless(line: &str) -> String {
    line.replace("##[", "## [")
}
