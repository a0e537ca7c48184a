//! A plain 5-gram with Witten-Bell smoothing: the baseline with a memory.
//!
//! The one idea: counts of what follows the last 0 to 4 tokens, kept as sorted arrays. The file that is
//! being completed is counted alone once and *taken off* again, so that no answer comes from it; the
//! buffer around the cursor can be counted in its place.
//!
//! Decoded to the end of the line by a beam of three. No spaces are modelled but the usual one between
//! two tokens.

mod counts;

use std::sync::{Arc, Mutex, PoisonError};

use il_engine::{CancelToken, Capabilities, Engine, EngineError, Outcome, Request, Sink};
use il_lang::{lexer, registry};
use rustc_hash::FxHashMap;

use super::push;
use crate::tree::SourceFile;
use counts::{Counts, Distribution, ORDER};

const BEAM: usize = 3;
const MAX_TOKENS: usize = 40;
/// The token that stands for the end of a line.
const LINE_END: u32 = 0;

pub(super) struct NGram {
    vocabulary: Vocabulary,
    counts: Counts,
    spacing: Spacing,
    files: FxHashMap<String, Arc<str>>,
    /// Counts of single files, made when they are first taken off.
    alone: Mutex<FxHashMap<String, Arc<Counts>>>,
    with_buffer: bool,
}

#[derive(Default)]
struct Vocabulary {
    ids: FxHashMap<Arc<str>, u32>,
    words: Vec<Arc<str>>,
}

impl Vocabulary {
    fn id(&mut self, word: &str) -> u32 {
        if let Some(&id) = self.ids.get(word) {
            return id;
        }
        let id = self.words.len() as u32;
        let word: Arc<str> = word.into();
        self.words.push(word.clone());
        self.ids.insert(word, id);
        id
    }
}

/// A vocabulary that grows for one request only.
struct Extended<'a> {
    base: &'a Vocabulary,
    extra: Vocabulary,
}

impl Extended<'_> {
    fn id(&mut self, word: &str) -> u32 {
        match self.base.ids.get(word) {
            Some(&id) => id,
            None => self.base.words.len() as u32 + self.extra.id(word),
        }
    }

    fn word(&self, id: u32) -> &str {
        let id = id as usize;
        match id.checked_sub(self.base.words.len()) {
            None => &self.base.words[id],
            Some(extra) => &self.extra.words[extra],
        }
    }

    fn starting_with(&self, beginning: &str) -> Vec<u32> {
        let words = self.base.words.iter().chain(&self.extra.words);
        (0..)
            .zip(words)
            .filter(|(_, word)| word.starts_with(beginning))
            .map(|it| it.0)
            .collect()
    }
}

/// Cuts text into tokens; calls back with each word and whether a space is before it. Line ends are empty.
fn each_token(language: &str, text: &str, mut token: impl FnMut(&str, bool)) {
    let language = registry().by_id(language);
    let rules = lexer::LexRules::from(language.unwrap_or_else(|| registry().plaintext()));
    let lexer = lexer::Lexer::new(rules);
    let mut state = lexer::LexState::default();
    let mut line_tokens = Vec::new();
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        line_tokens.clear();
        lexer.line(body, &mut state, &mut line_tokens);
        for (index, it) in line_tokens.iter().enumerate() {
            token(
                &body[it.start as usize..it.end as usize],
                it.space > 0 && index > 0,
            );
        }
        if line.ends_with('\n') && !line_tokens.is_empty() {
            token("", false);
        }
    }
}

impl NGram {
    pub(super) fn new(files: &[SourceFile], with_buffer: bool) -> Self {
        let mut vocabulary = Vocabulary::default();
        vocabulary.id("");
        let mut spacing = Spacing::default();
        let mut sequences = Vec::new();
        for file in files {
            let mut sequence = Vec::new();
            each_token(file.language, &file.text, |word, space| {
                let id = vocabulary.id(word);
                let previous = sequence.last().copied().unwrap_or(LINE_END);
                if id != LINE_END && previous != LINE_END {
                    spacing.count(
                        (previous, &vocabulary.words[previous as usize]),
                        (id, word),
                        space,
                    );
                }
                sequence.push(id);
            });
            sequences.push(sequence);
        }
        Self {
            vocabulary,
            counts: Counts::new(&sequences.iter().map(Vec::as_slice).collect::<Vec<_>>()),
            spacing,
            files: files
                .iter()
                .map(|it| (it.path.clone(), it.text.clone()))
                .collect(),
            alone: Mutex::default(),
            with_buffer,
        }
    }

