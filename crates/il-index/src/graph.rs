//! The import graph of a view: its files as imports see them.
//!
//! The one idea: what resolving asks (is there such a file, what does it import, does it define this name) the
//! segments know already, so following an import opens nothing and parses nothing.

use il_lang::{Language, registry};
use il_retrieval::{cursor::ImportedFile, terms::Word};
use il_syntax::{Import, ImportKind, ImportedName};

use crate::{
    imports::{Manifests, Names, Paths, Tree, neighbours, resolve},
    view::View,
};

/// Between the parts of an import, its names, and the imports of a file: no source has these.
const PART: char = '\u{1f}';
const NAME: char = '\u{1e}';
const ALIAS: char = '\u{1d}';
const IMPORT: char = '\u{1c}';

/// The files of a view by folder and name, and what their manifests say.
#[derive(Debug)]
pub(crate) struct Graph {
    paths: Paths,
    manifests: Manifests,
}

struct ViewTree<'a> {
    view: &'a View,
    paths: &'a Paths,
}

impl Tree for ViewTree<'_> {
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
        self.view.text(path)
    }

    fn imports(&self, path: &str) -> Vec<Import> {
        self.view.imports_of(path)
    }

    fn defines(&self, path: &str, name: &str) -> bool {
        let Some(at) = self.view.find(path) else {
            return false;
        };
        let segment = &self.view.parts[at.part as usize].segment;
        segment.named(Word::of(name)).iter().any(|&symbol| {
            let row = &segment.symbols()[symbol as usize];
            row.file == at.file && row.container == crate::segment::NONE
        })
    }
}

impl View {
    fn tree(&self) -> (ViewTree<'_>, &Manifests) {
        let graph = self.graph(|| {
            let paths = Paths::new(self.paths());
            let tree = ViewTree {
                view: self,
                paths: &paths,
            };
            let manifests = Manifests::read(&tree);
            Graph { paths, manifests }
        });
        let tree = ViewTree {
            view: self,
            paths: &graph.paths,
        };
        (tree, &graph.manifests)
    }

    /// What a stored file imports, as it is written there.
    pub fn imports_of(&self, path: &str) -> Vec<Import> {
        let Some(at) = self.find(path) else {
            return Vec::new();
        };
        unpacked(self.parts[at.part as usize].segment.imports(at.file))
    }

    /// The files that `imports` of the file at `path` lead to, each with the names it is asked for.
    pub fn resolve(
        &self,
        path: &str,
        language: &Language,
        imports: &[Import],
    ) -> Vec<ImportedFile> {
        let (tree, manifests) = self.tree();
        let targets = resolve(&tree, manifests, path, language, imports).into_iter();
        let files = targets.map(|target| ImportedFile {
            path: target.path,
            names: match target.names {
                Names::All => Vec::new(),
                Names::These(names) => names.into_iter().map(|it| it.name).collect(),
            },
        });
        files.collect()
    }

    /// The files whose names the file at `path` sees without an import.
    pub fn neighbours(&self, path: &str, language: &Language) -> Vec<String> {
        neighbours(&self.tree().0, path, language)
    }

    /// The files that a stored file imports from.
    pub fn imported_by(&self, path: &str) -> Vec<ImportedFile> {
        let Some(at) = self.find(path) else {
            return Vec::new();
        };
        let language = self.parts[at.part as usize].segment.language(at.file);
        let language = registry()
            .by_id(language)
            .unwrap_or_else(|| registry().plaintext());
        self.resolve(path, language, &self.imports_of(path))
    }
}

/// The imports of a file as one string.
pub(crate) fn packed(imports: &[Import]) -> String {
    let all = imports.iter().map(|it| {
        let names = it.names.iter().map(|it| match &it.alias {
            Some(alias) => format!("{}{ALIAS}{alias}", it.name),
            None => it.name.clone(),
        });
        let names: Vec<String> = names.collect();
        [
            it.kind.name().to_owned(),
            String::from(if it.exported { "x" } else { "" }),
            it.module.clone(),
            names.join(&NAME.to_string()),
            it.within.join(&NAME.to_string()),
        ]
        .join(&PART.to_string())
    });
    all.collect::<Vec<_>>().join(&IMPORT.to_string())
}

fn unpacked(packed: &str) -> Vec<Import> {
    let imports = packed.split(IMPORT).filter_map(|import| {
        let mut parts = import.split(PART);
        let (kind, exported) = (parts.next()?, parts.next()?);
        let (module, names, within) = (parts.next()?, parts.next()?, parts.next()?);
        let listed = |list: &str| -> Vec<String> {
            let items = list.split(NAME).filter(|it| !it.is_empty());
            items.map(str::to_owned).collect()
        };
        Some(Import {
            range: 0..0,
            module: module.to_owned(),
            names: listed(names).into_iter().map(name).collect(),
            kind: ImportKind::parse(kind)?,
            exported: exported == "x",
            within: listed(within),
        })
    });
    imports.collect()
}

fn name(packed: String) -> ImportedName {
    match packed.split_once(ALIAS) {
        Some((name, alias)) => ImportedName {
            name: name.to_owned(),
            alias: Some(alias.to_owned()),
        },
        None => ImportedName {
            name: packed,
            alias: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SourceFile, Stamp};

    fn view(files: &[(&str, &str)]) -> View {
        let file = |&(path, text): &(&str, &str)| SourceFile {
            path: path.into(),
            stamp: Stamp::default(),
            text: text.into(),
        };
        View::of(files.iter().map(file).collect(), None).expect("no embedder")
    }

    #[test]
    fn an_import_is_followed_through_the_index_alone() {
        let view = view(&[
            ("app/__init__.py", "from .models import User as Person\n"),
            ("app/models.py", "class User:\n    pass\n"),
            ("main.py", "from app import Person\nimport os\n"),
        ]);
        let found = view.imported_by("main.py");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].path, "app/models.py");
        assert_eq!(found[0].names, ["User"]);
    }

    #[test]
    fn imports_come_back_as_they_went_in() {
        let view = view(&[(
            "a.rs",
            "pub use crate::{b::C as D, e::*};\nmod tests { use super::x; }\n",
        )]);
        let stored = view.imports_of("a.rs");
        let language = registry().by_id("rust").expect("rust");
        let parsed = il_syntax::Parser::new()
            .parse(language, view.text("a.rs").expect("it is there").as_str());
        let mut written = parsed.imports();
        written.iter_mut().for_each(|it| it.range = 0..0);
        assert_eq!(stored, written);
        assert!(stored.len() > 2 && stored[0].exported);
    }
}
