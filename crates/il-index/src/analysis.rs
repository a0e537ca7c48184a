//! Analysis: everything the index wants to know of one file, from its text alone.
//!
//! The one idea: a file is read once and never compared with another one here, so files are analysed on all
//! cores and in any order, and the same text gives the same facts. Words and terms go by their 64-bit hash:
//! nobody needs to spell them again, but for names that are defined.
//!
//! Deliberately absent: the disk, other files, what a search makes of it.

use std::{fmt, ops::Range};

use il_lang::{
    Language,
    lexer::{LexRules, LexState, Lexer, TokenClass, TokenMode},
    registry,
};
use il_retrieval::{
    cursor::Context,
    terms::{self, Word},
};
use il_syntax::{ChunkKind, Parsed, Parser, Symbol, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{graph, weights};

/// The size at which chunks are cut, in bytes: a function of some forty lines.
pub(crate) const CHUNK_BYTES: usize = 1536;

/// Documentation is looked for so many times in a file: looking takes time in a file that is all comments.
const MOST_DOCS: usize = 4000;

/// Enough to tell that a file changed without opening it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    pub size: u64,
    /// Last modification, nanoseconds since 1970; negative before it.
    pub mtime_ns: i64,
}

/// A file to be indexed.
#[derive(Clone)]
pub struct SourceFile {
    /// Path inside the root, `/`-separated.
    pub path: String,
    pub stamp: Stamp,
    pub text: String,
}

/// Without the text: source code must not reach a log by accident.
impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceFile({}, {} bytes)", self.path, self.text.len())
    }
}

/// What one file says.
pub(crate) struct FileFacts {
    pub(crate) path: String,
    pub(crate) stamp: Stamp,
    pub(crate) language: &'static str,
    pub(crate) text: String,
    pub(crate) chunks: Vec<ChunkFacts>,
    pub(crate) symbols: Vec<SymbolFacts>,
    /// What it imports, packed by `graph`.
    pub(crate) imports: String,
    /// Which word stands behind which others, with how often; sorted.
    pub(crate) follows: Vec<(Context, Word, u16)>,
}

/// A piece of a file.
pub(crate) struct ChunkFacts {
    pub(crate) bytes: Range<u32>,
    /// 0-based, end excluded.
    pub(crate) lines: Range<u32>,
    pub(crate) kind: ChunkKind,
    /// `Class.method`.
    pub(crate) symbol_path: String,
    /// Words as they are written, with how often; sorted.
    pub(crate) words: Vec<(Word, u8)>,
    /// Terms with their weight, packed by `weights`; sorted.
    pub(crate) terms: Vec<(Word, u8)>,
}

/// A definition.
pub(crate) struct SymbolFacts {
    pub(crate) name: String,
    pub(crate) kind: SymbolKind,
    /// The line of the name, 0-based.
    pub(crate) line: u32,
    /// The lines of the whole definition, end excluded.
    pub(crate) lines: Range<u32>,
    /// The innermost definition around it, in this file.
    pub(crate) container: Option<u32>,
    /// The name of what it belongs to: its container's, or a Go method's receiver.
    pub(crate) owner: String,
    pub(crate) signature: String,
    pub(crate) doc: String,
}

/// Analyses files, one after another; one for each thread.
pub(crate) struct Analyst {
    parser: Parser,
    lexers: FxHashMap<&'static str, Lexer>,
}

impl Analyst {
    pub(crate) fn new() -> Self {
        Self {
            parser: Parser::new(),
            lexers: FxHashMap::default(),
        }
    }

    pub(crate) fn analyse(&mut self, file: SourceFile) -> FileFacts {
        let language = language_of(&file.path, &file.text);
        let parsed = self.parser.parse(language, file.text.as_str());
        let symbols = parsed.symbols();
        let lexed = self.lex(language, &file.text);
        let chunks = chunks(&parsed, &symbols, &file);
        let symbols = symbol_facts(&parsed, &symbols, &lexed);
        FileFacts {
            path: file.path,
            stamp: file.stamp,
            language: language.id,
            imports: graph::packed(&parsed.imports()),
            follows: lexed.follows(),
            chunks,
            symbols,
            text: file.text,
        }
    }

