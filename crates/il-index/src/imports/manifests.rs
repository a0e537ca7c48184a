//! What the manifests of a tree say about where imports lead.
//!
//! The one idea: read once, when the tree changes, so that resolving an import opens nothing. A manifest that cannot
//! be read says nothing, and the layout of the tree answers.
//!
//! Deliberately absent: versions, dependencies from outside, build scripts.

use std::fmt;

use rustc_hash::{FxHashMap, FxHashSet};
use toml::de::DeTable;

use super::{
    Tree,
    json::Json,
    paths::{join, nearest, parent},
};

/// How many manifests of a kind are read.
const MAX_MANIFESTS: usize = 4096;

/// The manifests of a tree: Cargo, Go modules, npm packages, TypeScript and Python projects.
#[derive(Clone, Default)]
pub struct Manifests {
    /// The root files of Rust libraries by the name that `use` knows.
    libraries: FxHashMap<String, Vec<String>>,
    /// Paths of Go modules and their folders, longest first.
    go_modules: Vec<(String, String)>,
    packages: Vec<Package>,
    /// By folder.
    pub(super) configs: FxHashMap<String, Config>,
    pub(super) python_roots: Vec<String>,
    /// Python's stubs count before its sources.
    pub(super) stubs_first: bool,
}

/// A `package.json`.
#[derive(Clone)]
pub(crate) struct Package {
    pub(crate) folder: String,
    pub(crate) json: Json,
}

/// What of a `tsconfig.json` matters.
#[derive(Clone, Default)]
pub(super) struct Config {
    pub(super) base: Option<String>,
    pub(super) paths: Vec<(String, Vec<String>)>,
    /// What `paths` are relative to.
    pub(super) paths_base: String,
}

impl fmt::Debug for Manifests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifests")
            .field("rust libraries", &self.libraries.len())
            .field("go modules", &self.go_modules.len())
            .field("packages", &self.packages.len())
            .field("configs", &self.configs.len())
            .field("python roots", &self.python_roots.len())
            .finish()
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Package({})", self.folder)
    }
}

impl Manifests {
    /// The names of the files that it reads: when one of these changes, it is read again.
    pub const FILE_NAMES: [&'static str; 9] = [
        "Cargo.toml",
        "lib.rs",
        "go.mod",
        "package.json",
        "tsconfig.json",
        "jsconfig.json",
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
    ];

    /// For installed packages: what manifests say is known, and stubs say most.
    pub(crate) fn for_packages() -> Self {
        Self {
            stubs_first: true,
            ..Self::default()
        }
    }

    /// Reads them all.
    pub fn read(tree: &dyn Tree) -> Self {
        let mut it = Self::default();
        let mut crates: FxHashSet<String> = FxHashSet::default();
        for path in named(tree, "Cargo.toml") {
            if it.read_cargo(tree, &path) {
                crates.insert(parent(&path).to_owned());
            }
        }
        for path in named(tree, "lib.rs") {
            it.guess_library(&path, &crates);
        }
        for path in named(tree, "go.mod") {
            let text = tree.read(&path).unwrap_or_default();
            let module = text
                .lines()
                .find_map(|line| line.trim().strip_prefix("module "));
            it.go_modules.extend(module.map(|module| {
                let module = module.split("//").next().unwrap_or(module).trim();
                (
                    module.trim_matches('"').to_owned(),
                    parent(&path).to_owned(),
                )
            }));
        }
        it.go_modules
            .sort_by_key(|(module, folder)| (std::cmp::Reverse(module.len()), folder.clone()));
        for path in named(tree, "package.json") {
            let json = tree.read(&path).and_then(|text| Json::parse(&text));
            it.packages.extend(json.map(|json| Package {
                folder: parent(&path).to_owned(),
                json,
            }));
        }
        for name in ["tsconfig.json", "jsconfig.json"] {
            for path in named(tree, name) {
                let config = Config::read(tree, &path);
                it.configs.entry(parent(&path).to_owned()).or_insert(config);
            }
        }
        it.read_python(tree);
        it
    }

    /// Whether the manifest is a package's.
    fn read_cargo(&mut self, tree: &dyn Tree, path: &str) -> bool {
        let text = tree.read(path).unwrap_or_default();
        let Ok(table) = DeTable::parse(&text) else {
            return false;
        };
        let folder = parent(path);
        let text = |section: &str, key: &str| {
            let value = table.get_ref().get(section)?.get_ref().get(key)?;
            value.get_ref().as_str().map(str::to_owned)
        };
        let Some(package) = text("package", "name") else {
            return false;
        };
        let name = text("lib", "name").unwrap_or(package);
        let root = text("lib", "path").unwrap_or_else(|| "src/lib.rs".to_owned());
        if let Some(root) = join(folder, &root).filter(|root| tree.has_file(root)) {
            self.add_library(&name, root);
        }
        true
    }

