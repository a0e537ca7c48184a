//! TypeScript and JavaScript: `node_modules`, from the importing file upwards.
//!
//! The one idea: declarations before scripts. A package says in `package.json` where its types are; if it has none,
//! `@types` may.
//!
//! Deliberately absent: Yarn's zipped packages, global installs.

use std::path::{Path, PathBuf};

use il_syntax::{Import, ImportKind};

use super::{
    Start,
    disk::{Disk, Package},
};
use crate::imports::{Place, Resolver, package_entry, split_package};

/// How many folders are gone up.
const MAX_FOLDERS: usize = 24;

pub(super) fn starts(root: &Path, disk: &Disk, base: &Path, import: &Import) -> Vec<Start> {
    let specifier = import
        .module
        .strip_prefix("node:")
        .unwrap_or(&import.module);
    let Some((name, inside)) = split_package(specifier) else {
        return Vec::new();
    };
    // What `pnpm` links lies where its own dependencies lie as well.
    let real = match base.starts_with(root) {
        true => base.to_owned(),
        false => base.canonicalize().unwrap_or_else(|_| base.to_owned()),
    };
    let modules: Vec<PathBuf> = [base, real.as_path()]
        .into_iter()
        .flat_map(|base| base.ancestors().skip(1).take(MAX_FOLDERS))
        .take_while(|folder| folder.starts_with(root) || !base.starts_with(root))
        .map(|folder| folder.join("node_modules"))
        .filter(|folder| folder.is_dir())
        .collect();
    let typed = name.trim_start_matches('@').replace('/', "__");
    let is_builtin = import.module.starts_with("node:");
    let own = |modules: &PathBuf| modules.join(name);
    let types = |modules: &PathBuf| modules.join("@types").join(&typed);
    // Modules of Node itself are declared in one package.
    let node = |modules: &PathBuf| modules.join("@types/node");
    let start = |package: PathBuf, inside: &str| Start {
        package: package.canonicalize().unwrap_or(package),
        from: String::new(),
        import: Import {
            module: inside.to_owned(),
            ..import.clone()
        },
    };
    let packages = modules.iter().map(own).chain(modules.iter().map(types));
    let mut starts: Vec<Start> = packages
        .filter(|package| !is_builtin && package.is_dir())
        .map(|package| start(package, inside))
        .collect();
    // A package without declarations comes after its `@types`.
    starts.sort_by_key(|it| !has_types(disk, &it.package));
    let of_node = modules.iter().map(node).filter(|package| package.is_dir());
    starts.extend(of_node.map(|package| start(package, specifier)));
    starts
}

fn has_types(disk: &Disk, package: &Path) -> bool {
    let manifest = disk
        .manifest(&package.join("package.json"))
        .unwrap_or_else(|| "".into());
    manifest.contains("\"types\"")
        || manifest.contains("\"typings\"")
        || manifest.contains(".d.ts")
        || manifest.contains(".d.mts")
        || package.join("index.d.ts").is_file()
}

/// Where what an import takes of a package is; its module is what stands behind the package's name.
pub(super) fn places(
    resolver: &Resolver<'_>,
    package: &Package<'_>,
    import: &Import,
) -> Vec<Place> {
    let Some(entry) = package_entry(package, &import.module) else {
        return Vec::new();
    };
    let name = match import.kind {
        ImportKind::Names => import.names.first(),
        _ => None,
    };
    let place = Place {
        path: entry,
        chain: name.into_iter().cloned().collect(),
    };
    resolver.follow(place).into_iter().collect()
}
