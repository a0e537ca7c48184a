//! Redacts every text in a JSON document.
//!
//! The one idea: it works on the bytes that go on the wire, so it does not matter who made them and of what. A text is
//! unescaped before it is looked at, since a key of several lines is one line in JSON, and what holds no secret is copied as it is.
//!
//! Deliberately absent: checking the document. What is no JSON is redacted as one text.

/// `redact` gives the new text, or nothing where it stays.
pub(super) fn redacted(json: Vec<u8>, redact: &mut dyn FnMut(&str) -> Option<String>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&json) else {
        let text = String::from_utf8_lossy(&json).into_owned();
        return redact(&text).unwrap_or(text).into_bytes();
    };
    let mut out: Option<String> = None;
    // What of the document is written so far.
    let mut done = 0;
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'"', &text.as_bytes()[at..]).map(|it| at + it) {
        let Some(close) = end_of(text.as_bytes(), open + 1) else {
            let rest = &text[open..];
            if let Some(new) = redact(rest) {
                let out = out.get_or_insert_default();
                out.push_str(&text[done..open]);
                out.push_str(&new);
                done = text.len();
            }
            break;
        };
        let raw = &text[open + 1..close];
        let new = match raw.contains('\\') {
            false => redact(raw),
            true => redact(&unescaped(raw)),
        };
        if let Some(new) = new {
            let out = out.get_or_insert_default();
            out.push_str(&text[done..=open]);
            escape(&new, out);
            done = close;
        }
        at = close + 1;
    }
    match out {
        None => json,
        Some(mut out) => {
            out.push_str(&text[done..]);
            out.into_bytes()
        }
    }
}

/// Where the string that begins at `at` ends: its closing quote.
fn end_of(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at),
            _ => at += 2,
        }
    }
}

fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let mut after = rest[at + 1..].chars();
        match after.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let (character, left) = unicode(after.as_str());
                out.push(character);
                rest = left;
                continue;
            }
            Some(other) => out.push(other),
            None => {}
        }
        rest = after.as_str();
    }
    out.push_str(rest);
    out
}

/// The character that four hexadecimal digits name, or eight of a pair, and what follows.
fn unicode(text: &str) -> (char, &str) {
    const NONE: char = char::REPLACEMENT_CHARACTER;
    let unit = |text: &str| {
        let digits = text.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(text) else {
        return (NONE, text);
    };
    let second = text[4..].strip_prefix("\\u").and_then(unit);
    match (char::decode_utf16([first]).next(), second) {
        (Some(Ok(character)), _) => (character, &text[4..]),
        (_, Some(second)) => match char::decode_utf16([first, second]).next() {
            Some(Ok(character)) => (character, &text[10..]),
            _ => (NONE, &text[4..]),
        },
        _ => (NONE, &text[4..]),
    }
}

fn escape(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a string cannot fail.
            it if it < ' ' => drop(write!(out, "\\u{:04x}", u32::from(it))),
            it => out.push(it),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let mut redact = |text: &str| {
            let new = text.replace("a\nb", "X").replace("hidden", "\"Y\"\n\u{1}");
            (new != text).then_some(new)
        };
        let found = redacted(json.as_bytes().to_vec(), &mut redact);
        assert_eq!(String::from_utf8(found).expect("text"), expected);
    }

    #[test]
    fn every_text_is_redacted_and_nothing_else_changes() {
        check(
            r#"{"a": "hidden", "b" : [1.50, "c\u00e9 \"q\""]}"#,
            r#"{"a": "\"Y\"\n\u0001", "b" : [1.50, "c\u00e9 \"q\""]}"#,
        );
        check(r#"{"hidden": null}"#, r#"{"\"Y\"\n\u0001": null}"#);
        check(r#"["ja\nb\\", "\ud83d\ude00a\nb"]"#, r#"["jX\\", "😀X"]"#);
        check("", "");
        check("[]", "[]");
    }

    #[test]
    fn what_is_no_json_is_redacted_all_the_same() {
        check("{\"a\": \"hidden", "{\"a\": \"\"Y\"\n\u{1}");
        check(r#"["\ud83d hidden"]"#, "[\"\u{fffd} \\\"Y\\\"\\n\\u0001\"]");
        check(r#"["\u12 hidden\"#, "[\"\\u12 \"Y\"\n\u{1}\\");
    }

    #[test]
    fn bytes_that_are_no_text_are_redacted_too() {
        let mut redact = |text: &str| text.contains("hidden").then(|| "gone".to_owned());
        assert_eq!(redacted(b"\xffhidden".to_vec(), &mut redact), b"gone");
    }
}
