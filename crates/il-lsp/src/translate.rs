//! Between the façade's words and the wire's, both ways, by hand.
//!
//! The one idea: nothing is decided here. Whatever needs a decision belongs behind the façade, so that
//! every editor gets the same.

use il_assist::{
    Answer, Ask, Change, Counters, Explanation, Formatting, Position, Range, RepositoryState,
    Selected, Status, Suggestion, Surface, extent,
};
use serde_json::{Value, json};

use crate::{client::ACCEPT_COMMAND, wire};

/// How many suggestions a person who asked with a key may cycle through.
const INVOKED_ALTERNATIVES: usize = 3;

fn position(it: wire::Position) -> Position {
    Position {
        line: it.line,
        character: it.character,
    }
}

fn range(it: wire::Range) -> Range {
    Range {
        start: position(it.start),
        end: position(it.end),
    }
}

fn to_position(it: Position) -> wire::Position {
    wire::Position {
        line: it.line,
        character: it.character,
    }
}

fn to_range(it: Range) -> wire::Range {
    wire::Range {
        start: to_position(it.start),
        end: to_position(it.end),
    }
}

pub(crate) fn changes(changes: Vec<wire::ContentChange>) -> Vec<Change> {
    changes
        .into_iter()
        .map(|it| Change {
            range: it.range.map(range),
            text: it.text.0,
        })
        .collect()
}

pub(crate) fn inline_ask(params: wire::InlineParams) -> Ask {
    let invoked = params.context.invoked();
    Ask {
        uri: params.text_document.uri.into(),
        version: params.text_document.version,
        position: position(params.position),
        invoked,
        selected: params.context.selected_completion_info.map(|it| Selected {
            range: range(it.range),
            text: it.text.0,
        }),
        formatting: params.formatting_options.and_then(formatting),
        alternatives: if invoked { INVOKED_ALTERNATIVES } else { 1 },
        surface: Surface::GhostText,
    }
}

fn formatting(it: wire::FormattingOptions) -> Option<Formatting> {
    Some(Formatting {
        tab_size: it.tab_size?,
        insert_spaces: it.insert_spaces?,
    })
}

pub(crate) fn list_ask(params: wire::CompletionParams) -> Ask {
    // In the completion list, 1 is both typing a word and a key; the editor does not tell them apart.
    Ask {
        uri: params.text_document.uri.into(),
        version: params.text_document.version,
        position: position(params.position),
        invoked: false,
        selected: None,
        formatting: None,
        alternatives: 1,
        surface: Surface::List,
    }
}

pub(crate) fn inline_list(answer: &Answer) -> wire::InlineList {
    let timing_us = micros(answer.elapsed);
    wire::InlineList {
        items: answer
            .suggestions
            .iter()
            .map(|it| inline_item(it, answer.word.end, timing_us))
            .collect(),
        interline: Some(wire::ListFacts {
            id: answer.ask.to_string(),
            reason: answer.reason.as_ref().map(|it| it.code.to_string()),
            explanation: answer.reason.as_ref().map(|it| it.sentence.clone()),
            timing_us,
        }),
    }
}

fn inline_item(suggestion: &Suggestion, cursor: Position, timing_us: u64) -> wire::InlineItem {
    let at_cursor = suggestion.range.start == cursor;
    wire::InlineItem {
        insert_text: suggestion.text.clone(),
        range: Some(to_range(suggestion.range)),
        command: Some(accept_command(suggestion)),
        interline: Some(wire::ItemFacts {
            id: suggestion.id.to_string(),
            probability: suggestion.probability,
            source: suggestion.source.to_owned(),
            origin: suggestion.origin.as_ref().map(|it| wire::OriginFacts {
                path: it.path.to_string(),
                line: it.line,
            }),
            next: at_cursor.then(|| next(&suggestion.text)),
            remarks: suggestion
                .remarks
                .iter()
                .map(|it| remark(&suggestion.text, it))
                .collect(),
            timing_us,
        }),
    }
}

