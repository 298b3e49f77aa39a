#![expect(clippy::disallowed_methods, reason = "the tests make the files that are looked for")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Audience, Need, audience, clean, inputs, last_value, read_env_files, root_of, why};
use crate::diagnostic::Checked;
use crate::project::Settings;
use crate::project::load::Inputs;
use crate::project::manifest::Manifest;

/// A directory with these files; a name that ends in `/` is a directory.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        if name.ends_with('/') {
            std::fs::create_dir_all(path).expect("a directory");
        } else {
            std::fs::write(path, text).expect("a file");
        }
    }
    directory
}

fn with_root(root: &Path) -> Settings {
    Settings { root: Some(root.to_owned()), ..Settings::default() }
}

fn with_procfile(procfile: PathBuf) -> Settings {
    Settings { procfile: Some(procfile), ..Settings::default() }
}

/// The messages, with the directory's own name taken out.
fn messages(checked: &Checked<Inputs>, directory: &Path) -> Vec<String> {
    let name = format!("{}/", directory.display());
    checked.diagnostics.iter().map(|diagnostic| diagnostic.message.replace(&name, "")).collect()
}

fn env_texts(inputs: &Inputs) -> Vec<String> {
    inputs.env_files.iter().map(|source| String::from_utf8_lossy(&source.text).into_owned()).collect()
}

#[test]
fn a_root_has_its_own_procfile_and_env() {
    let directory = directory(&[("Procfile", "a: pwd\n"), (".env", "V=app\n")]);
    let read = inputs(with_root(directory.path()), Need::Procfile);
    assert_eq!(read.diagnostics, []);
    assert_eq!(read.value.root, directory.path());
    assert_eq!(read.value.procfile.as_ref().map(|source| source.text.as_slice()), Some(&b"a: pwd\n"[..]));
    assert_eq!(env_texts(&read.value), ["V=app\n"]);
}

#[test]
fn a_procfile_elsewhere_is_the_root_and_lends_its_env() {
    let directory = directory(&[("app/Procfile", "a: pwd\n"), ("app/.env", "V=app\n")]);
    let read = inputs(with_procfile(directory.path().join("app/Procfile")), Need::Procfile);
    assert_eq!(read.value.root, directory.path().join("app"));
    // The tests run where there is no .env.
    assert_eq!(env_texts(&read.value), ["V=app\n"]);
}

#[test]
fn root_and_procfile_may_be_in_two_places() {
    let directory =
        directory(&[("app/Procfile", "a: pwd\n"), ("app/.env", "V=app\n"), ("other/.env", "V=other\n")]);
    let settings = Settings {
        root: Some(directory.path().join("other")),
        ..with_procfile(directory.path().join("app/Procfile"))
    };
    let read = inputs(settings, Need::Procfile);
    assert_eq!(read.value.root, directory.path().join("other"));
    assert_eq!(env_texts(&read.value), ["V=other\n"]);
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let directory = directory(&[]);
    let path = |name: &str| directory.path().join(name);
    let settings = Settings { env_files: Some(vec![path("a"), path("b")]), ..with_procfile(path("P")) };
    let read = inputs(settings, Need::Procfile);
    assert_eq!(
        messages(&read, directory.path()),
        ["P does not exist.", "a does not exist", "b does not exist"]
    );
    assert!(read.diagnostics.iter().all(|diagnostic| diagnostic.in_foremans_words));
}

#[test]
fn a_procfile_that_nobody_named_may_be_missing_for_run() {
    let directory = directory(&[]);
    assert_eq!(inputs(with_root(directory.path()), Need::IfThere).diagnostics, []);
    assert_eq!(inputs(with_procfile(directory.path().join("P")), Need::IfThere).diagnostics.len(), 1);
    assert_eq!(inputs(with_procfile(directory.path().join("P")), Need::Nothing).diagnostics, []);
}

#[test]
fn a_development_procfile_is_offered() {
    let directory = directory(&[("Procfile.dev", "web: a\n")]);
    let read = inputs(with_root(directory.path()), Need::Procfile);
    let hint = format!("there is one for development: `-f {}/Procfile.dev`", directory.path().display());
    assert_eq!(read.diagnostics[0].hints, [hint]);
}

