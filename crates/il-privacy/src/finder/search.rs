//! One search of one text.
//!
//! The one idea: what is around a keyword is looked at while the pass for keywords goes on, and two windows of a rule that
//! touch are one, so a rule reads no byte of a text much more often than once, however its keywords stand.
//!
//! Deliberately absent: reading the whole text for one rule.

use std::ops::Range;

use regex::bytes::CaptureLocations;

use super::{
    Finder, Finding, Work, anchors,
    assignment::{self, Link, Value},
    base64_lines, look, names,
    overlap::{self, Candidate},
    pem, placeholders,
};
use crate::{
    Rule, RuleId,
    rules::{Rank, Shape},
};

/// A window is cut after that many bytes, and what lies across the cut is read again.
const WINDOW: usize = 16 * 1024;
/// A match that reaches the end of its window is read on for, at most.
const GROWTH: usize = 64 * 1024;
/// Bytes of a value that are looked at, at least.
const VALUE: usize = 512;

pub(super) fn search(finder: &Finder, text: &str) -> (Vec<Finding>, Work) {
    let mut search = Search {
        finder,
        text,
        windows: vec![None; finder.rules.len()],
        values: Values::default(),
        found: Vec::new(),
        work: Work::default(),
    };
    // Few texts hold a placeholder, and one look tells.
    let redacted = placeholders::all(text.as_bytes());
    if let Some(words) = &finder.words {
        for hit in words.find_overlapping_iter(text) {
            let word = hit.start()..hit.end();
            if placeholders::has(&redacted, &word) {
                continue;
            }
            for id in &*finder.of_word[hit.pattern().as_usize()] {
                search.hit(*id, word.clone());
            }
        }
    }
    if !finder.digits.is_empty() {
        for number in anchors::numbers(text.as_bytes()) {
            search.widen_all(&finder.digits, &number);
        }
    }
    if !finder.ats.is_empty() {
        for at in anchors::ats(text.as_bytes()) {
            search.widen_all(&finder.ats, &at);
        }
    }
    for id in 0..search.windows.len() {
        if let Some(window) = search.windows[id].take() {
            search.pattern(RuleId(id as u16), window);
        }
    }
    if let Some(id) = finder.base64_lines {
        for span in base64_lines::spans(text.as_bytes()) {
            search.candidate(id, span);
        }
    }
    search
        .found
        .retain(|it| !placeholders::touches(&redacted, &it.span));
    if search.found.is_empty() {
        return (Vec::new(), search.work);
    }
    (overlap::resolve(text, search.found), search.work)
}

struct Search<'a> {
    finder: &'a Finder,
    text: &'a str,
    /// By rule, where its pattern is to be run next.
    windows: Vec<Option<Range<usize>>>,
    values: Values,
    found: Vec<Candidate>,
    work: Work,
}

/// What is assigned to the name around the last word: several rules ask for it.
#[derive(Default)]
struct Values {
    word: Range<usize>,
    tables: bool,
    all: Vec<Value>,
}