    fn lex<'t>(&mut self, language: &'static Language, text: &'t str) -> Lexed<'t> {
        let lexer = self
            .lexers
            .entry(language.id)
            .or_insert_with(|| Lexer::new(LexRules::from(language)));
        Lexed::of(lexer, text)
    }
}

/// The language of a file, from its name and first line.
pub(crate) fn language_of(path: &str, text: &str) -> &'static Language {
    registry().detect(path, text.lines().next())
}

fn chunks(parsed: &Parsed, symbols: &[Symbol], file: &SourceFile) -> Vec<ChunkFacts> {
    let all = parsed.chunks_among(symbols, CHUNK_BYTES);
    let mut lines = Lines::new(&file.text);
    let facts = all.into_iter().filter_map(|chunk| {
        let bytes = whole_lines(&file.text, chunk.range.clone())?;
        let first = lines.of(bytes.start);
        let last = lines.of(bytes.end - 1);
        let code = &file.text[bytes.clone()];
        let name = chunk.symbol_path.rsplit('.').next().unwrap_or_default();
        let defined = symbols
            .iter()
            .find(|it| chunk.range.contains(&it.name_range.start) && it.name == name);
        let terms = weights::terms(&weights::Fields {
            code,
            symbol_path: &chunk.symbol_path,
            signature: defined.map_or("", |it| &it.signature),
            path: &file.path,
        });
        Some(ChunkFacts {
            bytes: narrow(bytes.start)..narrow(bytes.end),
            lines: first..last + 1,
            kind: chunk.kind,
            words: words_of(code),
            terms,
            symbol_path: chunk.symbol_path,
        })
    });
    facts.collect()
}

/// A range without blank lines around it, from the start of its first line; nothing where all is blank.
fn whole_lines(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let written = &text[range.clone()];
    let trimmed = written.trim();
    if trimmed.is_empty() {
        return None;
    }
    let start = range.start + (written.len() - written.trim_start().len());
    let before = &text[range.start..start];
    let start = before
        .rfind('\n')
        .map_or(range.start, |at| range.start + at + 1);
    Some(start..range.start + written.trim_end().len())
}

/// The words of a piece of code as they are written, with how often; sorted.
pub(crate) fn words_of(code: &str) -> Vec<(Word, u8)> {
    let words = terms::words(code).filter(|it| terms::is_identifier(it.1));
    let mut words: Vec<Word> = words.map(|it| Word::of(it.1)).collect();
    words.sort_unstable();
    let mut counted: Vec<(Word, u8)> = Vec::new();
    for word in words {
        match counted.last_mut() {
            Some(last) if last.0 == word => last.1 = last.1.saturating_add(1),
            _ => counted.push((word, 1)),
        }
    }
    counted
}

fn symbol_facts(parsed: &Parsed, symbols: &[Symbol], lexed: &Lexed<'_>) -> Vec<SymbolFacts> {
    let mut lines = Lines::new(lexed.text);
    let mut facts: Vec<SymbolFacts> = symbols
        .iter()
        .enumerate()
        .map(|(number, symbol)| {
            let first = lines.of(symbol.range.start);
            let last = lines.of(symbol.range.end.saturating_sub(1).max(symbol.range.start));
            let container = symbol.container.map(|index| &symbols[index].name);
            SymbolFacts {
                name: symbol.name.clone(),
                kind: symbol.kind,
                line: lines.of(symbol.name_range.start),
                lines: first..last + 1,
                container: symbol.container.map(narrow),
                owner: symbol
                    .scope
                    .as_ref()
                    .or(container)
                    .cloned()
                    .unwrap_or_default(),
                signature: symbol.signature.clone(),
                doc: (number < MOST_DOCS)
                    .then(|| parsed.doc_of(symbol))
                    .flatten()
                    .unwrap_or_default(),
            }
        })
        .collect();
    let attributes = lexed.attributes(symbols, &mut lines);
    facts.extend(attributes);
    facts
}

/// A text's tokens, without those of comments.
struct Lexed<'t> {
    text: &'t str,
    tokens: Vec<Piece>,
}

#[derive(Clone, Copy)]
struct Piece {
    start: u32,
    end: u32,
    is_word: bool,
    in_text: bool,
}

