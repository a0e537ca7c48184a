//! What is assigned to a name, in any usual language or file format.
//!
//! The one idea: from a word inside a name it is a few dozen bytes to what the name is given, and they are read once, by
//! hand, however many rules know the word. A word that nothing is assigned to costs next to nothing.
//!
//! Deliberately absent: a grammar. What is no assignment and looks like one is sorted out by what the value looks like.

mod fallback;
mod table;
#[cfg(test)]
mod tests;
mod value;

use std::ops::Range;

use memchr::memchr;

/// Bytes of a name on each side of a word.
const NAME: usize = 64;
/// Bytes between an operator and what follows it.
const GAP: usize = 64;
/// Words between a name and its operator: `const PASSWORD string =`, `client secret key:`.
const WORDS: usize = 2;

/// Something that a name is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// Without its quotes. It may go on with what does not belong to it where it has none.
    pub(super) span: Range<usize>,
    /// Whether it stands in quotes, or where nothing but a literal stands.
    pub(super) literal: bool,
    pub(super) link: Link,
}

/// What links a name and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// An operator, or what a file format has instead.
    Assigned,
    /// The value is handed to what is called so, or through a call.
    Called,
    /// They only stand side by side.
    Beside,
    /// The name is that of a table, and what is assigned to an entry of it.
    Within,
}

/// Where the name begins that holds the word.
pub(super) fn name_start(text: &[u8], word: &Range<usize>) -> usize {
    let from = word.start.saturating_sub(NAME);
    let letters = text[from..word.start].iter().rev();
    word.start - letters.take_while(|it| in_name(**it)).count()
}

/// What is assigned to the name that holds the word. `tables`: or to an entry of a table of that name.
pub(super) fn values(text: &[u8], word: &Range<usize>, tables: bool, found: &mut Vec<Value>) {
    let scan = Scan { text };
    let name = scan.name_end(word.end);
    let flag = scan.is_flag(name_start(text, word));
    let mut at = name;
    for _ in 0..=WORDS {
        let (closed, quote) = scan.closers(at);
        if scan.linked(closed, quote, found) {
            break;
        }
        let space = scan.spaces(at);
        if flag && space > at && scan.quote(space).is_none() {
            scan.plain(space, Link::Assigned, found);
            found.iter_mut().for_each(|it| it.literal = true);
            break;
        }
        // The next word, if this is one of several.
        if space == at || !scan.at(space).is_some_and(|it| it.is_ascii_alphabetic()) {
            break;
        }
        let next = scan.name_end(space);
        // `the password is …`
        if matches!(&text[space..next], b"is" | b"was") {
            scan.said(next, found);
            break;
        }
        at = next;
    }
    // `--password "…"`
    found
        .iter_mut()
        .filter(|it| flag && it.link == Link::Beside)
        .for_each(|it| it.link = Link::Assigned);
    if let [only] = &mut found[..]
        && scan.is_setting(name_start(text, word), name, &only.span)
    {
        only.literal = true;
    }
    // `?password=a&b=c`
    let start = name_start(text, word);
    if start > 0 && matches!(text[start - 1], b'?' | b'&') {
        for it in found.iter_mut() {
            let value = &text[it.span.clone()];
            it.span.end = it.span.start + memchr(b'&', value).unwrap_or(value.len());
        }
    }
    // `env::var("TOKEN").unwrap_or("…")`
    if !found
        .iter()
        .any(|it| it.literal && it.link == Link::Assigned)
    {
        scan.fallback(start, name, found);
    }
    scan.default_above(start, found);
    found.iter_mut().for_each(|it| scan.unwrap_variable(it));
    if tables {
        scan.table(name, word.start, found);
    }
}

#[derive(Clone, Copy)]
struct Scan<'a> {
    text: &'a [u8],
}

