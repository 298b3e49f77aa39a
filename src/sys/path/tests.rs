#![expect(clippy::disallowed_methods, reason = "the tests make the files that are looked for")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Lookup, find};

/// `bin/tool` and `tool` are programs, `lib/tool` is only a file, `dir/tool` a directory.
fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for name in ["bin/tool", "lib/tool", "tool"] {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(&path, "#!/bin/sh\n").expect("a file");
        let mode = if name.starts_with("lib") { 0o644 } else { 0o755 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
    }
    fs::create_dir_all(directory.path().join("dir/tool")).expect("a directory");
    directory
}

#[test]
fn the_path_is_searched_as_a_shell_does() {
    let directory = directory();
    let root = directory.path();
    let in_root = |name: &str| root.join(name);
    let path = |entries: &[&str]| {
        entries.iter().map(|entry| in_root(entry).display().to_string()).collect::<Vec<_>>().join(":")
    };
    let search = |path: &str| find(b"tool", Some(path.as_bytes()), root);
    assert_eq!(search(&path(&["bin"])), Lookup::Found(in_root("bin/tool")));
    assert_eq!(search(&path(&["nosuch", "dir", "lib", "bin"])), Lookup::Found(in_root("bin/tool")));
    assert_eq!(search(&path(&["dir", "lib"])), Lookup::NotExecutable(in_root("lib/tool")));
    assert_eq!(search(&path(&["dir"])), Lookup::NotFound);
    assert_eq!(search("bin"), Lookup::Found(in_root("bin/tool")));
    assert_eq!(search(":/nosuch"), Lookup::Found(in_root("tool")));
}

#[test]
fn a_slash_means_a_file_and_no_search() {
    let directory = directory();
    let root = directory.path();
    let search = |program: &[u8]| find(program, Some(b"/bin"), root);
    assert_eq!(search(b"bin/tool"), Lookup::Found(root.join("bin/tool")));
    assert_eq!(search(b"./lib/tool"), Lookup::NotExecutable(root.join("./lib/tool")));
    assert_eq!(search(b"dir/tool"), Lookup::NotExecutable(root.join("dir/tool")));
    assert_eq!(search(b"bin/nosuch"), Lookup::NotFound);
    assert_eq!(search(b"bin/tool/x"), Lookup::NotFound);
    assert_eq!(search(b""), Lookup::NotFound);
}

#[test]
fn without_a_path_the_usual_places_are_searched() {
    assert!(matches!(find(b"sh", None, Path::new("/")), Lookup::Found(_)));
}