    /// What the file's own copy on disk contributes to the counts.
    fn alone(&self, path: &str, language: &str) -> Option<Arc<Counts>> {
        let text = self.files.get(path)?;
        let mut alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counts) = alone.get(path) {
            return Some(counts.clone());
        }
        let mut sequence = Vec::new();
        // As it was counted: every word of it is in the vocabulary.
        each_token(language, text, |word, _| {
            sequence.extend(self.vocabulary.ids.get(word));
        });
        let counts = Arc::new(Counts::new(&[&sequence]));
        alone.insert(path.to_owned(), counts.clone());
        Some(counts)
    }

    fn answer(&self, request: &Request) -> Vec<(String, f32)> {
        let mut vocabulary = Extended {
            base: &self.vocabulary,
            extra: Vocabulary::default(),
        };
        let mut before = Vec::new();
        each_token(&request.language, request.prefix(), |word, _| {
            before.push(vocabulary.id(word));
        });
        let cursor = Cursor::new(request.prefix(), &before, &vocabulary);
        before.truncate(before.len() - usize::from(!cursor.partial.is_empty()));
        let buffer = self.with_buffer.then(|| {
            let mut after = Vec::new();
            let rest = request.suffix().split_once('\n').map_or("", |it| it.1);
            each_token(&request.language, rest, |word, _| {
                after.push(vocabulary.id(word));
            });
            Counts::new(&[&before, &after])
        });
        let alone = self.alone(&request.path, &request.language);
        let distribution = Distribution {
            all: &self.counts,
            minus: alone.as_deref(),
            plus: buffer.as_ref(),
        };
        let best = beam(&distribution, &before, &cursor, &vocabulary);
        best.map_or_else(Vec::new, |tokens| {
            self.write(&tokens, &before, &cursor, &vocabulary)
        })
    }

    /// Tokens as text, spaces put back.
    fn write(
        &self,
        tokens: &[(u32, f64)],
        before: &[u32],
        cursor: &Cursor,
        vocabulary: &Extended<'_>,
    ) -> Vec<(String, f32)> {
        let mut previous = before.last().copied().unwrap_or(LINE_END);
        let mut pieces = Vec::new();
        for (index, &(id, log_probability)) in tokens.iter().enumerate() {
            let mut text = vocabulary.word(id);
            let mut space = previous != LINE_END
                && id != LINE_END
                && self
                    .spacing
                    .between((previous, vocabulary.word(previous)), (id, text));
            if index == 0 {
                text = text.strip_prefix(&*cursor.partial).unwrap_or(text);
                space &= cursor.partial.is_empty() && !cursor.after_space;
            }
            let space = if space { " " } else { "" };
            pieces.push((format!("{space}{text}"), log_probability.exp() as f32));
            previous = id;
        }
        pieces
    }
}

/// Whether a space is usual between two tokens.
#[derive(Default)]
struct Spacing(FxHashMap<(u32, u32), [u32; 2]>);

impl Spacing {
    /// Stands for any word, where a pair was never seen.
    const ANY_WORD: u32 = u32::MAX;

    fn count(&mut self, left: (u32, &str), right: (u32, &str), space: bool) {
        for pair in [(left.0, right.0), (Self::alike(left), Self::alike(right))] {
            self.0.entry(pair).or_default()[usize::from(space)] += 1;
        }
    }

    fn between(&self, left: (u32, &str), right: (u32, &str)) -> bool {
        let alike = (Self::alike(left), Self::alike(right));
        let seen = self
            .0
            .get(&(left.0, right.0))
            .or_else(|| self.0.get(&alike));
        seen.is_none_or(|[without, with]| with > without)
    }

    fn alike((id, word): (u32, &str)) -> u32 {
        if word.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            Self::ANY_WORD
        } else {
            id
        }
    }
}

/// What is just before the cursor.
struct Cursor {
    /// The word that the cursor stands at the end of.
    partial: String,
    /// Whether a space, or nothing, is before the cursor on its line.
    after_space: bool,
}

impl Cursor {
    fn new(prefix: &str, before: &[u32], vocabulary: &Extended<'_>) -> Self {
        let last = prefix.chars().next_back();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let partial = match before.last() {
            Some(&id) if last.is_some_and(is_word) => vocabulary.word(id).to_owned(),
            _ => String::new(),
        };
        Self {
            partial,
            after_space: last.is_none_or(char::is_whitespace),
        }
    }
}

