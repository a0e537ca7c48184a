//! Python: `site-packages` of the virtual environment, of the user, of the system.
//!
//! The one idea: an absolute module is a path in one of these folders; stubs say more than sources, so they come first.
//!
//! Deliberately absent: `.pth` files, eggs, editable installs (their sources are usually a repository of their own).

use std::path::{Path, PathBuf};

use il_syntax::Import;

use super::{Places, Start, disk::Disk};

/// Folders in a project that hold its virtual environment.
const ENVIRONMENTS: [&str; 3] = [".venv", "venv", "env"];

pub(super) fn starts(root: &Path, places: &Places, disk: &Disk, import: &Import) -> Vec<Start> {
    let package = import.module.split('.').next().unwrap_or_default();
    if package.is_empty() {
        return Vec::new();
    }
    let stubs = format!("{package}-stubs{}", &import.module[package.len()..]);
    let mut starts = Vec::new();
    for site in sites(root, places, disk) {
        let has = |name: &str| {
            let path = site.join(name);
            path.is_dir()
                || ["pyi", "py"]
                    .iter()
                    .any(|it| path.with_extension(it).is_file())
        };
        for (name, module) in [
            (format!("{package}-stubs"), &stubs),
            (package.to_owned(), &import.module),
        ] {
            if has(&name) {
                starts.push(Start {
                    package: site.clone(),
                    from: String::new(),
                    import: Import {
                        module: module.clone(),
                        ..import.clone()
                    },
                });
            }
        }
    }
    starts
}

/// The folders that absolute modules are looked up in, as Python itself orders them, but the standard library last.
fn sites(root: &Path, places: &Places, disk: &Disk) -> Vec<PathBuf> {
    let environments = ENVIRONMENTS.iter().map(|name| root.join(name));
    let user = places.home.as_ref().map(|home| home.join(".local"));
    let prefixes: Vec<PathBuf> = environments
        .chain(places.virtual_env.clone())
        .chain(user)
        .chain(places.python_prefixes.iter().cloned())
        .filter(|prefix| prefix.is_dir())
        .collect();
    let mut sites = Vec::new();
    let mut standard = Vec::new();
    for prefix in prefixes {
        sites.push(prefix.join("Lib").join("site-packages"));
        for library in ["lib", "lib64"] {
            let library = prefix.join(library);
            let mut versions = if library.is_dir() {
                disk.list(&library)
            } else {
                Vec::new()
            };
            versions.retain(|it| {
                let name = it.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("python3")
            });
            // The newest first.
            versions.sort_by_key(|it| std::cmp::Reverse(minor(it)));
            for version in versions {
                sites.push(version.join("site-packages"));
                sites.push(version.join("dist-packages"));
                standard.push(version);
            }
        }
    }
    sites.append(&mut standard);
    sites.retain(|site| site.is_dir());
    // `lib64` is usually a link to `lib`.
    let mut seen: Vec<PathBuf> = Vec::new();
    sites.retain(|site| {
        let real = site.canonicalize().unwrap_or_else(|_| site.clone());
        let new = !seen.contains(&real);
        seen.push(real);
        new
    });
    sites
}

/// 12 of `python3.12`.
fn minor(path: &Path) -> u32 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let minor = name.rsplit_once('.').map_or("", |(_, minor)| minor);
    minor.parse().unwrap_or(0)
}
