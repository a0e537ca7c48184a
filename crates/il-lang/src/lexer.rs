//! A lexer for any language that can be described in a few strings.
//!
//! The one idea: a line is lexed from a small copyable state and leaves a small copyable state behind,
//! so after an edit only lines whose text or incoming state changed are lexed again. Tokens are words,
//! numbers, operator runs and escape pairs; the text inside strings and comments is cut the same way.
//!
//! Deliberately absent: grammar, keywords, heredocs, regular-expression literals. Whoever needs a tree
//! parses; this one must be fast, total, and never wrong about which byte belongs to which token.

/// What the lexer must know of a language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LexRules {
    /// What starts a comment that runs to the end of the line.
    pub line_comments: Vec<String>,
    /// What opens and closes a comment of several lines.
    pub block_comments: Vec<(String, String)>,
    /// Whether block comments nest.
    pub nested_block_comments: bool,
    /// The string literals.
    pub strings: Vec<StringSyntax>,
    /// Whether `'x'` is a character while `'x` alone is something else (lifetimes, quoted symbols).
    pub char_literal: bool,
    /// Whether `r#"…"#` with any number of `#` is a string without escapes.
    pub raw_string: bool,
    /// Characters that belong to words beside letters, digits, `_` and `$`.
    pub word_extra: String,
}

impl From<&crate::Language> for LexRules {
    fn from(language: &crate::Language) -> Self {
        let string = |s: &crate::StringRule| StringSyntax {
            open: s.open.into(),
            close: s.close.into(),
            escape: s.escape,
            multiline: s.multiline,
            interpolation: s.interpolation.map(|(open, _)| open.into()),
        };
        Self {
            line_comments: language.line_comments.iter().map(|&c| c.into()).collect(),
            block_comments: language
                .block_comments
                .iter()
                .map(|&(o, c)| (o.into(), c.into()))
                .collect(),
            nested_block_comments: language.nested_block_comments,
            strings: language.strings.iter().map(string).collect(),
            char_literal: language.char_literal != crate::CharLiteral::None,
            raw_string: language.raw_string == crate::RawString::Rust,
            word_extra: language.word_extra.into(),
        }
    }
}

/// One kind of string literal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringSyntax {
    pub open: String,
    pub close: String,
    /// The byte that takes the next character literally.
    pub escape: Option<u8>,
    /// Whether it may run over several lines.
    pub multiline: bool,
    /// What opens code inside the string; ignored unless it ends in `{` or `(`, which then must balance.
    pub interpolation: Option<String>,
}

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenClass {
    /// Letters, digits and the language's other word characters, not starting with a digit.
    Word,
    /// The same, starting with a digit.
    Number,
    /// Everything else: an operator run, a bracket, a quote, an escape pair.
    Symbol,
}

/// Where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenMode {
    Code,
    /// Inside a string literal, its quotes included.
    Text,
    /// Inside a comment, its marks included.
    Comment,
}

/// A token of one line. Offsets are bytes from the start of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub start: u32,
    pub end: u32,
    /// White-space bytes between the previous token and this one, at most 255.
    pub space: u8,
    pub class: TokenClass,
    pub mode: TokenMode,
}

const MAX_DEPTH: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
enum Frame {
    #[default]
    Code0,
    /// Code inside an interpolation, with the number of brackets open in it.
    Code {
        round: bool,
        depth: u16,
    },
    Block {
        rule: u8,
        depth: u16,
    },
    Text {
        rule: u8,
    },
    /// A raw string, closed by `"` and this many `#`.
    Raw {
        hashes: u8,
    },
}

/// What the lexer carries from one line to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct LexState {
    frames: [Frame; MAX_DEPTH],
    len: u8,
}

impl LexState {
    /// What text that follows in this state is part of.
    pub fn mode(&self) -> TokenMode {
        mode_of(self.top())
    }

    fn top(&self) -> Frame {
        match self.len {
            0 => Frame::Code0,
            n => self.frames[usize::from(n) - 1],
        }
    }

