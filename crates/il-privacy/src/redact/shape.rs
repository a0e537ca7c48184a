//! Which shape a placeholder has at a place.
//!
//! The one idea: in quotes and comments anything goes, so it says plainly that it is one; where the syntax counts it is
//! an identifier, which every language takes in the place of a value.
//!
//! Deliberately absent: parsing. A look at the line up to the place is enough, and where it errs it errs towards the identifier.

use std::{fmt::Write as _, ops::Range};

use crate::vault::Placeholder;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `<REDACTED:aws-access-key-1>`
    Brackets,
    /// `REDACTED_aws_access_key_1`
    Name,
}

impl Shape {
    pub(super) fn write(self, placeholder: &Placeholder, out: &mut String) {
        let Placeholder { kind, number } = placeholder;
        // Writing to a string cannot fail.
        let _ = match (self, number) {
            (Self::Brackets, Some(number)) => write!(out, "<REDACTED:{kind}-{number}>"),
            (Self::Brackets, None) => write!(out, "<REDACTED:{kind}>"),
            (Self::Name, Some(number)) => {
                write!(out, "REDACTED_{}_{number}", kind.replace('-', "_"))
            }
            (Self::Name, None) => write!(out, "REDACTED_{}", kind.replace('-', "_")),
        };
    }
}

/// What begins a line that is a comment in some language.
const COMMENTS: &[&str] = &["//", "# ", "#!", "/*", "* ", "-- ", ";; ", "% "];

pub(super) fn of(text: &str, span: &Range<usize>) -> Shape {
    let line = &text[..span.start];
    let line = &line[line.rfind('\n').map_or(0, |at| at + 1)..];
    let code = line.trim_start();
    // A name would grow together with what follows it.
    let followed = text[span.end..]
        .bytes()
        .next()
        .is_some_and(|it| it.is_ascii_alphanumeric() || it == b'_');
    if followed || COMMENTS.iter().any(|it| code.starts_with(it)) {
        return Shape::Brackets;
    }
    // In markup a bracket begins a tag, also in the value of an attribute.
    match !code.starts_with('<') && ends_in_quotes(code) {
        true => Shape::Brackets,
        false => Shape::Name,
    }
}

/// Whether a quote is open at the end of a piece of a line.
pub(super) fn ends_in_quotes(code: &str) -> bool {
    let mut open = None;
    let mut before = b' ';
    let mut bytes = code.bytes();
    while let Some(byte) = bytes.next() {
        match (open, byte) {
            (_, b'\\') => {
                bytes.next();
            }
            (Some(quote), _) if byte == quote => open = None,
            // `don't`, and Rust's `&'a`.
            (None, b'\'') if before.is_ascii_alphanumeric() || before == b'&' => {}
            (None, b'"' | b'\'' | b'`') => open = Some(byte),
            _ => {}
        }
        before = byte;
    }
    open.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Shape) {
        let start = line.find("SECRET").expect("one in the line");
        assert_eq!(of(line, &(start..start + 6)), expected, "{line}");
    }

    #[test]
    fn in_quotes_and_comments_it_has_brackets() {
        for line in [
            "key = \"SECRET\"",
            "a('x', 'SECRET')",
            "f(`SECRET`)",
            "\"\"\"SECRET",
            "    // was SECRET",
            "# SECRET",
            " * SECRET",
            "let x = \"a\\\"SECRET\"",
            "don't(\"SECRET\")",
            "x = 1\ny = \"SECRET\"",
        ] {
            check(line, Shape::Brackets);
        }
    }

    #[test]
    fn elsewhere_it_is_a_name() {
        for line in [
            "export KEY=SECRET",
            "password: SECRET",
            "card = SECRET",
            "<password>SECRET</password>",
            "<add key=\"SECRET\"/>",
            "\"a\" + SECRET",
            "#define KEY SECRET",
            "x = \"a\"\nSECRET",
        ] {
            check(line, Shape::Name);
        }
    }

    #[test]
    fn a_name_never_grows_together_with_what_follows() {
        check("x=SECRETabc", Shape::Brackets);
    }
}
