//! Measures how many imports of repositories lead to a file of theirs: `cargo run --release --example imports -- DIR…`.
//!
//! The one idea: of the imports that look internal (relative, of a package or module of the tree) nearly all should;
//! `--list` prints those that do not.
//!
//! Deliberately absent: a judgement of whether a file is the right one, but for the share of names that it defines.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
    time::{Duration, Instant},
};

use il_index::{Manifests, Names, Paths, Tree, resolve, resolves};
use il_lang::{Language, registry};
use il_syntax::{Import, ImportKind, Parser};

struct File {
    language: &'static Language,
    imports: Vec<Import>,
    defined: BTreeSet<String>,
    text: String,
}

struct Repository {
    paths: Paths,
    files: HashMap<String, File>,
}

impl Tree for Repository {
    fn has_file(&self, path: &str) -> bool {
        self.paths.has_file(path)
    }
    fn children(&self, folder: &str) -> Vec<String> {
        self.paths.children(folder)
    }
    fn named(&self, file_name: &str) -> Vec<String> {
        self.paths.named(file_name)
    }
    fn folders_named(&self, name: &str) -> Vec<String> {
        self.paths.folders_named(name)
    }
    fn read(&self, path: &str) -> Option<String> {
        self.files.get(path).map(|file| file.text.clone())
    }
    fn imports(&self, path: &str) -> Vec<Import> {
        self.files
            .get(path)
            .map(|file| file.imports.clone())
            .unwrap_or_default()
    }
    fn defines(&self, path: &str, name: &str) -> bool {
        self.files
            .get(path)
            .is_some_and(|file| file.defined.contains(name))
    }
}

#[derive(Default)]
struct Count {
    files: usize,
    imports: usize,
    resolved: usize,
    internal: usize,
    internal_resolved: usize,
    /// The module is there, and what is imported comes into it from outside of the tree.
    passed_on: usize,
    names: usize,
    names_defined: usize,
}

fn main() {
    let mut list = false;
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut spent = Duration::ZERO;
    for folder in std::env::args().skip(1) {
        if folder == "--list" {
            list = true;
            continue;
        }
        let repository = read(Path::new(&folder));
        let begun = Instant::now();
        measure(&folder, &repository, list, &mut counts);
        spent += begun.elapsed();
    }
    say(
        "language\tfiles\timports\tresolved %\tinternal\tresolved %\tpassed on from outside %\tnames\tdefined there %",
    );
    let imports: usize = counts.values().map(|it| it.imports).sum();
    for (language, count) in counts {
        let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        say(&format!(
            "{language}\t{}\t{}\t{:.1}\t{}\t{:.2}\t{:.2}\t{}\t{:.1}",
            count.files,
            count.imports,
            share(count.resolved, count.imports),
            count.internal,
            share(count.internal_resolved, count.internal),
            share(count.passed_on, count.internal),
            count.names,
            share(count.names_defined, count.names),
        ));
    }
    // Each is resolved two or three times.
    say(&format!("{imports} imports in {} ms", spent.as_millis()));
}

fn read(root: &Path) -> Repository {
    let mut files = HashMap::new();
    let mut folders = vec![root.to_owned()];
    let mut parser = Parser::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "node_modules" && name != "target" {
                    folders.push(path);
                }
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            let inside = path.strip_prefix(root).unwrap_or(&path);
            let inside = inside.to_string_lossy().replace('\\', "/");
            let language = registry().detect(&inside, text.lines().next());
            let parsed = parser.parse(language, text.as_str());
            let symbols = parsed.symbols();
            let top = symbols.iter().filter(|symbol| symbol.container.is_none());
            let file = File {
                language,
                imports: parsed.imports(),
                defined: top.map(|symbol| symbol.name.clone()).collect(),
                text,
            };
            files.insert(inside, file);
        }
    }
    Repository {
        paths: Paths::new(files.keys().cloned()),
        files,
    }
}

