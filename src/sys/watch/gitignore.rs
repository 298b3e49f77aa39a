//! What `.gitignore` says, gitignore(5): as much of it as decides whether a file counts.

use std::path::{Path, PathBuf};

/// The rules of one file, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// The directory that they are about.
    directory: PathBuf,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    glob: String,
    /// `!glob`: what an earlier rule ignores counts again.
    negated: bool,
    /// `glob/`: directories alone.
    directories: bool,
}

/// What rules say of one file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    Ignored,
    Counts,
}

impl Rules {
    /// Understands the lines of a `.gitignore` in `directory`. Every line means something; there are no mistakes.
    pub(super) fn parse<'a>(directory: &Path, lines: impl IntoIterator<Item = &'a str>) -> Rules {
        Rules { directory: directory.to_owned(), rules: lines.into_iter().filter_map(rule).collect() }
    }

    /// Says what the last rule that fits says.
    pub(super) fn judge(&self, path: &Path, is_directory: bool) -> Verdict {
        let Some(below) = path.strip_prefix(&self.directory).ok().and_then(Path::to_str) else {
            return Verdict::Nothing;
        };
        let fits =
            |rule: &&Rule| (is_directory || !rule.directories) && fast_glob::glob_match(&rule.glob, below);
        match self.rules.iter().rev().find(fits) {
            None => Verdict::Nothing,
            Some(Rule { negated: true, .. }) => Verdict::Counts,
            Some(Rule { negated: false, .. }) => Verdict::Ignored,
        }
    }
}

fn rule(line: &str) -> Option<Rule> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let line = if line.ends_with("\\ ") { line } else { line.trim_end_matches(' ') };
    let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
    let (directories, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    // A slash at the beginning or within ties it to the directory of the file.
    let glob = match line.strip_prefix('/') {
        Some(rest) => rest.to_owned(),
        None if line.contains('/') => line.to_owned(),
        None => format!("**/{line}"),
    };
    // git knows no alternatives in braces.
    let glob = glob.replace('{', "\\{").replace('}', "\\}");
    Some(Rule { glob, negated, directories })
}
