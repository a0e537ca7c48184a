//! What is assigned to a name, in any usual language or file format.
//!
//! The one idea: from a word inside a name it is a few dozen bytes to what the name is given, and they are read once, by
//! hand, however many rules know the word. A word that nothing is assigned to costs next to nothing.
//!
//! Deliberately absent: a grammar. What is no assignment and looks like one is sorted out by what the value looks like.

use std::ops::Range;

use memchr::{memchr, memchr3};

/// Bytes of a name on each side of a word.
const NAME: usize = 64;
/// Bytes between an operator and what follows it.
const GAP: usize = 64;
/// Bytes of what is assigned.
const LONGEST: usize = 4096;
/// Bytes in which the entries of a table stand.
const TABLE: usize = 400;
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
            break;
        }
        // The next word, if this is one of several.
        if space == at || !scan.at(space).is_some_and(|it| it.is_ascii_alphabetic()) {
            break;
        }
        at = scan.name_end(space);
    }
    if let [only] = &mut found[..]
        && scan.is_variable(name_start(text, word), name, only.span.start)
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
    if tables {
        scan.table(name, word.start, found);
    }
}

#[derive(Clone, Copy)]
struct Scan<'a> {
    text: &'a [u8],
}

/// How a value is enclosed.
struct Quote {
    /// Bytes of the opening one.
    len: usize,
    close: &'static [u8],
    /// Whether it may go on in the next line.
    lines: bool,
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
            return true;
        }
        let at = self.spaces(closed);
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
            Some(b'>') => self.element(at + 1, found),
            // `<key>name</key> <string>value`
            Some(b'<') if self.at(at + 1) == Some(b'/') => {
                let is = |it: u8| it != b'>' && it != b'\n';
                let tag = self.whitespace(self.while_in(at, NAME, is) + 1);
                if self.at(tag) == Some(b'<') {
                    let open = self.while_in(tag, NAME, is);
                    self.element(open + 1, found);
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
        let gap = |it: u8| it.is_ascii_whitespace() || matches!(it, b',' | b';');
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

    /// A value behind an operator: in quotes, through a call, or as it stands.
    fn value(self, at: usize, link: Link, lines: bool, found: &mut Vec<Value>) {
        let before = found.len();
        let here = self.spaces(at);
        if lines || !matches!(self.at(here), Some(b'\n' | b'\r')) {
            self.quoted(at, link, found);
        }
        if found.len() == before && here < self.text.len() {
            self.plain(here, link, found);
        }
    }

    /// A value in quotes: behind spaces, a letter or two that belong to the quote, brackets, or the name of a call.
    fn quoted(self, at: usize, link: Link, found: &mut Vec<Value>) {
        let start = self.continued(self.whitespace(self.continued(at)));
        let mut at = start;
        let mut called = false;
        while at < start + GAP {
            if let Some(quote) = self.quote(at) {
                // `config["key"]` is what is asked for, not what is given.
                let between = &self.text[start..at];
                let plain = between.iter().all(|it| !in_name(*it)) || between.len() <= 2;
                let link = match (called || link == Link::Called, plain) {
                    (true, _) if gives_what_it_gets(between) => link,
                    (true, _) => Link::Called,
                    (false, true) => link,
                    (false, false) => return,
                };
                let at = self.scheme(at + quote.len);
                let end = self.close(at, &quote);
                found.push(Value {
                    span: at..end,
                    literal: true,
                    link,
                });
                return;
            }
            match self.at(at) {
                Some(b'(') => called = true,
                Some(b'[' | b'{') if at > start && in_name(self.text[at - 1]) => return,
                Some(b' ') if self.text[start..at].ends_with(b"new") => {}
                Some(
                    b'[' | b'{' | b']' | b'}' | b'&' | b'*' | b'@' | b'$' | b'<' | b':' | b'!'
                    | b'>',
                ) => {}
                Some(it) if in_name(it) => {}
                Some(it)
                    if it.is_ascii_whitespace() && at > start && !in_name(self.text[at - 1]) => {}
                _ => return,
            }
            at += 1;
        }
    }

    /// Past a backslash at the end of a line.
    fn continued(self, at: usize) -> usize {
        let at = self.spaces(at);
        match (self.at(at), self.at(at + 1)) {
            (Some(b'\\'), Some(b'\n' | b'\r')) => at + 1,
            _ => at,
        }
    }

    fn quote(self, at: usize) -> Option<Quote> {
        const QUOTES: [(&str, &str, bool); 13] = [
            ("\"\"\"", "\"\"\"", true),
            ("'''", "'''", true),
            ("\\\\\\\"", "\\\\\\\"", false),
            ("\\\\\"", "\\\\\"", false),
            ("\\\"", "\\\"", false),
            ("\\'", "\\'", false),
            ("\"", "\"", false),
            ("'", "'", false),
            ("`", "`", true),
            ("&quot;", "&quot;", false),
            ("&#34;", "&#34;", false),
            ("%22", "%22", false),
            ("<![CDATA[", "]]>", true),
        ];
        let first = self.at(at)?;
        if !matches!(first, b'"' | b'\'' | b'\\' | b'`' | b'&' | b'%' | b'<') {
            return None;
        }
        let it = QUOTES.iter().find(|it| self.starts(at, it.0))?;
        Some(Quote {
            len: it.0.len(),
            close: it.1.as_bytes(),
            lines: it.2,
        })
    }

    /// Where a value in quotes ends: before its closing quote, or at the end of what may belong to it.
    fn close(self, start: usize, quote: &Quote) -> usize {
        let most = self.text.len().min(start + LONGEST);
        let first = quote.close[0];
        let mut at = start;
        while let Some(next) = memchr3(first, b'\\', b'\n', &self.text[at..most]) {
            at += next;
            if self.text[at..].starts_with(quote.close) {
                return at;
            }
            match self.text[at] {
                b'\n' if !quote.lines => return at,
                b'\\' => at += 2,
                _ => at += 1,
            }
            if at >= most {
                break;
            }
        }
        most
    }

    /// Past the scheme of a header's value.
    fn scheme(self, at: usize) -> usize {
        let known = ["bearer ", "basic ", "token ", "apikey ", "key ", "bot "];
        match self.first(at, &known) {
            Some(it) => at + it.len(),
            None => at,
        }
    }

    /// The text of an element: a literal, though without quotes.
    fn element(self, at: usize, found: &mut Vec<Value>) {
        let before = found.len();
        self.plain(self.whitespace(at), Link::Assigned, found);
        if let Some(it) = found.get_mut(before) {
            it.literal = self.at(it.span.end) == Some(b'<');
        }
    }

    /// A value without quotes.
    fn plain(self, at: usize, link: Link, found: &mut Vec<Value>) {
        let start = self.scheme(at);
        let end = self.while_in(start, LONGEST, |it| {
            it > b' ' && !matches!(it, b'"' | b'\'' | b'`' | b'<' | b'>')
        });
        if end > start {
            found.push(Value {
                span: start..end,
                literal: false,
                link,
            });
        }
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

    /// Whether this is `NAME=value` as a shell and an environment file have it: what stands there is no name.
    fn is_variable(self, name: usize, end: usize, value: usize) -> bool {
        let capital = |it: &u8| it.is_ascii_uppercase() || it.is_ascii_digit() || *it == b'_';
        let before = self.text[..name].last();
        value == end + 1
            && self.text[end] == b'='
            && self.text[name..end].iter().all(capital)
            && before.is_none_or(|it| matches!(it, b'\n' | b' ' | b'"' | b'\''))
    }

    /// What is assigned to telling entries of the table that follows: a block in YAML, braces, the arguments of a call.
    fn table(self, name: usize, word: usize, found: &mut Vec<Value>) {
        let (closed, _) = self.closers(name);
        let mut at = self.spaces(closed);
        if let Some(operator) = self.first(at, &["=>", ":=", "=", ":"]) {
            at = self.spaces(at + operator.len());
        }
        let close = match self.at(at) {
            Some(b'{') => b'}',
            Some(b'(') if self.starts(at, "({") => b'}',
            Some(b'(') => b')',
            Some(b'[') => b']',
            Some(b'\r' | b'\n') => b'\n',
            _ => return,
        };
        let indentation = self.indentation(word);
        let end = self.text.len().min(at + TABLE);
        let mut entry = true;
        while at < end {
            let byte = self.text[at];
            if byte == b'\n' {
                let inner = self.spaces(at + 1);
                let blank = matches!(self.at(inner), Some(b'\r' | b'\n'));
                if blank || close == b'\n' && inner - at - 1 <= indentation {
                    return;
                }
                entry = true;
                at = inner;
            } else if byte == close && !entry {
                return;
            } else if matches!(byte, b'{' | b'(' | b',' | b'[') {
                entry = true;
                at += 1;
            } else if entry && in_name(byte) && byte != b'-' {
                let key = self.name_end(at);
                if is_telling(&self.text[at..key]) {
                    let (closed, quote) = self.closers(key);
                    let before = found.len();
                    self.linked(closed, quote, found);
                    for it in &mut found[before..] {
                        it.link = Link::Within;
                    }
                }
                entry = false;
                at = key.max(at + 1);
            } else {
                at += 1;
            }
        }
    }

    /// Of the line in which this is.
    fn indentation(self, at: usize) -> usize {
        let from = at.saturating_sub(NAME);
        let line = match memchr::memrchr(b'\n', &self.text[from..at]) {
            Some(it) => from + it + 1,
            None => from,
        };
        self.spaces(line) - line
    }
}

fn in_name(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'.')
}

/// Whether an entry of a table of a service's name may hold its key.
fn is_telling(key: &[u8]) -> bool {
    const TELLING: [&[u8]; 10] = [
        b"key", b"token", b"secret", b"pass", b"pwd", b"auth", b"cred", b"sid", b"dsn", b"hook",
    ];
    let holds = |it: &&[u8]| key.windows(it.len()).any(|at| at.eq_ignore_ascii_case(it));
    TELLING.iter().any(holds)
}

/// Whether a call gives back the string that it gets.
fn gives_what_it_gets(call: &[u8]) -> bool {
    const CALLS: [&str; 15] = [
        "from",
        "new",
        "string",
        "str",
        "some",
        "bytes",
        "byte",
        "of",
        "just",
        "secretstr",
        "securestring",
        "secretstring",
        "format",
        "f",
        "text",
    ];
    let mut words = call.split(|it| !it.is_ascii_alphanumeric() && *it != b'_');
    let last = words.rfind(|it| !it.is_empty()).unwrap_or_default();
    let is = |it: &&str| it.as_bytes().eq_ignore_ascii_case(last);
    last.is_empty() || CALLS.iter().any(is)
}
