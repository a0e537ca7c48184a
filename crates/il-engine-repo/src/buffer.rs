//! The file being edited, lexed once and then only where it changes.
//!
//! A buffer keeps its lines with the tokens they gave and the lexer state they left. A new text shares
//! most of its bytes with the last one at both ends; only the lines between are lexed again, and the
//! lines after them only while the lexer state still differs.
//!
//! Deliberately absent: edits as deltas. The text is given whole, and comparing it costs microseconds.

use il_lang::lexer::{LexState, Lexer, Token, TokenClass, TokenMode};

use crate::sheet::indentation;
use crate::vocabulary::{Id, Vocabulary};

/// A line of the buffer and what the lexer made of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct BufferLine {
    /// Bytes, terminator included.
    bytes: u32,
    before: LexState,
    after: LexState,
    pub(crate) indent: u32,
    pub(crate) tokens: Vec<Id>,
    pub(crate) space: Vec<u8>,
    pub(crate) modes: Vec<TokenMode>,
}

/// The layers a buffer's words are looked up in before its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) base: &'a Vocabulary,
    pub(crate) overlay: &'a Vocabulary,
}

/// A text as lexed lines, with the words that the repository does not have.
#[derive(Debug)]
pub(crate) struct Buffer {
    text: String,
    lines: Vec<BufferLine>,
    local: Vocabulary,
    scratch: Vec<Token>,
    /// Lines lexed since the buffer was made, for tests.
    lexed: usize,
}

/// How many words of its own a buffer may gather before it starts over.
const MAX_LOCAL: u32 = 50_000;

impl Buffer {
    pub(crate) fn new(known: Known<'_>) -> Self {
        let literals = known.base.literals().clone();
        let local = Vocabulary::new(known.overlay.end(), literals);
        Self {
            text: String::new(),
            lines: Vec::new(),
            local,
            scratch: Vec::new(),
            lexed: 0,
        }
    }

    pub(crate) fn local(&self) -> &Vocabulary {
        &self.local
    }

    pub(crate) fn lines(&self) -> &[BufferLine] {
        &self.lines
    }

    #[cfg(test)]
    pub(crate) fn lexed(&self) -> usize {
        self.lexed
    }

    /// Makes the buffer hold `text`.
    pub(crate) fn set(&mut self, text: &str, lexer: &Lexer, known: Known<'_>) {
        if self.local.end() - self.local.first() > MAX_LOCAL {
            *self = Self {
                lexed: self.lexed,
                ..Self::new(known)
            };
        }
        let (old, new) = (self.text.as_bytes(), text.as_bytes());
        if old == new && !self.lines.is_empty() {
            return;
        }
        let shared_start = common_prefix(old, new);
        let most = old.len().min(new.len()) - shared_start;
        let shared_end = common_suffix(&old[old.len() - most..], &new[new.len() - most..]);
        let (mut first, mut start) = (0, 0);
        // The last line has no terminator, so it is never known to be whole.
        while first + 1 < self.lines.len()
            && start + (self.lines[first].bytes as usize) < shared_start
        {
            start += self.lines[first].bytes as usize;
            first += 1;
        }
        let (mut last, mut tail) = (self.lines.len(), 0);
        while last > first && tail + (self.lines[last - 1].bytes as usize) < shared_end {
            tail += self.lines[last - 1].bytes as usize;
            last -= 1;
        }
        let mut state = match first {
            0 => LexState::default(),
            n => self.lines[n - 1].after,
        };
        let middle: Vec<BufferLine> =
            split_lines(&text[start..new.len() - tail], last == self.lines.len())
                .map(|line| {
                    let lexed = self.lex(line, &mut state, lexer, known);
                    self.lexed += 1;
                    lexed
                })
                .collect();
        let mut at = first + middle.len();
        self.lines.splice(first..last, middle);
        let mut offset = new.len() - tail;
        while at < self.lines.len() && self.lines[at].before != state {
            let bytes = self.lines[at].bytes as usize;
            self.lines[at] = self.lex(&text[offset..offset + bytes], &mut state, lexer, known);
            self.lexed += 1;
            offset += bytes;
            at += 1;
        }
        self.text.clear();
        self.text.push_str(text);
    }

    /// The line that holds byte `offset`, and where it starts.
    pub(crate) fn line_of(&self, offset: usize) -> (usize, usize) {
        let mut start = 0;
        for (i, line) in self.lines.iter().enumerate() {
            let end = start + line.bytes as usize;
            if offset < end || i + 1 == self.lines.len() {
                return (i, start);
            }
            start = end;
        }
        (0, 0)
    }