fn measure(
    folder: &str,
    repository: &Repository,
    list: bool,
    counts: &mut BTreeMap<&'static str, Count>,
) {
    let manifests = Manifests::read(repository);
    let go_module = go_module(repository);
    for path in repository.paths.all() {
        let file = &repository.files[path];
        if file.imports.is_empty() {
            continue;
        }
        let count = counts.entry(file.language.id).or_default();
        count.files += 1;
        for import in &file.imports {
            let found = resolves(repository, &manifests, path, file.language, import);
            let internal = looks_internal(repository, file.language, import, &go_module);
            count.imports += 1;
            count.resolved += usize::from(found);
            count.internal += usize::from(internal);
            count.internal_resolved += usize::from(internal && found);
            let module = Import {
                names: Vec::new(),
                ..import.clone()
            };
            let passed_on = internal
                && !found
                && resolves(repository, &manifests, path, file.language, &module);
            count.passed_on += usize::from(passed_on);
            if internal && !found && list {
                let line = file.text[..import.range.start].matches('\n').count() + 1;
                let names: Vec<_> = import.names.iter().map(|it| it.name.as_str()).collect();
                say(&format!(
                    "{folder}/{path}:{line}: {} {names:?}",
                    import.module
                ));
            }
            for target in resolve(
                repository,
                &manifests,
                path,
                file.language,
                std::slice::from_ref(import),
            ) {
                if let Names::These(names) = &target.names
                    && !names.is_empty()
                {
                    count.names += 1;
                    let first = names.first().map(|it| it.name.as_str()).unwrap_or_default();
                    let there = repository.defines(&target.path, first);
                    count.names_defined += usize::from(there);
                    if !there && std::env::var_os("UNDEFINED").is_some() {
                        say(&format!("{folder}/{path}: {first} of {}", target.path));
                    }
                }
            }
        }
    }
}

fn looks_internal(
    tree: &Repository,
    language: &Language,
    import: &Import,
    go_module: &Option<String>,
) -> bool {
    let module = import.module.as_str();
    let first = module.split(['.', ':', '/']).next().unwrap_or_default();
    match language.id {
        "python" => {
            module.starts_with('.')
                || ["", "src"].iter().any(|root| {
                    let begin = if root.is_empty() {
                        String::new()
                    } else {
                        format!("{root}/")
                    };
                    tree.has_file(&format!("{begin}{first}/__init__.py"))
                        || tree.has_file(&format!("{begin}{first}.py"))
                })
        }
        "rust" => {
            import.kind == ImportKind::Child
                || matches!(first, "crate" | "self" | "super")
                || tree.paths.folders_named("src").iter().any(|it| {
                    let folder = it.strip_suffix("/src").unwrap_or_default();
                    let name = folder.rsplit('/').next().unwrap_or_default();
                    !name.is_empty() && name.replace('-', "_") == first
                })
        }
        "go" => go_module
            .as_deref()
            .is_some_and(|prefix| module == prefix || module.starts_with(&format!("{prefix}/"))),
        "java" => {
            let folder = module.replace('.', "/");
            let last = folder.rsplit('/').next().unwrap_or_default().to_owned();
            let is_package = |folder: &str, last: &str| {
                tree.folders_named(last)
                    .iter()
                    .any(|it| it.ends_with(&format!("/{folder}")))
            };
            is_package(&folder, &last)
        }
        _ if language.family == "ecmascript" => module.starts_with('.'),
        _ => false,
    }
}

/// The module path that most imports of a tree without `go.mod` begin with, such that the rest is a folder.
fn go_module(tree: &Repository) -> Option<String> {
    let mut votes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for import in tree
        .files
        .values()
        .filter(|it| it.language.id == "go")
        .flat_map(|it| &it.imports)
    {
        for (at, _) in import.module.match_indices('/') {
            let (prefix, folder) = (&import.module[..at], &import.module[at + 1..]);
            if prefix.contains('.') && !tree.children(folder).is_empty() {
                votes.entry(prefix).or_default().insert(folder);
            }
        }
    }
    votes
        .into_iter()
        .max_by_key(|(prefix, folders)| (folders.len(), prefix.len()))
        .map(|(prefix, _)| prefix.to_owned())
}

#[expect(clippy::print_stdout, reason = "an example prints what it measured")]
fn say(line: &str) {
    println!("{line}");
}