    /// A library whose manifest is not there goes by the name of its folder.
    fn guess_library(&mut self, path: &str, crates: &FxHashSet<String>) {
        let folder = match parent(path).strip_suffix("/src") {
            Some(folder) => folder,
            None => return,
        };
        if crates.contains(folder) {
            return;
        }
        let name = super::file_name(folder).to_owned();
        self.add_library(&name, path.to_owned());
    }

    fn add_library(&mut self, name: &str, root: String) {
        let roots = self.libraries.entry(name.replace('-', "_")).or_default();
        roots.push(root);
    }

    fn read_python(&mut self, tree: &dyn Tree) {
        for name in ["pyproject.toml", "setup.py", "setup.cfg"] {
            for path in named(tree, name) {
                let folder = parent(&path);
                let source = join(folder, "src");
                self.python_roots.extend(source);
                self.python_roots.push(folder.to_owned());
            }
        }
        self.python_roots.sort();
        self.python_roots.dedup();
    }

    /// The root file of a library that `from` may name.
    pub(super) fn library(&self, name: &str, from: &str) -> Option<String> {
        nearest(from, self.libraries.get(name)?.iter().cloned())
    }

    /// The folder of a Go package, whether it is there or not.
    pub(super) fn go_folder(&self, path: &str) -> Option<String> {
        self.go_modules.iter().find_map(|(module, folder)| {
            let inside = path.strip_prefix(module.as_str())?;
            (inside.is_empty() || inside.starts_with('/')).then(|| join(folder, inside))?
        })
    }

    pub(super) fn has_go_modules(&self) -> bool {
        !self.go_modules.is_empty()
    }

    pub(super) fn package_in(&self, folder: &str) -> Option<&Package> {
        self.packages.iter().find(|it| it.folder == folder)
    }

    pub(super) fn package_named(&self, name: &str) -> Option<&Package> {
        let named = |it: &&Package| it.json.get("name").and_then(Json::text) == Some(name);
        self.packages.iter().find(named)
    }
}

fn named(tree: &dyn Tree, name: &str) -> Vec<String> {
    let mut paths = tree.named(name);
    paths.truncate(MAX_MANIFESTS);
    paths
}

impl Config {
    /// With what one `extends` gives, where the file itself says nothing.
    fn read(tree: &dyn Tree, path: &str) -> Self {
        let Some(json) = tree.read(path).and_then(|text| Json::parse(&text)) else {
            return Self::default();
        };
        let own = Self::of(&json, parent(path));
        let extended = match json.get("extends") {
            Some(Json::List(items)) => items.last().and_then(Json::text),
            value => value.and_then(Json::text),
        };
        let base = extended
            .filter(|extended| extended.starts_with('.'))
            .and_then(|extended| join(parent(path), extended))
            .and_then(|base| {
                [base.clone(), format!("{base}.json")]
                    .into_iter()
                    .find(|path| tree.has_file(path))
            });
        let Some(base) = base else { return own };
        let json = tree.read(&base).and_then(|text| Json::parse(&text));
        let Some(inherited) = json.map(|json| Self::of(&json, parent(&base))) else {
            return own;
        };
        let (paths, paths_base) = match own.paths.is_empty() {
            true => (inherited.paths, inherited.paths_base),
            false => (own.paths, own.paths_base),
        };
        Self {
            base: own.base.or(inherited.base),
            paths,
            paths_base,
        }
    }

    fn of(json: &Json, folder: &str) -> Self {
        let options = json.get("compilerOptions");
        let base = options
            .and_then(|it| it.get("baseUrl"))
            .and_then(Json::text)
            .and_then(|base| join(folder, base));
        let paths = options
            .and_then(|it| it.get("paths"))
            .map(Json::fields)
            .unwrap_or_default()
            .iter()
            .map(|(pattern, targets)| {
                let targets = targets.items().iter().filter_map(Json::text);
                (pattern.clone(), targets.map(str::to_owned).collect())
            })
            .collect();
        Self {
            paths_base: base.clone().unwrap_or_else(|| folder.to_owned()),
            base,
            paths,
        }
    }
}
