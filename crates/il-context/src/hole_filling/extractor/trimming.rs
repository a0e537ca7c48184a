//! What of an answer's text belongs into the hole.
//!
//! The one idea: what is repeated from before the hole is a tail of the prefix that begins at a line, and what is repeated from
//! behind it is a head of the suffix. Both are found exactly, so that code which merely looks alike is left alone.
//!
//! Deliberately absent: streams; it is asked again with more.

use std::{ops::Range, sync::Arc};

/// How many signs a repeated line has at least: less may be code that happens to be the same.
const TELLING: usize = 3;
/// Lines of the prefix at most that an answer is taken to repeat.
const LINES: usize = 2000;

/// What stands around the hole.
pub(super) struct Around {
    before: String,
    after: Arc<str>,
    /// What stands in the hole's place.
    mark: String,
    /// Where lines begin in `before`, and where their indentation ends.
    tails: Vec<usize>,
}

impl Around {
    pub(super) fn new(before: String, after: Arc<str>, mark: String) -> Self {
        let mut tails: Vec<usize> = Vec::new();
        let mut end = before.len();
        for _ in 0..LINES {
            let start = before[..end].rfind('\n').map_or(0, |it| it + 1);
            let line = &before[start..];
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            tails.push(start);
            if indent > 0 {
                tails.push(start + indent);
            }
            if start == 0 {
                break;
            }
            end = start - 1;
        }
        let current = tails.first().copied().unwrap_or_default();
        let tells = |start: &usize| {
            let tail = &before[*start..];
            let signs = tail.chars().filter(|it| !it.is_whitespace()).count();
            // The indentation that the hole stands behind is repeated as often as not.
            signs >= TELLING || (signs == 0 && *start == current && !tail.is_empty())
        };
        tails.retain(tells);
        Self {
            before,
            after,
            mark,
            tails,
        }
    }

    /// The line that the hole is in, up to it.
    fn line(&self) -> &str {
        self.before.rsplit('\n').next().unwrap_or_default()
    }

    /// Whether nothing but blanks is behind the hole in its line.
    fn at_line_end(&self) -> bool {
        self.after
            .lines()
            .next()
            .is_none_or(|it| it.trim().is_empty())
    }
}

/// The part of `body` that belongs into the hole and that nothing that comes can change. `None`: not even its beginning is
/// certain. `last`: nothing more comes.
pub(super) fn certain(body: &str, around: &Around, last: bool) -> Option<Range<usize>> {
    let (from, to, last) = unfenced(body, last)?;
    let (to, last) = unmarked(&body[..to], from, &around.mark, last);
    let content = &body[from..to];
    let start = from + beginning(content, around, last)?;
    let end = start + ending(&body[start..to], around, last);
    Some(start..end)
}

/// Without the fence around it: where it begins and ends, and whether it is complete.
fn unfenced(body: &str, last: bool) -> Option<(usize, usize, bool)> {
    let text = body.trim_start();
    let at = body.len() - text.len();
    if text.len() < 3 && !last && "```".starts_with(text) {
        return None;
    }
    if !text.starts_with("```") {
        return Some((0, body.len(), last));
    }
    let Some(line) = text.find('\n') else {
        return last.then_some((body.len(), body.len(), true));
    };
    let from = at + line + 1;
    if !last && "```".starts_with(&body[from..]) {
        return None;
    }
    // An empty fence ends where it begins.
    if body[from..].starts_with("```") {
        return Some((from, from, true));
    }
    const END: &str = "\n```";
    match body[from..].find(END) {
        Some(end) => Some((from, from + end, true)),
        None if last => Some((from, body.len(), true)),
        None => Some((from, body.len() - super::begun(&body[from..], END), false)),
    }
}

/// Up to the mark of the hole, should the answer repeat that.
fn unmarked(body: &str, from: usize, mark: &str, last: bool) -> (usize, bool) {
    match body[from..].find(mark) {
        Some(end) => (from + end, true),
        None if last => (body.len(), true),
        None => (body.len() - super::begun(&body[from..], mark), false),
    }
}

/// Where the text begins that is not repeated from before the hole.
fn beginning(content: &str, around: &Around, last: bool) -> Option<usize> {
    let blank = content.len() - content.trim_start_matches(['\n', '\r']).len();
    if blank == content.len() && !last {
        return None;
    }
    let mut longest = None;
    for lead in if blank > 0 { vec![0, blank] } else { vec![0] } {
        let text = &content[lead..];
        for tail in &around.tails {
            let tail = &around.before[*tail..];
            if text.starts_with(tail) {
                longest = longest.max(Some((tail.len(), lead)));
            } else if !last && tail.starts_with(text) {
                return None;
            }
        }
    }
    if let Some((tail, lead)) = longest {
        return Some(lead + tail);
    }
    // A tag on a line of its own; behind a line that is complete, the line's end is part of the text.
    let line = around.line();
    let complete = line
        .trim_end()
        .ends_with([':', '{', '(', '[', ',', ';', '}', ')', '>']);
    let whole = complete && !line.ends_with([' ', '\t']) && around.at_line_end();
    Some(if whole { 0 } else { blank })
}

/// Where the text ends that is not repeated from behind the hole.
fn ending(text: &str, around: &Around, last: bool) -> usize {
    let shown = text.trim_end();
    let after = around.after.trim();
    if !last {
        // What is said must be a beginning of what will be said, whichever of these it becomes.
        let keep = shown.len() - super::begun(shown, after);
        return text[..keep].trim_end().len();
    }
    let end = shown.len() - repeated(shown, after);
    if end < shown.len() && text[..end].trim().is_empty() {
        return 0;
    }
    // Before a line's end, blanks are nobody's; elsewhere what follows may need them.
    if around.at_line_end() {
        text[..end].trim_end().len()
    } else if end < shown.len() {
        end
    } else {
        text.len()
    }
}

/// How many bytes at the end of `text` are repeated from `after`, which they are the beginning of: a line that says something, or
/// what closes more than was opened.
fn repeated(text: &str, after: &str) -> usize {
    let most = super::begun(text, after);
    let first = after.lines().next().unwrap_or_default().trim_end();
    let signs = first.chars().filter(|it| it.is_alphanumeric()).count();
    if most >= first.len() && signs >= TELLING {
        return most;
    }
    let depth = |text: &str| -> i64 {
        let one = |char| match char {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        text.chars().map(one).sum()
    };
    if depth(text) >= 0 {
        return 0;
    }
    let is_head = |len: &usize| after.is_char_boundary(*len) && text.ends_with(&after[..*len]);
    let mut heads = (1..=most).filter(is_head);
    let enough = heads.find(|len| depth(&text[..text.len() - len]) >= 0);
    enough.unwrap_or(0)
}
