//! What a tree is asked: sentences from its own comments, names that it defines, places in its code.
//!
//! The one idea: drawn by a generator with a fixed seed, so that the same tree is asked the same.

use il_eval::Random;
use il_index::View;
use il_retrieval::{cursor::Corpus as _, terms};

const SEED: u64 = 1;
/// Words of a sentence.
const FEWEST: usize = 4;
const MOST: usize = 12;
/// Shorter names are everywhere.
const SHORTEST: usize = 4;
/// So many files are looked at for each question that is wanted before one does with fewer.
const TRIES: usize = 20;

/// Up to `most` searches: as many sentences as names where there are enough of both.
pub(super) fn searches(view: &View, most: usize) -> Vec<String> {
    let mut asked = sentences(view, most / 2);
    asked.extend(names(view, most - asked.len()));
    asked
}

/// Names of definitions.
pub(super) fn names(view: &View, most: usize) -> Vec<String> {
    let corpus = view.for_file("", "");
    draw(view, most, |random, path| {
        let mut names = Vec::new();
        corpus.defined_in(path, &mut |it| {
            if it.name.chars().count() >= SHORTEST && is_one_word(it.name) {
                names.push(it.name.to_owned());
            }
        });
        pick(random, names)
    })
}

fn is_one_word(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn sentences(view: &View, most: usize) -> Vec<String> {
    draw(view, most, |random, path| {
        let text = view.text(path)?;
        pick(random, text.lines().filter_map(sentence).collect())
    })
}

/// What a line of a comment says.
fn sentence(line: &str) -> Option<String> {
    const MARKS: [&str; 5] = ["//", "#", "*", "/*", "\"\"\""];
    let line = line.trim();
    MARKS.iter().find(|it| line.starts_with(**it))?;
    let words: Vec<&str> = terms::words(line).map(|it| it.1).collect();
    let is_prose = words.iter().all(|it| it.chars().all(char::is_alphabetic));
    let fits = (FEWEST..=MOST).contains(&words.len());
    (fits && is_prose).then(|| words.join(" "))
}

/// A file as it is before a line is written, and where that would be.
pub(super) struct Place {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) cursor: usize,
}

/// Lines of code, each hidden after its indentation.
pub(super) fn places(view: &View, most: usize) -> Vec<Place> {
    draw(view, most, |random, path| {
        let language = il_lang::registry().detect(path, None);
        if language.id == il_lang::registry().plaintext().id {
            return None;
        }
        let text = view.text(path)?;
        let mut start = 0;
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            let code = line.trim();
            if code.chars().any(char::is_alphabetic) && sentence(code).is_none() {
                let at = start + line.len() - line.trim_start().len();
                lines.push((at, at + code.len()));
            }
            start += line.len();
        }
        let (cursor, end) = pick(random, lines)?;
        Some(Place {
            path: path.to_owned(),
            text: [&text[..cursor], &text[end..]].concat(),
            cursor,
        })
    })
}

fn pick<T>(random: &mut Random, mut from: Vec<T>) -> Option<T> {
    (!from.is_empty()).then(|| from.swap_remove(random.below(from.len())))
}

fn draw<T>(
    view: &View,
    most: usize,
    mut from: impl FnMut(&mut Random, &str) -> Option<T>,
) -> Vec<T> {
    let mut random = Random::new(SEED);
    let paths = view.paths();
    let mut drawn = Vec::new();
    for _ in 0..TRIES * most {
        if drawn.len() == most || paths.is_empty() {
            break;
        }
        let path = &paths[random.below(paths.len())];
        drawn.extend(from(&mut random, path));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use il_index::{SourceFile, Stamp};

    use super::*;

    fn view() -> View {
        let file = |path: &str, text: &str| SourceFile {
            path: path.into(),
            stamp: Stamp::default(),
            text: text.into(),
        };
        let files = vec![
            file(
                "a.py",
                "# Says how many orders are open.\ndef count_orders(region):\n    return len(region.orders)\n",
            ),
            file("notes.txt", "nothing to see here at all\n"),
        ];
        View::of(files, None).unwrap()
    }

    #[test]
    fn a_tree_is_asked_about_itself() {
        let asked = searches(&view(), 4);
        assert_eq!(
            asked,
            [
                "Says how many orders are open",
                "Says how many orders are open",
                "count_orders",
                "count_orders"
            ]
        );
        assert!(searches(&View::default(), 4).is_empty());
    }

    #[test]
    fn a_place_is_where_a_line_of_code_was() {
        for place in places(&view(), 8) {
            assert_eq!(place.path, "a.py");
            let after = &place.text[place.cursor..];
            assert!(after.starts_with('\n'), "{after:?}");
            assert!(place.text.starts_with("# Says"));
        }
        assert_eq!(places(&view(), 8).len(), 8);
    }
}
