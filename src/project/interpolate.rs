//! `--expand`: references to other variables in the values of env files (compat O2, O4).
//!
//! Only `${NAME}` and `${NAME:-default}` are references; `$NAME`, `$1` and `$$` are ordinary characters, so that a
//! password or a bcrypt hash stays whole. Values in single quotes, and a `$` written as `\$` in double quotes, are
//! not expanded. The default is used when the variable is not set or empty, as in a shell; it is plain text.
//!
//! What a name stands for is decided here, by forge's own rule: the assignments before it and the inherited
//! environment, in the order that also holds for the processes ([`Winner`]). `dotenvy` puts the values in, but it
//! would ask the process's own environment first, knows no defaults, refuses some names, and reads UTF-8 only. So
//! it never sees the user's names: every value of a reference is handed to it under a name that nothing else has,
//! in canonical lines `NAME="…"` in which all but our references is escaped, each byte as the character of that
//! number. Any name and any bytes survive that way.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use super::dotenv::{Assignment, Quoting};
use crate::diagnostic::{Checked, Diagnostic};

/// Whose value counts when an env file and the inherited environment both have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Winner {
    /// The files (Foreman, O1).
    Files,
    /// The inherited environment (`--no-override`).
    Inherited,
}

/// Expands the references in all values.
///
/// `assignments` are those of all files, in order and with repetitions ([`super::dotenv::parse_all`]): a reference
/// sees what stands above it, so that `A=1`, `A=${A}2` gives `12`. `inherited` looks up a variable of the
/// environment that forge was started in. An unset name gives nothing and a warning.
pub fn expand(
    mut assignments: Vec<Assignment>,
    inherited: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
    winner: Winner,
) -> Checked<Vec<Assignment>> {
    let mut diagnostics = Vec::new();
    let mut above: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for assignment in &mut assignments {
        let Found { references, others } = references(assignment);
        if others > 0 {
            diagnostics.push(other_expansion(assignment));
        }
        if !references.is_empty() {
            let look_up = |name: &[u8]| match winner {
                Winner::Files => above.get(name).cloned().or_else(|| inherited(name)),
                Winner::Inherited => inherited(name).or_else(|| above.get(name).cloned()),
            };
            let mut values = Vec::new();
            for reference in &references {
                let value = reference.value(&look_up);
                if value.is_none() {
                    diagnostics.push(unset(assignment, reference));
                }
                values.push(value.unwrap_or_default());
            }
            let written: usize = references.iter().map(|reference| reference.range.len()).sum();
            let length = assignment.value.len() - written + values.iter().map(Vec::len).sum::<usize>();
            if length > LONGEST {
                diagnostics.push(too_long(assignment, length));
                continue;
            }
            match put_in(&assignment.value, &references, &values, inherited) {
                Ok(expanded) => assignment.value = expanded,
                Err(_) => diagnostics.push(not_expanded(assignment)),
            }
            // The dollars that were escaped have moved; nothing is expanded twice.
            assignment.literal_dollars.clear();
        }
        above.insert(assignment.name.clone(), assignment.value.clone());
    }
    Checked { value: assignments, diagnostics }
}

/// The most that Linux lets one variable have (`MAX_ARG_STRLEN`, execve(2)). A value that refers to itself twice doubles with
/// each line, so that a small file could ask for all memory.
const LONGEST: usize = 131_072;

/// One `${…}` in a value.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    /// From `$` to behind `}`.
    range: Range<usize>,
    name: Vec<u8>,
    default: Option<Vec<u8>>,
}

impl Reference {
    /// What is to stand in its place; `None` if nothing says.
    fn value(&self, look_up: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        match (look_up(&self.name), &self.default) {
            (Some(value), Some(default)) if value.is_empty() => Some(default.clone()),
            (Some(value), _) => Some(value),
            (None, default) => default.clone(),
        }
    }
}

/// What begins with `${` in a value.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    references: Vec<Reference>,
    /// How many other things there are that a shell would expand: `${A%b}`, `${A:-${B}}`. They stay as they are.
    others: usize,
}

/// Finds the references in a value.
fn references(assignment: &Assignment) -> Found {
    let value = &assignment.value;
    let mut found = Found::default();
    if assignment.quoted == Quoting::Single {
        return found;
    }
    let mut from = 0;
    while let Some(start) = memchr::memmem::find(&value[from..], b"${").map(|length| from + length) {
        from = start + 2;
        if assignment.literal_dollars.binary_search(&start).is_ok() {
            continue;
        }
        if let Some(reference) = reference(value, start) {
            from = reference.range.end;
            found.references.push(reference);
        } else if value[from..].first().is_some_and(|byte| is_name_byte(*byte))
            && let Some(end) = closing_brace(value, from)
        {
            from = end;
            found.others += 1;
        }
    }
    found
}

