//! The pipeline's words as the façade's: offsets become positions, numbers become names.
//!
//! Pure, both ways. Nothing is decided here.

use std::{
    ops::Range,
    path::{Component, Path},
    sync::Arc,
    time::Duration,
};

use il_complete::{IndentStyle, SuggestionId, SyntaxFacts};
use il_docs::Document;
use il_syntax::Basis;
use il_text::Encoding;

use crate::{
    data::{self, Ask, Origin, Position, Reason, Step, Suggestion, Word},
    documents::place,
    indent,
    syntax::Facts,
};

/// A longer word is none that anyone is typing.
const LONGEST_WORD: usize = 256;

/// A document, in the encoding of its editor.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) document: &'a Document,
    pub(crate) encoding: Encoding,
}

impl View<'_> {
    pub(crate) fn position(self, offset: usize) -> Position {
        let it = self.document.text.line_col(offset, self.encoding);
        let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        Position {
            line: number(it.line),
            character: number(it.col),
        }
    }

    fn range(self, range: &Range<usize>) -> data::Range {
        data::Range {
            start: self.position(range.start),
            end: self.position(range.end),
        }
    }

    pub(crate) fn suggestion(self, it: &il_complete::Suggestion) -> Suggestion {
        Suggestion {
            id: suggestion_name(it.id),
            text: it.text.clone(),
            range: self.range(&it.range),
            probability: it.probability,
            source: it.source.code(),
            origin: it.origin.as_ref().map(|it| Origin {
                path: it.path.clone(),
                line: it.line,
            }),
            remarks: it.remarks.iter().map(remark).collect(),
        }
    }

    /// The part of a word before `offset`.
    pub(crate) fn word(self, offset: usize) -> Word {
        let in_word = |it: &char| it.is_alphanumeric() || *it == '_';
        let text = &self.document.text;
        let length: usize = text
            .chars_before(offset)
            .take(LONGEST_WORD)
            .take_while(in_word)
            .map(char::len_utf8)
            .sum();
        let range = offset - length..offset;
        Word {
            start: self.position(range.start),
            end: self.position(range.end),
            text: text.slice(range).into_owned(),
        }
    }

    /// The entry that is selected in the editor's list, as offsets into the window that an engine sees.
    pub(crate) fn selected(
        self,
        ask: &Ask,
        window: &il_text::Window,
    ) -> Option<il_complete::Selected> {
        let selected = ask.selected.as_ref()?;
        let offset = |it| self.document.text.offset(place(it), self.encoding).ok();
        let start = offset(selected.range.start)?.checked_sub(window.start)?;
        let end = offset(selected.range.end)?.checked_sub(window.start)?;
        let inside = start <= end && end <= window.text.len();
        inside.then(|| il_complete::Selected {
            range: start..end,
            text: selected.text.clone(),
        })
    }

    /// How the buffer is indented: what the editor says, else what the text shows.
    pub(crate) fn indent(self, ask: &Ask, window: &str) -> IndentStyle {
        match ask.formatting {
            Some(it) => IndentStyle {
                tabs: !it.insert_spaces,
                width: it.tab_size.clamp(1, 16) as usize,
            },
            None => {
                let registry = il_lang::registry();
                let language = registry.by_id(&self.document.language);
                indent::style(window, language.unwrap_or(registry.plaintext()))
            }
        }
    }
}

fn remark(it: &il_complete::Remark) -> data::Remark {
    data::Remark {
        kind: it.kind.word(),
        text: it.text.clone(),
        range: it.range.clone(),
        rule: it.rule.clone(),
        licence: it.licence.clone(),
        origin: it.origin.clone(),
    }
}

pub(crate) fn reason(it: &il_complete::Reason) -> Reason {
    Reason {
        code: it.code().into(),
        sentence: it.to_string(),
    }
}

/// The pipeline's clock starts when it gets the ask, `before` after it was made.
pub(crate) fn steps(trace: &il_complete::Trace, before: Duration) -> Vec<Step> {
    let step = |it: &il_complete::Step| Step {
        at: before + it.at,
        stage: it.stage,
        detail: it.note.clone(),
    };
    trace.steps.iter().map(step).collect()
}

/// For people: where the cursor is, as far as the syntax is concerned, and who says so.
pub(crate) fn describe(facts: Facts) -> String {
    let place = match facts.syntax {
        SyntaxFacts {
            in_comment: true, ..
        } => "in a comment",
        SyntaxFacts {
            in_string: true, ..
        } => "in a string",
        SyntaxFacts {
            empty_block: true, ..
        } => "in an empty block",
        SyntaxFacts {
            after_block_opener: true,
            ..
        } => "behind what opens a block",
        _ => "in code",
    };
    let source = match facts.basis {
        Basis::Tree => "the syntax tree",
        Basis::NoGrammar => "the lexer, for there is no grammar",
        Basis::TooLarge => "the lexer, for the file is too large to parse",
        Basis::OverBudget => "the lexer, for parsing was given up",
        Basis::NotParsed => "the lexer, for the syntax tree was not ready",
    };
    format!("{place}, says {source}")
}

/// Bytes of the first `length` UTF-16 units of `text`; a character that would be cut is left out.
pub(crate) fn utf16_prefix(text: &str, length: usize) -> usize {
    let mut units = 0;
    let fits = |it: &char| {
        units += it.len_utf16();
        units <= length
    };
    text.chars().take_while(fits).map(char::len_utf8).sum()
}

pub(crate) fn suggestion_name(id: SuggestionId) -> Arc<str> {
    format!("s{}", id.0).into()
}

pub(crate) fn suggestion_id(name: &str) -> Option<SuggestionId> {
    Some(SuggestionId(name.strip_prefix('s')?.parse().ok()?))
}

/// A path inside a repository as engines know it: `/`-separated, on every system.
pub(crate) fn inside(path: &Path) -> Arc<str> {
    let parts = path.components().filter_map(|it| match it {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/").into()
}

/// The name under which an engine is asked about a file that is in no repository.
pub(crate) fn outside(path: Option<&Path>, uri: &str) -> Arc<str> {
    match path.and_then(|it| it.file_name()) {
        Some(name) => name.to_string_lossy().into(),
        None => uri.rsplit(['/', ':']).next().unwrap_or(uri).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_acceptance_counts_utf16() {
        assert_eq!(utf16_prefix("a😀é", 0), 0);
        assert_eq!(utf16_prefix("a😀é", 1), 1);
        assert_eq!(utf16_prefix("a😀é", 2), 1);
        assert_eq!(utf16_prefix("a😀é", 3), 5);
        assert_eq!(utf16_prefix("a😀é", 99), 7);
    }

    #[test]
    fn names_of_suggestions_come_back() {
        assert_eq!(
            suggestion_id(&suggestion_name(SuggestionId(7))),
            Some(SuggestionId(7))
        );
        for name in ["", "s", "7", "r7", "s-1", "s7x"] {
            assert_eq!(suggestion_id(name), None, "{name}");
        }
    }

    #[test]
    fn paths_for_engines() {
        assert_eq!(&*inside("a/./b.rs".as_ref()), "a/b.rs");
        assert_eq!(
            &*outside(Some("/tmp/x/b.rs".as_ref()), "file:///tmp/x/b.rs"),
            "b.rs"
        );
        assert_eq!(&*outside(None, "untitled:Untitled-1"), "Untitled-1");
    }
}