fn remark(text: &str, it: &il_assist::Remark) -> wire::RemarkFacts {
    let utf16 = |bytes: usize| text[..bytes].encode_utf16().count();
    let owned = |it: &Option<std::sync::Arc<str>>| it.as_deref().map(str::to_owned);
    wire::RemarkFacts {
        kind: it.kind.to_owned(),
        text: it.text.to_string(),
        start: utf16(it.range.start),
        end: utf16(it.range.end),
        rule: owned(&it.rule),
        licence: owned(&it.licence),
        origin: owned(&it.origin),
    }
}

fn next(text: &str) -> wire::NextFacts {
    let utf16 = |bytes: usize| text[..bytes].encode_utf16().count();
    wire::NextFacts {
        word: utf16(extent::next_word(text)),
        line: utf16(extent::next_line(text)),
    }
}

fn accept_command(suggestion: &Suggestion) -> wire::Command {
    wire::Command {
        title: "Accept Interline's suggestion".to_owned(),
        command: ACCEPT_COMMAND.to_owned(),
        arguments: vec![json!(suggestion.id.as_ref())],
    }
}

/// At most one entry, and only one that can be shown as one.
pub(crate) fn completion_list(answer: &Answer) -> Value {
    let item = answer
        .suggestions
        .first()
        .and_then(|it| completion_item(answer, it));
    json!({ "isIncomplete": true, "items": item.into_iter().collect::<Vec<_>>() })
}

/// What an editor shows beside an entry: all of its text, and what is to be known of it.
fn documentation(text: &str, suggestion: &Suggestion) -> String {
    let remarks = suggestion
        .remarks
        .iter()
        .map(|it| format!("\n\n{}", it.text));
    std::iter::once(text.to_owned()).chain(remarks).collect()
}

fn completion_item(answer: &Answer, suggestion: &Suggestion) -> Option<Value> {
    let word = &answer.word;
    // Editors filter by what stands between the start of the edit and the cursor, so the edit has to
    // start where the word does and the text has to begin with the word.
    let (start, text) = if suggestion.range.start <= word.start {
        (suggestion.range.start, suggestion.text.clone())
    } else if suggestion.range.start == word.end {
        (word.start, format!("{}{}", word.text, suggestion.text))
    } else {
        return None;
    };
    let first_line = text.lines().next().unwrap_or_default();
    let label = first_line.trim();
    if label.is_empty() {
        return None;
    }
    let label = if text.lines().nth(1).is_some() {
        format!("{label} …")
    } else {
        label.to_owned()
    };
    Some(json!({
        "label": label,
        "kind": 1, // text
        "detail": "interline",
        "documentation": { "kind": "plaintext", "value": documentation(&text, suggestion) },
        "preselect": true,
        "sortText": "\u{1}",
        "filterText": first_line,
        "insertTextFormat": 1, // plain
        "insertTextMode": 1,   // as is: the indentation is right already
        "textEdit": {
            "range": to_range(Range { start, end: suggestion.range.end }),
            "newText": text,
        },
        "command": accept_command(suggestion),
    }))
}

fn micros(it: std::time::Duration) -> u64 {
    u64::try_from(it.as_micros()).unwrap_or(u64::MAX)
}

/// `interline/explain`.
pub(crate) fn explanation(it: &Explanation) -> Value {
    json!({
        "id": it.ask.to_string(),
        "uri": it.uri.as_ref(),
        "reason": it.reason.as_ref().map(|it| json!({"code": it.code.as_ref(), "sentence": it.sentence})),
        "suggestions": it.suggestions.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        "steps": it
            .steps
            .iter()
            .map(|it| json!({"atUs": micros(it.at), "stage": it.stage, "detail": it.detail}))
            .collect::<Vec<_>>(),
        "elapsedUs": it.elapsed.map(micros),
        "text": it.to_string(),
    })
}

/// `interline/status`.
pub(crate) fn status(it: &Status, version: &str) -> Value {
    json!({
        "version": version,
        "repositories": it
            .repositories
            .iter()
            .map(|it| {
                json!({
                    "root": it.root.to_string_lossy(),
                    "engine": it.engine,
                    "trouble": it.trouble,
                    "state": repository_state(&it.state),
                })
            })
            .collect::<Vec<_>>(),
        "documents": it
            .documents
            .iter()
            .map(|it| {
                json!({
                    "uri": it.uri.as_ref(),
                    "language": it.language.as_ref(),
                    "version": it.version,
                    "lines": it.lines,
                    "bytes": it.bytes,
                })
            })
            .collect::<Vec<_>>(),
        "waiting": it.waiting,
        "engineJobs": it.engine_jobs,
        "counters": counters(&it.counters),
    })
}