#[test]
fn directories_in_the_place_of_files() {
    let directory = directory(&[("Procfile/", ""), (".env/", ""), ("some.env/", "")]);
    let read = inputs(with_root(directory.path()), Need::Procfile);
    assert_eq!(messages(&read, directory.path()), ["`Procfile` is a directory"]);
    let settings =
        Settings { env_files: Some(vec![directory.path().join("some.env")]), ..Settings::default() };
    let mut diagnostics = Vec::new();
    read_env_files(&settings, &Manifest::default(), &mut diagnostics);
    assert!(diagnostics[0].message.ends_with("some.env`: is a directory"), "{diagnostics:?}");
}

#[test]
fn a_root_must_be_a_directory() {
    let directory = directory(&[("file", "")]);
    let messages = |name: &str| {
        messages(&inputs(with_root(&directory.path().join(name)), Need::Nothing), directory.path())
    };
    assert_eq!(messages("file"), ["`file` is not a directory"]);
    assert_eq!(messages("nosuch"), ["nosuch does not exist"]);
}

#[test]
fn the_null_device_is_an_env_file_without_lines() {
    let settings = Settings { env_files: Some(vec!["/dev/null".into()]), ..Settings::default() };
    let mut diagnostics = Vec::new();
    assert_eq!(read_env_files(&settings, &Manifest::default(), &mut diagnostics)[0].text, b"");
    let none = Settings { env_files: Some(vec![]), ..Settings::default() };
    assert!(read_env_files(&none, &Manifest::default(), &mut diagnostics).is_empty());
    assert_eq!(diagnostics, []);
}

#[test]
fn a_file_without_an_end_is_refused() {
    let settings = Settings { env_files: Some(vec!["/dev/zero".into()]), ..Settings::default() };
    let mut diagnostics = Vec::new();
    read_env_files(&settings, &Manifest::default(), &mut diagnostics);
    assert_eq!(diagnostics[0].message, "could not read `/dev/zero`: it is larger than 16 MiB");
}

#[test]
fn the_root_is_that_of_the_procfile_unless_it_is_named() {
    assert_eq!(root_of(&Settings::default()), Path::new(""));
    assert_eq!(root_of(&with_procfile("Procfile.dev".into())), Path::new(""));
    assert_eq!(root_of(&with_procfile("a/b/Procfile".into())), Path::new("a/b"));
    assert_eq!(root_of(&with_procfile("-".into())), Path::new(""));
    let both = Settings { root: Some("r".into()), ..with_procfile("a/P".into()) };
    assert_eq!(root_of(&both), Path::new("r"));
}

#[test]
fn dots_are_taken_out_of_a_path() {
    for (path, expected) in [("/a/./b/../c/", "/a/c"), ("/../a", "/a"), ("/a//b", "/a/b"), ("/", "/")] {
        assert_eq!(clean(Path::new(path)), Path::new(expected));
    }
}

#[test]
fn a_line_that_is_being_completed_tells_its_procfile() {
    let value = |line: &[&str]| {
        let line: Vec<OsString> = line.iter().map(OsString::from).collect();
        last_value(&line, 'f', "procfile").map(|value| value.to_string_lossy().into_owned())
    };
    for line in [
        &["start", "-f", "P", "we"][..],
        &["start", "-fP", "we"],
        &["start", "--procfile=P"],
        &["-f", "x", "--procfile", "P"],
    ] {
        assert_eq!(value(line).as_deref(), Some("P"), "{line:?}");
    }
    assert_eq!(value(&["start", "we"]), None);
    assert_eq!(value(&["start", "-f"]), None);
}

#[test]
fn reasons_are_in_forges_voice() {
    assert_eq!(why(&std::io::Error::from_raw_os_error(libc::EACCES)), "permission denied");
}

#[test]
fn who_can_read_a_file_depends_on_the_way_to_it() {
    let open = [0o40755, 0o40755];
    assert_eq!(audience(0o100_644, &open), Some(Audience::Everybody));
    assert_eq!(audience(0o100_640, &open), Some(Audience::Group));
    assert_eq!(audience(0o100_600, &open), None);
    assert_eq!(audience(0o100_644, &[0o40755, 0o40750, 0o40755]), Some(Audience::Group), "a closed home");
    assert_eq!(audience(0o100_644, &[0o40755, 0o40700]), None, "a private home");
    assert_eq!(audience(0o100_604, &[0o40755, 0o40750]), None);
}
