//! Measures what is found of installed packages: `cargo run --release --example dependencies -- DIR…`.
//!
//! The one idea: of the imports that lead to no file of a repository, how many lead to one of a package, and what that
//! costs in files and bytes read. `--list` prints those that lead nowhere.
//!
//! Deliberately absent: installing anything.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use il_index::{Dependencies, Names, Places};
use il_lang::registry;
use il_syntax::{Import, ImportKind, Parser};

fn main() {
    let mut list = false;
    for folder in std::env::args().skip(1) {
        if folder == "--list" {
            list = true;
            continue;
        }
        measure(Path::new(&folder), list);
    }
}

fn measure(root: &Path, list: bool) {
    let mut dependencies = Dependencies::new(root, Places::from_environment());
    let mut lost: BTreeMap<String, usize> = BTreeMap::new();
    let (mut asked, mut found, mut named, mut slowest) = (0, 0, 0, 0);
    let begun = Instant::now();
    for path in files(root) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let inside = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .to_string_lossy()
            .replace('\\', "/");
        let language = registry().detect(&inside, text.lines().next());
        for import in Parser::new().parse(language, text.as_str()).imports() {
            if is_internal(&import) {
                continue;
            }
            asked += 1;
            let start = Instant::now();
            let places = dependencies.locate(&inside, language, &import);
            let mut of_names = 0;
            for place in &places {
                if let Some(outline) = dependencies.outline(&place.path)
                    && matches!(place.names, Names::These(_))
                {
                    of_names += outline.wanted(&place.names).count();
                }
            }
            slowest = slowest.max(start.elapsed().as_millis());
            found += usize::from(!places.is_empty());
            named += usize::from(of_names > 0);
            if places.is_empty() {
                let names: Vec<_> = import.names.iter().map(|it| it.name.as_str()).collect();
                *lost
                    .entry(format!("{} {names:?}", import.module))
                    .or_default() += 1;
            }
        }
    }
    let spent = begun.elapsed().as_millis();
    say(&format!(
        "{}: {asked} imports, {found} found, {named} with signatures, {spent} ms in all, {slowest} ms at most, {:?}",
        root.display(),
        dependencies.work()
    ));
    let mut lost: Vec<_> = lost.into_iter().collect();
    lost.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), name.clone()));
    for (name, count) in lost.iter().filter(|_| list) {
        say(&format!("{count}\t{name}"));
    }
}

fn is_internal(import: &Import) -> bool {
    let first = import
        .module
        .split(['.', ':', '/'])
        .next()
        .unwrap_or_default();
    matches!(first, "" | "crate" | "self" | "super") || import.kind == ImportKind::Child
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let skipped = name.starts_with('.')
                || matches!(name.as_ref(), "node_modules" | "target" | "venv" | "data");
            match path.is_dir() {
                true if !skipped => folders.push(path),
                true => {}
                false => files.push(path),
            }
        }
    }
    files.sort();
    files
}

#[expect(clippy::print_stdout, reason = "an example prints what it measured")]
fn say(line: &str) {
    println!("{line}");
}