impl Scan<'_> {
    fn at(self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    fn starts(self, at: usize, with: &str) -> bool {
        let here = self.text.get(at..at + with.len());
        here.is_some_and(|it| it.eq_ignore_ascii_case(with.as_bytes()))
    }

    fn first(self, at: usize, of: &[&'static str]) -> Option<&'static str> {
        of.iter().copied().find(|it| self.starts(at, it))
    }

    fn while_in(self, at: usize, most: usize, fits: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.iter().take(most).take_while(|it| fits(**it)).count()
    }

    fn spaces(self, at: usize) -> usize {
        self.while_in(at, GAP, |it| matches!(it, b' ' | b'\t'))
    }

    fn whitespace(self, at: usize) -> usize {
        self.while_in(at, GAP, |it| it.is_ascii_whitespace())
    }

    fn name_end(self, at: usize) -> usize {
        let mut end = self.while_in(at, NAME, in_name);
        // `a->b`, and a full stop at the end.
        while end > at && matches!(self.text[end - 1], b'-' | b'.') {
            end -= 1;
        }
        end
    }

    /// Past what closes a name: its quote, a bracket, a type's `?`, `[32]`, `()`. And whether there was a quote.
    fn closers(self, mut at: usize) -> (usize, bool) {
        let mut quote = false;
        for _ in 0..6 {
            let next = self.at(at + 1);
            match self.at(at) {
                Some(b'"' | b'\'' | b'`') => quote = true,
                Some(b'\\') if matches!(next, Some(b'"' | b'\'' | b'\\')) => {}
                Some(b']' | b')' | b'}' | b'%') => {}
                Some(b'*') if next == Some(b'*') || at > 0 && self.text[at - 1] == b'*' => {}
                Some(b'?' | b'!') if !matches!(next, Some(b'=' | b'?')) => {}
                Some(b'(') if next == Some(b')') => at += 1,
                Some(b'[') => {
                    let end = self.while_in(at + 1, 16, |it| it.is_ascii_alphanumeric());
                    if self.at(end) != Some(b']') {
                        break;
                    }
                    at = end;
                }
                Some(b'&') if self.starts(at, "&quot;") => {
                    quote = true;
                    at += 5;
                }
                _ => break,
            }
            at += 1;
        }
        (at, quote)
    }

    /// Whether something links the name that ends here to a value, which is then in `found`, or to what is none.
    fn linked(self, closed: usize, quote: bool, found: &mut Vec<Value>) -> bool {
        if let Some(value) = self.named_value(closed) {
            self.value(value, Link::Assigned, false, found);
            found.iter_mut().for_each(|it| it.literal = true);
            return true;
        }
        let mut at = self.spaces(closed);
        if self.starts(at, "{ get;") {
            at = self.spaces(self.while_in(at, GAP, |it| it != b'}') + 1);
        }
        const OPERATORS: [&str; 17] = [
            "===", "!==", "||=", "&&=", "??=", "<<-", "==", "!=", ":=", "?=", "+=", "=>", "->",
            "<-", "=~", ":-", "~>",
        ];
        if let Some(operator) = self.first(at, &OPERATORS) {
            self.value(at + operator.len(), Link::Assigned, true, found);
            return true;
        }
        match self.at(at) {
            Some(b'=') => self.value(at + 1, Link::Assigned, true, found),
            Some(b':') if self.at(at + 1) == Some(b':') => {}
            Some(b':') => {
                if let Some(behind) = self.typed(at + 1) {
                    self.value(behind, Link::Assigned, true, found);
                }
                self.value(at + 1, Link::Assigned, true, found);
            }
            Some(b',') => {
                let link = if quote { Link::Assigned } else { Link::Beside };
                self.quoted(at + 1, link, found);
            }
            // `<key>value`, `name="key">value`
            Some(b'>') if self.opens(closed, quote) => self.element(at + 1, quote, found),
            // `<key>name</key> <string>value`
            Some(b'<') if self.at(at + 1) == Some(b'/') => {
                let is = |it: u8| it != b'>' && it != b'\n';
                let tag = self.whitespace(self.while_in(at, NAME, is) + 1);
                let value = ["<string", "<value", "<data", "<text"];
                if self.first(tag, &value).is_some() {
                    let open = self.while_in(tag, NAME, is);
                    self.element(open + 1, false, found);
                }
            }
            Some(b'(') => self.quoted(at + 1, Link::Called, found),
            Some(b'"' | b'\'' | b'`') if at > closed && !quote => {
                self.quoted(at, Link::Beside, found);
            }
            _ => return false,
        }
        true
    }

    /// Behind `, "value":`, ` value=`, and a line `value:`: what belongs to a name that stands as a value itself.
    fn named_value(self, at: usize) -> Option<usize> {
        let gap = |it: u8| it.is_ascii_whitespace() || matches!(it, b',' | b';' | b'{');
        let mut at = self.while_in(at, GAP, gap);
        at = self.while_in(at, 2, |it| matches!(it, b'"' | b'\'' | b'\\' | b':'));
        let word = self.first(
            at,
            &[
                "default_value",
                "defaultvalue",
                "default",
                "value",
                "content",
            ],
        )?;
        let (closed, _) = self.closers(at + word.len());
        let at = self.spaces(closed);
        let operator = self.first(at, &["=>", ":=", "=", ":"])?;
        Some(at + operator.len())
    }

    /// Behind the type and `=` of a declaration `name: Type = value`.
    fn typed(self, at: usize) -> Option<usize> {
        let start = self.spaces(at);
        let first = self.at(start)?;
        if !(first.is_ascii_alphabetic() || matches!(first, b'&' | b'*' | b'[' | b'?' | b'(')) {
            return None;
        }
        let end = self.while_in(start, GAP, |it| {
            in_name(it)
                || matches!(
                    it,
                    b' ' | b'&'
                        | b'\''
                        | b'<'
                        | b'>'
                        | b'['
                        | b']'
                        | b'|'
                        | b','
                        | b'?'
                        | b'*'
                        | b':'
                        | b'('
                        | b')'
                )
        });
        let assigns = self.at(end) == Some(b'=') && !matches!(self.at(end + 1), Some(b'=' | b'>'));
        assigns.then_some(end + 1)
    }

    /// Whether a name is that of a command's flag, or follows a word that sets names: a space is its operator.
    fn is_flag(self, name: usize) -> bool {
        const SETS: [&[u8]; 8] = [
            b"ENV", b"ARG", b"setenv", b"setx", b"set", b"-x", b"-gx", b"-Ux",
        ];
        if self.text[name..].starts_with(b"-") {
            return true;
        }
        let before = &self.text[name.saturating_sub(8)..name];
        let Some((b' ' | b'\t', before)) = before.split_last() else {
            return false;
        };
        let word = before.rsplit(|it| it.is_ascii_whitespace()).next();
        SETS.contains(&word.unwrap_or_default())
    }

    /// Whether this is `NAME=value` or `name: value` alone in its line, as a shell and a file of settings have it: what stands
    /// there is no name.
    fn is_setting(self, name: usize, end: usize, value: &Range<usize>) -> bool {
        let between = &self.text[end..value.start];
        let capital = |it: &u8| it.is_ascii_uppercase() || it.is_ascii_digit() || *it == b'_';
        let variable = between == b"=" && self.text[name..end].iter().all(capital);
        let before = self.text[..name].last();
        if variable && before.is_none_or(|it| matches!(it, b'\n' | b' ' | b'"' | b'\'')) {
            return true;
        }
        let from = name.saturating_sub(NAME);
        let line = memchr::memrchr(b'\n', &self.text[from..name]).map_or(from, |it| from + it + 1);
        let first = self.text[line..name].trim_ascii();
        let behind = self.spaces(value.end);
        matches!(between, b"=" | b": ")
            && (line == 0 || line > from)
            && matches!(first, b"" | b"-" | b"export" | b"#" | b"//")
            && !self.text[value.clone()].contains(&b';')
            && !self.text[value.clone()].ends_with(b",")
            && matches!(self.at(behind), None | Some(b'\n' | b'\r' | b'#'))
    }
}

pub(super) fn in_name(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'.')
}
