//! Java and Kotlin: a package is a path, a class is a file in it.
//!
//! The one idea: source roots are not asked for. A class is in the file whose path ends as the name says; among
//! several the nearest one counts.
//!
//! Deliberately absent: class files, `package` lines that do not match the path, Kotlin's functions outside of
//! classes when several files of a package could hold them and nobody knows what they define.

use il_syntax::{Import, ImportKind, ImportedName};

use super::{
    Place, Resolver, Tree,
    paths::{ends_with, file_name, nearest, parent},
};

const EXTENSIONS: [&str; 2] = ["java", "kt"];

pub(super) fn locate(
    resolver: &Resolver<'_>,
    from: &str,
    import: &Import,
    name: Option<&ImportedName>,
) -> Vec<Place> {
    let mut parts: Vec<&str> = import.module.split('.').collect();
    parts.extend(name.map(|name| name.name.as_str()));
    // The class is the longest beginning that is a file; what is behind it lies in the class.
    for end in (1..=parts.len()).rev() {
        let Some(path) = class_file(resolver.tree, from, &parts[..end]) else {
            continue;
        };
        let mut place = Place::file(path);
        if import.kind == ImportKind::Wildcard {
            return vec![place];
        }
        let inside = parts[end..]
            .iter()
            .map(|part| ImportedName::new(*part, None));
        place.chain.extend(inside);
        if place.chain.is_empty() {
            place.chain.extend(
                parts[..end]
                    .last()
                    .map(|class| ImportedName::new(*class, None)),
            );
        }
        if let (Some(last), Some(name)) = (place.chain.last_mut(), name) {
            last.alias.clone_from(&name.alias);
        }
        return vec![place];
    }
    let package = import.module.replace('.', "/");
    let files = package_files(resolver.tree, &package);
    match name {
        None => files.into_iter().map(Place::file).collect(),
        // Kotlin: a function, or a class in a file of another name.
        Some(name) => files
            .into_iter()
            .filter(|path| path.ends_with(".kt") && resolver.tree.defines(path, &name.name))
            .map(|path| Place::item(path, name))
            .take(1)
            .collect(),
    }
}

fn class_file(tree: &dyn Tree, from: &str, parts: &[&str]) -> Option<String> {
    let path = parts.join("/");
    EXTENSIONS.iter().find_map(|extension| {
        let suffix = format!("{path}.{extension}");
        let named = tree.named(file_name(&suffix)).into_iter();
        nearest(from, named.filter(|path| ends_with(path, &suffix)))
    })
}

/// The files of a package in all source roots, tests too.
fn package_files(tree: &dyn Tree, package: &str) -> Vec<String> {
    let folders = tree.folders_named(file_name(package));
    folders
        .iter()
        .filter(|folder| ends_with(folder, package))
        .flat_map(|folder| tree.children(folder))
        .filter(|path| is_source(path))
        .collect()
}

fn is_source(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    EXTENSIONS.contains(&extension)
}

/// The files of the same package: of the same folder, and of its twin among sources and tests.
pub(super) fn neighbours(tree: &dyn Tree, from: &str) -> Vec<String> {
    let folder = parent(from);
    let mut files = tree.children(folder);
    for (one, other) in [("main", "test"), ("test", "main")] {
        let twin = folder.replacen(&format!("src/{one}/"), &format!("src/{other}/"), 1);
        if twin != folder {
            files.extend(tree.children(&twin));
        }
    }
    files.retain(|path| is_source(path));
    files
}
