use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::gitignore::{Rules, Verdict};
use super::polling::Polling;
use super::scope::{Found, Scope};
use super::{Change, Means, Watcher, Wish};

struct Place(TempDir);

impl Place {
    fn new(files: &[&str]) -> Place {
        let place = Place(tempfile::tempdir().expect("a directory"));
        for file in files {
            place.write(file);
        }
        place
    }

    fn path(&self, file: &str) -> PathBuf {
        fs::canonicalize(self.0.path()).expect("it is there").join(file)
    }

    fn write(&self, file: &str) {
        self.write_text(file, "x");
    }

    fn write_text(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("it is in a directory")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    fn wish(&self, paths: &[&str], ignore: &[&str]) -> Wish {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Wish { root: self.path(""), paths: own(paths), ignore: own(ignore) }
    }

    /// What a wish finds, directories with a slash behind.
    fn finds(&self, paths: &[&str], ignore: &[&str]) -> String {
        let mut scope = Scope::new(&self.wish(paths, ignore));
        let mut found = Vec::new();
        for beginning in scope.beginnings() {
            scope.walk(&beginning, &mut |what| {
                let (path, mark) = match what {
                    Found::Directory(path) => (path, "/"),
                    Found::File(path) => (path, ""),
                };
                let below = path.strip_prefix(self.path("")).expect("it is here");
                found.push(format!("{}{mark}", below.display()));
            });
        }
        found.sort();
        found.dedup();
        found.join(" ")
    }
}

/// Waits until this file changes for that wish; what else changes is passed over.
async fn sees(watcher: &mut Watcher, wish: usize, path: &Path) {
    let seen = async {
        loop {
            let (changes, shortage) = watcher.next().await;
            assert_eq!(shortage, None);
            if changes.contains(&Change { wish, path: path.to_owned() }) {
                return;
            }
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(20), seen).await;
    seen.unwrap_or_else(|_| panic!("a change of {} for {wish}", path.display()));
}

fn run(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future);
}

#[test]
fn globs_find_what_they_say() {
    let place = Place::new(&["a.rb", "lib/b.rb", "lib/c.txt", "lib/deep/d.rb", "config/e.yml", "Gemfile"]);
    assert_eq!(place.finds(&["lib/**"], &[]), "lib/ lib/b.rb lib/c.txt lib/deep/ lib/deep/d.rb");
    assert_eq!(place.finds(&["lib"], &[]), "lib/ lib/b.rb lib/c.txt lib/deep/ lib/deep/d.rb");
    assert_eq!(place.finds(&["**/*.rb"], &[]), "/ a.rb config/ lib/ lib/b.rb lib/deep/ lib/deep/d.rb");
    // Only where it can be: not in the directories below.
    assert_eq!(place.finds(&["lib/*.rb"], &[]), "lib/ lib/b.rb");
    assert_eq!(place.finds(&["*.rb", "Gemfile"], &[]), "/ Gemfile a.rb");
    assert_eq!(place.finds(&["./lib/../config/*"], &[]), "config/ config/e.yml");
    assert_eq!(place.finds(&["nowhere/**"], &[]), "");
}

#[test]
fn what_is_left_out_is_not_found() {
    let files =
        ["lib/a.rb", "lib/a.log", "lib/tmp/b.rb", "lib/.a.rb.swp", "lib/node_modules/x/y.js", "log/c"];
    let place = Place::new(&files);
    assert_eq!(place.finds(&["lib/**"], &["*.log", "lib/tmp/**"]), "lib/ lib/a.rb lib/tmp/");
    assert_eq!(place.finds(&["lib/**"], &["tmp/", "*.log"]), "lib/ lib/a.rb");
    // Who names it means it.
    assert_eq!(place.finds(&["lib/node_modules/x"], &[]), "lib/node_modules/x/ lib/node_modules/x/y.js");
}

#[test]
fn gitignore_is_respected_up_to_the_top_of_the_repository() {
    let place = Place::new(&[
        "app/lib/a.rb",
        "app/lib/gen/b.rb",
        "app/lib/keep.tmp",
        "app/lib/c.tmp",
        "app/log/d",
        "app/.git/HEAD",
        "app/lib/sub/e.rb",
    ]);
    place.write_text(".gitignore", "*.rb\n");
    place.write_text("app/.gitignore", "# generated\n/lib/gen/\n*.tmp\nlog/\n");
    place.write_text("app/lib/.gitignore", "!keep.tmp\nsub\n");
    let found = place.finds(&["app/lib/**"], &[]);
    assert_eq!(found, "app/lib/ app/lib/.gitignore app/lib/a.rb app/lib/keep.tmp");
    assert_eq!(place.finds(&["app/log"], &[]), "app/log/ app/log/d");
}

#[test]
fn the_lines_of_a_gitignore_mean_what_git_says() {
    let rules =
        Rules::parse(Path::new("/r"), "a\n/b\nc/d\ne/\nf*\n!fg\n\\!x\n{h}\nspace \\ \n \n#i\n".lines());
    let judged = |path: &str, is_directory| rules.judge(&Path::new("/r").join(path), is_directory);
    for path in ["a", "x/a", "b", "c/d", "f", "x/fh", "!x", "{h}"] {
        assert_eq!(judged(path, false), Verdict::Ignored, "{path}");
    }
    for path in ["x/b", "x/c/d", "e", "ab", "#i", "h"] {
        assert_eq!(judged(path, false), Verdict::Nothing, "{path}");
    }
    assert_eq!(judged("e", true), Verdict::Ignored);
    assert_eq!(judged("fg", false), Verdict::Counts);
    assert_eq!(rules.judge(Path::new("/elsewhere/a"), false), Verdict::Nothing);
}

#[test]
fn changes_are_told() {
    let place = Place::new(&["lib/a.rb", "other/b"]);
    run(async {
        let wishes = vec![place.wish(&["lib/**"], &[]), place.wish(&["**/*.yml", "config"], &[])];
        let (mut watcher, shortage) = Watcher::start(wishes).await;
        assert_eq!(shortage, None);
        place.write("lib/a.rb");
        sees(&mut watcher, 0, &place.path("lib/a.rb")).await;
        // A file in a directory that was not there, written at once.
        place.write("lib/new/deep/c.rb");
        sees(&mut watcher, 0, &place.path("lib/new/deep/c.rb")).await;
        place.write("lib/new/deep/d.rb");
        sees(&mut watcher, 0, &place.path("lib/new/deep/d.rb")).await;
        // As editors save.
        place.write("lib/a.rb.tmp");
        fs::rename(place.path("lib/a.rb.tmp"), place.path("lib/a.rb")).expect("both are there");
        sees(&mut watcher, 0, &place.path("lib/a.rb")).await;
        fs::remove_file(place.path("lib/a.rb")).expect("it is there");
        sees(&mut watcher, 0, &place.path("lib/a.rb")).await;
        // What was wished for before it was there.
        place.write("config/app.ini");
        sees(&mut watcher, 1, &place.path("config/app.ini")).await;
        // Moved away with all that is in it, and back under another name.
        fs::rename(place.path("lib/new"), place.path("moved")).expect("it is there");
        sees(&mut watcher, 0, &place.path("lib/new")).await;
        fs::rename(place.path("moved"), place.path("lib/again")).expect("it is there");
        sees(&mut watcher, 0, &place.path("lib/again/deep/c.rb")).await;
        place.write("lib/again/deep/c.rb");
        sees(&mut watcher, 0, &place.path("lib/again/deep/c.rb")).await;
        // A checkout of another version.
        fs::remove_dir_all(place.path("lib")).expect("it is there");
        place.write("lib/e.rb");
        sees(&mut watcher, 0, &place.path("lib/e.rb")).await;
        place.write("lib/f.yml");
        sees(&mut watcher, 1, &place.path("lib/f.yml")).await;
    });
}

#[test]
fn reading_is_no_change() {
    let place = Place::new(&["lib/a.rb", "lib/b.rb"]);
    run(async {
        let (mut watcher, _) = Watcher::start(vec![place.wish(&["lib/**"], &["*.log"])]).await;
        let text = fs::read(place.path("lib/a.rb")).expect("it is there");
        place.write("lib/x.log");
        fs::write(place.path("lib/b.rb"), text).expect("it is there");
        let (changes, _) = watcher.next().await;
        assert_eq!(changes, [Change { wish: 0, path: place.path("lib/b.rb") }]);
    });
}

#[test]
fn who_looks_again_sees_the_same() {
    let place = Place::new(&["lib/a.rb", "lib/gone.rb"]);
    run(async {
        let mut scopes = vec![Scope::new(&place.wish(&["lib/**"], &[]))];
        let means = Means::Polling(Polling::begin(&mut scopes));
        let mut watcher = Watcher { scopes, means };
        place.write_text("lib/a.rb", "another text");
        place.write("lib/new/b.rb");
        fs::remove_file(place.path("lib/gone.rb")).expect("it is there");
        let (changes, _) = watcher.next().await;
        let paths: Vec<PathBuf> = changes.into_iter().map(|change| change.path).collect();
        assert_eq!(paths, ["lib/a.rb", "lib/new/b.rb", "lib/gone.rb"].map(|file| place.path(file)));
    });
}
