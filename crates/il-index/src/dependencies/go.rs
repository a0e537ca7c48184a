//! Go: `vendor`, the module cache, the compiler's own sources.
//!
//! The one idea: `go.mod` says which module has a package and in which version; the rest of the path is a folder.
//!
//! Deliberately absent: choosing versions as Go does. What `go.mod` writes is taken, indirect requirements included.

use std::path::{Path, PathBuf};

use il_syntax::Import;

use super::{
    Places, Start,
    disk::{Disk, Package},
};
use crate::imports::{Place, Tree as _};

/// How many files of a package are named.
const MAX_FILES: usize = 200;

pub(super) fn starts(
    root: &Path,
    places: &Places,
    disk: &Disk,
    base: &Path,
    import: &Import,
) -> Vec<Start> {
    let path = import.module.as_str();
    let safe = !path.is_empty() && !path.split('/').any(|part| matches!(part, "" | "." | ".."));
    if !safe {
        return Vec::new();
    }
    let inside = base.starts_with(root);
    let manifest = base
        .ancestors()
        .skip(1)
        .take_while(|folder| inside && folder.starts_with(root))
        .chain((!inside).then_some(root))
        .find(|folder| folder.join("go.mod").is_file());
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Some(folder) = manifest {
        folders.push(folder.join("vendor").join(path));
        let text = disk
            .manifest(&folder.join("go.mod"))
            .unwrap_or_else(|| "".into());
        folders.extend(in_cache(places, folder, &text, path));
    }
    folders.extend(places.gopath.iter().map(|it| it.join("src").join(path)));
    folders.extend(places.goroot.iter().map(|it| it.join("src").join(path)));
    let folder = folders.into_iter().find(|folder| folder.is_dir());
    let start = |package| Start {
        package,
        from: String::new(),
        import: import.clone(),
    };
    folder.map(start).into_iter().collect()
}

/// The files of a package; what of them is meant, only the code that names it knows.
pub(super) fn places(package: &Package<'_>) -> Vec<Place> {
    let files = package.children("").into_iter();
    let is_source = |path: &String| path.ends_with(".go") && !path.ends_with("_test.go");
    files
        .filter(is_source)
        .take(MAX_FILES)
        .map(Place::file)
        .collect()
}

/// Where the module cache would have a package that `go.mod` requires.
fn in_cache(places: &Places, folder: &Path, manifest: &str, path: &str) -> Option<PathBuf> {
    let mut best: Option<(&str, &str)> = None;
    for line in manifest.lines() {
        let line = line.split("//").next().unwrap_or(line).trim();
        let line = line.strip_prefix("require ").unwrap_or(line);
        let mut words = line.split_whitespace();
        let (Some(module), Some(version), None) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let is_required = version.starts_with('v') && is_inside(module, path);
        if is_required && best.is_none_or(|(known, _)| known.len() < module.len()) {
            best = Some((module, version));
        }
    }
    let (mut module, mut version) = best?;
    let own = module;
    for line in manifest.lines() {
        let line = line.trim().trim_start_matches("replace ");
        let Some((from, to)) = line.split_once("=>") else {
            continue;
        };
        if from.split_whitespace().next() != Some(module) {
            continue;
        }
        let mut words = to.split_whitespace();
        match (words.next(), words.next()) {
            (Some(local), None) => return Some(folder.join(local).join(rest(own, path))),
            (Some(other), Some(other_version)) => (module, version) = (other, other_version),
            _ => {}
        }
        break;
    }
    let cache = places
        .gomodcache
        .clone()
        .or_else(|| places.gopath.as_ref().map(|it| it.join("pkg/mod")))?;
    let versioned = format!("{}@{}", escaped(module), escaped(version));
    Some(cache.join(versioned).join(rest(own, path)))
}

fn is_inside(module: &str, path: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What of a path is behind its module.
fn rest<'a>(module: &str, path: &'a str) -> &'a str {
    path.strip_prefix(module)
        .unwrap_or(path)
        .trim_start_matches('/')
}

/// As the cache spells it: capitals as `!` and the small letter.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
