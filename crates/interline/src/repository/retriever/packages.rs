//! What a file imports from installed packages, as definitions.
//!
//! The one idea: what the repository has itself is not looked for among the packages.

use std::sync::Arc;

use il_index::{Dependencies, Dependency, Outline, View};
use il_lang::Language;
use il_retrieval::cursor::Definition;
use il_syntax::Import;

/// The files that are imported from, each with what it says.
#[derive(Default)]
pub(super) struct Packages(Vec<(String, Dependency, Arc<Outline>)>);

impl Packages {
    pub(super) fn of(
        dependencies: &mut Dependencies,
        view: &View,
        path: &str,
        language: &Language,
        imports: &[Import],
    ) -> Self {
        let mut found = Vec::new();
        for import in imports {
            let one = std::slice::from_ref(import);
            if !view.resolve(path, language, one).is_empty() {
                continue;
            }
            for dependency in dependencies.locate(path, language, import) {
                if let Some(outline) = dependencies.outline(&dependency.path) {
                    let shown = dependency.path.to_string_lossy().into_owned();
                    found.push((shown, dependency, outline));
                }
            }
        }
        Self(found)
    }

    pub(super) fn definitions(&self) -> Vec<Definition<'_>> {
        self.0.iter().flat_map(definitions_of).collect()
    }
}

fn definitions_of(
    (path, dependency, outline): &(String, Dependency, Arc<Outline>),
) -> impl Iterator<Item = Definition<'_>> {
    outline.wanted(&dependency.names).filter_map(move |it| {
        Some(Definition {
            name: &it.name,
            path,
            kind: il_index::name_kind(it.kind)?,
            line: u32::try_from(it.line.saturating_sub(1)).unwrap_or(u32::MAX),
            owner: it.container.as_deref().unwrap_or(""),
            signature: &it.signature,
            doc: it.doc.as_deref().unwrap_or(""),
        })
    })
}