impl Search<'_> {
    fn hit(&mut self, id: RuleId, word: Range<usize>) {
        let finder = self.finder;
        let rule = finder.rule(id);
        match &rule.shape {
            Shape::Pattern(_) => self.widen(id, rule, &word),
            Shape::Assigned { also, quoted, .. } => {
                let bytes = self.text.as_bytes();
                let common = rule.rank == Rank::Word;
                let named = names::is_whole(bytes, &word, common);
                if named && !(common && names::is_about(bytes, &word)) {
                    self.assigned(id, rule, &word, also, *quoted);
                }
            }
            Shape::Pem => {
                for span in pem::spans(self.text.as_bytes(), &word) {
                    self.work.matched += span.len();
                    self.candidate(id, span);
                }
            }
            Shape::Base64Lines | Shape::Anchored { .. } => {}
        }
    }

    fn widen_all(&mut self, ids: &[RuleId], anchor: &Range<usize>) {
        for id in ids {
            self.widen(*id, self.finder.rule(*id), anchor);
        }
    }

    fn widen(&mut self, id: RuleId, rule: &Rule, word: &Range<usize>) {
        let start = word.start.saturating_sub(rule.reach);
        let end = self.text.len().min(word.end + rule.reach);
        let slot = &mut self.windows[usize::from(id.0)];
        let ready = match slot {
            Some(window) if start <= window.end && window.len() < WINDOW => {
                window.end = window.end.max(end);
                return;
            }
            // One that was cut for its length leaves nothing out: this one begins before its end.
            Some(_) => slot.replace(start..end),
            None => {
                *slot = Some(start..end);
                None
            }
        };
        if let Some(window) = ready {
            self.pattern(id, window);
        }
    }

    fn pattern(&mut self, id: RuleId, window: Range<usize>) {
        let finder = self.finder;
        let rule = finder.rule(id);
        let Some(regex) = finder.look(id).pattern(rule) else {
            return;
        };
        let bytes = self.text.as_bytes();
        let mut groups = regex.capture_locations();
        let Range {
            start: mut at,
            mut end,
        } = window;
        while at < end {
            self.work.runs += 1;
            let Some(all) = regex.captures_read_at(&mut groups, &bytes[..end], at) else {
                self.work.matched += end - at;
                break;
            };
            self.work.matched += all.end() - at;
            // Where the window ends is not where the text ends: it may go on.
            if all.end() == end && end < bytes.len() && all.len() < GROWTH {
                end = bytes.len().min(end + all.len().max(rule.reach));
                continue;
            }
            at = self.matched(id, rule, &groups).max(all.start() + 1);
        }
    }

    /// Takes what matched, if it holds. Where to go on.
    fn matched(&mut self, id: RuleId, rule: &Rule, groups: &CaptureLocations) -> usize {
        let Some((start, end)) = look::secret(groups) else {
            return 0;
        };
        // What ends a statement or an argument is no part of it.
        let bytes = &self.text.as_bytes()[start..end];
        let ending = bytes.iter().rev().take_while(|it| b";,".contains(it));
        let last = match rule.rank {
            Rank::Kind => end - ending.count(),
            _ => end,
        };
        let span = on_characters(self.text, start..last);
        if self.finder.look(id).holds(rule, &self.text[span.clone()]) {
            self.candidate(id, span);
        }
        end
    }

    fn assigned(
        &mut self,
        id: RuleId,
        rule: &Rule,
        word: &Range<usize>,
        also: &[String],
        quoted: Option<bool>,
    ) {
        let tables = rule.rank == Rank::Service;
        let bytes = self.text.as_bytes();
        if self.values.word != *word || self.values.tables != tables {
            self.values.word = word.clone();
            self.values.tables = tables;
            self.values.all.clear();
            assignment::values(bytes, word, tables, &mut self.values.all);
        }
        // What is random is none by chance; a password is less sure.
        let weak = rule.rank == Rank::Word && rule.check.as_deref() != Some("random");
        for idx in 0..self.values.all.len() {
            let value = self.values.all[idx].clone();
            let linked = match value.link {
                Link::Assigned | Link::Within => true,
                Link::Called => !weak || names::takes_it(bytes, word),
                Link::Beside => {
                    !weak
                        || names::is_defined(bytes, word)
                        || names::is_statement(bytes, word, &value.span)
                }
            };
            let name = assignment::name_start(bytes, word);
            // A default stands before its name.
            let near = match value.span.start >= name {
                true => name..value.span.start,
                false => name..word.end,
            };
            let fits =
                quoted.is_none_or(|it| it == value.literal) && names::has_any(&bytes[near], also);
            if linked && fits {
                self.value(id, rule, value.span, value.literal);
            }
        }
    }

    fn value(&mut self, id: RuleId, rule: &Rule, span: Range<usize>, literal: bool) {
        let finder = self.finder;
        let Some(regex) = finder.look(id).pattern(rule) else {
            return;
        };
        let most = span.start + rule.reach.max(VALUE);
        let value = &self.text.as_bytes()[span.start..span.end.min(most)];
        let mut groups = regex.capture_locations();
        self.work.runs += 1;
        self.work.matched += value.len();
        if regex.captures_read(&mut groups, value).is_none() {
            return;
        }
        let Some((start, end)) = look::secret(&groups) else {
            return;
        };
        let span = on_characters(self.text, span.start + start..span.start + end);
        // What is called is the name of a function.
        let called = !literal && self.text.as_bytes().get(span.end) == Some(&b'(');
        if !called && finder.look(id).holds(rule, &self.text[span.clone()]) {
            self.candidate(id, span);
        }
    }

    fn candidate(&mut self, rule: RuleId, span: Range<usize>) {
        let rank = self.finder.rule(rule).rank;
        self.found.push(Candidate { rank, rule, span });
    }
}

/// Widened to whole characters.
fn on_characters(text: &str, span: Range<usize>) -> Range<usize> {
    let mut start = span.start;
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end;
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}
