//! Reads an answer as it comes, and says what of it belongs into the hole as soon as that is certain.
//!
//! The one idea: at any moment the answer so far is looked at as a whole by one pure function, which gives the part that no
//! continuation can take back. So it cannot matter how an answer is split, and streaming and finishing cannot disagree.
//!
//! Only what stands between tags is certain before the end: an answer without tags is read when it is complete.
//!
//! Deliberately absent: judging the code.

use std::{fmt, sync::Arc};

use super::extractor::trimming::{Around, certain};

mod trimming;

/// Reads one answer.
pub struct Extractor {
    around: Around,
    open: String,
    close: String,
    answer: String,
    /// Where the text between the tags begins in the answer.
    inside: Option<usize>,
    /// Bytes of the answer up to which everything was said or left away.
    said: usize,
    done: bool,
}

/// Sizes only: source code must not reach a log by accident.
impl fmt::Debug for Extractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extractor({} bytes read)", self.answer.len())
    }
}

impl Extractor {
    pub(super) fn new(
        before: String,
        after: Arc<str>,
        open: String,
        close: String,
        mark: String,
    ) -> Self {
        Self {
            around: Around::new(before, after, mark),
            open,
            close,
            answer: String::new(),
            inside: None,
            said: 0,
            done: false,
        }
    }

    /// Takes more of the answer; gives what is certain of the text now and was not before.
    pub fn push(&mut self, more: &str) -> String {
        if self.done {
            return String::new();
        }
        self.answer.push_str(more);
        if self.inside.is_none() {
            self.inside = self.opened();
        }
        let Some(inside) = self.inside else {
            return String::new();
        };
        let body = &self.answer[inside..];
        let closed = body.find(&self.close);
        let end = closed.unwrap_or_else(|| body.len() - begun(body, &self.close));
        self.done = closed.is_some();
        let text = certain(&body[..end], &self.around, self.done);
        self.say(inside, text)
    }

    /// The answer is complete; gives what is left of the text.
    pub fn finish(&mut self) -> String {
        if self.done {
            return String::new();
        }
        self.done = true;
        if let Some(inside) = self.inside {
            let text = certain(&self.answer[inside..], &self.around, true);
            return self.say(inside, text);
        }
        let (start, end) = untagged(&self.answer, &self.close);
        let text = certain(&self.answer[start..end], &self.around, true);
        self.say(start, text)
    }

    /// Nothing more can come: the rest of the answer need not be waited for.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// What of the range is new.
    fn say(&mut self, base: usize, text: Option<std::ops::Range<usize>>) -> String {
        let Some(text) = text else {
            return String::new();
        };
        let (start, end) = (base + text.start, base + text.end);
        let start = start.max(self.said);
        if start >= end {
            return String::new();
        }
        self.said = end;
        self.answer[start..end].to_owned()
    }

    /// Behind the tag, if it was opened; what a model thinks aloud before may name it and does not count.
    fn opened(&self) -> Option<usize> {
        let from = thought(&self.answer)?;
        let at = self.answer[from..].find(&self.open)?;
        Some(from + at + self.open.len())
    }
}

/// Where thinking ends; `None` when it goes on.
fn thought(answer: &str) -> Option<usize> {
    if !answer.trim_start().starts_with("<think>") {
        return Some(0);
    }
    const END: &str = "</think>";
    answer.find(END).map(|it| it + END.len())
}

/// How many bytes at the end of `text` may be the beginning of `word`.
fn begun(text: &str, word: &str) -> usize {
    let most = word.len().min(text.len());
    let starts = |len: &usize| word.is_char_boundary(*len) && text.ends_with(&word[..*len]);
    (1..=most).rev().find(starts).unwrap_or(0)
}

/// Where the text is in an answer without tags: in the first fence, otherwise everything but a sentence in front.
fn untagged(answer: &str, close: &str) -> (usize, usize) {
    let start = thought(answer).unwrap_or(answer.len());
    let end = answer[start..]
        .find(close)
        .map_or(answer.len(), |it| start + it);
    if let Some(fence) = answer[start..end].find("```") {
        return (start + fence, end);
    }
    let mut start = start;
    for line in answer[start..end].split_inclusive('\n') {
        if !line.trim().is_empty() && !is_prose(line) {
            break;
        }
        start += line.len();
    }
    (start, end)
}

/// Whether a line is a sentence rather than code.
fn is_prose(line: &str) -> bool {
    let line = line.trim();
    let words = line.split_whitespace().count();
    line.starts_with(|it: char| it.is_uppercase())
        && words >= 3
        && line.ends_with(['.', ':', '!', '?'])
        && !line.contains(['{', '}', ';', '=', '<', '>', '_'])
}

#[cfg(test)]
mod tests;