    /// Lexes the piece of a line before a cursor and the piece after it.
    pub(crate) fn cut(
        &mut self,
        line: usize,
        text: &str,
        cursor: usize,
        lexer: &Lexer,
        known: Known<'_>,
    ) -> Cut {
        let mut state = self
            .lines
            .get(line)
            .map_or_else(LexState::default, |l| l.before);
        let entered = state;
        let mut tokens = Vec::new();
        lexer.line(&text[..cursor], &mut state, &mut tokens);
        let partial = match tokens.last() {
            Some(t) if t.class != TokenClass::Symbol && t.end as usize == cursor => {
                tokens.pop();
                &text[tokens_end(&tokens, &text[..cursor])..cursor]
            }
            _ => "",
        };
        let partial = partial.trim_start();
        let mut before = BufferLine {
            before: entered,
            after: state,
            ..BufferLine::default()
        };
        before.indent = indentation(&text[..cursor - partial.len()]).0;
        self.fill(&mut before, text, &tokens, known);
        // What comes after is lexed as if the line went on, so a string that is open stays open.
        let mut whole = Vec::new();
        let mut state = entered;
        lexer.line(text, &mut state, &mut whole);
        let rest: Vec<Token> = whole
            .into_iter()
            .filter(|t| t.start as usize >= cursor)
            .collect();
        let mut after = BufferLine::default();
        self.fill(&mut after, text, &rest, known);
        Cut {
            before,
            after,
            partial: partial.to_owned(),
            spaced: text[..cursor].ends_with([' ', '\t']) || cursor == 0,
        }
    }

    /// The id of a token of this buffer.
    pub(crate) fn intern(&mut self, text: &str, is_word: bool, known: Known<'_>) -> Id {
        match known.base.get(text).or_else(|| known.overlay.get(text)) {
            Some(id) => id,
            None => self.local.intern(text, is_word),
        }
    }

    fn lex(
        &mut self,
        line: &str,
        state: &mut LexState,
        lexer: &Lexer,
        known: Known<'_>,
    ) -> BufferLine {
        let before = *state;
        let mut tokens = std::mem::take(&mut self.scratch);
        tokens.clear();
        lexer.line(line.trim_end_matches(['\n', '\r']), state, &mut tokens);
        let mut out = BufferLine {
            bytes: line.len() as u32,
            before,
            after: *state,
            ..BufferLine::default()
        };
        out.indent = indentation(line).0;
        self.fill(&mut out, line, &tokens, known);
        self.scratch = tokens;
        out
    }

    fn fill(&mut self, out: &mut BufferLine, line: &str, tokens: &[Token], known: Known<'_>) {
        for (i, t) in tokens.iter().enumerate() {
            let text = &line[t.start as usize..t.end as usize];
            out.tokens
                .push(self.intern(text, t.class != TokenClass::Symbol, known));
            out.space.push(if i == 0 { 0 } else { t.space });
            out.modes.push(t.mode);
        }
    }
}

/// The line of the cursor in two pieces.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub(crate) before: BufferLine,
    pub(crate) after: BufferLine,
    /// The start of a word that ends at the cursor; not among the tokens of `before`.
    pub(crate) partial: String,
    /// Whether white space, or nothing, is before the cursor.
    pub(crate) spaced: bool,
}

fn tokens_end(tokens: &[Token], _line: &str) -> usize {
    tokens.last().map_or(0, |t| t.end as usize)
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let chunks = a
        .chunks_exact(64)
        .zip(b.chunks_exact(64))
        .take_while(|(x, y)| x == y)
        .count()
        * 64;
    chunks
        + a[chunks..]
            .iter()
            .zip(&b[chunks..])
            .take_while(|(x, y)| x == y)
            .count()
}

fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let chunks = a
        .rchunks_exact(64)
        .zip(b.rchunks_exact(64))
        .take_while(|(x, y)| x == y)
        .count()
        * 64;
    let (a, b) = (&a[..a.len() - chunks], &b[..b.len() - chunks]);
    chunks
        + a.iter()
            .rev()
            .zip(b.iter().rev())
            .take_while(|(x, y)| x == y)
            .count()
}

