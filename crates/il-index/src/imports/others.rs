//! C and C++, Ruby, PHP: what names a file, or nearly so.
//!
//! The one idea: try where the language looks first, then the file of the repository whose path ends as written.
//!
//! Deliberately absent: include paths of build files, autoload tables.

use il_syntax::ImportedName;

use super::{
    Place, Resolver,
    paths::{ends_with, file_name, join, nearest, parent},
};

/// `"x.h"` beside the file, at the root, in `include`, or wherever the path ends so.
pub(super) fn include(resolver: &Resolver<'_>, from: &str, module: &str) -> Vec<Place> {
    let path = module.trim_matches(['<', '>']);
    let folders: &[&str] = match module.starts_with('<') {
        true => &["", "include", "src"],
        false => &[parent(from), "", "include", "src"],
    };
    by_path(resolver, from, folders, path)
}

/// `require_relative 'x'` beside the file, `require 'x'` in `lib`.
pub(super) fn require(resolver: &Resolver<'_>, from: &str, module: &str) -> Vec<Place> {
    let path = match module.ends_with(".rb") {
        true => module.to_owned(),
        false => format!("{module}.rb"),
    };
    by_path(resolver, from, &[parent(from), "lib", ""], &path)
}

fn by_path(resolver: &Resolver<'_>, from: &str, folders: &[&str], path: &str) -> Vec<Place> {
    let there = folders
        .iter()
        .filter_map(|folder| join(folder, path))
        .find(|path| resolver.tree.has_file(path));
    let suffix = path.trim_start_matches("../").trim_start_matches("./");
    let found = there.or_else(|| {
        let named = resolver.tree.named(file_name(suffix)).into_iter();
        nearest(from, named.filter(|path| ends_with(path, suffix)))
    });
    found.map(Place::file).into_iter().collect()
}

/// A class in the file that shares the longest end of its name: what stands before that is the namespace that
/// `composer.json` maps to a folder.
pub(super) fn php(
    resolver: &Resolver<'_>,
    from: &str,
    module: &str,
    name: Option<&ImportedName>,
) -> Vec<Place> {
    let Some(name) = name else {
        return by_path(
            resolver,
            from,
            &[parent(from), ""],
            module.trim_start_matches('/'),
        );
    };
    let path = format!("{}/{}.php", module.replace('\\', "/"), name.name);
    let mut suffix = path.as_str();
    loop {
        // One folder at least: a class of the same name alone says nothing.
        if !suffix.contains('/') {
            return Vec::new();
        }
        let named = resolver.tree.named(file_name(suffix)).into_iter();
        if let Some(found) = nearest(from, named.filter(|path| ends_with(path, suffix))) {
            return vec![Place::item(found, name)];
        }
        suffix = suffix.split_once('/').map_or("", |(_, rest)| rest);
    }
}
