//! The paths of a tree, found by folder and by name.
//!
//! The one idea: what imports ask of a tree is whether a file is there, what lies beside it, and where files of a name
//! are; three lookups in tables that are built once.
//!
//! Deliberately absent: the disk. Whoever knows the files hands their paths in.

use std::fmt;

use rustc_hash::FxHashMap;

/// The files of a tree by folder and by name.
#[derive(Clone, Default)]
pub struct Paths {
    sorted: Vec<String>,
    by_folder: FxHashMap<String, Vec<u32>>,
    by_name: FxHashMap<String, Vec<u32>>,
    folders_by_name: FxHashMap<String, Vec<String>>,
}

impl fmt::Debug for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Paths({} files)", self.sorted.len())
    }
}

impl Paths {
    pub fn new(paths: impl IntoIterator<Item = String>) -> Self {
        let mut sorted: Vec<String> = paths.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut it = Self {
            sorted,
            ..Self::default()
        };
        for (index, path) in it.sorted.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let folder = parent(path);
            if !it.by_folder.contains_key(folder) {
                let folders = it.folders_by_name.entry(file_name(folder).to_owned());
                folders.or_default().push(folder.to_owned());
            }
            let children = it.by_folder.entry(folder.to_owned());
            children.or_default().push(index);
            let named = it.by_name.entry(file_name(path).to_owned());
            named.or_default().push(index);
        }
        for folders in it.folders_by_name.values_mut() {
            folders.sort_unstable();
        }
        it
    }

    /// All of them, sorted.
    pub fn all(&self) -> &[String] {
        &self.sorted
    }

    pub fn has_file(&self, path: &str) -> bool {
        self.sorted
            .binary_search_by(|known| known.as_str().cmp(path))
            .is_ok()
    }

    pub fn children(&self, folder: &str) -> Vec<String> {
        self.listed(self.by_folder.get(folder))
    }

    pub fn named(&self, file_name: &str) -> Vec<String> {
        self.listed(self.by_name.get(file_name))
    }

    pub fn folders_named(&self, name: &str) -> Vec<String> {
        self.folders_by_name.get(name).cloned().unwrap_or_default()
    }

    fn listed(&self, indices: Option<&Vec<u32>>) -> Vec<String> {
        let indices = indices.map(Vec::as_slice).unwrap_or_default();
        indices
            .iter()
            .filter_map(|&index| self.sorted.get(index as usize).cloned())
            .collect()
    }
}

/// The folder of a path; the root is empty.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// A path from a folder, `.` and `..` resolved; nothing if it leaves the root.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folders around a path, innermost first, the root last.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(parent(path));
    std::iter::from_fn(move || {
        let folder = next?;
        next = (!folder.is_empty()).then(|| parent(folder));
        Some(folder)
    })
}

/// Whether `path` is `suffix` or ends in `/suffix`.
pub(crate) fn ends_with(path: &str, suffix: &str) -> bool {
    path.strip_suffix(suffix)
        .is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// The path that lies nearest to `from`: the one that shares most folders, then the shortest.
pub(crate) fn nearest(from: &str, paths: impl IntoIterator<Item = String>) -> Option<String> {
    paths.into_iter().min_by_key(|path| {
        let shared = path
            .split('/')
            .zip(from.split('/'))
            .take_while(|(one, other)| one == other)
            .count();
        (std::cmp::Reverse(shared), path.len(), path.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_inside_the_root() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("", "x").as_deref(), Some("x"));
        assert_eq!(join("a", "..").as_deref(), Some(""));
        assert_eq!(join("a", "../.."), None);
    }

    #[test]
    fn folders_go_up_to_the_root() {
        let found: Vec<_> = ancestors("a/b/c.rs").collect();
        assert_eq!(found, ["a/b", "a", ""]);
        assert_eq!(ancestors("c.rs").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn files_are_found_by_folder_and_name() {
        let paths = ["b/x.rs", "a/x.rs", "a/b/y.rs", "x.rs"].map(str::to_owned);
        let paths = Paths::new(paths);
        assert_eq!(paths.named("x.rs"), ["a/x.rs", "b/x.rs", "x.rs"]);
        assert_eq!(paths.children("a"), ["a/x.rs"]);
        assert_eq!(paths.folders_named("b"), ["a/b", "b"]);
        assert!(paths.has_file("a/b/y.rs") && !paths.has_file("a/b"));
        let nearest = nearest("a/b/y.rs", paths.named("x.rs"));
        assert_eq!(nearest.as_deref(), Some("a/x.rs"));
    }
}
