//! Makes a reference of trees.
//!
//! The one idea: files are put in order by what they are (package, licence, path inside of it) before anything is
//! numbered, so the bytes depend on the trees and not on who was read first, nor on where the trees lie.
//!
//! Files that programs wrote, and files of data, are left out: nobody copies them by hand.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use il_screen::{
    fingerprint::{self, Grain},
    lexeme, licence,
};
use rayon::prelude::*;

use crate::{
    filter::{Filter, Of},
    fuse::{self, CHECK_BITS, Interned, MOST_BITS},
    licences::{self, Licences},
    packages::Packages,
};

/// A run that more files have says nothing about whose it is.
const MOST_FILES: usize = 8;

/// Languages that are data or text.
const NO_CODE: &[&str] = &[
    "plaintext",
    "json",
    "jsonc",
    "yaml",
    "toml",
    "ini",
    "dotenv",
    "ignore",
    "csv",
    "xml",
    "html",
    "css",
    "scss",
    "less",
    "markdown",
    "latex",
    "typst",
    "diff",
    "requirements",
    "gomod",
    "gitattributes",
];

/// How the licence of a tree is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Licence {
    /// Files, manifests and texts say it.
    #[default]
    Auto,
    /// This one, whatever they say: an SPDX expression.
    Is(String),
}

/// A folder with one package or many.
#[derive(Clone, Debug)]
pub struct Tree {
    pub folder: PathBuf,
    pub licence: Licence,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub files: usize,
}

/// What a build came to.
#[derive(Debug)]
pub struct Built {
    pub filter: Filter,
    /// Files that are code and were left out, with why.
    pub left_out: Vec<(PathBuf, String)>,
}

/// Why there is nothing to build.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("`{}` is no folder", .0.display())]
    NoFolder(PathBuf),
    #[error("`{0}` is no SPDX licence expression")]
    NoLicence(String),
    #[error("the trees are too large for one reference: build several")]
    TooLarge,
}

/// A source file, read.
struct Source {
    package: String,
    licence: String,
    path: String,
    keys: Vec<u64>,
    lines: u64,
    lexemes: u64,
}

struct Found {
    file: PathBuf,
    package: String,
    /// `None` where only the file itself can say.
    licence: Option<String>,
    fixed: bool,
    path: String,
}

/// Builds the reference of these trees.
pub fn build(
    name: &str,
    trees: &[Tree],
    grain: Grain,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Built, Problem> {
    let mut found = Vec::new();
    for tree in trees {
        walk(tree, &mut found)?;
    }
    let done = AtomicUsize::new(0);
    let files = found.len();
    let read: Vec<Result<Source, (PathBuf, String)>> = found
        .into_par_iter()
        .map(|found| {
            let source = read(found, grain);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress { done, files });
            source
        })
        .collect();
    let mut sources = Vec::new();
    let mut left_out = Vec::new();
    for source in read {
        match source {
            Ok(source) => sources.push(source),
            Err(why) => left_out.push(why),
        }
    }
    left_out.sort();
    Ok(Built {
        filter: filter_of(name, sources, grain)?,
        left_out,
    })
}

fn walk(tree: &Tree, out: &mut Vec<Found>) -> Result<(), Problem> {
    let top = &tree.folder;
    if !top.is_dir() {
        return Err(Problem::NoFolder(top.clone()));
    }
    let fixed = match &tree.licence {
        Licence::Auto => None,
        Licence::Is(text) => {
            Some(licences::expression(text).ok_or_else(|| Problem::NoLicence(text.clone()))?)
        }
    };
    let mut packages = Packages::below(top);
    let entries = ignore::WalkBuilder::new(top)
        .standard_filters(false)
        .hidden(true)
        .follow_links(false)
        .sort_by_file_name(Ord::cmp)
        .build();
    // What cannot be listed is as if it were not there.
    for entry in entries.filter_map(Result::ok) {
        let file = entry.path();
        if !entry.file_type().is_some_and(|it| it.is_file()) || language(file, None).is_none() {
            continue;
        }
        let (folder, package) = packages.of(file.parent().unwrap_or(top));
        out.push(Found {
            package: package.name.unwrap_or_else(|| named(&folder)),
            licence: fixed.clone().or(package.licence),
            fixed: fixed.is_some(),
            path: inside(&folder, file),
            file: file.to_path_buf(),
        });
    }
    Ok(())
}

