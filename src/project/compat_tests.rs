//! Every Procfile and env case of `tests/fixtures/compat` through the library, byte by byte.
#![expect(clippy::disallowed_methods, reason = "the cases are files, and this is a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::{dotenv, procfile};
use crate::diagnostic::{Checked, Diagnostic, Severity, Source};

/// Names and values, in order.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// What a reader made of a file, in the form of the cases.
#[derive(Debug, PartialEq)]
struct Result {
    outcome: std::result::Result<Pairs, String>,
    /// The line and the kind of each warning.
    warnings: Vec<(u64, &'static str)>,
}

/// Runs all cases of a directory, and says how many there were.
fn run(directory: &str, extension: &str, read: fn(&Arc<Source>) -> Checked<Pairs>) -> usize {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compat").join(directory);
    let mut inputs: Vec<PathBuf> = fs::read_dir(&directory)
        .expect("the cases are in the repository")
        .map(|entry| entry.expect("a directory entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    inputs.sort();
    for input in &inputs {
        let case: Value =
            serde_json::from_slice(&fs::read(input.with_extension("json")).expect("each case has its JSON"))
                .expect("the JSON of a case");
        let name = case["case"].as_str().expect("a case has a name");
        let source = Source::new(name, fs::read(input).expect("the input of a case"));
        assert_eq!(got(&read(&source)), expected(&case), "{name}: {}", case["why"]);
    }
    inputs.len()
}

fn expected(case: &Value) -> Result {
    let forge = &case["forge"];
    let outcome = match forge["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(forge["ok"].as_array().expect("a list").iter().map(pair).collect()),
    };
    let warnings = case["forge_warnings"].as_array().into_iter().flatten();
    let warnings =
        warnings.map(|warning| (warning["line"].as_u64().expect("a line"), kind(&warning["what"])));
    // The cases say nothing about warnings beside an error.
    let warnings = if outcome.is_ok() { warnings.collect() } else { Vec::new() };
    Result { outcome, warnings }
}

fn pair(pair: &Value) -> (Vec<u8>, Vec<u8>) {
    (bytes(&pair[0]), bytes(&pair[1]))
}

fn bytes(value: &Value) -> Vec<u8> {
    match value["base64"].as_str() {
        Some(text) => from_base64(text),
        None => value.as_str().expect("text or base64").as_bytes().to_vec(),
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.bytes().filter(|byte| *byte != b'=') {
        let value = digits.iter().position(|known| *known == digit).expect("base64");
        bits = bits << 6 | u32::try_from(value).expect("below 64");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}

/// The code of forge's warning for the words that the cases use.
fn kind(what: &Value) -> &'static str {
    match what.as_str().expect("a warning has words") {
        "indented entry (Foreman ignores it, Heroku runs it)" => "indented-entry",
        "blank before the colon" => "blank-before-colon",
        "ignored line" => "ignored-line",
        "line continuation is not part of the format" => "line-continuation",
        "ignored" => "ignored-env-line",
        "inner quote" => "inner-quote",
        "unclosed quote" => "unclosed-quote",
        other => panic!("no warning of forge is known for `{other}`"),
    }
}

fn got(checked: &Checked<Pairs>) -> Result {
    let errors = checked.diagnostics.iter().find(|one| one.severity == Severity::Error);
    let outcome = match errors {
        Some(error) => Err(words(error)),
        None => Ok(checked.value.clone()),
    };
    let warnings = checked.diagnostics.iter().map(|warning| (u64::from(line(warning)), warning.code));
    let warnings = if outcome.is_ok() { warnings.collect() } else { Vec::new() };
    Result { outcome, warnings }
}

fn line(diagnostic: &Diagnostic) -> u32 {
    diagnostic.primary.as_ref().expect("a place").span.line()
}

/// An error in the words of the cases.
fn words(error: &Diagnostic) -> String {
    let name = || {
        let span = &error.primary.as_ref().expect("a place").span;
        String::from_utf8_lossy(&span.source.text[span.range.clone()]).into_owned()
    };
    match error.code {
        "no-processes" => error.message.clone(),
        "no-command" => format!("line {}: no command for {}", line(error), name()),
        "duplicate-process" => {
            let first = error.labels[0].span.line();
            format!("line {}: duplicate process name {} (first at line {first})", line(error), name())
        }
        "utf-16" => "not UTF-8 text (UTF-16 byte order mark)".to_owned(),
        "nul-byte" => "NUL byte".to_owned(),
        other => panic!("the cases know no error `{other}`"),
    }
}

#[test]
fn every_procfile_is_read_as_the_cases_say() {
    let count = run("procfile", "Procfile", |source| {
        let Checked { value, diagnostics } = procfile::parse(source);
        let pairs = value.into_iter().map(|entry| (entry.name.as_str().as_bytes().to_vec(), entry.command));
        Checked { value: pairs.collect(), diagnostics }
    });
    assert_eq!(count, 49, "a case is missing or new");
}

#[test]
fn every_env_file_is_read_as_the_cases_say() {
    let count = run("env", "env", |source| {
        let Checked { value, diagnostics } = dotenv::parse(source);
        let pairs = value.into_iter().map(|assignment| (assignment.name, assignment.value));
        Checked { value: pairs.collect(), diagnostics }
    });
    assert_eq!(count, 112, "a case is missing or new");
}
