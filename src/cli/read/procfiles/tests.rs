#![expect(clippy::disallowed_methods, reason = "the tests make the files that are looked for")]

use std::path::{Path, PathBuf};

use super::{expand, prefixes};

#[test]
fn a_glob_finds_files_in_order_and_leaves_packages_out() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let root = directory.path();
    for path in [
        "b/Procfile",
        "a/Procfile",
        "a/x/Procfile.dev",
        ".git/Procfile",
        "node_modules/p/Procfile",
        "c/Procfile/no",
    ] {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, "").expect("a file");
    }
    let found = |pattern: &str| -> Vec<String> {
        let shown = |path: &PathBuf| path.strip_prefix(root).expect("below it").display().to_string();
        expand(&root.join(pattern)).iter().map(shown).collect()
    };
    assert_eq!(found("*/Procfile"), ["a/Procfile", "b/Procfile"]);
    assert_eq!(found("**/Procfile*"), ["a/Procfile", "a/x/Procfile.dev", "b/Procfile"]);
    assert_eq!(found("{a,c}/Proc*"), ["a/Procfile"]);
    assert_eq!(found("a/*"), ["a/Procfile"]);
    assert_eq!(found("nosuch/*"), Vec::<String>::new());
}

#[test]
fn a_directory_lends_its_name_and_two_of_the_same_their_whole_way() {
    let of = |directories: &[&str]| {
        let directories: Vec<PathBuf> = directories.iter().map(PathBuf::from).collect();
        let shown = |prefix: Option<String>| prefix.unwrap_or_else(|| "-".to_owned());
        prefixes(Path::new("/r"), &directories).into_iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(of(&["/r", "/r/apps/api", "/r/shop"]), ["-", "api", "shop"]);
    assert_eq!(of(&["/r/apps/api", "/r/libs/api", "/r/x"]), ["apps.api", "libs.api", "x"]);
    assert_eq!(of(&["/r/a", "/r/a"]), ["a", "a"]);
    assert_eq!(of(&["/elsewhere/my app"]), ["my-app"]);
}
