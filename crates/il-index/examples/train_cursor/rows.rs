//! What is known of every name at every case, and whether the hidden statement takes it.

use std::{collections::HashSet, fs, path::Path};

use il_index::{SourceFile, Stamp, View};
use il_lang::registry;
use il_retrieval::{
    cursor::{self, CursorQuery, FEATURES},
    terms::Word,
};
use il_syntax::Parser;

use crate::{cases::Case, fit::Random};

/// Of the wrong names this share is kept: of those that the file itself has, and of the others.
const KEPT_HERE: f32 = 0.5;
const KEPT_ELSEWHERE: f32 = 0.12;

/// Rows, what is right for each, and for how many each stands.
pub(crate) struct Rows {
    pub(crate) features: Vec<[f32; FEATURES]>,
    pub(crate) right: Vec<f32>,
    pub(crate) weight: Vec<f32>,
    random: Random,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            features: Vec::new(),
            right: Vec::new(),
            weight: Vec::new(),
            random: Random(0x9e37_79b9_7f4a_7c15),
        }
    }
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.features.len()
    }

    /// The rows of a repository's cases.
    pub(crate) fn gather(&mut self, root: &Path, cases: &[Case]) -> Result<(), String> {
        let view = View::of(files(root)?, None).map_err(|error| error.to_string())?;
        let mut parser = Parser::new();
        for case in cases {
            self.gather_case(&view, case, &mut parser)?;
        }
        Ok(())
    }

    fn gather_case(&mut self, view: &View, case: &Case, parser: &mut Parser) -> Result<(), String> {
        let path = &case.path;
        let whole = view.text(path).ok_or_else(|| format!("no file `{path}`"))?;
        let hole = (whole.get(..case.start), whole.get(case.end..));
        let (Some(before), Some(after)) = hole else {
            return Err(format!(
                "`{path}` is not the file that the case was made from"
            ));
        };
        let text = format!("{before}{after}");
        let language = registry().detect(path, text.lines().next());
        let parsed = parser.parse(language, text.as_str());
        let here: Vec<Word> = parsed
            .symbols()
            .iter()
            .map(|it| Word::of(&it.name))
            .collect();
        let imports = view.resolve(path, language, &parsed.imports());
        let neighbours = view.neighbours(path, language);
        let corpus = view.for_file(path, &text);
        let query = CursorQuery {
            path,
            text: &text,
            cursor: case.start,
            defined_here: &here,
            imports: &imports,
            neighbours: &neighbours,
            packages: &[],
            tabs: &[],
            edits: &[],
        };
        let right: HashSet<Word> = case.names.iter().map(|it| Word::of(it)).collect();
        for candidate in cursor::candidates(&corpus, &query).names {
            self.add(candidate.features, right.contains(&candidate.word));
        }
        Ok(())
    }

    fn add(&mut self, features: [f32; FEATURES], is_right: bool) {
        let share = match (is_right, features[0] > 0.0) {
            (true, _) => 1.0,
            (false, true) => KEPT_HERE,
            (false, false) => KEPT_ELSEWHERE,
        };
        if self.random.next() < share {
            self.features.push(features);
            self.right.push(f32::from(u8::from(is_right)));
            self.weight.push(1.0 / share);
        }
    }
}

/// All texts below a folder, in order.
fn files(root: &Path) -> Result<Vec<SourceFile>, String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .map_err(|error| format!("cannot read `{}`: {error}", folder.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let inside = path.strip_prefix(root).unwrap_or(&path);
                found.push(SourceFile {
                    path: inside.to_string_lossy().replace('\\', "/"),
                    stamp: Stamp::default(),
                    text,
                });
            }
        }
    }
    Ok(found)
}
