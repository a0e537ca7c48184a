//! Rust: modules are files by layout, crates are folders with a `lib.rs`.
//!
//! The one idea: a path is walked module by module as far as there are files; the rest is an item, and what is
//! inside it. Which crate a file belongs to is where going up to the parent modules ends.
//!
//! Deliberately absent: `#[path]`, macros that make modules, `cfg`.

use il_syntax::{Import, ImportKind, ImportedName};

use super::{
    Place, Resolver, Tree,
    paths::{ancestors, file_name, join, parent},
};

/// Crates of the compiler; a module of the repository with such a name is still found by `crate::` and `self::`.
const BUILT_IN: [&str; 5] = ["std", "core", "alloc", "proc_macro", "test"];

/// A file, and the inline modules of it that a path has entered.
struct Module {
    file: String,
    inline: Vec<String>,
}

pub(super) fn locate(
    resolver: &Resolver<'_>,
    from: &str,
    import: &Import,
    name: Option<&ImportedName>,
) -> Vec<Place> {
    let mut path: Vec<&str> = import
        .module
        .split("::")
        .filter(|it| !it.is_empty())
        .collect();
    let here = Module {
        file: from.to_owned(),
        inline: import.within.clone(),
    };
    if import.kind == ImportKind::Child {
        let child = child(resolver.tree, &here, &import.module);
        return child.map(Place::file).into_iter().collect();
    }
    path.extend(name.map(|name| name.name.as_str()));
    let global = import.module.starts_with("::");
    let mut found: Vec<Place> = begin(resolver, here, &path, global)
        .and_then(|(module, rest)| walk(resolver, module, rest))
        .into_iter()
        .collect();
    for place in &mut found {
        if let (Some(last), Some(name)) = (place.chain.last_mut(), name) {
            last.alias.clone_from(&name.alias);
        }
    }
    found
}

/// The module that a path begins in, and what of the path is left.
fn begin<'p>(
    resolver: &Resolver<'_>,
    here: Module,
    path: &'p [&'p str],
    global: bool,
) -> Option<(Module, &'p [&'p str])> {
    let tree = resolver.tree;
    let (&first, rest) = path.split_first()?;
    let file = |file: String| Module {
        file,
        inline: Vec::new(),
    };
    match first {
        "crate" | "$crate" => return Some((file(root_of(resolver, &here.file)), rest)),
        "self" => return Some((here, rest)),
        "super" => {
            let mut module = above(resolver, here)?;
            let mut rest = rest;
            while rest.first() == Some(&"super") {
                module = above(resolver, module)?;
                rest = &rest[1..];
            }
            return Some((module, rest));
        }
        _ => {}
    }
    if !global {
        if let Some(child) = child(tree, &here, first) {
            return Some((file(child), rest));
        }
        // `use Kind::*` of an item, and paths that begin with what another import names.
        if let Some(begun) = resolver.guarded(|| by_binding(resolver, &here, first)) {
            return Some((begun, rest));
        }
    }
    if BUILT_IN.contains(&first) {
        return None;
    }
    if let Some(library) = resolver.manifests.library(first, &here.file) {
        return Some((file(library), rest));
    }
    // An inline module or an item of the file itself.
    let is_item = (first.starts_with(char::is_uppercase) || resolver.knows_definitions())
        && tree.defines(&here.file, first);
    (is_item && !global).then_some((here, path))
}

/// What an import of the same file calls `name`, if that is a module of this repository.
fn by_binding(resolver: &Resolver<'_>, here: &Module, name: &str) -> Option<Module> {
    let imports = resolver.imports_of(&here.file);
    let (import, imported) = imports.iter().find_map(|import| {
        let bound = import.names.iter().find(|it| it.binding() == name)?;
        let is_itself = import.module == name || import.module.starts_with(&format!("{name}::"));
        (!is_itself && import.kind != ImportKind::Wildcard).then_some((import, bound))
    })?;
    let imported = (import.kind == ImportKind::Names).then_some(imported);
    let place = locate(resolver, &here.file, import, imported)
        .into_iter()
        .next()?;
    Some(Module {
        inline: place.chain.into_iter().map(|name| name.name).collect(),
        file: place.path,
    })
}

