//! Which files count for one wish, and in which directories they can appear.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Wish;
use super::gitignore::{Rules, Verdict};

/// What editors and systems leave beside the files that people mean.
const BYCATCH: &[&str] = &["*.swp", "*.swx", "*.swo", "*~", ".#*", "\\#*#", "4913", ".DS_Store"];

/// What versions, packages and forge itself keep: large, and never meant.
const STORES: &[&str] = &[".git/", ".hg/", ".jj/", ".svn/", "node_modules/", ".forge/"];

/// One wish, understood.
#[derive(Debug)]
pub(super) struct Scope {
    patterns: Vec<Pattern>,
    /// What the wish itself leaves out, and what nobody means.
    left_out: Vec<Rules>,
    /// The `.gitignore` of each directory that was looked at; an entry without rules where there is none.
    gitignores: BTreeMap<PathBuf, Rules>,
}

/// One glob.
#[derive(Debug)]
struct Pattern {
    /// As far as it names one file or directory.
    base: PathBuf,
    /// What follows; empty: the base itself, and everything below it.
    rest: String,
    /// How many directories below the base it reaches; `None`: any number.
    depth: Option<usize>,
}

impl Scope {
    /// Understands a wish. No file is looked at.
    pub(super) fn new(wish: &Wish) -> Scope {
        let patterns = wish.paths.iter().map(|glob| Pattern::new(&wish.root, glob)).collect();
        let own = Rules::parse(&wish.root, wish.ignore.iter().map(String::as_str));
        let nobodys = Rules::parse(Path::new("/"), BYCATCH.iter().chain(STORES).copied());
        Scope { patterns, left_out: vec![nobodys, own], gitignores: BTreeMap::new() }
    }

    /// Forgets what `.gitignore` files have said, because one of them has changed.
    pub(super) fn forget_gitignores(&mut self) {
        self.gitignores.clear();
    }

    /// Returns whether a change of this file counts.
    pub(super) fn wants(&mut self, file: &Path) -> bool {
        (0..self.patterns.len())
            .any(|index| self.patterns[index].fits(file) && !self.is_ignored(index, file, false))
    }

    /// Returns whether files of this directory, or files below it, can count.
    pub(super) fn enters(&mut self, directory: &Path) -> bool {
        (0..self.patterns.len())
            .any(|index| self.patterns[index].reaches(directory) && !self.is_ignored(index, directory, true))
    }

    /// Returns whether this directory is on the way to a base, so that one may appear with it.
    #[cfg(target_os = "linux")]
    pub(super) fn is_on_the_way(&self, directory: &Path) -> bool {
        self.patterns.iter().any(|pattern| pattern.base.starts_with(directory))
    }

    /// Returns where looking begins: each base, and the nearest directory above it that is there, for a base may appear,
    /// or be replaced by another of the same name.
    pub(super) fn beginnings(&self) -> Vec<PathBuf> {
        let bases = self.patterns.iter().map(|pattern| pattern.base.clone());
        let above = self.patterns.iter().filter_map(|pattern| {
            pattern.base.ancestors().skip(1).find(|above| above.is_dir()).map(Path::to_owned)
        });
        bases.chain(above).collect()
    }

    /// Goes through what counts below `top`: `found` gets each directory that files can appear in, and each file.
    pub(super) fn walk(&mut self, top: &Path, found: &mut impl FnMut(Found<'_>)) {
        let entries = if self.enters(top) { fs::read_dir(top).ok() } else { None };
        let Some(entries) = entries else {
            if top.is_file() && self.wants(top) {
                found(Found::File(top));
            }
            return;
        };
        found(Found::Directory(top));
        for entry in entries.flatten() {
            let path = entry.path();
            // Links to directories are not followed: they go round in circles in some package stores.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.walk(&path, found);
            } else if self.wants(&path) {
                found(Found::File(&path));
            }
        }
    }

    /// What is named by the base itself is meant, whatever any file says; only what lies below it can be ignored.
    fn is_ignored(&mut self, pattern: usize, path: &Path, is_directory: bool) -> bool {
        let Scope { patterns, left_out, gitignores } = self;
        let Ok(below) = path.strip_prefix(&patterns[pattern].base) else { return false };
        let mut at = patterns[pattern].base.clone();
        let count = below.components().count();
        for (number, part) in below.components().enumerate() {
            at.push(part);
            let is_directory = is_directory || number + 1 < count;
            let mut verdict = Verdict::Nothing;
            let of_git = above(&at).map(|directory| {
                gitignores
                    .entry(directory.to_owned())
                    .or_insert_with(|| read(directory))
                    .judge(&at, is_directory)
            });
            // The nearest file comes first; what the wish leaves out is left out in any case.
            let of_git: Vec<Verdict> = of_git.collect();
            for said in
                of_git.into_iter().rev().chain(left_out.iter().map(|rules| rules.judge(&at, is_directory)))
            {
                if said != Verdict::Nothing {
                    verdict = said;
                }
            }
            if verdict == Verdict::Ignored {
                return true;
            }
        }
        false
    }
}

/// Something that a walk has come upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Directory(&'a Path),
    File(&'a Path),
}

/// The directories whose `.gitignore` speaks about a path, nearest first: up to the top of the repository.
fn above(path: &Path) -> impl Iterator<Item = &Path> {
    let mut is_over = false;
    path.ancestors().skip(1).take_while(move |directory| {
        let goes_on = !is_over;
        is_over = directory.join(".git").exists();
        goes_on
    })
}

fn read(directory: &Path) -> Rules {
    let text = fs::read_to_string(directory.join(".gitignore")).unwrap_or_default();
    Rules::parse(directory, text.lines())
}

impl Pattern {
    fn new(root: &Path, glob: &str) -> Pattern {
        let is_plain = |part: &&str| !part.contains(['*', '?', '[', '{', '\\']);
        let parts: Vec<&str> = glob.split('/').collect();
        let plain = parts.iter().take_while(|part| is_plain(part)).count();
        let base = normal(&root.join(parts[..plain].join("/")));
        // `/lib/**` has an empty first part, and is meant from the root of the file system.
        let base = if glob.starts_with('/') { normal(&Path::new("/").join(base)) } else { base };
        let rest = parts[plain..].join("/");
        let rest = rest.trim_end_matches('/').to_owned();
        let depth = match rest.as_str() {
            "" => None,
            rest if rest.contains("**") || rest.contains('{') => None,
            rest => Some(rest.split('/').count() - 1),
        };
        Pattern { base, rest, depth }
    }

    fn fits(&self, file: &Path) -> bool {
        let Ok(below) = file.strip_prefix(&self.base) else { return false };
        if self.rest.is_empty() {
            return true;
        }
        !below.as_os_str().is_empty()
            && below.to_str().is_some_and(|below| fast_glob::glob_match(&self.rest, below))
    }

    fn reaches(&self, directory: &Path) -> bool {
        let Ok(below) = directory.strip_prefix(&self.base) else { return false };
        self.depth.is_none_or(|depth| below.components().count() <= depth)
    }
}

/// Takes `.` and `..` out of a path, by the names alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => normal.push(part),
        }
    }
    normal
}

/// Returns whether this is the file that changes what counts.
#[cfg(target_os = "linux")]
pub(super) fn is_gitignore(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == ".gitignore")
}