fn repository_state(it: &RepositoryState) -> Value {
    match it {
        RepositoryState::Opening(None) => json!({"kind": "opening"}),
        RepositoryState::Opening(Some(it)) => json!({
            "kind": "opening",
            "stage": it.stage.label(),
            "done": it.done,
            "total": it.total,
        }),
        RepositoryState::Ready { took } => json!({"kind": "ready", "tookUs": micros(*took)}),
        RepositoryState::Failed(why) => json!({"kind": "failed", "why": why}),
    }
}

fn counters(it: &Counters) -> Value {
    json!({
        "asks": it.asks,
        "answered": it.answered,
        "empty": it.empty,
        "cancelled": it.cancelled,
        "superseded": it.superseded,
        "refused": it.refused,
        "typeThroughHits": it.type_through_hits,
        "cacheHits": it.cache_hits,
        "inFlightReuses": it.in_flight_reuses,
        "speculationHits": it.speculation_hits,
        "engineCalls": it.engine_calls,
        "speculativeCalls": it.speculative_calls,
        "engineCancels": it.engine_cancels,
        "panics": it.panics,
        "shown": it.shown,
        "accepted": it.accepted,
        "partiallyAccepted": it.partially_accepted,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use il_assist::{AskId, Word};

    use super::*;

    fn at(character: u32) -> Position {
        Position { line: 0, character }
    }

    /// The text of the list entry, with its range, for a suggestion at columns `from..to` behind `word`.
    fn entry(word: &str, from: u32, to: u32, text: &str) -> Option<String> {
        let end = 10;
        let start = end - u32::try_from(word.len()).unwrap();
        let suggestion = Suggestion {
            id: "s1".into(),
            text: text.into(),
            range: Range {
                start: at(from),
                end: at(to),
            },
            probability: 0.5,
            source: "engine",
            origin: None,
            remarks: Vec::new(),
        };
        let answer = Answer {
            ask: AskId(1),
            suggestions: vec![suggestion],
            reason: None,
            word: Word {
                start: at(start),
                end: at(end),
                text: word.into(),
            },
            elapsed: Duration::ZERO,
        };
        let list = completion_list(&answer);
        let item = list["items"].get(0)?;
        let range = &item["textEdit"]["range"];
        Some(format!(
            "{} | {} | {}..{} {}",
            item["label"].as_str()?,
            item["filterText"].as_str()?,
            range["start"]["character"],
            range["end"]["character"],
            item["textEdit"]["newText"],
        ))
    }

    #[test]
    fn an_entry_starts_with_the_word_that_is_typed() {
        assert_eq!(
            entry("ret", 10, 10, "urn x").unwrap(),
            r#"return x | return x | 7..10 "return x""#
        );
        assert_eq!(
            entry("", 10, 10, "return x").unwrap(),
            r#"return x | return x | 10..10 "return x""#
        );
    }

    #[test]
    fn an_entry_of_several_lines_says_so() {
        assert_eq!(
            entry("i", 10, 10, "f x:\n    y").unwrap(),
            r#"if x: … | if x: | 9..10 "if x:\n    y""#
        );
    }

    #[test]
    fn an_entry_keeps_the_range_that_reaches_further() {
        assert_eq!(
            entry("", 6, 12, "return").unwrap(),
            r#"return | return | 6..12 "return""#
        );
    }

    #[test]
    fn the_next_word_and_line_are_counted_in_utf_16() {
        let steps = |text| {
            let next = next(text);
            (next.word, next.line)
        };
        assert_eq!(steps("go(𝒳)\n  b"), (2, 6));
        assert_eq!(steps(" 𝒳 = 1"), (3, 7));
        assert_eq!(steps("\n  b\n"), (4, 4));
        assert_eq!(steps("x"), (1, 1));
    }

    #[test]
    fn what_cannot_be_an_entry_is_none() {
        assert_eq!(entry("", 10, 10, "\n    x"), None);
        assert_eq!(entry("abc", 8, 10, "x"), None);
    }
}
