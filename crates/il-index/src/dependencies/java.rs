//! Java: sources that somebody unpacked beside the jars.
//!
//! The one idea: `…-sources` in the usual folders of a project. Installed packages are jars of classes, and nobody
//! here reads those.
//!
//! Deliberately absent: the local repositories of Maven and Gradle, which hold jars alone.

use std::path::{Path, PathBuf};

use il_syntax::{Import, ImportedName};

use super::{Dependency, disk::Disk};
use crate::imports::Names;

const FOLDERS: [&str; 4] = ["", "lib", "libs", "target/dependency"];

pub(super) fn locate(root: &Path, disk: &Disk, import: &Import) -> Vec<Dependency> {
    let is_sources = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with("-sources") && path.is_dir()
    };
    let sources: Vec<PathBuf> = FOLDERS
        .iter()
        .map(|folder| root.join(folder))
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| disk.list(&folder))
        .filter(is_sources)
        .collect();
    let name = import.names.first();
    let mut parts: Vec<&str> = import.module.split('.').collect();
    parts.extend(name.map(|name| name.name.as_str()));
    if parts
        .iter()
        .any(|part| part.is_empty() || part.contains(['/', '\\']))
    {
        return Vec::new();
    }
    for end in (1..=parts.len()).rev() {
        let class = format!("{}.java", parts[..end].join("/"));
        let found = sources.iter().map(|folder| folder.join(&class));
        if let Some(path) = found.into_iter().find(|path| path.is_file()) {
            // What is behind the class, as a static import has it; else the class.
            let inside = parts[end.min(parts.len() - 1)..].iter();
            let names = match name {
                Some(_) => Names::These(inside.map(|it| ImportedName::new(*it, None)).collect()),
                None => Names::All,
            };
            return vec![Dependency { path, names }];
        }
    }
    Vec::new()
}
