//! Pairs to learn from: a question and the code that answers it, out of repositories on disk.
//!
//! The one idea: people have written down what code does, beside it: as documentation of a definition, as
//! its name, as a comment over a few lines. Each is a question whose answer is known, when it is taken
//! out of the code first.
//!
//! Deliberately absent: questions by anybody who has not read the code.

use std::path::{Path, PathBuf};

use il_privacy::{Level, Policy};
use il_syntax::{Parsed, Parser, Symbol, SymbolKind};

use super::documented::{self, documented, says_nothing, sentences, word_count};
use super::random::Random;
use crate::passage_text;

/// What a question was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first sentence of a documentation.
    Sentence,
    /// The rest of its prose.
    Prose,
    /// A name.
    Name,
    /// A comment in a body.
    Comment,
}

/// A question and its answer.
#[derive(Clone)]
pub struct Pair {
    pub kind: Kind,
    /// Of the repository.
    pub file: u32,
    pub query: String,
    /// Heading line, then code.
    pub passage: String,
}

/// Without the text of either.
impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pair({:?}, {} bytes)", self.kind, self.passage.len())
    }
}

/// A repository's pairs.
#[derive(Debug)]
pub struct Repository {
    pub name: String,
    pub pairs: Vec<Pair>,
}

/// Longer definitions are cut: a class of a thousand lines is about everything.
const MOST_CODE: usize = 6000;
/// Of one repository and kind, so that one does not outweigh the rest.
const MOST_PAIRS: usize = 6000;

/// Reads the pairs of a folder named `<language>-<name>`.
pub fn read_repository(root: &Path) -> Option<Repository> {
    let name = root.file_name()?.to_str()?.to_owned();
    let mut paths = Vec::new();
    walk(root, &mut paths);
    let mut pairs = Vec::new();
    let mut parser = Parser::new();
    for (file, path) in paths.iter().enumerate() {
        let relative = path.strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
        let language = il_lang::registry().detect(&relative, None);
        if language.grammar.is_none() || relative.ends_with(".d.ts") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        let is_private = Policy::usual().level(&relative) == Level::Blocked;
        if is_private || il_admission::admit(&text).is_err() {
            continue;
        }
        let parsed = parser.parse(language, text.as_str());
        of_file(&parsed, &text, &relative, file as u32, &mut pairs);
    }
    let mut random = Random(0x5eed ^ u64::from(crate::cut::hash(&name)) << 16);
    random.shuffle(&mut pairs);
    let mut taken = [0; 4];
    pairs.retain(|pair| {
        taken[pair.kind as usize] += 1;
        taken[pair.kind as usize] <= MOST_PAIRS
    });
    Some(Repository { name, pairs })
}

fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden {
            walk(&entry.path(), out);
        } else if kind.is_file() {
            out.push(entry.path());
        }
    }
}

fn of_file(parsed: &Parsed, text: &str, path: &str, file: u32, out: &mut Vec<Pair>) {
    let symbols = parsed.symbols();
    for (i, symbol) in symbols.iter().enumerate() {
        if !is_asked_for(symbol.kind) || symbol.name.len() < 2 {
            continue;
        }
        let found = documented(text, symbol.range.clone());
        let code = cut(&found.code);
        if code.lines().filter(|l| !l.trim().is_empty()).count() < 2 {
            continue;
        }
        let around = around(&symbols, i);
        let passage =
            |name: &str, code: &str| passage_text(path, &format!("{around}.{name}"), code);
        let mut add = |kind, query: String, passage: String| {
            out.push(Pair {
                kind,
                file,
                query,
                passage,
            });
        };
        let (sentence, prose) = sentences(&found.doc);
        let asked = sentence.replace(&symbol.name, " ");
        if word_count(&asked) >= 3 && word_count(&asked) <= 50 && !says_nothing(&sentence) {
            add(Kind::Sentence, asked, passage(&symbol.name, code));
            if word_count(&prose) >= 5 {
                let prose = prose.replace(&symbol.name, " ");
                add(Kind::Prose, prose, passage(&symbol.name, code));
            }
        }
        let name_parts = il_retrieval::terms::parts(&symbol.name).count();
        if symbol.kind.is_callable() && name_parts >= 2 && code.len() > 80 {
            let nameless = code.replace(&symbol.name, " ");
            add(Kind::Name, symbol.name.clone(), passage("_", &nameless));
        }
        if symbol.kind.is_callable() {
            for (comment, below) in comments(code) {
                add(Kind::Comment, comment, passage(&symbol.name, &below));
            }
        }
    }
}

fn is_asked_for(kind: SymbolKind) -> bool {
    kind.is_callable()
        || kind.has_members()
        || matches!(
            kind,
            SymbolKind::Type | SymbolKind::Macro | SymbolKind::Table
        )
}

/// The names around a symbol.
pub(crate) fn around(symbols: &[Symbol], index: usize) -> String {
    let mut names = Vec::new();
    let mut next = Some(index);
    while let Some(symbol) = next.and_then(|i| symbols.get(i)) {
        if next != Some(index) {
            names.push(symbol.name.as_str());
        }
        if symbol.container.is_none() {
            names.extend(symbol.scope.as_deref());
        }
        next = symbol.container;
    }
    names.reverse();
    names.join(".")
}

fn cut(code: &str) -> &str {
    let mut end = code.len().min(MOST_CODE);
    while !code.is_char_boundary(end) {
        end -= 1;
    }
    &code[..end]
}

/// Comments in a body that say something, each with the lines below it.
fn comments(code: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let mut said = String::new();
        while let Some(comment) = lines.get(at).and_then(|l| documented::comment(l)) {
            said.push_str(comment);
            said.push(' ');
            at += 1;
        }
        if word_count(&said) >= 4 && said.len() < 300 && !says_nothing(&said) {
            let below: Vec<&str> = lines[at..].iter().take(6).copied().collect();
            if below.len() >= 2 {
                found.push((said, below.join("\n")));
            }
        }
        at += 1;
    }
    found
}