/// The language of a file, if it is code.
fn language(file: &Path, first_line: Option<&str>) -> Option<&'static str> {
    let language = il_lang::registry().detect(&file.to_string_lossy(), first_line);
    (!NO_CODE.contains(&language.id)).then_some(language.id)
}

fn named(folder: &Path) -> String {
    let name = folder.file_name().map(|it| it.to_string_lossy());
    name.map_or_else(|| "unnamed".into(), |it| it.into_owned())
}

fn inside(folder: &Path, file: &Path) -> String {
    let path = file.strip_prefix(folder).unwrap_or(file);
    let parts: Vec<_> = path.iter().map(|it| it.to_string_lossy()).collect();
    parts.join("/")
}

fn read(found: Found, grain: Grain) -> Result<Source, (PathBuf, String)> {
    let facts = fs::metadata(&found.file).map_err(|why| (found.file.clone(), why.to_string()))?;
    il_admission::admit_size(facts.len()).map_err(|why| (found.file.clone(), why.to_string()))?;
    let bytes = fs::read(&found.file).map_err(|why| (found.file.clone(), why.to_string()))?;
    let Ok(text) = String::from_utf8(bytes) else {
        return Err((found.file, "is not UTF-8".into()));
    };
    il_admission::admit(&text).map_err(|why| (found.file.clone(), why.to_string()))?;
    let Some(language) = language(&found.file, text.lines().next()) else {
        return Err((found.file, "is no code".into()));
    };
    let own = (!found.fixed).then(|| Licences.of_source(&text)).flatten();
    let lexemes = lexeme::of_language(language).read(&text);
    let mut keys: Vec<u64> = fingerprint::of(&lexemes, grain)
        .iter()
        .map(|it| it.key)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let licence = own.or(found.licence);
    Ok(Source {
        package: found.package,
        licence: licence.unwrap_or_else(|| licence::UNKNOWN.into()),
        path: found.path,
        keys,
        lines: text.lines().count() as u64,
        lexemes: lexemes.len() as u64,
    })
}

fn filter_of(name: &str, mut sources: Vec<Source>, grain: Grain) -> Result<Filter, Problem> {
    sources.sort_by(|a, b| {
        (&a.package, &a.licence, &a.path, &a.keys).cmp(&(&b.package, &b.licence, &b.path, &b.keys))
    });
    sources.dedup_by(|a, b| {
        (&a.package, &a.licence, &a.path, &a.keys) == (&b.package, &b.licence, &b.path, &b.keys)
    });
    let mut numbers: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut packages = Vec::new();
    let mut files = Vec::new();
    let mut all: Vec<(u64, u32)> = Vec::new();
    for source in &sources {
        let package = *numbers
            .entry((&source.package, &source.licence))
            .or_insert_with(|| {
                packages.push((
                    source.package.as_str().into(),
                    source.licence.as_str().into(),
                ));
                packages.len() as u32 - 1
            });
        let file = files.len() as u32;
        all.extend(source.keys.iter().map(|&key| (key, file)));
        files.push(Of {
            package,
            path: source.path.as_str().into(),
        });
    }
    all.par_sort_unstable();
    let mut interned = Interned::default();
    let mut entries: Vec<(u64, u32)> = Vec::new();
    for group in all.chunk_by(|(a, _), (b, _)| a == b) {
        let holders: Vec<u32> = group.iter().map(|(_, file)| *file).collect();
        let number = match holders[..] {
            [only] => only,
            _ if holders.len() > MOST_FILES => files.len() as u32 + interned.number(&[]),
            _ => files.len() as u32 + interned.number(&holders),
        };
        entries.push((group[0].0, number));
    }
    let most = (files.len() + interned.lists.len()).max(1) as u64;
    let bits = CHECK_BITS + (u64::BITS - (most - 1).leading_zeros()).max(1);
    if bits > MOST_BITS {
        return Err(Problem::TooLarge);
    }
    let (shape, bits) = fuse::make(&entries, bits).ok_or(Problem::TooLarge)?;
    Ok(Filter {
        name: name.to_owned(),
        grain,
        lines: sources.iter().map(|it| it.lines).sum(),
        lexemes: sources.iter().map(|it| it.lexemes).sum(),
        keys: entries.len() as u64,
        packages,
        numbers: (0..files.len() as u32).collect(),
        files,
        lists: interned.lists,
        shape,
        bits: bits.into(),
    })
}