/// Lines with their terminators. At the end of a text the last line has none and may be empty.
pub(crate) fn split_lines(text: &str, to_end: bool) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match line_end(text.as_bytes()) {
            Some(end) => {
                rest = (to_end || end < text.len()).then_some(&text[end..]);
                Some(&text[..end])
            }
            None => {
                rest = None;
                (to_end || !text.is_empty()).then_some(text)
            }
        }
    })
}

/// Just after the first `\n`, `\r\n` or lone `\r`.
fn line_end(b: &[u8]) -> Option<usize> {
    let at = memchr::memchr2(b'\n', b'\r', b)?;
    Some(if b[at] == b'\r' && b.get(at + 1) == Some(&b'\n') {
        at + 2
    } else {
        at + 1
    })
}

impl BufferLine {
    /// The lexer's state at its start.
    #[cfg(feature = "lab")]
    pub(crate) fn state_before(&self) -> LexState {
        self.before
    }

    /// What the text after this line, or this piece of one, is part of.
    pub(crate) fn mode_after(&self) -> TokenMode {
        match self.modes.last() {
            Some(TokenMode::Comment) => TokenMode::Comment,
            _ => self.after.mode(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::model::lexer;
    use crate::vocabulary::{FIRST_WORD, Literals};

    fn empty() -> (Vocabulary, Vocabulary) {
        let literals = Arc::new(Literals::default());
        (
            Vocabulary::new(FIRST_WORD, literals.clone()),
            Vocabulary::new(FIRST_WORD, literals),
        )
    }

    /// The lines of a buffer as texts, so that buffers with other ids compare equal.
    fn shown(buffer: &Buffer) -> Vec<(u32, Vec<String>, Vec<u8>, Vec<TokenMode>)> {
        let text = |&id: &Id| buffer.local().text(id).to_owned();
        let line = |l: &BufferLine| {
            (
                l.indent,
                l.tokens.iter().map(text).collect(),
                l.space.clone(),
                l.modes.clone(),
            )
        };
        buffer.lines().iter().map(line).collect()
    }

    proptest! {
        #[test]
        fn a_buffer_after_edits_is_what_a_new_one_is(
            start in "[a-z\"'/*\r\n \t(){}#é]{0,60}",
            edits in proptest::collection::vec(
                (any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), "[a-z\"/*\r\n ]{0,8}"), 1..8),
        ) {
            let (base, overlay) = empty();
            let known = Known { base: &base, overlay: &overlay };
            let lexer = lexer("rust");
            let mut edited = Buffer::new(known);
            let mut text = start;
            edited.set(&text, lexer, known);
            for (a, b, insert) in edits {
                let places: Vec<usize> = text.char_indices().map(|c| c.0).chain([text.len()]).collect();
                let (a, b) = (places[a.index(places.len())], places[b.index(places.len())]);
                text.replace_range(a.min(b)..a.max(b), &insert);
                edited.set(&text, lexer, known);
                let mut fresh = Buffer::new(known);
                fresh.set(&text, lexer, known);
                prop_assert_eq!(shown(&edited), shown(&fresh), "{:?}", text);
            }
        }
    }

    #[test]
    fn an_edit_lexes_its_line_and_no_other() {
        let (base, overlay) = empty();
        let known = Known {
            base: &base,
            overlay: &overlay,
        };
        let mut buffer = Buffer::new(known);
        let text = "let a = 1;\n".repeat(1000);
        buffer.set(&text, lexer("rust"), known);
        let before = buffer.lexed();
        let mut edited = text.clone();
        edited.insert_str(11 * 500 + 4, "bb");
        buffer.set(&edited, lexer("rust"), known);
        assert!(
            buffer.lexed() - before <= 3,
            "{} lines",
            buffer.lexed() - before
        );
        assert_eq!(buffer.lines().len(), 1001);
    }

    #[test]
    fn an_opened_comment_is_followed_to_where_it_ends() {
        let (base, overlay) = empty();
        let known = Known {
            base: &base,
            overlay: &overlay,
        };
        let mut buffer = Buffer::new(known);
        buffer.set("a\nb\nc */ d\ne\n", lexer("rust"), known);
        let before = buffer.lexed();
        buffer.set("a /*\nb\nc */ d\ne\n", lexer("rust"), known);
        let modes: Vec<TokenMode> = buffer
            .lines()
            .iter()
            .filter_map(|l| l.modes.last().copied())
            .collect();
        assert_eq!(
            modes,
            [
                TokenMode::Comment,
                TokenMode::Comment,
                TokenMode::Code,
                TokenMode::Code
            ]
        );
        assert!(buffer.lexed() - before <= 3);
    }
}
