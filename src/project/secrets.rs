//! Which values are nobody's business, and in which forms they may turn up in an output.
//!
//! The names decide ([`SecretRules`]): all of a value whose name looks secret is one, and of any other value the
//! password in a URL and what stands behind `password=` and its kind. [`find`] makes of them what
//! `logs::Mask` looks for. No list of secrets is ever shown, not even by `Debug`.

mod spellings;
mod weak;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use weak::Surroundings;

/// Shown instead of a secret.
pub const MASK: &str = "•••";

/// Secrets with fewer characters are not looked for in an output: they would be found everywhere.
pub const SHORTEST_CHARACTERS: usize = 8;

/// The longest text that is looked for as a whole, in bytes. Of a longer secret each part of this length is one.
pub const LONGEST_BYTES: usize = 1024;

/// Names that promise a secret; `*` stands for anything, capitals and small letters are the same.
const KEYS: &[&str] = &[
    "*TOKEN*",
    "*SECRET*",
    "*PASSWORD*",
    "*PASSWD*",
    "*PASSPHRASE*",
    "*CREDENTIAL*",
    "*PRIVATE_KEY*",
    "*_KEY",
    "*_PASS",
    "*_PWD",
    "*APIKEY",
    "*ACCESSKEY",
    "*ACCOUNTKEY",
];

/// Names that promise one and do not keep it: what is public, and where a secret lies.
const REVEAL: &[&str] = &[
    "*PUBLIC_KEY",
    "*PUBLISHABLE_KEY",
    "*_FILE",
    "*_PATH",
    "*_DIR",
    // Its value is the path of a file, whatever its name says.
    "GOOGLE_APPLICATION_CREDENTIALS",
];

/// The rules of a project, and what they find in it.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// The rules.
    pub rules: SecretRules,
    /// What must not be seen in any output.
    pub found: Vec<Secret>,
}

/// What is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRules {
    /// Whether anything is.
    pub mask: bool,
    /// Names whose values are secret; `*` stands for anything, capitals and small letters are the same.
    pub keys: Vec<String>,
    /// Names whose values are not, although one of `keys` fits.
    pub reveal: Vec<String>,
}

impl Default for SecretRules {
    fn default() -> SecretRules {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        SecretRules { mask: true, keys: owned(KEYS), reveal: owned(REVEAL) }
    }
}

impl SecretRules {
    /// Returns where in a value secrets stand, sorted: all of it, or passwords in it. No part is empty.
    pub fn parts(&self, name: &[u8], value: &[u8]) -> Vec<Range<usize>> {
        if value.is_empty() || self.is_revealed(name) {
            return Vec::new();
        }
        if self.is_secret(name) {
            return std::iter::once(0..value.len()).collect();
        }
        let mut parts: Vec<Range<usize>> = url_passwords(value).map(|place| place.password).collect();
        parts.extend(self.named_within(value));
        parts.sort_by_key(|part| part.start);
        // A password may itself hold what looks like `password=…`.
        parts.dedup_by(|later, earlier| later.start < earlier.end);
        parts
    }

    /// Returns what may be shown of a value, or `None` if all of it may.
    pub fn shown(&self, name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        let parts = self.parts(name, value);
        if parts.is_empty() {
            return None;
        }
        let (mut shown, mut from) = (Vec::new(), 0);
        for part in parts {
            shown.extend_from_slice(&value[from..part.start]);
            shown.extend_from_slice(MASK.as_bytes());
            from = part.end;
        }
        shown.extend_from_slice(&value[from..]);
        Some(shown)
    }

    fn is_secret(&self, name: &[u8]) -> bool {
        self.keys.iter().any(|key| fits(key.as_bytes(), name)) && !self.is_revealed(name)
    }

    fn is_revealed(&self, name: &[u8]) -> bool {
        self.reveal.iter().any(|key| fits(key.as_bytes(), name))
    }

    /// `password=…` in the query of a URL or in a connection string, whose names are judged as those of variables.
    fn named_within(&self, value: &[u8]) -> impl Iterator<Item = Range<usize>> {
        let is_border = |byte: &u8| matches!(byte, b'?' | b'&' | b';' | b'#') || byte.is_ascii_whitespace();
        let mut start = 0;
        value.split(is_border).filter_map(move |word| {
            let at = start;
            start += word.len() + 1;
            let equals = memchr::memchr(b'=', word)?;
            let is_one = equals + 1 < word.len() && self.is_secret(&word[..equals]);
            is_one.then_some(at + equals + 1..at + word.len())
        })
    }
}

/// One text that is not to be seen, as an output may hold it: neither CR nor LF is in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    text: Vec<u8>,
    from: usize,
    to: usize,
}

impl Secret {
    /// Makes a secret of `text`, of which only `hidden` is masked. `None` for a text that cannot be looked for: shorter
    /// than 8 bytes, longer than [`LONGEST_BYTES`], with a line end in it, or with nothing to hide.
    pub fn new(text: impl Into<Vec<u8>>, hidden: Range<usize>) -> Option<Secret> {
        let text = text.into();
        let possible = (SHORTEST_CHARACTERS..=LONGEST_BYTES).contains(&text.len())
            && memchr::memchr2(b'\r', b'\n', &text).is_none()
            && hidden.start < hidden.end
            && hidden.end <= text.len();
        possible.then_some(Secret { text, from: hidden.start, to: hidden.end })
    }

