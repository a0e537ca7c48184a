//! The bodies of PEM blocks, however a language or a format encloses them.
//!
//! The one idea: a body is runs of base64 with anything between them that quotes, joins, indents or comments lines; each run
//! is a finding, so what is put in its place keeps lines, quotes and indentation.
//!
//! Deliberately absent: decoding it.

use std::ops::Range;

use memchr::memchr;

use crate::personal;

/// Bytes of a body, at most: a key of 16 384 bits has 12 600.
const BODY: usize = 32 * 1024;
/// A run of base64 that is part of a body though it is not at its end.
const LINE: usize = 16;
/// Lines without a run, after which a block without an end is over.
const EMPTY_LINES: usize = 4;

/// The runs of base64 behind a line `-----BEGIN … PRIVATE KEY-----`, given where its keyword is. None if it is another line.
pub(super) fn spans(text: &[u8], word: &Range<usize>) -> Vec<Range<usize>> {
    let from = word.start.saturating_sub(48);
    let head = &text[from..word.start];
    let line = head
        .iter()
        .rposition(|it| *it == b'\n')
        .map_or(head, |it| &head[it + 1..]);
    // PuTTY counts lines instead of framing them.
    let putty = text[word.clone()].eq_ignore_ascii_case(b"Private-Lines");
    if !putty && !line.windows(6).any(|it| it == b"-BEGIN" || it == b" BEGIN") {
        return Vec::new();
    }
    let rest = &text[word.end..text.len().min(word.end + BODY)];
    let start = match putty {
        true => memchr(b'\n', rest).map(|it| it + 1),
        // What else the label says: `BLOCK`.
        false => rest.iter().take(16).position(|it| *it == b'-'),
    };
    let Some(start) = start else {
        return Vec::new();
    };
    body(text, word.end + start, word.end + rest.len())
}

fn body(text: &[u8], start: usize, end: usize) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    // A short run is the last line's if the end follows.
    let mut short: Option<Range<usize>> = None;
    let mut empty = 0;
    let mut at = start;
    while at < end && text[at] == b'-' {
        at += 1;
    }
    let mut line = at;
    while at < end {
        let byte = text[at];
        if byte == b'\\' {
            // `\n` and the like are no letters of the body.
            let escape = text[at..end].iter().take_while(|it| **it == b'\\').count();
            let letter = text
                .get(at + escape)
                .is_some_and(|it| matches!(it, b'n' | b'r' | b't'));
            at += escape + usize::from(letter);
            continue;
        }
        if byte == b'\n' {
            let found = spans.last().is_some_and(|it| it.start >= line);
            empty = if found { 0 } else { empty + 1 };
            if empty > EMPTY_LINES {
                return spans;
            }
            at += 1;
            line = at;
            continue;
        }
        if text[at..end].starts_with(b"--") {
            let own_line = |it: &Range<usize>| {
                text[it.end..at]
                    .iter()
                    .any(|it| matches!(it, b'\n' | b'\\'))
            };
            if !spans.is_empty() {
                spans.extend(short.filter(own_line));
            }
            return spans;
        }
        if !is_base64(byte) {
            at += 1;
            continue;
        }
        // What stands there was taken out already.
        if let Some(b'_' | b':') = text[at..end]
            .strip_prefix(b"REDACTED")
            .and_then(<[u8]>::first)
        {
            let ours = |it: &u8| it.is_ascii_alphanumeric() || b"_:-".contains(it);
            at += text[at..end].iter().take_while(|it| ours(it)).count();
            continue;
        }
        let run = at..at
            + text[at..end]
                .iter()
                .take_while(|it| is_base64(**it))
                .count();
        at = run.end;
        // A placeholder stands for a line that was taken out.
        let (before, behind) = (text[run.start - 1], text.get(run.end));
        if matches!(before, b'_' | b'<')
            || behind == Some(&b'_')
            || before == b'-' && behind == Some(&b'>')
        {
            continue;
        }
        // `Proc-Type: 4,ENCRYPTED`: the rest of its line is none of the body.
        if text[at..end].starts_with(b": ")
            || text[at..end].starts_with(b"-")
                && run.len() < LINE
                && !text[at..end].starts_with(b"--")
        {
            at += text[at..end]
                .iter()
                .take_while(|it| !matches!(it, b'\n' | b'\\'))
                .count();
            continue;
        }
        // Where a block is only mentioned, names of the code around it follow.
        if run.len() >= LINE && !personal::is_made_of_words(&text[run.clone()]) {
            short = None;
            spans.push(run);
        } else if run.len() >= 2 && text[run.clone()].iter().any(u8::is_ascii_alphanumeric) {
            short = Some(run);
        }
    }
    spans
}

fn is_base64(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::sample;

    fn of(text: &str) -> Vec<&str> {
        let at = text.find("PRIVATE KEY").expect("the text has one");
        let found = spans(text.as_bytes(), &(at..at + 11));
        found.into_iter().map(|it| &text[it]).collect()
    }

    #[test]
    fn lines_are_found_however_they_are_enclosed() {
        let block = sample("{pem:RSA PRIVATE KEY}", 3);
        let lines: Vec<&str> = block
            .secret
            .iter()
            .map(|it| &block.text[it.clone()])
            .collect();
        let each = |before: &str, behind: &str| -> String {
            block
                .text
                .lines()
                .map(|it| format!("{before}{it}{behind}\n"))
                .collect()
        };
        for text in [
            each("", ""),
            each("    ", ""),
            each("", "\r"),
            each("# ", ""),
            each("//! ", ""),
            each(" * ", ""),
            each("> ", ""),
            each("  \"", "\\n\" +"),
            each("'", "\\n' +"),
            each("b\"", "\\r\\n\""),
            each("echo ", " >> key.pem"),
            block.text.replace('\n', "\\n"),
            block.text.replace('\n', "\\\\n"),
            block.text.replace('\n', "\\r\\n"),
            block.text.replace('\n', " "),
        ] {
            assert_eq!(of(&text), lines, "{text}");
        }
    }

    #[test]
    fn headers_are_no_part_of_the_body() {
        let body = sample("{base64:64}", 1).text;
        let text = format!(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0123456789ABCDEF0123456789ABCDEF\n\n{body}\n-----END",
        );
        assert_eq!(of(&text), [body]);
    }

    #[test]
    fn a_block_that_is_only_mentioned_has_no_body() {
        for text in [
            "if s.starts_with(\"-----BEGIN PRIVATE KEY-----\") {\n    return parsePrivateKeyInternal(s);\n}\ni--;",
            "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY----------BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----\nQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=",
        ] {
            assert_eq!(of(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_block_that_is_cut_ends_where_its_lines_end() {
        let lines = [1, 2, 3].map(|seed| sample("{base64:64}", seed).text);
        let text = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n\nfn main() {{\n    run();\n}}\n",
            lines.join("\n")
        );
        assert_eq!(of(&text), lines);
    }
}
