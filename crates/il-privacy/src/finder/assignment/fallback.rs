//! What a name is given where a look-up finds nothing: `env::var("TOKEN").unwrap_or_else(|_| "…".to_owned())`.
//!
//! The one idea: whatever looks the value up, a literal follows one of few operators in the same expression.
//!
//! Deliberately absent: the two sides of a condition.

use memchr::{memchr, memchr2, memrchr};

use super::{GAP, Link, Scan, Value, in_name};

/// Bytes of an expression that are read.
const EXPRESSION: usize = 160;
/// Bytes before a name in which its attribute stands.
const ATTRIBUTE: usize = 256;
/// What a literal follows that is used instead of something else.
const OPERATORS: [&str; 15] = [
    "??",
    "||",
    "?:",
    " or ",
    " else ",
    ".unwrap_or(",
    ".unwrap_or_else(",
    ".map_or(",
    ".or(",
    ".or_else(",
    ".orelse(",
    ".orelseget(",
    ".getorelse(",
    ".default(",
    ".withdefault(",
];
/// The head of a function that gives it.
const FUNCTIONS: [&str; 8] = [
    "|_| ", "|_|", "|| ", "||", "|_err| ", "() -> ", "() => ", "_ => ",
];

impl Scan<'_> {
    /// The literal behind an operator of the expression that goes on where this name ends.
    pub(super) fn fallback(self, name: usize, at: usize, found: &mut Vec<Value>) {
        let end = self.text.len().min(at + EXPRESSION);
        // `"App:Token"`: the name is part of what is asked for.
        let opening = name.checked_sub(1).map(|it| self.text[it]);
        let rest = match opening {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                self.while_in(at, GAP, |it| it != quote && it != b'\n')
            }
            _ => at,
        };
        let (mut at, _) = self.closers(rest);
        // Whether what is asked for stands before this, as the first argument of a look-up.
        let mut asked = false;
        while at < end {
            let byte = self.text[at];
            let next = match byte {
                b';' | b'}' => return,
                b'\n' => {
                    let next = self.whitespace(at);
                    if !matches!(self.at(next), Some(b'.' | b'?' | b'|')) {
                        return;
                    }
                    at = next;
                    continue;
                }
                b'"' | b'\'' | b'`' => {
                    let Some(len) = memchr2(byte, b'\n', &self.text[at + 1..end]) else {
                        return;
                    };
                    asked = self.is_lookup(at);
                    at += len + 2;
                    continue;
                }
                b',' if asked => Some(at + 1),
                b',' => self.named_value(at),
                // `ENV.fetch("TOKEN") { "…" }`
                b'{' if matches!(self.at(self.spaces(at + 1)), Some(b'"' | b'\'')) => Some(at + 1),
                b'{' => return,
                b'?' | b'|' | b' ' | b'.' => {
                    let behind = self.first(at, &OPERATORS).map(|it| at + it.len());
                    // Names in a sentence: `token` or `password`.
                    let named = |it: &usize| byte == b' ' && self.at(*it) == Some(b'`');
                    behind.filter(|it| !named(it))
                }
                _ => None,
            };
            asked &= byte == b' ';
            match next {
                Some(next) if self.instead(next, found) => return,
                Some(next) => at = next,
                None => at += 1,
            }
        }
    }

    /// Of `${TOKEN:-…}`, what is used where the variable is not set.
    pub(super) fn unwrap_variable(self, it: &mut Value) {
        let value = &self.text[it.span.clone()];
        if !value.starts_with(b"${") {
            return;
        }
        let name = 2 + value[2..].iter().take_while(|it| in_name(**it)).count();
        let operator = match &value[name..] {
            [b':', b'-' | b'=', ..] => 2,
            [b':', ..] => 1,
            _ => return,
        };
        let start = it.span.start + name + operator;
        if let Some(len) = memchr(b'}', &self.text[start..it.span.end]) {
            it.span = start..start + len;
            it.literal = true;
        }
    }

    /// Whether a literal is what stands here, or what a function gives that does.
    fn instead(self, at: usize, found: &mut Vec<Value>) -> bool {
        let mut at = self.whitespace(at);
        if let Some(head) = self.first(at, &FUNCTIONS) {
            at += head.len();
        }
        let before = found.len();
        self.quoted(at, Link::Assigned, found);
        let mut idx = 0;
        found.retain(|it| {
            idx += 1;
            idx <= before || it.link == Link::Assigned
        });
        found.len() > before
    }

    /// Whether the quote here begins the first argument of what looks something up.
    fn is_lookup(self, quote: usize) -> bool {
        const LOOKUPS: [&[u8]; 8] = [
            b"get",
            b"env",
            b"fetch",
            b"config",
            b"lookup",
            b"property",
            b"setting",
            b"var",
        ];
        let before = &self.text[quote.saturating_sub(GAP)..quote];
        let Some((b'(', before)) = before.split_last() else {
            return false;
        };
        let letters = before.iter().rev().take_while(|it| in_name(**it)).count();
        let name = &before[before.len() - letters..];
        let holds = |it: &&[u8]| name.windows(it.len()).any(|at| at.eq_ignore_ascii_case(it));
        LOOKUPS.iter().any(holds)
    }

    /// The default in the attribute of a field: `#[arg(long, default_value = "…")]` above its name.
    pub(super) fn default_above(self, name: usize, found: &mut Vec<Value>) {
        let from = name.saturating_sub(ATTRIBUTE);
        let before = &self.text[from..name];
        let Some(line) = memrchr(b'\n', before) else {
            return;
        };
        let attribute = before[..line].trim_ascii_end();
        if !matches!(before[line..].trim_ascii(), b"" | b"pub" | b"pub(crate)")
            || !attribute.ends_with(b"]")
        {
            return;
        }
        let Some(start) = attribute.windows(2).rposition(|it| it == b"#[") else {
            return;
        };
        let attribute = &attribute[start..];
        let Some(word) = attribute.windows(7).position(|it| it == b"default") else {
            return;
        };
        let at = self.spaces(self.name_end(from + start + word));
        if matches!(self.at(at), Some(b'=' | b'(')) {
            self.instead(at + 1, found);
        }
    }
}