    /// Makes a secret of a text, all of which is masked; `None` as with [`Secret::new`].
    pub fn whole(text: impl Into<Vec<u8>>) -> Option<Secret> {
        let text = text.into();
        let all = 0..text.len();
        Secret::new(text, all)
    }

    /// Returns what is looked for.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns what of it is masked; the rest only says that it is the one.
    pub fn hidden(&self) -> Range<usize> {
        self.from..self.to
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({MASK} of {} bytes)", self.text.len())
    }
}

/// Makes a list of all texts that are not to be seen: those of the variables whose names or values the rules call
/// secret, in every form they may be printed in. `names` are words of the user's own that no mask should hit.
pub fn find(rules: &SecretRules, variables: &[(&[u8], &[u8])], names: &[&[u8]]) -> Vec<Secret> {
    if !rules.mask {
        return Vec::new();
    }
    let surroundings = Surroundings { rules, variables, names };
    let mut finder = Finder { all: BTreeSet::new(), surroundings };
    for (name, value) in variables {
        if rules.is_revealed(name) {
            continue;
        }
        if rules.is_secret(name) {
            finder.value(value);
        } else {
            for part in rules.named_within(value) {
                finder.encoded(&value[part]);
            }
        }
        for place in url_passwords(value) {
            finder.password_of_url(value, place);
        }
    }
    finder.all.into_iter().collect()
}

struct Finder<'a> {
    all: BTreeSet<Secret>,
    surroundings: Surroundings<'a>,
}

impl Finder<'_> {
    /// A value as the process has it. Of a key of several lines each line may be printed alone.
    fn value(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if is_short(value) || self.surroundings.is_weak(value) {
            return;
        }
        for line in value.split(|byte| matches!(byte, b'\r' | b'\n')).map(<[u8]>::trim_ascii) {
            // `-----BEGIN PRIVATE KEY-----` tells nothing.
            if !(line.starts_with(b"-----") && line.ends_with(b"-----")) {
                self.text(line);
            }
        }
        for spelling in spellings::in_json(value).into_iter().chain(spellings::in_urls(value)) {
            self.text(&spelling);
        }
    }

    /// A piece of a URL or of a connection string: as it stands, and as the process will understand it.
    fn encoded(&mut self, value: &[u8]) {
        self.value(value);
        if let Some(decoded) = spellings::decoded(value) {
            self.value(&decoded);
        }
    }

    /// A password that is too weak to be looked for alone is still masked between its user and its host.
    fn password_of_url(&mut self, value: &[u8], place: UrlPassword) {
        let UrlPassword { scheme, around, password } = place;
        self.encoded(&value[password.clone()]);
        let start = if around.len() < SHORTEST_CHARACTERS { scheme } else { around.start };
        let hidden = password.start - start..password.end - start;
        self.all.extend(Secret::new(&value[start..around.end], hidden));
    }

    fn text(&mut self, text: &[u8]) {
        if is_short(text) {
            return;
        }
        for part in text.chunks(LONGEST_BYTES) {
            // The last part may be too short to be looked for: then it is longer, and overlaps the one before.
            let part = if part.len() < LONGEST_BYTES && text.len() > LONGEST_BYTES {
                &text[text.len() - LONGEST_BYTES..]
            } else {
                part
            };
            self.all.extend(Secret::whole(part));
        }
    }
}

fn is_short(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).chars().count() < SHORTEST_CHARACTERS
}

/// Where the password of a URL stands.
struct UrlPassword {
    /// Where the URL begins.
    scheme: usize,
    /// From `://` to `@`, both included.
    around: Range<usize>,
    password: Range<usize>,
}

/// Finds the passwords of all URLs in a value: `postgres://app:hunter2@db/app`.
fn url_passwords(value: &[u8]) -> impl Iterator<Item = UrlPassword> {
    memchr::memmem::find_iter(value, "://").filter_map(|at| {
        let begin = at + "://".len();
        let ends = |byte: &u8| {
            matches!(byte, b'/' | b'?' | b'#' | b',' | b'"' | b'\'') || byte.is_ascii_whitespace()
        };
        let length = value[begin..].iter().position(ends).unwrap_or(value.len() - begin);
        let authority = &value[begin..begin + length];
        // A password may hold an `@` itself, so the last one counts.
        let host = memchr::memrchr(b'@', authority)?;
        let colon = memchr::memchr(b':', &authority[..host])?;
        let is_of_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let scheme = value[..at].iter().rposition(|byte| !is_of_scheme(byte)).map_or(0, |before| before + 1);
        (colon + 1 < host).then_some(UrlPassword {
            scheme,
            around: at..begin + host + 1,
            password: begin + colon + 1..begin + host,
        })
    })
}

/// Returns whether a name is one of those that `key` means.
fn fits(key: &[u8], name: &[u8]) -> bool {
    match key.split_first() {
        None => name.is_empty(),
        Some((b'*', [])) => true,
        Some((b'*', rest)) => (0..=name.len()).any(|skipped| fits(rest, &name[skipped..])),
        Some((first, rest)) => name
            .split_first()
            .is_some_and(|(letter, name)| first.eq_ignore_ascii_case(letter) && fits(rest, name)),
    }
}

#[cfg(test)]
mod tests;
