//! Characters that nobody sees, that turn the order of others around, or that pass for others.
//!
//! The one idea: code is what is on the screen. A character that a reader cannot see is let through only where a script
//! or an emoji needs it, inside a text or a comment; a name that mixes scripts only where the buffer does so already.
//!
//! Deliberately absent: a table of all characters that look alike. Names of letters of one script are never wrong.

use il_lang::lexer::{LexRules, LexState, Lexer, TokenMode};

use crate::{
    candidate::{Candidate, tail},
    screener::{Because, Found},
};

pub(crate) const NAME: &str = "characters";

/// Of the buffer so many bytes are looked at on either side, and only where it matters.
const AROUND: usize = 16 << 10;

pub(crate) fn check(candidate: &Candidate<'_>) -> Option<Found> {
    if candidate.text.bytes().all(is_plain) {
        return None;
    }
    let hidden = hidden(candidate);
    let passing = passing_for_others(candidate);
    match (hidden, passing) {
        (Some(a), Some(b)) => Some(if a.at <= b.at { a } else { b }),
        (a, b) => a.or(b),
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')
}

fn found(at: usize, why: &'static str, c: Option<char>) -> Found {
    Found {
        at,
        because: Because {
            check: NAME,
            why,
            detail: c.map(|c| format!("U+{:04X}", u32::from(c))),
        },
    }
}

const DIRECTION: &str = "a character that changes the direction of text";
const INVISIBLE: &str = "a character that nobody sees";
const CONTROL: &str = "a control character";
const NO_MEANING: &str = "a character without a meaning of its own";

/// What is wrong with a character, and whether a text may need it all the same.
fn wrong(c: char) -> Option<(&'static str, bool)> {
    Some(match u32::from(c) {
        0x9 | 0xa | 0xd => return None,
        0x202a..=0x202e | 0x2066..=0x2069 | 0x200e | 0x200f | 0x61c => (DIRECTION, false),
        0x200c | 0x200d | 0xfe00..=0xfe0f | 0xe0100..=0xe01ef | 0x180b..=0x180d => {
            (INVISIBLE, true)
        }
        // Tags, but for the flags of England, Scotland and Wales.
        0xe0020..=0xe007f => (INVISIBLE, true),
        0x200b
        | 0x2060..=0x2065
        | 0xfeff
        | 0xad
        | 0x34f
        | 0x115f
        | 0x1160
        | 0x17b4
        | 0x17b5
        | 0x180e
        | 0x180f
        | 0x206a..=0x206f
        | 0x2028
        | 0x2029
        | 0x3164
        | 0xffa0
        | 0xfff0..=0xfffb
        | 0x1bca0..=0x1bca3
        | 0x1d173..=0x1d17a
        | 0xe0000..=0xe0fff => (INVISIBLE, false),
        0..=0x1f | 0x7f..=0x9f => (CONTROL, false),
        0xe000..=0xf8ff | 0xf0000..=0x0010_ffff | 0xfdd0..=0xfdef => (NO_MEANING, false),
        other if other & 0xfffe == 0xfffe => (NO_MEANING, false),
        _ => return None,
    })
}

fn hidden(candidate: &Candidate<'_>) -> Option<Found> {
    let text = candidate.text;
    let mut modes: Option<Modes> = None;
    for (at, c) in text.char_indices() {
        let Some((why, sometimes)) = wrong(c) else {
            continue;
        };
        // Icons of fonts: whoever has them in the file wants them.
        if why == NO_MEANING && candidate.buffer_has(c.encode_utf8(&mut [0; 4])) {
            continue;
        }
        if sometimes && is_needed(text, at, c) {
            let modes = modes.get_or_insert_with(|| Modes::of(candidate));
            if modes.at(at) != TokenMode::Code {
                continue;
            }
        }
        return Some(found(at, why, Some(c)));
    }
    None
}

/// Whether the characters around it make sense of a joiner, a selector or a tag.
fn is_needed(text: &str, at: usize, c: char) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + c.len_utf8()..].chars().next();
    let (Some(before), n) = (before, u32::from(c)) else {
        return false;
    };
    match n {
        0x200d if is_pictured(before) => after.is_some_and(is_pictured),
        0x200c | 0x200d => is_joining(before) && after.is_some_and(is_joining),
        0xfe00..=0xfe0f => {
            is_pictured(before)
                || is_ideograph(before)
                || matches!(before, '0'..='9' | '#' | '*') && after == Some('\u{20e3}')
        }
        0xe0100..=0xe01ef => is_ideograph(before),
        0x180b..=0x180d => matches!(before, '\u{1820}'..='\u{18aa}'),
        0xe0020..=0xe007f => before == '\u{1f3f4}' || ('\u{e0020}'..='\u{e007e}').contains(&before),
        _ => false,
    }
}

fn is_pictured(c: char) -> bool {
    matches!(u32::from(c),
        0xa9 | 0xae | 0x203c | 0x2049 | 0x2100..=0x214f | 0x2190..=0x2bff | 0x3030 | 0x303d
        | 0x3297 | 0x3299 | 0xfe0f | 0x1f000..=0x1faff)
}

fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// Scripts whose letters change with their neighbours.
fn is_joining(c: char) -> bool {
    matches!(u32::from(c),
        0x600..=0x6ff | 0x700..=0x7bf | 0x7c0..=0x7ff | 0x840..=0x8ff | 0x900..=0xdff | 0xf00..=0xfff
        | 0x1000..=0x109f | 0x1780..=0x18aa | 0xa800..=0xa82f | 0xa840..=0xa87f | 0xa8e0..=0xa8ff
        | 0xfb50..=0xfdff | 0xfe70..=0xfefc | 0x11000..=0x11fff)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    /// Letters that compilers read as plain ones: mathematical, of full width.
    Variant,
    Other,
}

fn script(c: char) -> Script {
    match u32::from(c) {
        0x41..=0x5a | 0x61..=0x7a | 0xc0..=0x24f | 0x1e00..=0x1eff => Script::Latin,
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => Script::Cyrillic,
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0xff21..=0xff3a | 0xff41..=0xff5a | 0x1d400..=0x1d7ff => Script::Variant,
        _ => Script::Other,
    }
}

/// Of these letters a word can be made that reads as an English one.
const LIKE_LATIN: &str = "АВЕЅІЈКМНОРСТУХаеорсухѕіјԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳ";

fn passing_for_others(candidate: &Candidate<'_>) -> Option<Found> {
    let text = candidate.text;
    // A name that the user has begun belongs to it.
    let head = candidate.head();
    let begun = head.len() - head.trim_end_matches(is_word).len();
    let joined = [&head[head.len() - begun..], text].concat();
    let mut modes: Option<Modes> = None;
    let mut at = 0;
    for word in joined.split_inclusive(|c: char| !is_word(c)) {
        let start = at;
        at += word.len();
        let name = word.trim_end_matches(|c: char| !is_word(c));
        let Some(foreign) = foreign(name) else {
            continue;
        };
        let place = start.saturating_sub(begun);
        let modes = modes.get_or_insert_with(|| Modes::of(candidate));
        let in_code = place >= text.len() || modes.at(place) == TokenMode::Code;
        if in_code && !candidate.buffer_has(name) && !uses(candidate, foreign) {
            return Some(found(
                place,
                "a name with letters that pass for others",
                None,
            ));
        }
    }
    None
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The script that makes a name doubtful.
fn foreign(name: &str) -> Option<Script> {
    if name.is_ascii() {
        return None;
    }
    let has = |wanted: Script| name.chars().any(|c| script(c) == wanted);
    let letters = || name.chars().filter(|c| c.is_alphabetic());
    let alike = |c: char| LIKE_LATIN.contains(c);
    if has(Script::Variant) {
        return Some(Script::Variant);
    }
    for script_of in [Script::Cyrillic, Script::Greek] {
        // Greek letters stand in formulas, with Latin ones; only those that cannot be told from them are doubtful.
        let doubtful = script_of == Script::Cyrillic || letters().any(alike);
        if has(script_of) && has(Script::Latin) && doubtful {
            return Some(script_of);
        }
        if has(script_of) && letters().count() > 1 && letters().all(alike) {
            return Some(script_of);
        }
    }
    None
}

/// Whether the buffer has names in this script.
fn uses(candidate: &Candidate<'_>, wanted: Script) -> bool {
    let language = lexer(candidate.language);
    let before = tail(candidate.before, AROUND);
    let mut end = candidate.after.len().min(AROUND);
    while !candidate.after.is_char_boundary(end) {
        end -= 1;
    }
    [before, &candidate.after[..end]].iter().any(|part| {
        let mut state = LexState::default();
        let mut tokens = Vec::new();
        part.lines().any(|line| {
            tokens.clear();
            language.line(line, &mut state, &mut tokens);
            tokens.iter().any(|token| {
                token.mode == TokenMode::Code
                    && line[token.start as usize..token.end as usize]
                        .chars()
                        .any(|c| script(c) == wanted)
            })
        })
    })
}

fn lexer(language: &str) -> Lexer {
    let registry = il_lang::registry();
    let language = registry.by_id(language).unwrap_or(registry.plaintext());
    Lexer::new(LexRules::from(language))
}

/// Which bytes of a suggestion are code.
struct Modes {
    /// Ends of stretches, and what they are.
    stretches: Vec<(usize, TokenMode)>,
}

impl Modes {
    fn of(candidate: &Candidate<'_>) -> Self {
        let lexer = lexer(candidate.language);
        let mut state = LexState::default();
        let mut tokens = Vec::new();
        let before = tail(candidate.before, AROUND);
        let joined = [before, candidate.text].concat();
        let mut stretches = Vec::new();
        let mut start = 0;
        for line in joined.split('\n') {
            tokens.clear();
            lexer.line(line, &mut state, &mut tokens);
            for token in &tokens {
                let end = (start + token.end as usize).checked_sub(before.len());
                stretches.extend(end.map(|end| (end, token.mode)));
            }
            start += line.len() + 1;
        }
        Self { stretches }
    }

    fn at(&self, at: usize) -> TokenMode {
        let found = self.stretches.iter().find(|(end, _)| *end > at);
        found.map_or(TokenMode::Code, |(_, mode)| *mode)
    }
}
