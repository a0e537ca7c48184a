//! What is assigned to the entries of a table that has the name of a service: a block in YAML, braces, the arguments of a call.
//!
//! The one idea: an entry counts if its own name is telling, so `adobe: { size: 12 }` is none.
//!
//! Deliberately absent: tables in tables.

use super::{Link, NAME, Scan, Value, in_name};

/// Bytes in which the entries of a table stand.
const TABLE: usize = 400;

impl Scan<'_> {
    /// What is assigned to telling entries of the table that follows: a block in YAML, braces, the arguments of a call.
    pub(super) fn table(self, name: usize, word: usize, found: &mut Vec<Value>) {
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
        // `[adobe]`: what follows is no deeper, up to the next one.
        let section = close == b'\n' && self.text[..closed].ends_with(b"]");
        let indentation = self.indentation(word);
        let end = self.text.len().min(at + TABLE);
        let mut entry = true;
        while at < end {
            let byte = self.text[at];
            if byte == b'\n' {
                let inner = self.spaces(at + 1);
                let blank = matches!(self.at(inner), Some(b'\r' | b'\n'));
                let over = match section {
                    true => self.at(inner) == Some(b'['),
                    false => close == b'\n' && inner - at - 1 <= indentation,
                };
                if blank || over {
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

/// Whether an entry of a table of a service's name may hold its key.
fn is_telling(key: &[u8]) -> bool {
    const TELLING: [&[u8]; 10] = [
        b"key", b"token", b"secret", b"pass", b"pwd", b"auth", b"cred", b"sid", b"dsn", b"hook",
    ];
    let holds = |it: &&[u8]| key.windows(it.len()).any(|at| at.eq_ignore_ascii_case(it));
    TELLING.iter().any(holds)
}
