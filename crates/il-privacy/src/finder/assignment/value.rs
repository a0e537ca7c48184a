//! Where a value begins behind its operator, and where it ends.
//!
//! The one idea: what may stand between is little: spaces, a letter that belongs to the quote, brackets, a call that makes a
//! string of a string.
//!
//! Deliberately absent: what the value has to look like.

use memchr::memchr3;

use super::{GAP, Link, Scan, Value, in_name};

/// Bytes of what is assigned.
const LONGEST: usize = 4096;

/// Values of a list that are read.
const LIST: usize = 16;

/// How a value is enclosed.
pub(super) struct Quote {
    /// Bytes of the opening one.
    len: usize,
    close: &'static [u8],
    /// Whether it may go on in the next line.
    lines: bool,
}

impl Scan<'_> {
    /// A value behind an operator: in quotes, through a call, or as it stands.
    pub(super) fn value(self, at: usize, link: Link, lines: bool, found: &mut Vec<Value>) {
        let before = found.len();
        let here = self.spaces(at);
        if lines || !matches!(self.at(here), Some(b'\n' | b'\r')) {
            self.quoted(at, link, found);
        }
        if found.len() > before || here >= self.text.len() {
            return;
        }
        match self.block(here) {
            Some(line) => {
                self.plain(line, link, found);
                found[before..].iter_mut().for_each(|it| it.literal = true);
            }
            None => self.plain(here, link, found),
        }
    }

    /// A value in a sentence: behind `is`, up to a space and without the sentence's own signs.
    pub(super) fn said(self, at: usize, found: &mut Vec<Value>) {
        let before = found.len();
        self.value(
            self.while_in(at, 1, |it| it == b':'),
            Link::Assigned,
            false,
            found,
        );
        for it in &mut found[before..] {
            let value = &self.text[it.span.clone()];
            if !it.literal && value.ends_with(b".") | value.ends_with(b",") {
                it.span.end -= 1;
            }
            it.literal = true;
        }
    }

    /// The line behind `|` or `>-`, where YAML has a block.
    fn block(self, at: usize) -> Option<usize> {
        if !matches!(self.at(at), Some(b'|' | b'>')) {
            return None;
        }
        let end = self.while_in(at + 1, 2, |it| matches!(it, b'-' | b'+' | b'1'..=b'9'));
        matches!(self.at(end), Some(b'\n' | b'\r')).then(|| self.whitespace(end))
    }

    /// A value in quotes: behind spaces, a letter or two that belong to the quote, brackets, or the name of a call.
    pub(super) fn quoted(self, at: usize, link: Link, found: &mut Vec<Value>) {
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
                let list = between.contains(&b'[') || between.contains(&b'{');
                let mut next = Some(at);
                while let Some(at) = next {
                    let start = self.scheme(at + quote.len);
                    let end = self.close(start, &quote);
                    found.push(Value {
                        span: start..end,
                        literal: true,
                        link,
                    });
                    next = (list && found.len() < LIST)
                        .then(|| self.listed(end + quote.close.len(), &quote))
                        .flatten();
                }
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

    /// The next of a list of values in quotes.
    fn listed(self, at: usize, quote: &Quote) -> Option<usize> {
        let comma = self.whitespace(at);
        let next = self.whitespace(comma + 1);
        let goes_on =
            self.at(comma) == Some(b',') && self.text.get(next..)?.starts_with(quote.close);
        goes_on.then_some(next)
    }

    /// Past a backslash at the end of a line.
    fn continued(self, at: usize) -> usize {
        let at = self.spaces(at);
        match (self.at(at), self.at(at + 1)) {
            (Some(b'\\'), Some(b'\n' | b'\r')) => at + 1,
            _ => at,
        }
    }

    pub(super) fn quote(self, at: usize) -> Option<Quote> {
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

    /// Whether the name that ends here is that of an element that begins with it, and not of one that ends, of a field that is
    /// to be filled in, or of something else about it.
    pub(super) fn opens(self, closed: usize, quote: bool) -> bool {
        let head = &self.text[closed.saturating_sub(GAP)..closed];
        let name = |it: &u8| in_name(*it) || matches!(it, b':' | b'"' | b'\'');
        let letters = head.iter().rev().take_while(|it| name(it)).count();
        let head = &head[..head.len() - letters];
        match quote {
            true => {
                let head = head.strip_suffix(b"=").unwrap_or(head);
                [&b"name"[..], b"key", b"id"]
                    .iter()
                    .any(|it| head.ends_with(it))
            }
            false => !head.ends_with(b"</"),
        }
    }

    /// The text of an element: a literal, though without quotes. `nested`: it may stand in a `<value>` of its own.
    pub(super) fn element(self, at: usize, nested: bool, found: &mut Vec<Value>) {
        let before = found.len();
        let mut at = self.whitespace(at);
        // `<property name="key"><value>`
        if nested && let Some(tag) = self.first(at, &["<value", "<string"]) {
            let inside = self.while_in(at + tag.len(), GAP, |it| it != b'>' && it != b'\n');
            if self.at(inside) != Some(b'>') {
                return;
            }
            at = self.whitespace(inside + 1);
        }
        self.plain(at, Link::Assigned, found);
        if let Some(it) = found.get_mut(before) {
            it.literal = self.at(it.span.end) == Some(b'<');
        }
    }

    /// A value without quotes.
    pub(super) fn plain(self, at: usize, link: Link, found: &mut Vec<Value>) {
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
    let secret = |it: &&[u8]| last.windows(it.len()).any(|at| at.eq_ignore_ascii_case(it));
    let names = [&b"secret"[..], b"password", b"credential"];
    last.is_empty() || CALLS.iter().any(is) || names.iter().any(secret)
}
