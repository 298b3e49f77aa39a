//! A forge that has ended: what it said, and how it ended.

use std::sync::Arc;
use std::time::Duration;

use nix::sys::wait::WaitStatus;

use crate::watch::Watch;

/// A forge that has ended.
pub(crate) struct Ended {
    /// How it ended.
    pub(crate) end: WaitStatus,
    /// Stdout, or all that was seen on the terminal.
    pub(crate) out: Vec<u8>,
    /// Stderr.
    pub(crate) err: Vec<u8>,
    /// From its start to its end.
    pub(crate) took: Duration,
    /// All that is known about it.
    pub(crate) watch: Arc<Watch>,
}

impl Ended {
    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn exits_with(&self, code: i32) -> &Ended {
        if !matches!(self.end, WaitStatus::Exited(_, is) if is == code) {
            self.watch.fail(&format!("forge is to exit with {code}, but it was {:?}", self.end));
        }
        self
    }

    /// Checks that it failed, however.
    #[track_caller]
    pub(crate) fn fails(&self) -> &Ended {
        if matches!(self.end, WaitStatus::Exited(_, 0)) {
            self.watch.fail("forge is to fail, but it exited with 0");
        }
        self
    }

    /// Returns stdout as it came, or all that was seen on the terminal.
    pub(crate) fn stdout(&self) -> &[u8] {
        &self.out
    }

    /// Returns stdout as text.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Returns stderr as text.
    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.err).into_owned()
    }

    /// Returns the lines of stdout without times, colours and padding: `web.1 | hello`.
    pub(crate) fn lines(&self) -> Vec<String> {
        lines(&self.out)
    }

    /// Returns what stands behind a name in the stream, line by line: also forge's remarks about it.
    pub(crate) fn lines_of(&self, name: &str) -> Vec<String> {
        let start = format!("{name} | ");
        self.lines().iter().filter_map(|line| line.strip_prefix(&start)).map(str::to_owned).collect()
    }

    /// Checks that a line of stdout contains this.
    #[track_caller]
    pub(crate) fn showed(&self, text: &str) -> &Ended {
        if !self.lines().iter().any(|line| line.contains(text)) {
            self.watch.fail(&format!("stdout is to have a line with {text:?}"));
        }
        self
    }

    /// Checks that no line of stdout contains this.
    #[track_caller]
    pub(crate) fn never_showed(&self, text: &str) -> &Ended {
        if self.lines().iter().any(|line| line.contains(text)) {
            self.watch.fail(&format!("stdout is to have no line with {text:?}"));
        }
        self
    }

    /// Checks that stderr contains all of this, in any case of letters.
    #[track_caller]
    pub(crate) fn complained(&self, texts: &[&str]) -> &Ended {
        let err = self.err().to_lowercase();
        for text in texts {
            if !err.contains(&text.to_lowercase()) {
                self.watch.fail(&format!("stderr is to contain {text:?}"));
            }
        }
        self
    }

    /// Checks a fact about it; fails with all that there is to see.
    #[track_caller]
    pub(crate) fn shows(&self, what: &str, fact: bool) -> &Ended {
        if !fact {
            self.watch.fail(what);
        }
        self
    }
}

/// Splits output into lines as `Running::sees` compares them.
pub(crate) fn lines(bytes: &[u8]) -> Vec<String> {
    let text = without_escapes(&String::from_utf8_lossy(bytes));
    text.split('\n').filter(|line| !line.is_empty()).map(|line| normal(line.trim_end_matches('\r'))).collect()
}

/// Takes away the time, and the blanks that pad the name.
fn normal(line: &str) -> String {
    let is_time = |time: &str| {
        time.len() == 8
            && time.bytes().enumerate().all(|(place, byte)| match place {
                2 | 5 => byte == b':',
                _ => byte.is_ascii_digit(),
            })
    };
    let rest = match line.split_once(' ') {
        Some((time, rest)) if is_time(time) => rest,
        Some(_) | None => line,
    };
    match rest.split_once(" | ") {
        Some((name, text)) if !name.trim_end().contains(' ') => format!("{} | {text}", name.trim_end()),
        Some(_) | None => rest.to_owned(),
    }
}

/// Takes away escape sequences of the kind `ESC [ … letter`.
pub(crate) fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        let end = after.find(|letter: char| ('@'..='~').contains(&letter));
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    plain.push_str(rest);
    plain
}