impl<'t> Lexed<'t> {
    fn of(lexer: &Lexer, text: &'t str) -> Self {
        let mut state = LexState::default();
        let mut tokens = Vec::new();
        let mut line_tokens = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            line_tokens.clear();
            lexer.line(
                line.trim_end_matches(['\n', '\r']),
                &mut state,
                &mut line_tokens,
            );
            for token in line_tokens
                .iter()
                .filter(|it| it.mode != TokenMode::Comment)
            {
                tokens.push(Piece {
                    start: narrow(start) + token.start,
                    end: narrow(start) + token.end,
                    is_word: token.class == TokenClass::Word,
                    in_text: token.mode == TokenMode::Text,
                });
            }
            start += line.len();
        }
        Self { text, tokens }
    }

    fn word(&self, piece: Piece) -> &'t str {
        &self.text[piece.start as usize..piece.end as usize]
    }

    /// Which word stands behind which two others.
    fn follows(&self) -> Vec<(Context, Word, u16)> {
        let mut found: Vec<(Context, Word)> = Vec::new();
        let mut before = il_retrieval::cursor::Before::default();
        for &piece in self.tokens.iter().filter(|it| !it.in_text) {
            let written = self.word(piece);
            if piece.is_word && terms::is_identifier(written) {
                let word = Word::of(written);
                found.extend(before.contexts().map(|context| (context, word)));
                before.push_word(word);
            } else {
                before.push_symbol(written);
            }
        }
        found.sort_unstable();
        let mut counted: Vec<(Context, Word, u16)> = Vec::new();
        for (context, word) in found {
            match counted.last_mut() {
                Some(last) if (last.0, last.1) == (context, word) => {
                    last.2 = last.2.saturating_add(1);
                }
                _ => counted.push((context, word, 1)),
            }
        }
        counted
    }

    /// Fields that a method gives to its object by assigning them: `self.name = …`, `this.name = …`.
    /// Grammars see a statement there; readers see where the field is defined.
    fn attributes(&self, symbols: &[Symbol], lines: &mut Lines<'_>) -> Vec<SymbolFacts> {
        let mut found: Vec<SymbolFacts> = Vec::new();
        let mut known = FxHashSet::default();
        let mut open: Vec<usize> = Vec::new();
        let mut next = 0;
        for window in self.tokens.windows(4) {
            let [this, dot, name, assign] = [window[0], window[1], window[2], window[3]];
            if !matches!(self.word(this), "self" | "this") || self.word(dot) != "." || !name.is_word
            {
                continue;
            }
            if !matches!(self.word(assign), "=" | ":") || !self.begins_line(this) {
                continue;
            }
            let at = this.start as usize;
            while next < symbols.len() && symbols[next].range.start <= at {
                open.push(next);
                next += 1;
            }
            let class = open
                .iter()
                .rev()
                .map(|&index| &symbols[index])
                .position(|it| it.kind.has_members() && it.range.contains(&at))
                .map(|back| open[open.len() - 1 - back]);
            let Some(class) = class else { continue };
            let written = self.word(name);
            if !known.insert((class, written)) {
                continue;
            }
            let line = lines.of(at);
            let end = self.text[at..]
                .find('\n')
                .map_or(self.text.len(), |it| at + it);
            found.push(SymbolFacts {
                name: written.to_owned(),
                kind: SymbolKind::Field,
                line,
                lines: line..line + 1,
                container: Some(narrow(class)),
                owner: symbols[class].name.clone(),
                signature: self.text[at..end].trim_end().chars().take(160).collect(),
                doc: String::new(),
            });
        }
        found
    }

    fn begins_line(&self, piece: Piece) -> bool {
        self.text[..piece.start as usize]
            .trim_end_matches([' ', '\t'])
            .ends_with('\n')
    }
}

/// Lines of rising offsets, found by going on from the last one.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 0,
        }
    }

    fn of(&mut self, offset: usize) -> u32 {
        let offset = offset.min(self.text.len());
        if offset < self.at {
            self.line -= count_breaks(&self.text[offset..self.at]);
        } else {
            self.line += count_breaks(&self.text[self.at..offset]);
        }
        self.at = offset;
        self.line
    }
}

fn count_breaks(bytes: &[u8]) -> u32 {
    narrow(memchr::memchr_iter(b'\n', bytes).count())
}

/// Offsets of admitted files fit: they have a megabyte or so.
fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
