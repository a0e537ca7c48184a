//! TypeScript and JavaScript: a module is a path without its extension, an alias, or a package.
//!
//! The one idea: whatever a specifier says is turned into a path without an extension, and one function knows which
//! files such a path may mean, with `.js` that stands for `.ts` among them. What a package says of its build output is
//! looked for among its sources, since the output is not in the repository.
//!
//! Deliberately absent: `exports` conditions beyond the first that leads to a file, bundlers' own aliases.

use il_syntax::ImportedName;

use super::{
    Place, Resolver, Tree,
    json::Json,
    manifests::Package,
    paths::{ancestors, ends_with, file_name, join, nearest, parent},
};

/// In the order of preference.
const EXTENSIONS: [&str; 13] = [
    "ts", "tsx", "d.ts", "mts", "cts", "d.mts", "d.cts", "js", "jsx", "mjs", "cjs", "vue", "svelte",
];

/// What a written extension may stand for.
const WRITTEN: [(&str, &[&str]); 4] = [
    (".js", &["ts", "tsx", "d.ts", "jsx"]),
    (".jsx", &["tsx", "d.ts"]),
    (".mjs", &["mts", "d.mts"]),
    (".cjs", &["cts", "d.cts"]),
];

/// Folders that hold what is built from `src`.
const BUILT: [&str; 8] = ["dist", "lib", "build", "out", "esm", "cjs", "es", "types"];

pub(super) fn locate(
    resolver: &Resolver<'_>,
    from: &str,
    module: &str,
    name: Option<&ImportedName>,
) -> Vec<Place> {
    let specifier = module.split('?').next().unwrap_or(module);
    let found = if specifier.starts_with('.') {
        join(parent(from), specifier).and_then(|path| file_of(resolver.tree, &path))
    } else {
        by_config(resolver, from, specifier)
            .or_else(|| by_imports_field(resolver, from, specifier))
            .or_else(|| by_package(resolver, specifier))
            .or_else(|| by_layout(resolver, from, specifier))
    };
    found
        .map(|path| Place::maybe(path, name))
        .into_iter()
        .collect()
}

/// The file that a path without its extension means.
fn file_of(tree: &dyn Tree, path: &str) -> Option<String> {
    if path.is_empty() {
        return index_of(tree, "");
    }
    // Whatever is written in full comes first, but for build output that has its source beside it.
    for (written, meant) in WRITTEN {
        if let Some(stem) = path.strip_suffix(written) {
            let found = meant
                .iter()
                .map(|extension| format!("{stem}.{extension}"))
                .find(|path| tree.has_file(path));
            if found.is_some() {
                return found;
            }
        }
    }
    if tree.has_file(path) {
        return Some(path.to_owned());
    }
    EXTENSIONS
        .iter()
        .map(|extension| format!("{path}.{extension}"))
        .find(|path| tree.has_file(path))
        .or_else(|| index_of(tree, path))
}

fn index_of(tree: &dyn Tree, folder: &str) -> Option<String> {
    EXTENSIONS
        .iter()
        .filter_map(|extension| join(folder, &format!("index.{extension}")))
        .find(|path| tree.has_file(path))
}

/// `paths` and `baseUrl` of the nearest `tsconfig.json`.
fn by_config(resolver: &Resolver<'_>, from: &str, specifier: &str) -> Option<String> {
    let config = ancestors(from).find_map(|folder| resolver.manifests.configs.get(folder))?;
    let mut patterns: Vec<(&str, &Vec<String>, String)> = config
        .paths
        .iter()
        .filter_map(|(pattern, targets)| {
            matched(pattern, specifier).map(|star| (pattern.as_str(), targets, star))
        })
        .collect();
    // The longest beginning wins, as TypeScript has it.
    patterns
        .sort_by_key(|(pattern, ..)| std::cmp::Reverse(pattern.find('*').unwrap_or(usize::MAX)));
    let by_pattern = patterns.iter().find_map(|(_, targets, star)| {
        targets.iter().find_map(|target| {
            let path = join(&config.paths_base, &target.replacen('*', star, 1))?;
            file_of(resolver.tree, &path)
        })
    });
    by_pattern.or_else(|| {
        let path = join(config.base.as_deref()?, specifier)?;
        file_of(resolver.tree, &path)
    })
}

/// What the star of a pattern stands for in a text, if the pattern fits.
fn matched(pattern: &str, text: &str) -> Option<String> {
    match pattern.split_once('*') {
        None => (pattern == text).then(String::new),
        Some((before, after)) => text
            .strip_prefix(before)?
            .strip_suffix(after)
            .map(str::to_owned),
    }
}

/// `#name`: the `imports` of the package that the file is in.
fn by_imports_field(resolver: &Resolver<'_>, from: &str, specifier: &str) -> Option<String> {
    if !specifier.starts_with('#') {
        return None;
    }
    let package = ancestors(from).find_map(|folder| resolver.manifests.package_in(folder))?;
    let imports = package.json.get("imports")?;
    in_table(resolver.tree, &package.folder, imports, specifier)
}

/// A package of the repository by its name.
fn by_package(resolver: &Resolver<'_>, specifier: &str) -> Option<String> {
    let (name, inside) = split_package(specifier)?;
    let package = resolver.manifests.package_named(name)?;
    in_package(resolver.tree, package, inside)
}

/// `@scope/name/inside` → `@scope/name`, `inside`.
pub(crate) fn split_package(specifier: &str) -> Option<(&str, &str)> {
    let scoped = specifier.starts_with('@');
    let slash = specifier
        .match_indices('/')
        .nth(usize::from(scoped))
        .map(|(at, _)| at);
    let (name, inside) = match slash {
        Some(at) => (&specifier[..at], &specifier[at + 1..]),
        None => (specifier, ""),
    };
    (!name.is_empty() && !name.starts_with(['.', '/', '#'])).then_some((name, inside))
}

