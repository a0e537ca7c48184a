//! Rust: the crates that cargo unpacked, the ones that it checked out, and the compiler's own.
//!
//! The one idea: the lock file says which version; in the folder of that version a path goes on as inside a crate.
//!
//! Deliberately absent: features, and which of two locked versions a package means: the newest is taken.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use il_syntax::Import;
use toml::de::{DeTable, DeValue};

use super::{Places, Start, disk::Disk};

/// How many folders of a checkout are looked at for a package.
const MAX_FOLDERS: usize = 200;

/// A package of a lock file.
struct Locked {
    name: String,
    version: String,
    source: String,
}

pub(super) fn starts(
    root: &Path,
    places: &Places,
    disk: &Disk,
    base: &Path,
    import: &Import,
) -> Vec<Start> {
    let module = import.module.trim_start_matches("::");
    let name = module.split("::").next().unwrap_or_default();
    if matches!(name, "" | "crate" | "self" | "super" | "$crate") {
        return Vec::new();
    }
    let folder = match name {
        "std" | "core" | "alloc" | "proc_macro" | "test" => compiler_library(places, disk, name),
        name => package(root, places, disk, base, name),
    };
    let Some(folder) = folder else {
        return Vec::new();
    };
    let from = root_file(disk, &folder);
    let module = format!("crate{}", &module[name.len()..]);
    vec![Start {
        package: folder,
        from,
        import: Import {
            module,
            within: Vec::new(),
            ..import.clone()
        },
    }]
}

/// The folder of a package by the name that the source knows it by.
fn package(root: &Path, places: &Places, disk: &Disk, base: &Path, name: &str) -> Option<PathBuf> {
    let wanted = renamed(root, disk, base, name).unwrap_or_else(|| name.to_owned());
    let same = |it: &str| it.replace('-', "_") == wanted.replace('-', "_");
    let locked = above(root, base)
        .find_map(|folder| disk.manifest(&folder.join("Cargo.lock")))
        .map(|text| locked(&text))
        .unwrap_or_default();
    let mut versions: Vec<Locked> = locked.into_iter().filter(|it| same(&it.name)).collect();
    versions.sort_by_key(|it| std::cmp::Reverse(number(&it.version)));
    let registries = places
        .cargo_home
        .as_ref()
        .map(|home| home.join("registry/src"));
    let registries: Vec<PathBuf> = registries
        .filter(|it| it.is_dir())
        .map(|it| disk.list(&it))
        .unwrap_or_default();
    for locked in &versions {
        let folder = format!("{}-{}", locked.name, locked.version);
        let vendored = [
            root.join("vendor").join(&folder),
            root.join("vendor").join(&locked.name),
        ];
        let unpacked = registries.iter().map(|registry| registry.join(&folder));
        let found = vendored.into_iter().chain(unpacked).find(|it| it.is_dir());
        if found.is_some() {
            return found;
        }
        if let Some(found) = checkout(places, disk, locked) {
            return Some(found);
        }
    }
    if !versions.is_empty() {
        return None;
    }
    // A library without a lock file: the newest version there is.
    registries
        .iter()
        .flat_map(|registry| disk.list(registry))
        .filter_map(|folder| {
            let file_name = folder.file_name()?.to_string_lossy().into_owned();
            let at = file_name.match_indices('-').map(|(at, _)| at).find(|&at| {
                file_name[at + 1..].starts_with(|c: char| c.is_ascii_digit())
                    && same(&file_name[..at])
            })?;
            Some((number(&file_name[at + 1..]), folder))
        })
        .max()
        .map(|(_, folder)| folder)
}

/// `name = { package = "other" }` in the nearest manifests.
fn renamed(root: &Path, disk: &Disk, base: &Path, name: &str) -> Option<String> {
    above(root, base).find_map(|folder| {
        let text = manifest(disk, &folder)?;
        let table = DeTable::parse(&text).ok()?;
        let table = table.get_ref();
        let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
        let workspace = table
            .get("workspace")
            .and_then(|it| it.get_ref().get("dependencies"));
        sections
            .iter()
            .filter_map(|section| table.get(*section))
            .chain(workspace)
            .find_map(|dependencies| {
                let DeValue::Table(dependencies) = dependencies.get_ref() else {
                    return None;
                };
                let named = dependencies
                    .iter()
                    .find(|(key, _)| key.get_ref().replace('-', "_") == name)?;
                let package = named.1.get_ref().get("package")?;
                package.get_ref().as_str().map(str::to_owned)
            })
    })
}

