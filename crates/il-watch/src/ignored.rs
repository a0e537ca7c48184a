//! What the `.interlineignore` files of a tree keep out, asked path by path.
//!
//! The one idea: they are read as the scan reads them (a file in a nearer folder counts before one farther up, and what lies in
//! a folder that is kept out is kept out), but also for paths that no scan comes by: an open file, a snippet. What they say now
//! counts: each is looked at again after a moment.
//!
//! A file that cannot be read keeps out everything that it could have been about: who writes one means it.
//!
//! Deliberately absent: `.gitignore` and `.ignore`, which say what is no source and not what is private.

use std::{
    collections::HashMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};
use il_privacy::{Because, IgnoreFiles};

use crate::scan::{OWN_IGNORE_FILE, Stamp};

/// What was read this long ago is looked at again.
const FRESH: Duration = Duration::from_secs(2);
/// So many folders are remembered before all are forgotten.
const MOST: usize = 20_000;

/// The ignore files of one tree.
pub struct Ignored {
    /// The folder from which on they count: the root, or above it that of the git repository.
    base: PathBuf,
    /// The root inside it, `/`-separated.
    prefix: Vec<String>,
    known: RwLock<HashMap<PathBuf, Known>>,
}

#[derive(Clone)]
struct Known {
    looked: Instant,
    stamp: Option<Stamp>,
    rules: Rules,
}

#[derive(Clone)]
enum Rules {
    None,
    Some(Arc<Gitignore>),
    Unreadable(Arc<str>),
}

impl fmt::Debug for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ignored({:?})", self.base)
    }
}

impl Ignored {
    /// Those that hold in the tree at `root`, an absolute path.
    pub fn new(root: &Path) -> Self {
        let base = root.ancestors().find(|dir| dir.join(".git").exists());
        let base = base.unwrap_or(root);
        let prefix = root.strip_prefix(base).unwrap_or(Path::new(""));
        Self {
            base: base.to_path_buf(),
            prefix: prefix
                .iter()
                .map(|it| it.to_string_lossy().into_owned())
                .collect(),
            known: RwLock::default(),
        }
    }

    /// Why nothing can be said of any path: an ignore file at the root or above it cannot be read.
    pub fn trouble(&self) -> Option<Arc<str>> {
        let mut directory = self.base.clone();
        let below = self.prefix.iter().map(Some).chain([None]);
        for part in below {
            if let Rules::Unreadable(why) = self.rules(&directory) {
                return Some(why);
            }
            directory.extend(part);
        }
        None
    }

    fn rules(&self, directory: &Path) -> Rules {
        let now = Instant::now();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let last = known.get(directory).cloned();
        drop(known);
        if let Some(last) = &last
            && now.duration_since(last.looked) < FRESH
        {
            return last.rules.clone();
        }
        let file = directory.join(OWN_IGNORE_FILE);
        let stamp = fs::metadata(&file).ok().map(|it| Stamp::of(&it));
        let rules = match last {
            Some(last) if last.stamp == stamp && !matches!(last.rules, Rules::Unreadable(_)) => {
                last.rules
            }
            _ => read(directory, &file),
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        let looked = Known {
            looked: now,
            stamp,
            rules: rules.clone(),
        };
        known.insert(directory.to_path_buf(), looked);
        rules
    }

    /// What keeps out the file or folder at the end of these folders, the base first.
    fn one(&self, folders: &[PathBuf], path: &Path, is_folder: bool) -> Option<Because> {
        for folder in folders.iter().rev() {
            match self.rules(folder) {
                Rules::None => {}
                Rules::Unreadable(why) => return Some(Because::Unreadable(why)),
                Rules::Some(rules) => match rules.matched(path, is_folder) {
                    Match::None => {}
                    Match::Whitelist(_) => return None,
                    Match::Ignore(_) => {
                        return Some(Because::IgnoreFile(self.shown(folder).into()));
                    }
                },
            }
        }
        None
    }

    /// An ignore file as people of this tree call it.
    fn shown(&self, folder: &Path) -> String {
        let inside = folder.strip_prefix(&self.base).unwrap_or(folder);
        let file = inside.join(OWN_IGNORE_FILE);
        file.to_string_lossy().replace('\\', "/")
    }
}

impl IgnoreFiles for Ignored {
    fn keeps_out(&self, path: &str) -> Option<Because> {
        let is_outside = path.starts_with('/') || path.split('/').next() == Some("..");
        if is_outside || Path::new(path).is_absolute() {
            return None;
        }
        let parts = self.prefix.iter().map(String::as_str);
        let parts: Vec<&str> = parts.chain(path.split('/')).collect();
        let mut folders = vec![self.base.clone()];
        for (n, part) in parts.iter().enumerate() {
            let here = folders[n].join(part);
            let because = self.one(&folders, &here, n + 1 < parts.len());
            if because.is_some() {
                return because;
            }
            folders.push(here);
        }
        None
    }
}

fn read(directory: &Path, file: &Path) -> Rules {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if is_missing(&error) => return Rules::None,
        Err(error) => return unreadable(file, &error.to_string()),
    };
    let mut builder = GitignoreBuilder::new(directory);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for (n, line) in text.lines().enumerate() {
        if let Err(error) = builder.add_line(None, line) {
            return unreadable(file, &format!("line {}: {error}", n + 1));
        }
    }
    match builder.build() {
        Ok(rules) if rules.is_empty() => Rules::None,
        Ok(rules) => Rules::Some(Arc::new(rules)),
        Err(error) => unreadable(file, &error.to_string()),
    }
}