/// Reads the reference that begins at `start`, if it is one.
fn reference(value: &[u8], start: usize) -> Option<Reference> {
    let inside = start + 2;
    let end = inside + memchr::memchr(b'}', &value[inside..])?;
    let length = value[inside..end].iter().take_while(|byte| is_name_byte(**byte)).count();
    let name = value[inside..inside + length].to_vec();
    let rest = &value[inside + length..end];
    let default = match rest.strip_prefix(b":-") {
        Some(default) if memchr::memmem::find(default, b"${").is_none() => Some(default.to_vec()),
        None if rest.is_empty() => None,
        Some(_) | None => return None,
    };
    (length > 0).then_some(Reference { range: start..end + 1, name, default })
}

/// Returns the place behind the `}` that closes a `${` before `start`, others inside left out.
fn closing_brace(value: &[u8], start: usize) -> Option<usize> {
    let mut depth = 1_usize;
    for at in memchr::memchr2_iter(b'{', b'}', &value[start..]).map(|length| start + length) {
        match value[at] {
            b'{' => depth += 1,
            _ => depth -= 1,
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// Replaces each reference by the value of the same place in `values`; `dotenvy` does it.
fn put_in(
    value: &[u8],
    references: &[Reference],
    values: &[Vec<u8>],
    inherited: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
) -> Result<Vec<u8>, dotenvy::Error> {
    let prefix = free_prefix(references.len(), inherited);
    let mut lines = String::new();
    for (slot, value) in values.iter().enumerate() {
        line(&mut lines, &prefix, slot, |text| escape(text, value));
    }
    line(&mut lines, &prefix, references.len(), |text| {
        let mut from = 0;
        for (slot, reference) in references.iter().enumerate() {
            escape(text, &value[from..reference.range.start]);
            text.push_str("${");
            text.push_str(&prefix);
            text.push_str(&slot.to_string());
            text.push('}');
            from = reference.range.end;
        }
        escape(text, &value[from..]);
    });
    let mut expanded = String::new();
    for pair in dotenvy::from_read_iter(lines.as_bytes()) {
        (_, expanded) = pair?;
    }
    Ok(expanded.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect())
}

/// The beginning of names that are not in the environment, with the numbers from 0 to `last` behind it: dotenvy
/// prefers what the environment of the process says to its own lines.
fn free_prefix(last: usize, inherited: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> String {
    let mut prefix = "FORGE_EXPAND_".to_owned();
    while (0..=last).any(|slot| inherited(format!("{prefix}{slot}").as_bytes()).is_some()) {
        prefix.push('_');
    }
    prefix
}

/// Writes one canonical line.
fn line(lines: &mut String, prefix: &str, slot: usize, value: impl FnOnce(&mut String)) {
    lines.push_str(prefix);
    lines.push_str(&slot.to_string());
    lines.push_str("=\"");
    value(lines);
    lines.push_str("\"\n");
}

/// Writes bytes so that dotenvy reads each of them as itself inside double quotes.
fn escape(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\\' | b'"' | b'$' => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            _ => text.push(char::from(*byte)),
        }
    }
}

fn unset(assignment: &Assignment, reference: &Reference) -> Diagnostic {
    let name = String::from_utf8_lossy(&reference.name);
    let owner = String::from_utf8_lossy(&assignment.name);
    Diagnostic::warning(
        "unset-reference",
        format!("`{owner}` refers to `{name}`, which is not set above it or outside"),
    )
    .at(assignment.span.clone(), "")
    .hint(format!("`${{{name}:-…}}` gives it a default; single quotes keep `${{` as it is"))
}

fn other_expansion(assignment: &Assignment) -> Diagnostic {
    let owner = String::from_utf8_lossy(&assignment.name);
    Diagnostic::warning("not-a-reference", format!("`{owner}` has a `${{…}}` that stays as it is"))
        .at(assignment.span.clone(), "")
        .hint("only `${NAME}` and `${NAME:-default}` are expanded, and a default holds no reference itself")
}

fn too_long(assignment: &Assignment, length: usize) -> Diagnostic {
    let owner = String::from_utf8_lossy(&assignment.name);
    Diagnostic::error(
        "expansion-too-long",
        format!(
            "the references in `{owner}` make it {length} bytes long, and no program can be given more than {LONGEST}"
        ),
    )
    .at(assignment.span.clone(), "")
    .hint("put the value into single quotes to keep it as it is")
}

fn not_expanded(assignment: &Assignment) -> Diagnostic {
    let owner = String::from_utf8_lossy(&assignment.name);
    Diagnostic::error("not-expanded", format!("the references in `{owner}` could not be expanded"))
        .at(assignment.span.clone(), "")
        .hint("put the value into single quotes to keep it as it is")
}
