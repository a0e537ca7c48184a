//! A scan as SARIF 2.1.0, which code hosts and editors read.
//!
//! Deliberately absent: excerpts; such a document is uploaded.

use std::fmt::Write as _;

use il_privacy::Category;
use serde_json::{Value, json};

use super::{found::Found, report::Summary};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One run.
pub(super) fn document(found: &[(&str, &Found)], summary: &Summary) -> Value {
    let mut rules: Vec<&Found> = found.iter().map(|it| it.1).collect();
    rules.sort_by(|a, b| a.rule.cmp(&b.rule));
    rules.dedup_by(|a, b| a.rule == b.rule);
    let results = found.iter().map(|(path, it)| {
        let index = rules.iter().position(|rule| rule.rule == it.rule);
        result(path, it, index.unwrap_or(0))
    });
    let notes = summary.problems.iter().map(|(path, why)| {
        json!({
            "level": "warning",
            "message": {"text": format!("could not be read: {why}")},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(path)}}}],
        })
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Interline",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(|it| rule(it)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notes.collect::<Vec<_>>(),
            }],
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn rule(it: &Found) -> Value {
    let mut rule = json!({
        "id": &*it.rule,
        "shortDescription": {"text": &*it.name},
        "help": {"text": "Revoke it where it was issued, then take it out of the file and of the history."},
        "defaultConfiguration": {"level": level(it.category)},
        "properties": {"tags": ["security", it.category.word()]},
    });
    // Rules of one's own may name anything as their source.
    if it.source.starts_with("https://") || it.source.starts_with("http://") {
        rule["helpUri"] = json!(&*it.source);
    }
    rule
}

fn result(path: &str, it: &Found, index: usize) -> Value {
    json!({
        "ruleId": &*it.rule,
        "ruleIndex": index,
        "level": level(it.category),
        "message": {"text": format!("This looks like: {}", it.name)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(path)},
            "region": {
                "startLine": it.line,
                "startColumn": it.column,
                "endLine": it.end_line,
                "endColumn": it.end_column,
            },
        }}],
        "partialFingerprints": {"interline/v1": it.fingerprint},
    })
}

fn level(category: Category) -> &'static str {
    match category {
        Category::Personal => "warning",
        Category::Key
        | Category::PrivateKey
        | Category::Connection
        | Category::Password
        | Category::Session => "error",
    }
}

/// A path as a reference: relative ones stay relative.
fn uri(path: &str) -> String {
    let mut out = match path.starts_with('/') {
        true => "file://".to_owned(),
        false => String::new(),
    };
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("src/a b:ü.py"), "src/a%20b%3A%C3%BC.py");
        assert_eq!(uri("/tmp/x"), "file:///tmp/x");
    }
}
