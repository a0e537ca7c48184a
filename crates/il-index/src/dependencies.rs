//! Installed packages: where their sources are on this machine, and what those say.
//!
//! The one idea: nothing is scanned. An import says which package and which module; a few places are looked at for
//! that one, a few files are read, and a bounded cache keeps what they say. What is found in a package is followed as in
//! the repository, and from one package into the next.
//!
//! Deliberately absent: running `python`, `cargo`, `node` or `go` to ask them, jars (they hold no sources), versions
//! other than the lock file's or the newest one there is.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use il_lang::Language;
use il_privacy::Policy;
use il_syntax::{Import, ImportKind, ImportedName};

use crate::imports::{Family, Manifests, Names, Place, Resolver};

mod cargo;
mod disk;
mod go;
mod java;
mod node;
mod outline;
mod places;
mod python;
#[cfg(test)]
mod tests;

pub use disk::Work;
pub use outline::{Outline, Signature};
pub use places::Places;

use disk::{Disk, Package};

/// How many packages are gone through for one name.
const MAX_PACKAGES: usize = 4;

/// A file of an installed package, and what of it is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    pub path: PathBuf,
    pub names: Names,
}

/// The installed packages that the files of a repository may import.
pub struct Dependencies {
    root: PathBuf,
    places: Places,
    disk: Disk,
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dependencies({:?})", self.disk.work())
    }
}

/// An import inside one package: whatever is not the package's is left out of the paths.
struct Start {
    package: PathBuf,
    /// The file that the import is taken to stand in.
    from: String,
    import: Import,
}

impl Dependencies {
    pub fn new(root: impl Into<PathBuf>, places: Places) -> Self {
        Self {
            root: root.into(),
            places,
            disk: Disk::default(),
        }
    }

    /// The same, reading nothing that the policy blocks. Secrets of published packages are nobody's any more; what leaves is
    /// redacted all the same.
    #[must_use]
    pub fn guarded_by(mut self, policy: Arc<Policy>) -> Self {
        self.disk = self.disk.guarded_by(policy);
        self
    }

    /// The files of installed packages that an import leads to, each name followed to where it is defined.
    /// `from` is the importing file, relative to the root.
    pub fn locate(&mut self, from: &str, language: &Language, import: &Import) -> Vec<Dependency> {
        let Some(family) = Family::of(language) else {
            return Vec::new();
        };
        if family == Family::Java {
            return java::locate(&self.root, &self.disk, import);
        }
        let base = self.root.join(from);
        let mut found: Vec<Dependency> = Vec::new();
        for single in one_name_each(import) {
            let places = self.follow(family, language, &base, &single, MAX_PACKAGES);
            for (path, chain) in places {
                add(&mut found, path, chain);
            }
        }
        found
    }

    /// What a file says, from the cache if it has not changed. Nothing where it cannot be read.
    pub fn outline(&mut self, path: &Path) -> Option<Arc<Outline>> {
        self.disk.outline(path)
    }

    /// What was read so far.
    pub fn work(&self) -> Work {
        self.disk.work()
    }

    /// Where an import of `base` leads, through up to `hops` packages.
    fn follow(
        &self,
        family: Family,
        language: &Language,
        base: &Path,
        import: &Import,
        hops: usize,
    ) -> Vec<(PathBuf, Vec<ImportedName>)> {
        let mut outside = Vec::new();
        for start in self.starts(family, base, import) {
            let package = Package::new(&self.disk, start.package.clone());
            let manifests = Manifests::for_packages();
            let resolver = Resolver::new(&package, &manifests, language);
            let places: Vec<Place> = match family {
                Family::Go => go::places(&package),
                Family::EcmaScript => node::places(&resolver, &package, &start.import),
                _ => resolver.places(&start.from, &start.import),
            };
            if !places.is_empty() {
                let whole = |place: Place| (start.package.join(&place.path), place.chain);
                return places.into_iter().map(whole).collect();
            }
            let passed_on = resolver.take_outside().into_iter();
            outside.extend(passed_on.map(|it| (start.package.join(&it.path), it)));
        }
        if hops == 0 {
            return Vec::new();
        }
        // What the package passes on from another one.
        for (base, passed_on) in outside {
            let mut found = self.follow(family, language, &base, &passed_on.import, hops - 1);
            if found.is_empty() {
                continue;
            }
            for (_, chain) in &mut found {
                chain.extend(passed_on.inside.iter().cloned());
            }
            return found;
        }
        Vec::new()
    }

    /// The packages that an import may mean, likeliest first.
    fn starts(&self, family: Family, base: &Path, import: &Import) -> Vec<Start> {
        match family {
            Family::Python => python::starts(&self.root, &self.places, &self.disk, import),
            Family::Rust => cargo::starts(&self.root, &self.places, &self.disk, base, import),
            Family::EcmaScript => node::starts(&self.root, &self.disk, base, import),
            Family::Go => go::starts(&self.root, &self.places, &self.disk, base, import),
            _ => Vec::new(),
        }
    }
}

/// An import as one of each name, since each may come from another package.
fn one_name_each(import: &Import) -> Vec<Import> {
    if import.kind != ImportKind::Names || import.names.is_empty() {
        return vec![import.clone()];
    }
    let of_one = |name: &ImportedName| Import {
        names: vec![name.clone()],
        ..import.clone()
    };
    import.names.iter().map(of_one).collect()
}

fn add(found: &mut Vec<Dependency>, path: PathBuf, chain: Vec<ImportedName>) {
    let known = found.iter_mut().find(|it| it.path == path);
    match known {
        Some(known) => known.names.add(chain),
        None => {
            let mut names = Names::These(Vec::new());
            names.add(chain);
            found.push(Dependency { path, names });
        }
    }
}
