//! The import graph: which files a file imports from, and what.
//!
//! The one idea: each language says where a module would be, as paths; which of them exist, and what a file
//! passes on from another one, is the same question for all. So a name is followed through `__init__.py`, `pub use`
//! and `export … from` to the file that defines it.
//!
//! Pure: whoever asks knows the files. Without manifests (`Cargo.toml`, `go.mod`, `tsconfig.json`) the layout of the
//! tree has to say what they would.
//!
//! Deliberately absent: installed packages (see `dependencies`), types, and what happens at run time: search paths
//! that a program changes, names that it makes up.

use std::{
    cell::{Cell, OnceCell, RefCell},
    fmt,
    rc::Rc,
};

use il_lang::Language;
use il_syntax::{Import, ImportKind, ImportedName};
use rustc_hash::{FxHashMap, FxHashSet};

mod ecmascript;
mod go;
mod java;
mod json;
mod manifests;
mod others;
mod paths;
mod python;
mod rust;
#[cfg(test)]
mod tests;

pub(crate) use ecmascript::{package_entry, split_package};
pub use manifests::Manifests;
pub use paths::Paths;
use paths::file_name;

/// How many files that pass a name on are followed.
const MAX_HOPS: usize = 4;

/// How many files are looked at for one name.
const MAX_VISITED: usize = 64;

/// The files that imports may lead to. Paths are relative to the root and `/`-separated; the root is empty.
pub trait Tree {
    fn has_file(&self, path: &str) -> bool;
    /// The files right in a folder, whole paths, sorted.
    fn children(&self, folder: &str) -> Vec<String>;
    /// Every file of a name, whole paths, sorted; none where nobody knows all files.
    fn named(&self, _file_name: &str) -> Vec<String> {
        Vec::new()
    }
    /// Every folder of a name that holds files, whole paths, sorted; as [`Tree::named`].
    fn folders_named(&self, _name: &str) -> Vec<String> {
        Vec::new()
    }
    /// The text of a manifest.
    fn read(&self, path: &str) -> Option<String>;
    /// What a file imports, to follow what it passes on.
    fn imports(&self, _path: &str) -> Vec<Import> {
        Vec::new()
    }
    /// Whether a file defines a name itself at its top level. Who always says yes follows nothing.
    fn defines(&self, _path: &str, _name: &str) -> bool {
        true
    }
}

/// A file that is imported from, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub path: String,
    pub names: Names,
}

/// What of a file is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    All,
    /// As the file itself calls them. What an item contains comes behind the item: of `Kind::First`, both.
    /// None where the file is only said to exist, as `mod x;` does.
    These(Vec<ImportedName>),
}

/// Where an imported name is: a file, and the item in it with what is meant of that; the whole file if empty.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) chain: Vec<ImportedName>,
}

/// Without names.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({}, {} names)", self.path, self.chain.len())
    }
}

impl Place {
    pub(crate) fn file(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            chain: Vec::new(),
        }
    }

    fn item(path: impl Into<String>, name: &ImportedName) -> Self {
        Self {
            path: path.into(),
            chain: vec![name.clone()],
        }
    }

    fn maybe(path: impl Into<String>, name: Option<&ImportedName>) -> Self {
        Self {
            path: path.into(),
            chain: name.into_iter().cloned().collect(),
        }
    }
}

/// The files that `imports` of the file `from` lead to, in their order, each once, without `from` itself.
pub fn resolve(
    tree: &dyn Tree,
    manifests: &Manifests,
    from: &str,
    language: &Language,
    imports: &[Import],
) -> Vec<Target> {
    let resolver = Resolver::new(tree, manifests, language);
    let mut targets: Vec<Target> = Vec::new();
    let mut at: FxHashMap<String, usize> = FxHashMap::default();
    let places = imports.iter().flat_map(|import| {
        let is_child = import.kind == ImportKind::Child;
        let places = resolver.places(from, import).into_iter();
        places.map(move |place| (place, is_child))
    });
    for (place, is_child) in places.filter(|(place, _)| place.path != from) {
        let index = *at.entry(place.path.clone()).or_insert_with(|| {
            targets.push(Target {
                path: place.path.clone(),
                names: Names::These(Vec::new()),
            });
            targets.len() - 1
        });
        if !is_child {
            targets[index].names.add(place.chain);
        }
    }
    targets
}

