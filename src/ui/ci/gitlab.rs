//! GitLab CI: sections that are collapsed where all is well.

use super::github::title;
use super::rows::{Standing, rows};
use super::{Held, Story};

/// Shows what each process printed, in a section; those who failed have an open one, and come last.
///
/// The times that GitLab wants are only differences to it; the seconds of the run itself will do.
pub(super) fn sections(story: &Story<'_>, held: &Held, out: &mut String) {
    let rows = rows(story);
    let (failed, good): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.standing == Standing::Failed);
    for row in good.into_iter().chain(failed).filter(|row| row.id != story.command) {
        let text = held.text(row.id);
        let is_failed = row.standing == Standing::Failed;
        if text.is_empty() && !is_failed {
            continue;
        }
        let collapsed = if is_failed { "" } else { "[collapsed=true]" };
        let name = format!("forge_{}", row.id.to_string().replace(['.', '-'], "_"));
        let end = row.lasted.as_secs();
        out.extend([format!("\x1b[0Ksection_start:0:{name}{collapsed}\r\x1b[0K{}\n", title(row))]);
        out.push_str(&text);
        out.extend([format!("\x1b[0Ksection_end:{end}:{name}\r\x1b[0K\n")]);
    }
}
