//! Repositories read from disk, split into what is learnt and what is held out.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;

use il_lang::lexer::{LexState, TokenClass, TokenMode};
use il_privacy::{Level, Policy};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::model::{SourceFile, family_of, lexer};

/// A repository in memory.
#[derive(Debug)]
pub struct Repository {
    pub name: String,
    /// The language its name says, which is what is asked about it.
    pub family: &'static str,
    pub files: Vec<SourceFile>,
}

/// xorshift*: the same numbers on every machine.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.number() >> 33) as usize % n.max(1)
    }

    pub fn unit(&mut self) -> f32 {
        (self.number() >> 40) as f32 / (1u64 << 24) as f32
    }
}

const SKIPPED: &[&str] = &[
    "node_modules",
    "dist",
    "vendor",
    "_vendor",
    "target",
    "migrations",
    "locale",
    "testdata",
    "__snapshots__",
];

/// Reads the files of one language family under a folder named `<language>-<name>`.
pub fn read_repository(root: &Path, most_bytes: usize) -> Option<Repository> {
    let name = root.file_name()?.to_str()?.to_owned();
    let family = family_of(name.split('-').next()?);
    let mut paths = Vec::new();
    walk(root, &mut paths);
    let mut files = Vec::new();
    let mut seen = FxHashSet::default();
    let policy = Policy::usual();
    for path in paths {
        let relative = path.strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
        let language = il_lang::registry().detect(&relative, None);
        if language.family != family || relative.ends_with(".d.ts") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if text.len() < 40
            || policy.level(&relative) == Level::Blocked
            || il_admission::admit(&text).is_err()
            || !seen.insert(hash(&text))
        {
            continue;
        }
        files.push(SourceFile {
            path: relative.into(),
            language: language.id.into(),
            text: text.into(),
        });
    }
    // Of a very large repository a fixed sample, so that one does not outweigh the rest.
    files.sort_by_key(|f| hash(&f.path));
    let mut bytes = 0;
    files.retain(|f| {
        bytes += f.text.len();
        bytes <= most_bytes
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Some(Repository {
        name,
        family,
        files,
    })
}

fn walk(dir: &Path, out: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() && !SKIPPED.contains(&&*name) && !name.starts_with('.') {
            walk(&entry.path(), out);
        } else if kind.is_file() {
            out.push(entry.path());
        }
    }
}

pub(super) fn hash(text: &str) -> u64 {
    let mut h = FxBuildHasher.build_hasher();
    h.write(text.as_bytes());
    let h = h.finish();
    h ^ (h >> 31)
}

/// Whether a file is held out: 15 in 100, by the name of the repository and the path.
pub(super) fn is_held(repository: &Repository, file: usize) -> bool {
    let name = repository
        .name
        .replace("python-", "py-")
        .replace("rust-", "rs-")
        .replace("typescript-", "ts-");
    let key = name.bytes().chain(repository.files[file].path.bytes());
    let h = key.fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    (h ^ (h >> 29)) % 100 < 15
}

/// Indices of files to hold out: about one in seven, without those that another file nearly repeats.
pub(super) fn held_out(repository: &Repository) -> Vec<usize> {
    let lines = |i: usize| -> BTreeSet<&str> {
        repository.files[i]
            .text
            .lines()
            .map(str::trim)
            .filter(|l| l.len() >= 12)
            .collect()
    };
    let mut files_of: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
    for i in 0..repository.files.len() {
        for line in lines(i) {
            let files = files_of.entry(line).or_default();
            if files.len() < 200 {
                files.push(i as u32);
            }
        }
    }
    (0..repository.files.len())
        .filter(|&i| {
            if !is_held(repository, i) {
                return false;
            }
            let own = lines(i);
            let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
            for other in own
                .iter()
                .flat_map(|l| &files_of[l])
                .filter(|&&o| o != i as u32)
            {
                *shared.entry(*other).or_default() += 1;
            }
            own.len() >= 5 && shared.values().max().copied().unwrap_or(0) * 10 <= own.len() * 6
        })
        .collect()
}

/// The words in most files of most repositories, one line a family.
pub fn literal_lists(repositories: &[Repository], most: usize) -> String {
    let mut families: BTreeMap<&str, Vec<&Repository>> = BTreeMap::new();
    for repository in repositories {
        families
            .entry(repository.family)
            .or_default()
            .push(repository);
    }
    let mut out = String::new();
    for (family, repositories) in families {
        // Share of files in the average repository, and the number of repositories.
        let mut words: FxHashMap<&str, (f32, usize)> = FxHashMap::default();
        for repository in &repositories {
            let mut files: FxHashMap<&str, usize> = FxHashMap::default();
            for file in &repository.files {
                for word in code_words(file) {
                    *files.entry(word).or_default() += 1;
                }
            }
            for (word, n) in files {
                let entry = words.entry(word).or_default();
                entry.0 += n as f32 / (repository.files.len() as f32).max(20.0);
                entry.1 += 1;
            }
        }
        let shared_by = (repositories.len() / 2).clamp(1, 3);
        let mut words: Vec<(&str, f32)> = words
            .into_iter()
            .filter(|(_, (_, n))| *n >= shared_by)
            .map(|(w, (share, _))| (w, share))
            .collect();
        words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        words.truncate(most);
        let mut words: Vec<&str> = words.into_iter().map(|w| w.0).collect();
        words.sort_unstable();
        out.push_str(&format!("{family} {}\n", words.join(" ")));
    }
    out
}

fn code_words(file: &SourceFile) -> FxHashSet<&str> {
    let mut words = FxHashSet::default();
    let (mut state, mut tokens) = (LexState::default(), Vec::new());
    for line in file.text.lines() {
        tokens.clear();
        lexer(&file.language).line(line, &mut state, &mut tokens);
        let code = tokens
            .iter()
            .filter(|t| t.mode == TokenMode::Code && t.class != TokenClass::Symbol);
        words.extend(
            code.map(|t| &line[t.start as usize..t.end as usize])
                .filter(|w| w.is_ascii() && w.len() < 30),
        );
    }
    words
}

/// A line of a file with its bytes, indentation left out.
#[derive(Clone, Debug)]
pub(super) struct LineAt {
    pub(super) file: usize,
    /// Byte range of the line without indentation, trailing white space and terminator.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it starts in code, neither in a comment nor in a string.
    pub(super) code: bool,
}

/// All lines worth asking about: not blank, not the first of the file.
pub(super) fn lines_of(files: &[SourceFile], which: &[usize]) -> Vec<LineAt> {
    let mut out = Vec::new();
    for &file in which {
        let text = &files[file].text;
        let (mut state, mut tokens) = (LexState::default(), Vec::new());
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let body = line.trim();
            let in_code = state.mode() == TokenMode::Code;
            tokens.clear();
            lexer(&files[file].language).line(line.trim_end(), &mut state, &mut tokens);
            if !body.is_empty() && offset > 0 && body.len() < 400 {
                let start = offset + (line.len() - line.trim_start().len());
                let code = in_code && tokens.first().is_some_and(|t| t.mode == TokenMode::Code);
                out.push(LineAt {
                    file,
                    start,
                    end: start + body.len(),
                    code,
                });
            }
            offset += line.len();
        }
    }
    out
}
