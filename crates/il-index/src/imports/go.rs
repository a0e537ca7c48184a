//! Go: a package is the files of a folder.
//!
//! The one idea: an import path is a module's path and a folder in it. Which module lies where is in `go.mod`; without
//! one, the folder that most of the end of the path names.
//!
//! Deliberately absent: build tags, `replace`, the standard library.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Place, Resolver, Tree,
    paths::{ends_with, file_name, nearest, parent},
};

pub(super) fn locate(resolver: &Resolver<'_>, from: &str, module: &str) -> Vec<Place> {
    let folder = resolver
        .manifests
        .go_folder(module)
        .filter(|folder| !package(resolver.tree, folder).is_empty())
        .or_else(|| by_layout(resolver, from, module));
    let files = folder.map(|folder| package(resolver.tree, &folder));
    files.into_iter().flatten().map(Place::file).collect()
}

/// How many files are asked for what they import, to find out what the module is called.
const FILES_ASKED: usize = 64;

/// Where no `go.mod` says it: the folder behind the path that most imports begin with, or the longest end of a
/// path that is a folder. Paths of the standard library have no host name in front.
fn by_layout(resolver: &Resolver<'_>, from: &str, module: &str) -> Option<String> {
    let has_host = module.split('/').next()?.contains('.');
    if resolver.manifests.has_go_modules() || !has_host {
        return None;
    }
    let own = resolver
        .go_module
        .get_or_init(|| likely_module(resolver, from));
    if let Some(own) = own {
        let inside = module.strip_prefix(own.as_str())?;
        let is_own = inside.is_empty() || inside.starts_with('/');
        return is_own.then(|| inside.trim_start_matches('/').to_owned());
    }
    let mut suffix = module;
    while let Some((_, rest)) = suffix
        .split_once('/')
        .filter(|(_, rest)| rest.contains('/'))
    {
        suffix = rest;
        let folders = resolver.tree.folders_named(file_name(suffix));
        let found = folders.into_iter().filter(|folder| {
            ends_with(folder, suffix) && !package(resolver.tree, folder).is_empty()
        });
        if let Some(folder) = nearest(from, found) {
            return Some(folder);
        }
    }
    None
}

/// The path that most imports of the files nearby begin with, such that the rest is a folder from the root.
fn likely_module(resolver: &Resolver<'_>, from: &str) -> Option<String> {
    let tree = resolver.tree;
    let near = std::iter::once(from.to_owned())
        .chain(neighbours(tree, from))
        .chain(package(tree, ""))
        .take(FILES_ASKED);
    let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in near {
        for import in resolver.imports_of(&file).iter() {
            let module = import.module.as_str();
            for (at, _) in module.match_indices('/') {
                let (path, folder) = (&module[..at], &module[at + 1..]);
                if path.contains('.') && !package(tree, folder).is_empty() {
                    let known = folders.entry(path.to_owned()).or_default();
                    known.insert(folder.to_owned());
                }
            }
        }
    }
    folders
        .into_iter()
        .max_by_key(|(path, folders)| (folders.len(), path.len()))
        .map(|(path, _)| path)
}

/// The files of a package without its tests.
fn package(tree: &dyn Tree, folder: &str) -> Vec<String> {
    let mut files = tree.children(folder);
    files.retain(|path| path.ends_with(".go") && !path.ends_with("_test.go"));
    files
}

pub(super) fn neighbours(tree: &dyn Tree, from: &str) -> Vec<String> {
    let mut files = tree.children(parent(from));
    let is_test = from.ends_with("_test.go");
    files.retain(|path| path.ends_with(".go") && (is_test || !path.ends_with("_test.go")));
    files
}
