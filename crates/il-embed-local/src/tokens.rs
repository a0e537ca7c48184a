//! Texts as token numbers, the way the model was trained.
//!
//! The one idea: a tokenizer is data, `tokenizer.json`; what GGUF stores instead, a bare vocabulary, is written as that
//! data, so there is one way from text to numbers.
//!
//! Deliberately absent: the tokenizer's own padding and truncation, which are somebody's habits, not the model's.

use std::path::Path;

use serde_json::{Map, Value, json};
use tokenizers::{Tokenizer, TruncationParams};

use crate::load_error::LoadError;

/// Of a longer text only the beginning is looked at, this many characters for every token that the model can read.
/// Words have fewer; what is left for is indentation.
const CHARS_PER_TOKEN: usize = 32;

/// What turns texts into numbers.
pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    most: usize,
    /// Whether a text gets the tokens that mark its beginning and end.
    marked: bool,
}

impl Tokens {
    /// `most` tokens are kept of a text, marks included.
    pub(crate) fn new(
        path: &Path,
        json: &[u8],
        most: usize,
        marked: bool,
    ) -> Result<Self, LoadError> {
        let damaged = |error: tokenizers::Error| LoadError::damaged(path, &error);
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(damaged)?;
        tokenizer.with_padding(None);
        let truncation = TruncationParams {
            max_length: most,
            ..TruncationParams::default()
        };
        tokenizer
            .with_truncation(marked.then_some(truncation))
            .map_err(damaged)?;
        Ok(Self {
            tokenizer,
            most,
            marked,
        })
    }

    /// One more than the highest token number.
    pub(crate) fn count(&self) -> usize {
        let vocabulary = self.tokenizer.get_vocab(true);
        let highest = vocabulary.values().max();
        highest.map_or(0, |it| *it as usize + 1)
    }

    /// The number of a token.
    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// The numbers of a text with words before it, or nothing for one that the tokenizer cannot read.
    pub(crate) fn of(&self, words: &str, text: &str) -> Option<Vec<u32>> {
        let end = text
            .char_indices()
            .nth(self.most.saturating_mul(CHARS_PER_TOKEN));
        let text = end.map_or(text, |(end, _)| &text[..end]);
        let encoding = match words {
            "" => self.tokenizer.encode_fast(text, self.marked),
            _ => self
                .tokenizer
                .encode_fast(format!("{words}{text}"), self.marked),
        };
        Some(encoding.ok()?.get_ids().to_vec())
    }
}

/// What a GGUF file says of its vocabulary.
pub(crate) struct WordPiece {
    pub(crate) tokens: Vec<String>,
    pub(crate) unknown: Option<u32>,
    pub(crate) first: Option<u32>,
    pub(crate) last: Option<u32>,
}

/// How converters mark a token that begins a word; in the original a token that does not is marked.
const BEGINS_WORD: char = '\u{2581}';

impl WordPiece {
    /// The same as `tokenizer.json`, or the name of the special token that is not there.
    pub(crate) fn to_json(&self) -> Result<Value, &'static str> {
        let converted = self.tokens.iter().any(|it| it.starts_with(BEGINS_WORD));
        let mut vocabulary = Map::new();
        for (id, token) in self.tokens.iter().enumerate() {
            let token = if converted {
                original(token)
            } else {
                token.clone()
            };
            // A token that is there twice counts where it stands first, as in the original.
            vocabulary.entry(token).or_insert(Value::from(id));
        }
        let special = |id: Option<u32>, name: &'static str| {
            let id = id.or_else(|| vocabulary.get(name)?.as_u64()?.try_into().ok());
            let token = id.and_then(|it| self.tokens.get(it as usize));
            token.zip(id).ok_or(name)
        };
        let (unknown, _) = special(self.unknown, "[UNK]")?;
        let (first, last) = (special(self.first, "[CLS]")?, special(self.last, "[SEP]")?);
        let bracketed = |it: &&String| it.starts_with('[') && it.ends_with(']') && it.len() > 2;
        let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        let added: Vec<Value> = specials
            .iter()
            .filter_map(|name| {
                let id = vocabulary.get(*name)?;
                Some(json!({
                    "id": id, "content": name, "special": true, "single_word": false,
                    "lstrip": false, "rstrip": false, "normalized": false,
                }))
            })
            .collect();
        // Signs like ℝ are capitals, too, and stand in every vocabulary.
        let has_capitals = |it: &String| it.bytes().any(|it| it.is_ascii_uppercase());
        let cased = self
            .tokens
            .iter()
            .any(|it| !bracketed(&it) && has_capitals(it));
        Ok(json!({
            "version": "1.0",
            "truncation": null,
            "padding": null,
            "added_tokens": added,
            "normalizer": {
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": null, "lowercase": !cased,
            },
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "BertProcessing", "sep": [last.0, last.1], "cls": [first.0, first.1]},
            "decoder": null,
            "model": {
                "type": "WordPiece", "unk_token": unknown, "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": vocabulary,
            },
        }))
    }
}

fn original(token: &str) -> String {
    match token.strip_prefix(BEGINS_WORD) {
        Some(word) => word.to_owned(),
        None if token.starts_with('[') && token.ends_with(']') => token.to_owned(),
        None => format!("##{token}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(tokens: &[&str]) -> WordPiece {
        WordPiece {
            tokens: tokens.iter().map(|it| (*it).to_owned()).collect(),
            unknown: None,
            first: None,
            last: None,
        }
    }

    #[track_caller]
    fn check(tokens: &[&str], text: &str, expected: &[u32]) {
        let json = vocabulary(tokens).to_json().expect("specials").to_string();
        let tokens = Tokens::new(Path::new("t"), json.as_bytes(), 8, true).expect("a tokenizer");
        assert_eq!(tokens.of("", text).as_deref(), Some(expected));
    }

    const ORIGINAL: &[&str] = &["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##do", "do", "ℝ"];
    const CONVERTED: &[&str] = &["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁un", "do", "▁do", "▁ℝ"];

    #[test]
    fn both_ways_to_write_a_vocabulary_are_one() {
        for tokens in [ORIGINAL, CONVERTED] {
            check(tokens, "undo Do", &[2, 4, 5, 6, 3]);
            check(tokens, "", &[2, 3]);
            check(tokens, "redo", &[2, 1, 3]);
        }
    }

    #[test]
    fn a_vocabulary_with_capitals_keeps_them() {
        let tokens = ["[UNK]", "[CLS]", "[SEP]", "Do", "do"];
        check(&tokens, "Do do", &[1, 3, 4, 2]);
    }

    #[test]
    fn long_texts_end_with_their_mark() {
        check(ORIGINAL, &"do ".repeat(50), &[2, 6, 6, 6, 6, 6, 6, 3]);
    }

    #[test]
    fn a_vocabulary_without_its_marks_is_refused() {
        assert_eq!(
            vocabulary(&["[UNK]", "[CLS]"]).to_json().err(),
            Some("[SEP]")
        );
        let mut broken = vocabulary(ORIGINAL);
        broken.first = Some(99);
        assert_eq!(broken.to_json().err(), Some("[CLS]"));
    }
}
