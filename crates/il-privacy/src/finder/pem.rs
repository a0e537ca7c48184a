//! The bodies of PEM blocks, however a language or a format encloses them.
//!
//! The one idea: a body is runs of base64 with anything between them that quotes, joins, indents or comments lines; each run
//! is a finding, so what is put in its place keeps lines, quotes and indentation.
//!
//! Deliberately absent: decoding it.

use std::ops::Range;

use super::placeholders;
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
    if text[word.clone()].eq_ignore_ascii_case(b"Private-Lines") {
        return counted_lines(text, word.end);
    }
    if !line.windows(6).any(|it| it == b"-BEGIN" || it == b" BEGIN") {
        return Vec::new();
    }
    let rest = &text[word.end..text.len().min(word.end + BODY)];
    // What else the label says: `BLOCK`.
    let Some(start) = rest.iter().take(16).position(|it| *it == b'-') else {
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
        let placeholder = placeholders::length(&text[at..end]);
        if placeholder > 0 {
            at += placeholder;
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

/// The lines of a key that PuTTY wrote, which are counted instead of framed: `Private-Lines: 14`, given where the colon is.
fn counted_lines(text: &[u8], colon: usize) -> Vec<Range<usize>> {
    /// A key of 16 384 bits has 114.
    const MOST: usize = 256;
    /// All but the last are that long.
    const SIGNS: usize = 64;
    /// Bytes between two of them.
    const BETWEEN: usize = 32;
    let digits = |it: &&u8| it.is_ascii_digit();
    let Some(rest) = text[colon..].strip_prefix(b": ") else {
        return Vec::new();
    };
    let digits = rest.iter().take(4).take_while(digits);
    let (len, count) = digits.fold((0, 0), |(len, count), it| {
        (len + 1, count * 10 + usize::from(*it - b'0'))
    });
    let mut at = colon + 2 + len;
    let mut spans = Vec::new();
    for line in 1..=count.min(MOST) {
        let stop = text.len().min(at + BETWEEN);
        let run = loop {
            let over = [&b"Private-"[..], b"\n\n", b"\r\n\r"];
            if at >= stop || over.iter().any(|it| text[at..].starts_with(it)) {
                return spans;
            }
            let placeholder = placeholders::length(&text[at..]);
            if placeholder > 0 {
                at += placeholder;
                break None;
            }
            // `\n` is no letter of the next line.
            if text[at] == b'\\' {
                let escape = text[at..stop].iter().take_while(|it| **it == b'\\');
                at += escape.count() + 1;
                continue;
            }
            let run = text[at..].iter().take(SIGNS);
            let run = run.take_while(|it| is_base64(**it)).count();
            let last = line == count && run >= 4 && run % 4 == 0;
            if run == SIGNS || last {
                at += run;
                break Some(at - run..at);
            }
            // What joins two lines: `echo`, `+`.
            at += run.max(1);
        };
        spans.extend(run);
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
    fn lines_that_are_counted_end_where_the_count_does() {
        let [one, two] = [1, 2].map(|seed| sample("{base64:64}", seed).text);
        let last = "QUJDREVGR0hJSktM";
        let rest = "Private-MAC: 0badc0de\n\nfn takes_what_stands_behind_it() {}";
        let of = |text: &str| {
            let at = text.find("Private-Lines").expect("the text has it");
            let found = spans(text.as_bytes(), &(at..at + 13));
            let found = found.into_iter().map(|it| text[it].to_owned());
            found.collect::<Vec<_>>()
        };
        for between in ["\n", "\r\n", "\\n", "\\r\\n", "\n# ", "\\n\" +\n    \""] {
            let text = ["Private-Lines: 3", &one, &two, last, rest].join(between);
            assert_eq!(of(&text), [&one, &two, last], "{text}");
        }
        let text = format!("Private-Lines: 3\n<REDACTED:putty-private-key-1>\n{two}\n{rest}");
        assert_eq!(of(&text), [&*two]);
        assert!(of(&format!("Private-Lines: 2\n\nsha256 = \"{one}\"")).is_empty());
        // However it is cut.
        let text = format!("Private-Lines: 3\\n{one}\\\\n <REDACTED:x-1>{last}");
        for cut in (13..text.len()).filter(|it| text.is_char_boundary(*it)) {
            of(&text[..cut]);
        }
        assert!(of(&format!("Private-Lines is 2\n{one}")).is_empty());
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