/// Follows a path down from a module; nothing where it goes through a module whose file is not there.
fn walk(resolver: &Resolver<'_>, mut module: Module, path: &[&str]) -> Option<Place> {
    for &part in path.iter().filter(|part| **part != "self") {
        if let Some(child) = child(resolver.tree, &module, part) {
            module = Module {
                file: child,
                inline: Vec::new(),
            };
            continue;
        }
        let imports = resolver.imports_of(&module.file);
        let is_missing = imports.iter().any(|import| {
            import.kind == ImportKind::Child
                && import.module == part
                && import.within == module.inline
        });
        if is_missing {
            return None;
        }
        module.inline.push(part.to_owned());
    }
    let chain = module.inline.into_iter();
    Some(Place {
        path: module.file,
        chain: chain
            .map(|name| ImportedName { name, alias: None })
            .collect(),
    })
}

/// The file of a module's child module.
fn child(tree: &dyn Tree, module: &Module, name: &str) -> Option<String> {
    let name = name.strip_prefix("r#").unwrap_or(name);
    let mut folder = folder_of_children(tree, &module.file);
    for inline in &module.inline {
        folder = join(&folder, inline)?;
    }
    [format!("{name}.rs"), format!("{name}/mod.rs")]
        .iter()
        .filter_map(|path| join(&folder, path))
        .find(|path| *path != module.file && tree.has_file(path))
}

/// Where the files of a module's children are.
fn folder_of_children(tree: &dyn Tree, file: &str) -> String {
    let folder = parent(file);
    match file_name(file) {
        "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
        _ if is_own_crate(tree, file) => folder.to_owned(),
        name => join(folder, name.strip_suffix(".rs").unwrap_or(name)).unwrap_or_default(),
    }
}

/// Whether a file is a crate of its own though it is not called so: a test, an example, a benchmark, a binary.
fn is_own_crate(tree: &dyn Tree, file: &str) -> bool {
    let folder = parent(file);
    let is_target = matches!(file_name(folder), "tests" | "benches" | "examples" | "bin")
        || file_name(file) == "build.rs";
    is_target && owner(tree, folder, file).is_none()
}

/// The file whose children lie in a folder.
fn owner(tree: &dyn Tree, folder: &str, file: &str) -> Option<String> {
    let beside = (!folder.is_empty()).then(|| format!("{folder}.rs"));
    let inside = ["mod.rs", "lib.rs", "main.rs"]
        .iter()
        .filter_map(|name| join(folder, name));
    let mut found: Vec<String> = inside
        .chain(beside)
        .filter(|path| path != file && tree.has_file(path))
        .collect();
    // A package with a library and a binary: the one that declares the module has it.
    if found.len() > 1 {
        let stem = file_name(file);
        let stem = stem.strip_suffix(".rs").unwrap_or(stem);
        let declares = |path: &String| {
            let imports = tree.imports(path);
            imports
                .iter()
                .any(|import| import.kind == ImportKind::Child && import.module == stem)
        };
        if let Some(index) = found.iter().position(declares) {
            return Some(found.swap_remove(index));
        }
    }
    (!found.is_empty()).then(|| found.swap_remove(0))
}

/// The module that a module is declared in.
fn above(resolver: &Resolver<'_>, mut module: Module) -> Option<Module> {
    if module.inline.pop().is_some() {
        return Some(module);
    }
    let file = parent_module(resolver, &module.file)?;
    Some(Module {
        file,
        inline: Vec::new(),
    })
}

fn parent_module(resolver: &Resolver<'_>, file: &str) -> Option<String> {
    let tree = resolver.tree;
    let folder = parent(file);
    match file_name(file) {
        "lib.rs" | "main.rs" => None,
        "mod.rs" if folder.is_empty() => None,
        "mod.rs" => owner(tree, parent(folder), folder),
        _ => owner(tree, folder, file),
    }
}

/// The root of the crate that a file belongs to.
fn root_of(resolver: &Resolver<'_>, file: &str) -> String {
    let mut root = file.to_owned();
    while let Some(above) = parent_module(resolver, &root) {
        root = above;
    }
    let is_root =
        matches!(file_name(&root), "lib.rs" | "main.rs") || is_own_crate(resolver.tree, &root);
    if is_root {
        return root;
    }
    // The chain of modules has a gap, as `#[path]` leaves one.
    ancestors(file)
        .flat_map(|folder| ["lib.rs", "main.rs"].map(|name| join(folder, name)))
        .flatten()
        .find(|path| resolver.tree.has_file(path))
        .unwrap_or(root)
}
