//! References: every line that has a name, and which of them define it.
//!
//! The one idea: the index knows the chunks that hold a word; reading those finds the lines. By name alone: two things
//! that are called the same are both found, as in an editor without a language server.

use std::{fmt, ops::Range};

use il_retrieval::terms::{self, Word};

use crate::{segment::Segment, view::View};

/// A line that has a name.
#[derive(Clone, PartialEq, Eq)]
pub struct Reference {
    pub path: String,
    /// 0-based.
    pub line: u32,
    /// Where the name stands in the line, in bytes.
    pub range: Range<usize>,
    pub text: String,
    /// The name is defined here.
    pub defines: bool,
}

/// Without the text: source code must not reach a log by accident.
impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, line, defines) = (&self.path, self.line + 1, self.defines);
        write!(f, "Reference({path}:{line}, defines: {defines})")
    }
}

impl View {
    /// How many chunks have a name.
    pub fn uses(&self, name: &str) -> u32 {
        self.frequency_of(crate::ranked::Field::Words, Word::of(name))
    }

    /// The first `most` places of a name, in order of path and line; spelled exactly so.
    pub fn references(&self, name: &str, most: usize) -> Vec<Reference> {
        let word = Word::of(name);
        let mut files: Vec<(&str, usize, u32)> = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let chunks = part.segment.chunks();
            for posting in part.segment.words().of(word) {
                let file = chunks[posting.chunk as usize].file;
                let last = files.last();
                if part.is_alive(file) && last.is_none_or(|it| (it.1, it.2) != (number, file)) {
                    files.push((part.segment.path(file), number, file));
                }
            }
        }
        files.sort_unstable();
        let mut found = Vec::new();
        for (_, number, file) in files {
            in_file(&self.parts[number].segment, file, name, &mut found);
            if found.len() >= most {
                break;
            }
        }
        found.truncate(most);
        found
    }
}

fn in_file(segment: &Segment, file: u32, name: &str, found: &mut Vec<Reference>) {
    let defined = segment.symbols_of(file).filter_map(|symbol| {
        let row = &segment.symbols()[symbol as usize];
        (segment.spelling(row) == name).then_some(row.line)
    });
    let defined: Vec<u32> = defined.collect();
    for (number, line) in segment.text(file).lines().enumerate() {
        let line_number = number as u32;
        for (start, word) in terms::words(line).filter(|it| it.1 == name) {
            found.push(Reference {
                path: segment.path(file).to_owned(),
                line: line_number,
                range: start..start + word.len(),
                text: line.to_owned(),
                defines: defined.contains(&line_number),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SourceFile, Stamp};

    #[test]
    fn uses_and_definitions_of_a_name_are_found_line_by_line() {
        let file = |path: &str, text: &str| SourceFile {
            path: path.into(),
            stamp: Stamp::default(),
            text: text.into(),
        };
        let files = vec![
            file("b.py", "from a import total\n\nprint(total(total))\n"),
            file(
                "a.py",
                "def total(xs):\n    return sum(xs)\n\nsubtotal = 1\n",
            ),
        ];
        let view = View::of(files, None).expect("no embedder");
        let found = view.references("total", 10);
        let shown: Vec<String> = found
            .iter()
            .map(|it| {
                format!(
                    "{}:{}:{} {}",
                    it.path,
                    it.line + 1,
                    it.range.start + 1,
                    it.defines
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "a.py:1:5 true",
                "b.py:1:15 false",
                "b.py:3:7 false",
                "b.py:3:13 false"
            ]
        );
        assert_eq!(view.references("total", 2).len(), 2);
        assert_eq!((view.uses("total"), view.uses("Total")), (2, 0));
        assert!(view.references("Total", 10).is_empty());
    }
}