/// Whether there is no such file, or no such folder.
fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

fn unreadable(file: &Path, why: &str) -> Rules {
    Rules::Unreadable(format!("{}: {why}", file.display()).into())
}

#[cfg(test)]
mod tests {
    use il_privacy::{Level, Policy};
    use tempfile::TempDir;

    use super::*;
    use crate::{Options, scan};

    fn tree(files: &[(&str, &str)]) -> TempDir {
        let dir = TempDir::new().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    /// Which of the files are kept out, and by what; the scan must agree.
    #[track_caller]
    fn check(rules: &[(&str, &str)], files: &[&str], kept_out: &[(&str, &str)]) {
        let all: Vec<(&str, &str)> = files.iter().map(|it| (*it, "x")).collect();
        let dir = tree(&[rules, &all].concat());
        let ignored = Ignored::new(dir.path());
        let found = files.iter().filter_map(|path| {
            let because = ignored.keeps_out(path)?;
            Some(((*path).to_owned(), because.to_string()))
        });
        let expected = kept_out
            .iter()
            .map(|(path, by)| ((*path).to_owned(), format!("it is kept out by `{by}`")));
        assert!(
            found.eq(expected.clone()),
            "{:?}",
            expected.collect::<Vec<_>>()
        );
        let scanned = scan(dir.path(), &Options::default()).files;
        let scanned: Vec<&str> = scanned.iter().map(|it| it.path.as_str()).collect();
        let mut admitted = files.to_vec();
        admitted.retain(|it| kept_out.iter().all(|out| out.0 != *it));
        admitted.sort_unstable();
        assert_eq!(scanned, admitted, "the scan says something else");
    }

    #[test]
    fn it_keeps_out_what_the_scan_leaves_out() {
        check(
            &[
                (
                    ".interlineignore",
                    "# ours\ndrafts/\n*.tmp.rs\n/top.rs\n!keep.tmp.rs\n",
                ),
                ("app/.interlineignore", "!b.tmp.rs\nown.rs\n"),
            ],
            &[
                "app/a.tmp.rs",
                "app/b.tmp.rs",
                "app/deep/b.tmp.rs",
                "app/keep.tmp.rs",
                "app/own.rs",
                "app/top.rs",
                "drafts/a/keep.tmp.rs",
                "own.rs",
                "top.rs",
            ],
            &[
                ("app/a.tmp.rs", ".interlineignore"),
                ("app/own.rs", "app/.interlineignore"),
                ("drafts/a/keep.tmp.rs", ".interlineignore"),
                ("top.rs", ".interlineignore"),
            ],
        );
    }

    #[test]
    fn one_above_the_root_counts_inside_one_git_repository() {
        let dir = tree(&[
            (".git/HEAD", ""),
            (".interlineignore", "crates/secret/*.rs\n"),
            ("crates/secret/a.rs", "x"),
        ]);
        let ignored = Ignored::new(&dir.path().join("crates/secret"));
        assert!(ignored.keeps_out("a.rs").is_some());
        assert!(ignored.keeps_out("b.txt").is_none());
        assert!(ignored.keeps_out("/usr/lib/a.rs").is_none());
        assert!(
            ignored.keeps_out("../secret/a.rs").is_none(),
            "it is not inside"
        );
    }

    #[test]
    fn what_it_says_now_counts() {
        let dir = tree(&[("a.rs", "x")]);
        let ignored = Ignored::new(dir.path());
        let age = || {
            for known in ignored.known.write().unwrap().values_mut() {
                known.looked -= FRESH;
            }
        };
        assert_eq!(ignored.keeps_out("a.rs"), None);
        fs::write(dir.path().join(".interlineignore"), "a.rs\n").unwrap();
        age();
        assert!(ignored.keeps_out("a.rs").is_some());
        fs::remove_file(dir.path().join(".interlineignore")).unwrap();
        age();
        assert_eq!(ignored.keeps_out("a.rs"), None);
    }

    #[test]
    fn one_that_cannot_be_read_keeps_out_everything_below_it() {
        let dir = tree(&[
            ("app/a.rs", "x"),
            ("b.rs", "x"),
            ("c/.interlineignore", "{a"),
        ]);
        fs::create_dir(dir.path().join("app/.interlineignore")).unwrap();
        let ignored = Arc::new(Ignored::new(dir.path()));
        assert_eq!(ignored.trouble(), None);
        let policy = Policy::usual().ignoring(ignored.clone());
        for path in ["app/a.rs", "app/deep/er.rs", "c/a.rs"] {
            let verdict = policy.verdict(path);
            assert_eq!(verdict.level, Level::Blocked);
            let why = verdict.because.to_string();
            assert!(
                why.starts_with("the privacy policy cannot be read: /"),
                "{why}"
            );
        }
        assert_eq!(policy.level("b.rs"), Level::Anywhere);
        fs::write(dir.path().join(".interlineignore"), [0xff, 0xfe]).unwrap();
        let ignored = Ignored::new(dir.path());
        assert!(
            ignored
                .trouble()
                .is_some_and(|it| it.contains(".interlineignore: "))
        );
        assert!(ignored.keeps_out("b.rs").is_some());
    }
}