/// Whether an import leads to a file of the tree, `from` itself included.
pub fn resolves(
    tree: &dyn Tree,
    manifests: &Manifests,
    from: &str,
    language: &Language,
    import: &Import,
) -> bool {
    !Resolver::new(tree, manifests, language)
        .places(from, import)
        .is_empty()
}

/// The files that see each other without an import: those of a Go or Java package. Without `from`, sorted.
pub fn neighbours(tree: &dyn Tree, from: &str, language: &Language) -> Vec<String> {
    let mut found = match Family::of(language) {
        Some(Family::Go) => go::neighbours(tree, from),
        Some(Family::Java) => java::neighbours(tree, from),
        _ => Vec::new(),
    };
    found.retain(|path| path != from);
    found.sort();
    found.dedup();
    found
}

impl Names {
    /// An empty chain means the whole file.
    pub(crate) fn add(&mut self, chain: Vec<ImportedName>) {
        match self {
            Self::These(_) if chain.is_empty() => *self = Self::All,
            Self::These(names) => {
                for name in chain {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            Self::All => {}
        }
    }
}

/// Languages that import alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Python,
    Rust,
    EcmaScript,
    Go,
    /// With Kotlin.
    Java,
    /// With C++.
    C,
    Ruby,
    Php,
}

impl Family {
    pub(crate) fn of(language: &Language) -> Option<Self> {
        match language.id {
            "python" => Some(Self::Python),
            "rust" => Some(Self::Rust),
            "go" => Some(Self::Go),
            "java" | "kotlin" => Some(Self::Java),
            "c" | "cpp" => Some(Self::C),
            "ruby" => Some(Self::Ruby),
            "php" => Some(Self::Php),
            _ if language.family == "ecmascript" => Some(Self::EcmaScript),
            _ => None,
        }
    }
}

/// What a file passes on that comes from outside of the tree.
pub(crate) struct Outside {
    /// The file that passes it on.
    pub(crate) path: String,
    /// Of one name, which is bound to what was asked for.
    pub(crate) import: Import,
    /// What was meant of it.
    pub(crate) inside: Vec<ImportedName>,
}

impl Outside {
    fn new(place: &Place, import: &Import, name: Option<&ImportedName>) -> Self {
        let asked = place.chain.last().map(ImportedName::binding);
        let names = name.map(|name| ImportedName::new(name.name.as_str(), asked));
        Self {
            path: place.path.clone(),
            import: Import {
                names: names.into_iter().collect(),
                ..import.clone()
            },
            inside: place.chain.iter().skip(1).cloned().collect(),
        }
    }
}

/// Answers for the files of one language, and remembers what files import while it does.
pub(crate) struct Resolver<'a> {
    pub(crate) tree: &'a dyn Tree,
    pub(crate) manifests: &'a Manifests,
    family: Option<Family>,
    imports: RefCell<FxHashMap<String, Rc<[Import]>>>,
    /// How deep it is in looking for where a path begins, which may need an import itself.
    depth: Cell<usize>,
    /// The path of the only Go module, where no manifest says it.
    go_module: OnceCell<Option<String>>,
    /// What was found to come from outside.
    outside: RefCell<Vec<Outside>>,
}