/// The folder of a file and those above it, up to the root; the root alone for a file of another package.
fn above<'a>(root: &'a Path, base: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
    let inside = base.starts_with(root);
    base.ancestors()
        .skip(1)
        .take_while(move |folder| inside && folder.starts_with(root))
        .map(Path::to_owned)
        .chain((!inside).then(|| root.to_owned()))
}

fn manifest(disk: &Disk, folder: &Path) -> Option<Arc<str>> {
    disk.manifest(&folder.join("Cargo.toml"))
}

fn locked(text: &str) -> Vec<Locked> {
    let mut packages = Vec::new();
    for package in text.split("[[package]]").skip(1) {
        let field = |name: &str| {
            package.lines().find_map(|line| {
                let value = line.strip_prefix(name)?.strip_prefix(" = \"")?;
                value.strip_suffix('"').map(str::to_owned)
            })
        };
        if let (Some(name), Some(version)) = (field("name"), field("version")) {
            packages.push(Locked {
                name,
                version,
                source: field("source").unwrap_or_default(),
            });
        }
    }
    packages
}

/// The parts of a version, to compare.
fn number(version: &str) -> (u64, u64, u64, bool) {
    let (version, is_release) = match version.split_once('-') {
        Some((version, _)) => (version, false),
        None => (version, true),
    };
    let mut parts = version
        .split(['.', '+'])
        .map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next(), is_release)
}

/// `git+https://host/owner/repository?branch=x#revision`.
fn checkout(places: &Places, disk: &Disk, locked: &Locked) -> Option<PathBuf> {
    let (url, revision) = locked.source.strip_prefix("git+")?.split_once('#')?;
    let url = url.split('?').next().unwrap_or(url).trim_end_matches('/');
    let repository = url.rsplit('/').next()?.trim_end_matches(".git");
    let checkouts = places.cargo_home.as_ref()?.join("git/checkouts");
    let prefix = format!("{repository}-");
    let found = disk
        .list(&checkouts)
        .into_iter()
        .filter(|it| {
            it.file_name()
                .is_some_and(|it| it.to_string_lossy().starts_with(&prefix))
        })
        .flat_map(|it| disk.list(&it))
        .find(|it| {
            let name = it.file_name().unwrap_or_default().to_string_lossy();
            name.len() >= 7 && revision.starts_with(name.as_ref())
        })?;
    let mut folders = vec![found.clone()];
    let inside = disk.list(&found).into_iter().filter(|it| it.is_dir());
    let inside: Vec<PathBuf> = inside.take(MAX_FOLDERS).collect();
    let usual = ["crates", "packages", "libs"].map(|name| found.join(name));
    let deeper = usual
        .iter()
        .filter(|it| it.is_dir())
        .flat_map(|it| disk.list(it));
    folders.extend(inside);
    folders.extend(deeper.take(MAX_FOLDERS));
    let declares = |folder: &PathBuf| {
        let text = manifest(disk, folder).unwrap_or_else(|| "".into());
        let table = DeTable::parse(&text).ok();
        let name = table.as_ref().and_then(|table| {
            let name = table.get_ref().get("package")?.get_ref().get("name")?;
            name.get_ref().as_str()
        });
        name == Some(locked.name.as_str())
    };
    folders.into_iter().find(declares)
}

/// The root file of a package's library.
fn root_file(disk: &Disk, folder: &Path) -> String {
    let text = manifest(disk, folder).unwrap_or_else(|| "".into());
    let table = DeTable::parse(&text).ok();
    let path = table.as_ref().and_then(|table| {
        let path = table.get_ref().get("lib")?.get_ref().get("path")?;
        path.get_ref().as_str()
    });
    path.unwrap_or("src/lib.rs").to_owned()
}

/// The sources of the standard library, where `rust-src` is installed.
fn compiler_library(places: &Places, disk: &Disk, name: &str) -> Option<PathBuf> {
    let toolchains = places.rustup_home.as_ref()?.join("toolchains");
    let library = |toolchain: PathBuf| {
        let folder = toolchain.join("lib/rustlib/src/rust/library").join(name);
        folder.is_dir().then_some(folder)
    };
    disk.list(&toolchains).into_iter().rev().find_map(library)
}