/// The likeliest line end from here: tokens with their cumulative log probability, the line end last.
fn beam(
    distribution: &Distribution<'_>,
    before: &[u32],
    cursor: &Cursor,
    vocabulary: &Extended<'_>,
) -> Option<Vec<(u32, f64)>> {
    let mut done: Option<Vec<(u32, f64)>> = None;
    let mut open: Vec<Vec<(u32, f64)>> = vec![Vec::new()];
    let context_start = before.len().saturating_sub(ORDER - 1);
    let score = |tokens: &[(u32, f64)]| tokens.last().map_or(0.0, |it| it.1);
    for step in 0..MAX_TOKENS {
        let mut grown = Vec::new();
        for tokens in &open {
            let mut context = before[context_start..].to_vec();
            context.extend(tokens.iter().map(|it| it.0));
            let mut next = distribution.next(&context);
            if step == 0 && !cursor.partial.is_empty() {
                next.retain(|it| vocabulary.word(it.0).starts_with(&*cursor.partial));
                if next.is_empty() {
                    next = distribution.among(vocabulary.starting_with(&cursor.partial));
                }
            }
            next.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            // That the word begins as it does is known.
            let given = step == 0 && !cursor.partial.is_empty();
            let total: f64 = if given {
                next.iter().map(|it| it.1).sum()
            } else {
                1.0
            };
            for &(id, probability) in next.iter().take(BEAM) {
                let mut longer = tokens.clone();
                longer.push((id, score(tokens) + (probability / total).ln()));
                grown.push(longer);
            }
        }
        grown.sort_by(|a, b| score(b).total_cmp(&score(a)));
        grown.truncate(BEAM);
        let (ended, going): (Vec<_>, Vec<_>) = grown
            .into_iter()
            .partition(|it| it.last().is_some_and(|it| it.0 == LINE_END));
        for tokens in ended {
            if tokens.len() > 1 && done.as_ref().is_none_or(|it| score(it) < score(&tokens)) {
                done = Some(tokens);
            }
        }
        open = going;
        let best = done.as_deref().map_or(f64::NEG_INFINITY, score);
        open.retain(|it| score(it) > best);
        if open.is_empty() {
            break;
        }
    }
    done
}

impl Engine for NGram {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "5-gram",
            remote: false,
            metered: false,
            calibrated: true,
            instant: true,
        }
    }

    fn complete(
        &self,
        request: &Request,
        _: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        Ok(push(sink, self.answer(request)))
    }
}

#[cfg(test)]
mod tests {
    use crate::baseline::{file_ngram, repository_ngram, tests::complete};

    const FILES: &[(&str, &str)] = &[
        (
            "a.py",
            "def area(shape):\n    return shape.width * shape.height\n",
        ),
        (
            "b.py",
            "def size(shape):\n    return shape.width * shape.height\n",
        ),
        ("own.py", "def secret():\n    return launch_code + 42\n"),
    ];

    #[test]
    fn goes_on_as_the_repository_does() {
        let text = "def both(shape):\n    return $0\n";
        assert_eq!(
            complete(repository_ngram, FILES, "own.py", text),
            "shape.width * shape.height"
        );
        // In the middle of a word.
        assert_eq!(
            complete(repository_ngram, FILES, "own.py", "    return shape.wi$0\n"),
            "dth * shape.height"
        );
        // After a token without a space, which is put back.
        assert_eq!(
            complete(repository_ngram, FILES, "own.py", "    return$0\n"),
            " shape.width * shape.height"
        );
    }

    #[test]
    fn nothing_comes_from_the_file_that_is_completed() {
        let text = "def secret():\n    return laun$0\n";
        assert_eq!(complete(repository_ngram, FILES, "own.py", text), "");
        assert_eq!(complete(file_ngram, FILES, "own.py", text), "");
        assert_eq!(
            complete(repository_ngram, FILES, "other.py", text),
            "ch_code + 42"
        );
    }

    #[test]
    fn the_buffer_counts_where_asked() {
        let text = "x = unheard_of(1)\ny = unh$0\n";
        assert_eq!(complete(repository_ngram, FILES, "own.py", text), "");
        assert_eq!(complete(file_ngram, FILES, "own.py", text), "eard_of(1)");
    }
}