/// The file of a package that is the whole tree, `inside` as written behind its name.
pub(crate) fn package_entry(tree: &dyn Tree, inside: &str) -> Option<String> {
    let json = tree
        .read("package.json")
        .and_then(|text| Json::parse(&text));
    let package = Package {
        folder: String::new(),
        json: json.unwrap_or(Json::Other),
    };
    let found = in_package(tree, &package, inside)?;
    if !inside.is_empty() || found.ends_with("ts") {
        return Some(found);
    }
    // A script, where the older fields may know of declarations.
    let typed = ["types", "typings"].iter().find_map(|field| {
        let written = package.json.get(field)?.text()?;
        source_of(tree, "", written)
    });
    Some(typed.unwrap_or(found))
}

/// A file of a package: as `exports` says, else as the older fields do, else where sources usually are.
fn in_package(tree: &dyn Tree, package: &Package, inside: &str) -> Option<String> {
    let key = match inside {
        "" => ".".to_owned(),
        inside => format!("./{inside}"),
    };
    let exported = package.json.get("exports").and_then(|exports| {
        let is_table = exports.fields().iter().any(|(key, _)| key.starts_with('.'));
        match is_table {
            true => in_table(tree, &package.folder, exports, &key),
            false if inside.is_empty() => in_value(tree, &package.folder, exports, ""),
            false => None,
        }
    });
    let by_field = || {
        let fields = ["types", "typings", "source", "module", "main"];
        let values = fields
            .iter()
            .filter_map(|field| package.json.get(field)?.text());
        values
            .filter(|_| inside.is_empty())
            .find_map(|value| source_of(tree, &package.folder, value))
    };
    let by_place = || {
        ["src", "", "lib"]
            .iter()
            .filter_map(|folder| join(&package.folder, folder))
            .filter_map(|folder| join(&folder, inside))
            .find_map(|path| file_of(tree, &path))
    };
    exported.or_else(by_field).or_else(by_place)
}

/// An entry of `exports` or `imports`, by its key or a pattern.
fn in_table(tree: &dyn Tree, folder: &str, table: &Json, key: &str) -> Option<String> {
    let mut entries: Vec<(&str, &Json, String)> = table
        .fields()
        .iter()
        .filter_map(|(pattern, value)| {
            matched(pattern, key).map(|star| (pattern.as_str(), value, star))
        })
        .collect();
    entries.sort_by_key(|(pattern, ..)| std::cmp::Reverse(pattern.find('*').unwrap_or(usize::MAX)));
    entries
        .iter()
        .find_map(|(_, value, star)| in_value(tree, folder, value, star))
}

/// What an entry leads to: a path, or conditions of which the first that leads to a file counts, types first.
fn in_value(tree: &dyn Tree, folder: &str, value: &Json, star: &str) -> Option<String> {
    match value {
        Json::String(path) => source_of(tree, folder, &path.replace('*', star)),
        Json::List(items) => items
            .iter()
            .find_map(|item| in_value(tree, folder, item, star)),
        Json::Object(fields) => {
            let types = fields.iter().filter(|(key, _)| key.starts_with("types"));
            let others = fields.iter().filter(|(key, _)| !key.starts_with("types"));
            types
                .chain(others)
                .find_map(|(_, value)| in_value(tree, folder, value, star))
        }
        Json::Other => None,
    }
}

/// The file that a manifest names, or the source that it is built from.
fn source_of(tree: &dyn Tree, folder: &str, written: &str) -> Option<String> {
    let path = join(folder, written)?;
    if let Some(found) = file_of(tree, &path) {
        return Some(found);
    }
    let inside = path.strip_prefix(folder)?.trim_start_matches('/');
    let stem = stem(inside);
    let mut parts: Vec<&str> = stem.split('/').collect();
    if !BUILT.contains(parts.first()?) {
        return file_of(tree, &join(folder, stem)?);
    }
    // `dist/esm/x.js` is `src/x.ts`.
    while parts.len() > 1 && BUILT.contains(&parts[0]) {
        parts.remove(0);
    }
    let inside = parts.join("/");
    [
        format!("src/{inside}"),
        inside.clone(),
        "src/index".to_owned(),
    ]
    .iter()
    .filter(|path| *path != "src/index" || inside == "index")
    .filter_map(|path| join(folder, path))
    .find_map(|path| file_of(tree, &path))
}

/// A path without the extensions of scripts.
fn stem(path: &str) -> &str {
    let name = file_name(path);
    let known = EXTENSIONS
        .iter()
        .filter_map(|extension| name.strip_suffix(extension)?.strip_suffix('.'))
        .min_by_key(|stem| stem.len());
    match known {
        Some(stem) => &path[..path.len() - (name.len() - stem.len())],
        None => path,
    }
}

/// An alias that no manifest explains: `@/x`, `~/x`, `#x` from the root of some sources.
fn by_layout(resolver: &Resolver<'_>, from: &str, specifier: &str) -> Option<String> {
    let inside = ["@/", "~/", "#/", "#"]
        .iter()
        .find_map(|mark| specifier.strip_prefix(mark))?;
    let inside = stem(inside);
    let candidates = EXTENSIONS.iter().flat_map(|extension| {
        [
            format!("{inside}.{extension}"),
            format!("{inside}/index.{extension}"),
        ]
    });
    candidates.into_iter().find_map(|suffix| {
        let named = resolver.tree.named(file_name(&suffix)).into_iter();
        nearest(from, named.filter(|path| ends_with(path, &suffix)))
    })
}