    fn set_top(&mut self, frame: Frame) {
        if self.len > 0 {
            self.frames[usize::from(self.len) - 1] = frame;
        }
    }

    /// Too deep a nesting is flattened: the innermost construct is then read as its surroundings.
    fn push(&mut self, frame: Frame) {
        if usize::from(self.len) < MAX_DEPTH {
            self.frames[usize::from(self.len)] = frame;
            self.len += 1;
        }
    }

    fn pop(&mut self) {
        if self.len > 0 {
            self.len -= 1;
            self.frames[usize::from(self.len)] = Frame::default();
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Opener {
    LineComment,
    BlockComment(u8),
    Text(u8),
}

/// The rules of one language, compiled.
#[derive(Clone, Debug)]
pub struct Lexer {
    rules: LexRules,
    /// Longest first.
    openers: Vec<(Box<[u8]>, Opener)>,
    word: [bool; 256],
    opens: [bool; 256],
}

/// Operators of more than one character, longest first within a first byte.
const OPERATORS: &[&str] = &[
    "<<=", ">>=", "...", "..=", "**=", "//=", "===", "!==", "&&=", "||=", "??=", "<=>", "//!",
    "///", "/**", "#![", "->", "=>", "::", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=",
    "/=", "%=", "|=", "&=", "^=", "..", "**", "?.", "??", "++", "--", ":=", "<-", "//", "/*", "*/",
    "#[",
];

impl Lexer {
    /// Compiles the rules of a language.
    pub fn new(rules: LexRules) -> Self {
        let mut word = [false; 256];
        for b in 0..=255u8 {
            word[usize::from(b)] = b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80;
        }
        for b in rules.word_extra.bytes() {
            word[usize::from(b)] = true;
        }
        let mut openers: Vec<(Box<[u8]>, Opener)> = Vec::new();
        for c in &rules.line_comments {
            openers.push((c.as_bytes().into(), Opener::LineComment));
        }
        for (i, (open, _)) in rules.block_comments.iter().enumerate().take(250) {
            openers.push((open.as_bytes().into(), Opener::BlockComment(i as u8)));
        }
        for (i, s) in rules.strings.iter().enumerate().take(250) {
            openers.push((s.open.as_bytes().into(), Opener::Text(i as u8)));
        }
        openers.retain(|(o, _)| {
            o.first()
                .is_some_and(|&b| !word[usize::from(b)] && !b.is_ascii_whitespace())
        });
        openers.sort_by_key(|(o, _)| std::cmp::Reverse(o.len()));
        let mut opens = [false; 256];
        for (o, _) in &openers {
            opens[usize::from(o[0])] = true;
        }
        opens[usize::from(b'\'')] |= rules.char_literal;
        for b in *b"{}()" {
            opens[usize::from(b)] = true;
        }
        opens[usize::from(b'"')] |= rules.raw_string;
        Self {
            rules,
            openers,
            word,
            opens,
        }
    }

    /// Appends the tokens of one line (without its terminator) and moves `state` past it.
    ///
    /// Every byte that is not white space is in exactly one token, in order, on character boundaries.
    pub fn line(&self, line: &str, state: &mut LexState, out: &mut Vec<Token>) {
        let b = line.as_bytes();
        let mut i = 0;
        let mut previous_end = 0;
        let mut line_comment = false;
        while i < b.len() {
            let c = b[i];
            if is_space(c) {
                i += 1;
                continue;
            }
            let start = i;
            let before = state.top();
            let mut class = TokenClass::Symbol;
            let interpolation = if line_comment {
                None
            } else {
                self.interpolation(before)
            };
            let opens_code =
                |at: usize| interpolation.is_some_and(|open| b[at..].starts_with(open));
            if self.word[usize::from(c)] && !opens_code(i) {
                class = if c.is_ascii_digit() {
                    TokenClass::Number
                } else {
                    TokenClass::Word
                };
                i += 1;
                while i < b.len() && self.word[usize::from(b[i])] && !opens_code(i) {
                    i += 1;
                }
            } else {
                i += match before {
                    _ if line_comment => operator(&b[i..]),
                    Frame::Code0 | Frame::Code { .. } => {
                        self.in_code(line, i, state, &mut line_comment)
                    }
                    Frame::Block { rule, depth } => self.in_block(&b[i..], rule, depth, state),
                    Frame::Text { rule } => self.in_text(line, i, rule, state),
                    Frame::Raw { hashes } => in_raw(&b[i..], hashes, state),
                };
                while !line.is_char_boundary(i) {
                    i += 1;
                }
            }
            let mode = if line_comment {
                TokenMode::Comment
            } else {
                match (mode_of(before), mode_of(state.top())) {
                    (TokenMode::Code, entered) => entered,
                    (inside, _) => inside,
                }
            };
            out.push(Token {
                start: start as u32,
                end: i as u32,
                space: (start - previous_end).min(255) as u8,
                class,
                mode,
            });
            previous_end = i;
        }
        if let Frame::Text { rule } = state.top()
            && !self.rules.strings[usize::from(rule)].multiline
        {
            state.pop();
        }
    }

    /// What opens code in the string that `frame` is.
    fn interpolation(&self, frame: Frame) -> Option<&[u8]> {
        let Frame::Text { rule } = frame else {
            return None;
        };
        let open = self.rules.strings[usize::from(rule)]
            .interpolation
            .as_ref()?
            .as_bytes();
        matches!(open.last(), Some(b'{' | b'(')).then_some(open)
    }

    fn in_code(
        &self,
        line: &str,
        i: usize,
        state: &mut LexState,
        line_comment: &mut bool,
    ) -> usize {
        let b = line.as_bytes();
        let (c, rest) = (b[i], &b[i..]);
        if !self.opens[usize::from(c)] {
            return operator(rest);
        }
        if let Frame::Code { round, depth } = state.top() {
            let (open, close) = if round { (b'(', b')') } else { (b'{', b'}') };
            if c == open {
                state.set_top(Frame::Code {
                    round,
                    depth: depth.saturating_add(1),
                });
                return 1;
            }
            if c == close {
                match depth {
                    0 => state.pop(),
                    d => state.set_top(Frame::Code {
                        round,
                        depth: d - 1,
                    }),
                }
                return 1;
            }
        }
        if c == b'"'
            && self.rules.raw_string
            && let Some(hashes) = raw_hashes(b, i)
        {
            state.push(Frame::Raw { hashes });
            return 1;
        }
        if c == b'\'' && self.rules.char_literal {
            return char_literal(line, i);
        }
        for (text, opener) in &self.openers {
            if !rest.starts_with(text) {
                continue;
            }
            match *opener {
                Opener::LineComment => {
                    if c == b'#' && i > 0 && matches!(b[i - 1], b'$' | b'{' | b'\\') {
                        return 1;
                    }
                    *line_comment = true;
                    return operator(rest).max(text.len());
                }
                Opener::BlockComment(rule) => {
                    state.push(Frame::Block { rule, depth: 1 });
                    return if rest.starts_with(b"/**") && !rest.starts_with(b"/**/") {
                        3
                    } else {
                        text.len()
                    };
                }
                Opener::Text(rule) => {
                    state.push(Frame::Text { rule });
                    return text.len();
                }
            }
        }
        operator(rest)
    }

    fn in_block(&self, rest: &[u8], rule: u8, depth: u16, state: &mut LexState) -> usize {
        let (open, close) = &self.rules.block_comments[usize::from(rule)];
        if rest.starts_with(close.as_bytes()) {
            match depth {
                0 | 1 => state.pop(),
                d => state.set_top(Frame::Block { rule, depth: d - 1 }),
            }
            return close.len();
        }
        if self.rules.nested_block_comments && rest.starts_with(open.as_bytes()) {
            state.set_top(Frame::Block {
                rule,
                depth: depth.saturating_add(1),
            });
            return open.len();
        }
        // A run such as `****/` must not swallow the closing mark.
        let len = operator(rest);
        match memchr::memmem::find(
            &rest[..(len + close.len()).min(rest.len())],
            close.as_bytes(),
        ) {
            Some(at) if at < len => at.max(1),
            _ => len,
        }
    }

    fn in_text(&self, line: &str, i: usize, rule: u8, state: &mut LexState) -> usize {
        let rest = &line.as_bytes()[i..];
        let syntax = &self.rules.strings[usize::from(rule)];
        if let Some(open) = &syntax.interpolation
            && let Some(last @ (b'{' | b'(')) = open.bytes().last()
            && rest.starts_with(open.as_bytes())
            && usize::from(state.len) < MAX_DEPTH
        {
            state.push(Frame::Code {
                round: last == b'(',
                depth: 0,
            });
            return open.len();
        }
        if syntax.escape == Some(rest[0])
            && rest[0].is_ascii()
            && let Some(next) = line[i + 1..].chars().next()
        {
            return 1 + next.len_utf8();
        }
        if rest.starts_with(syntax.close.as_bytes()) {
            state.pop();
            return syntax.close.len().max(1);
        }
        1
    }
}

fn mode_of(frame: Frame) -> TokenMode {
    match frame {
        Frame::Code0 | Frame::Code { .. } => TokenMode::Code,
        Frame::Block { .. } => TokenMode::Comment,
        Frame::Text { .. } | Frame::Raw { .. } => TokenMode::Text,
    }
}

fn is_space(c: u8) -> bool {
    matches!(c, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c)
}

/// Length of the operator at the start of `rest`: a run of four or more equal marks, a known operator, or one byte.
fn operator(rest: &[u8]) -> usize {
    let c = rest[0];
    if matches!(
        c,
        b'(' | b')' | b',' | b';' | b'{' | b'}' | b'"' | b'\'' | b']' | b'['
    ) {
        return 1;
    }
    if matches!(c, b'-' | b'=' | b'*' | b'#' | b'~' | b'.' | b'/' | b'+') {
        let run = rest.iter().take_while(|&&x| x == c).count();
        if run >= 4 {
            return run;
        }
    }
    if rest.len() < 2 || rest[1].is_ascii_alphanumeric() || rest[1] == b' ' {
        return 1;
    }
    OPERATORS
        .iter()
        .find(|op| rest.starts_with(op.as_bytes()))
        .map_or(1, |op| op.len())
}

/// The number of `#` between an `r` and the quote at `i`, when there is such an `r`.
fn raw_hashes(b: &[u8], i: usize) -> Option<u8> {
    let hashes = b[..i].iter().rev().take_while(|&&c| c == b'#').count();
    let r = i.checked_sub(hashes + 1)?;
    let starts_word = match r.checked_sub(1) {
        None => true,
        Some(p) => !(b[p].is_ascii_alphanumeric() || b[p] == b'_') || b[p] == b'b' || b[p] == b'c',
    };
    (b[r] == b'r' && starts_word).then_some(hashes.min(255) as u8)
}

fn in_raw(rest: &[u8], hashes: u8, state: &mut LexState) -> usize {
    let n = usize::from(hashes);
    if rest[0] == b'"' && rest.len() > n && rest[1..=n].iter().all(|&c| c == b'#') {
        state.pop();
        return n + 1;
    }
    1
}

/// Length of the character literal at `i`, or 1 for a lone quote.
fn char_literal(line: &str, i: usize) -> usize {
    let rest = &line[i + 1..];
    let Some(c) = rest.chars().next() else {
        return 1;
    };
    if c == '\\' {
        let body = rest.as_bytes();
        let end = (2..body.len().min(12)).find(|&k| body[k] == b'\'');
        return end.map_or(1, |k| k + 2);
    }
    let len = c.len_utf8();
    if c != '\'' && rest.as_bytes().get(len) == Some(&b'\'') {
        len + 2
    } else {
        1
    }
}

#[cfg(test)]
mod tests;
