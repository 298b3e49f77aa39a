//! Which lines somebody wants to see.

use memchr::memmem;
use regex_lite::Regex;

use super::escapes::{EscapeFilter, Escapes, Row};
use super::level::{Level, level_of};
use super::report::{Place, Report};

/// What a line must have in it.
#[derive(Debug, Clone)]
pub struct Pattern(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// Letters that mean themselves, which most patterns are made of.
    Text(Vec<u8>),
    Expression(Regex),
}

impl Pattern {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Pattern, String> {
        let plain = |letter: char| letter.is_alphanumeric() || " _-/:;,=<>\"'@#%&!~`".contains(letter);
        if text.chars().all(plain) {
            return Ok(Pattern(Kind::Text(text.as_bytes().to_vec())));
        }
        Regex::new(text)
            .map(|expression| Pattern(Kind::Expression(expression)))
            .map_err(|error| error.to_string())
    }

    /// Returns whether it is found in a line.
    pub fn is_in(&self, line: &[u8]) -> bool {
        match &self.0 {
            Kind::Text(text) => memmem::find(line, text).is_some(),
            Kind::Expression(expression) => expression.is_match(&String::from_utf8_lossy(line)),
        }
    }
}

/// What is asked for.
#[derive(Debug, Default)]
pub struct Question {
    /// All of these must be found.
    pub grep: Vec<Pattern>,
    /// None of these may be.
    pub not: Vec<Pattern>,
    /// Lines of this level and worse, with all that belongs to them.
    pub level: Option<Level>,
}

impl Question {
    /// Returns whether every line is wanted.
    pub fn is_open(&self) -> bool {
        self.grep.is_empty() && self.not.is_empty() && self.level.is_none()
    }

    fn matches(&self, line: &[u8]) -> bool {
        self.grep.iter().all(|pattern| pattern.is_in(line))
            && !self.not.iter().any(|pattern| pattern.is_in(line))
    }
}

/// How long a report gets before it is shown as far as it has come.
const LONGEST_REPORT: usize = 10_000;

/// Sifts the lines of one output, in their order. Where levels are asked for, a line and its stack trace are one report, and
/// are shown or left out as a whole.
#[derive(Debug)]
pub struct Filter<T> {
    report: Report,
    /// What has begun, as far as it was not handed out; empty lines at its end belong to it if more comes.
    held: Vec<T>,
    blanks: usize,
    /// Whether what has begun is bad enough.
    bad: bool,
    /// Which patterns were found in it.
    found: Vec<bool>,
    refused: bool,
    last: Fate,
}

/// What has become of the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Shown,
    Held,
    Dropped,
}

impl<T> Default for Filter<T> {
    fn default() -> Filter<T> {
        let (report, held, found) = (Report::default(), Vec::new(), Vec::new());
        Filter { report, held, blanks: 0, bad: false, found, refused: false, last: Fate::Dropped }
    }
}

impl<T> Filter<T> {
    /// Takes the next line, whose text is `text`; hands out what is wanted, which may be some that came before.
    pub fn hear(&mut self, question: &Question, text: &[u8], line: T, out: &mut Vec<T>) {
        let before = out.len();
        self.sift(question, text, line, out);
        // What was held before may have come out as well; then this line has, too.
        self.last = match (out.len() > before, self.held.is_empty()) {
            (_, false) => Fate::Held,
            (true, true) => Fate::Shown,
            (false, true) => Fate::Dropped,
        };
    }

    /// Takes the next piece of the line that came last. It goes the way of the first.
    pub fn go_on(&mut self, piece: T, out: &mut Vec<T>) {
        match self.last {
            Fate::Shown => out.push(piece),
            Fate::Held => self.held.push(piece),
            Fate::Dropped => {}
        }
    }

    fn sift(&mut self, question: &Question, text: &[u8], line: T, out: &mut Vec<T>) {
        if question.is_open() {
            return out.push(line);
        }
        let text = without_escapes(text);
        let Some(least) = question.level else {
            if question.matches(&text) {
                out.push(line);
            }
            return;
        };
        let is_bad = || level_of(&text).is_some_and(|level| level >= least);
        match self.report.hear(&text) {
            Place::Blank if self.bad => {
                self.blanks += 1;
                self.held.push(line);
                return;
            }
            Place::Blank => return,
            Place::GoesOn => self.bad = self.bad || is_bad(),
            Place::Begins => {
                self.end(question, out);
                self.bad = is_bad();
            }
        }
        if !self.bad {
            return;
        }
        self.blanks = 0;
        self.held.push(line);
        self.look(question, &text);
        let decided = question.not.is_empty() && self.passes();
        if decided || self.held.len() >= LONGEST_REPORT {
            self.hand_out(out);
        }
    }

    /// Ends what has begun: nothing more comes.
    pub fn end(&mut self, question: &Question, out: &mut Vec<T>) {
        self.held.truncate(self.held.len() - self.blanks);
        if question.level.is_some() {
            self.hand_out(out);
        }
        self.held.clear();
        self.found.clear();
        (self.blanks, self.bad, self.refused) = (0, false, false);
    }

    /// Returns whether a report waits for its end.
    pub fn waits(&self) -> bool {
        !self.held.is_empty()
    }

    fn look(&mut self, question: &Question, text: &[u8]) {
        self.found.resize(question.grep.len(), false);
        for (pattern, found) in question.grep.iter().zip(&mut self.found) {
            *found = *found || pattern.is_in(text);
        }
        self.refused = self.refused || question.not.iter().any(|pattern| pattern.is_in(text));
    }

    fn passes(&self) -> bool {
        !self.refused && self.found.iter().all(|found| *found)
    }

    fn hand_out(&mut self, out: &mut Vec<T>) {
        if self.passes() {
            out.append(&mut self.held);
        } else {
            self.held.clear();
        }
    }
}

/// Takes the escape sequences away, where there are any.
fn without_escapes(line: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if Escapes::Strip.leave_alone(line) {
        return line.into();
    }
    let mut plain = Vec::with_capacity(line.len());
    let mut filter = EscapeFilter::new(Escapes::Strip);
    filter.filter(line, Row::ALONE, &mut plain);
    filter.end_line(&mut plain);
    plain.into()
}

#[cfg(test)]
mod tests;