impl fmt::Debug for Resolver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resolver({:?})", self.family)
    }
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(tree: &'a dyn Tree, manifests: &'a Manifests, language: &Language) -> Self {
        Self {
            tree,
            manifests,
            family: Family::of(language),
            imports: RefCell::default(),
            depth: Cell::new(0),
            go_module: OnceCell::new(),
            outside: RefCell::default(),
        }
    }

    /// Where everything is that an import names, each followed to where it is defined.
    pub(crate) fn places(&self, from: &str, import: &Import) -> Vec<Place> {
        if import.names.is_empty() || import.kind == ImportKind::Module {
            return self.locate(from, import, None);
        }
        import
            .names
            .iter()
            .flat_map(|name| self.locate(from, import, Some(name)))
            .filter_map(|place| self.follow(place))
            .collect()
    }

    /// What was passed on from outside since the last time somebody asked.
    pub(crate) fn take_outside(&self) -> Vec<Outside> {
        std::mem::take(&mut self.outside.borrow_mut())
    }

    /// Where a name of an import is said to be, or the module if there is none.
    fn locate(&self, from: &str, import: &Import, name: Option<&ImportedName>) -> Vec<Place> {
        let Some(family) = self.family else {
            return Vec::new();
        };
        match family {
            Family::Python => python::locate(self, from, &import.module, name),
            Family::Rust => rust::locate(self, from, import, name),
            Family::EcmaScript => ecmascript::locate(self, from, &import.module, name),
            Family::Go => go::locate(self, from, &import.module),
            Family::Java => java::locate(self, from, import, name),
            Family::C => others::include(self, from, &import.module),
            Family::Ruby => others::require(self, from, &import.module),
            Family::Php => others::php(self, from, &import.module, name),
        }
    }

    pub(crate) fn imports_of(&self, path: &str) -> Rc<[Import]> {
        if let Some(known) = self.imports.borrow().get(path) {
            return Rc::clone(known);
        }
        let imports: Rc<[Import]> = self.tree.imports(path).into();
        self.imports
            .borrow_mut()
            .insert(path.to_owned(), Rc::clone(&imports));
        imports
    }

    /// The file that defines the item of a place, if others only pass it on; nothing if it comes from
    /// outside of the tree.
    pub(crate) fn follow(&self, place: Place) -> Option<Place> {
        self.chase(place, MAX_HOPS, &mut FxHashSet::default())
    }

    fn chase(
        &self,
        place: Place,
        hops: usize,
        visited: &mut FxHashSet<(String, String)>,
    ) -> Option<Place> {
        let Some(first) = place.chain.first() else {
            return Some(place);
        };
        let unseen =
            visited.len() < MAX_VISITED && visited.insert((place.path.clone(), first.name.clone()));
        if hops == 0 || !unseen || self.tree.defines(&place.path, &first.name) {
            return Some(place);
        }
        let imports = self.imports_of(&place.path);
        let mut outside: Option<Outside> = None;
        for import in imports.iter().filter(|it| it.within.is_empty()) {
            let bound = import.names.iter().find(|it| it.binding() == first.name);
            let Some(name) = bound else { continue };
            let name = (import.kind == ImportKind::Names).then_some(name);
            match self.locate(&place.path, import, name).into_iter().next() {
                Some(found) if found.path != place.path => {
                    return self.chase(passed_on(found, &place.chain), hops - 1, visited);
                }
                Some(_) => {}
                None => {
                    outside.get_or_insert_with(|| Outside::new(&place, import, name));
                }
            }
        }
        if let Some(outside) = outside {
            self.outside.borrow_mut().push(outside);
            return None;
        }
        // `export *` passes on whatever has a name.
        let has_name = first.name != "default" || self.family != Some(Family::EcmaScript);
        let wildcards = imports
            .iter()
            .filter(|it| has_name && it.kind == ImportKind::Wildcard);
        for import in wildcards {
            let found = self.locate(&place.path, import, None);
            if found.is_empty() && self.knows_definitions() {
                // Nobody here can say whether the name is among them.
                let mut outside = Outside::new(&place, import, Some(first));
                outside.import.kind = ImportKind::Names;
                self.outside.borrow_mut().push(outside);
            }
            for found in found {
                if !found.chain.is_empty() || found.path == place.path {
                    continue;
                }
                let candidate = Place {
                    path: found.path,
                    chain: place.chain.clone(),
                };
                let Some(found) = self.chase(candidate, hops - 1, visited) else {
                    continue;
                };
                let is_there = found
                    .chain
                    .first()
                    .is_none_or(|name| self.tree.defines(&found.path, &name.name));
                if is_there {
                    return Some(found);
                }
            }
        }
        Some(place)
    }

    /// Whether the tree knows what files define, and does not just say yes.
    pub(crate) fn knows_definitions(&self) -> bool {
        !self.tree.defines("", "")
    }

    /// Runs `look` unless it is already running several times: some languages look for where a path begins
    /// among the imports of the same file.
    pub(crate) fn guarded<T: Default>(&self, look: impl FnOnce() -> T) -> T {
        if self.depth.get() >= MAX_HOPS {
            return T::default();
        }
        self.depth.set(self.depth.get() + 1);
        let found = look();
        self.depth.set(self.depth.get() - 1);
        found
    }
}

/// A place in the file that really has it, for whoever asked by the first name of `asked`.
fn passed_on(mut found: Place, asked: &[ImportedName]) -> Place {
    let binding = asked.last().map(|it| it.binding().to_owned());
    found.chain.extend(asked.iter().skip(1).cloned());
    if let Some(last) = found.chain.last_mut() {
        last.alias = binding.filter(|binding| *binding != last.name);
    }
    found
}
