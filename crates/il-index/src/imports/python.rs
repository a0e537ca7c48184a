//! Python: modules are files, packages are folders.
//!
//! The one idea: an absolute name begins at any folder that could be on the search path: the one that holds the
//! top-level package of the file, the root, `src`, every folder with a project file, the script's own.
//!
//! Deliberately absent: `sys.path` as a program changes it.

use il_syntax::ImportedName;

use super::{
    Place, Resolver,
    paths::{ancestors, file_name, join, parent},
};

/// Sources before stubs: in a repository the sources are what one reads.
const EXTENSIONS: [&str; 2] = ["py", "pyi"];

pub(super) fn locate(
    resolver: &Resolver<'_>,
    from: &str,
    module: &str,
    name: Option<&ImportedName>,
) -> Vec<Place> {
    let path = module.trim_start_matches('.');
    let dots = module.len() - path.len();
    let path = path.replace('.', "/");
    let found = if dots > 0 {
        let mut folder = parent(from).to_owned();
        for _ in 1..dots {
            folder = match join(&folder, "..") {
                Some(folder) => folder,
                None => return Vec::new(),
            };
        }
        in_folder(resolver, &folder, &path, name)
    } else {
        roots(resolver, from)
            .iter()
            .find_map(|root| in_folder(resolver, root, &path, name))
    };
    found.into_iter().collect()
}

/// A module in a folder, or a name of it.
fn in_folder(
    resolver: &Resolver<'_>,
    folder: &str,
    module: &str,
    name: Option<&ImportedName>,
) -> Option<Place> {
    let path = join(folder, module)?;
    let module = file_of(resolver, &path);
    let Some(name) = name else {
        return module.map(Place::file);
    };
    // A name of the package itself comes before a module of the same name in it.
    if let Some(module) = &module {
        let own = resolver.imports_of(module);
        let bound = own
            .iter()
            .flat_map(|import| &import.names)
            .any(|own| own.binding() == name.name && own.name != own.binding());
        if bound || (is_package(module) && knows(resolver, module, &name.name)) {
            return Some(Place::item(module.as_str(), name));
        }
    }
    let submodule = join(&path, &name.name).and_then(|path| file_of(resolver, &path));
    submodule
        .map(Place::file)
        .or_else(|| module.map(|module| Place::item(module, name)))
}

/// Whether a package gives a name another meaning than that of the module in it.
fn knows(resolver: &Resolver<'_>, package: &str, name: &str) -> bool {
    let submodule = join(parent(package), name).and_then(|path| file_of(resolver, &path));
    submodule.is_none()
        || resolver.imports_of(package).iter().any(|import| {
            // `from .client import client` hides the module `client`.
            import.module.trim_start_matches('.').rsplit('.').next() == Some(name)
                && import.names.iter().any(|own| own.binding() == name)
        })
}

/// The file of a module: `x/__init__.py` before `x.py`, as Python itself does it.
fn file_of(resolver: &Resolver<'_>, path: &str) -> Option<String> {
    let mut extensions = EXTENSIONS;
    if resolver.manifests.stubs_first {
        extensions.reverse();
    }
    let as_package = extensions.iter().map(|extension| match path {
        "" => format!("__init__.{extension}"),
        path => format!("{path}/__init__.{extension}"),
    });
    let as_module = extensions
        .iter()
        .filter(|_| !path.is_empty())
        .map(|extension| format!("{path}.{extension}"));
    as_package
        .chain(as_module)
        .find(|path| resolver.tree.has_file(path))
}

fn is_package(path: &str) -> bool {
    file_name(path).starts_with("__init__.")
}

/// Where absolute names may begin, likeliest first.
fn roots(resolver: &Resolver<'_>, from: &str) -> Vec<String> {
    let tree = resolver.tree;
    let is_in_package = |folder: &str| {
        EXTENSIONS.iter().any(|extension| {
            join(folder, &format!("__init__.{extension}")).is_some_and(|path| tree.has_file(&path))
        })
    };
    let mut roots: Vec<String> = Vec::new();
    let top = ancestors(from).find(|folder| folder.is_empty() || !is_in_package(folder));
    let others = ["", "src", "lib"].into_iter();
    let projects = resolver.manifests.python_roots.iter().map(String::as_str);
    for root in top.into_iter().chain(others).chain(projects) {
        if !roots.iter().any(|known| known == root) {
            roots.push(root.to_owned());
        }
    }
    roots
}
