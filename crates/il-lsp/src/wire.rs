//! What travels over the wire: the few LSP structures that this server reads and writes.
//!
//! Written by hand, because the parts that matter here are the ones where clients differ from the
//! published types: URIs that no strict parser accepts, Copilot's additions, inline items of LSP 3.18.
//! Reading is tolerant (unknown fields are ignored, missing ones have defaults where a sensible one
//! exists); writing is strict.
//!
//! Deliberately absent: the structures of features that Interline does not have.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A zero-based line and a column in the negotiated encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Zero-based line.
    pub line: u32,
    /// Column, in units of the negotiated encoding.
    pub character: u32,
}

/// A half-open range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First position inside.
    pub start: Position,
    /// First position after.
    pub end: Position,
}

/// A document by name; Copilot's dialect adds the version that the client is looking at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextDocument {
    /// The URI, verbatim: the server never rewrites it.
    pub uri: String,
    /// The client's version, when it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// `textDocument/didOpen`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DidOpen {
    pub(crate) text_document: OpenedDocument,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenedDocument {
    pub(crate) uri: String,
    #[serde(default)]
    pub(crate) language_id: String,
    #[serde(default)]
    pub(crate) version: i64,
    pub(crate) text: Private,
}

/// `textDocument/didChange`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DidChange {
    pub(crate) text_document: TextDocument,
    pub(crate) content_changes: Vec<ContentChange>,
}

/// One edit; without a range, the whole text.
#[derive(Debug, Deserialize)]
pub(crate) struct ContentChange {
    #[serde(default)]
    pub(crate) range: Option<Range>,
    pub(crate) text: Private,
}

/// Text that `Debug` does not print.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Private(pub(crate) String);

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

/// `textDocument/didClose`, `textDocument/didSave` and Copilot's `textDocument/didFocus`, which may
/// name no document at all when the focus has left the editor.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct About {
    pub(crate) text_document: TextDocument,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DidFocus {
    #[serde(default)]
    pub(crate) text_document: Option<TextDocument>,
    #[serde(default)]
    pub(crate) uri: Option<String>,
}

/// `textDocument/inlineCompletion`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InlineParams {
    pub(crate) text_document: TextDocument,
    pub(crate) position: Position,
    #[serde(default)]
    pub(crate) context: InlineContext,
    #[serde(default)]
    pub(crate) formatting_options: Option<FormattingOptions>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InlineContext {
    /// 1 invoked, 2 automatic; anything else counts as automatic.
    #[serde(default)]
    pub(crate) trigger_kind: Option<Value>,
    #[serde(default)]
    pub(crate) selected_completion_info: Option<SelectedCompletion>,
}

impl InlineContext {
    /// Whether the user asked with a key, rather than the editor by itself.
    pub(crate) fn invoked(&self) -> bool {
        self.trigger_kind.as_ref().and_then(Value::as_i64) == Some(1)
    }
}

/// The entry that is selected in the editor's own completion list.
#[derive(Debug, Deserialize)]
pub(crate) struct SelectedCompletion {
    pub(crate) range: Range,
    pub(crate) text: Private,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FormattingOptions {
    #[serde(default)]
    pub(crate) tab_size: Option<u32>,
    #[serde(default)]
    pub(crate) insert_spaces: Option<bool>,
}

/// `textDocument/completion`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompletionParams {
    pub(crate) text_document: TextDocument,
    pub(crate) position: Position,
}

/// The answer to `textDocument/inlineCompletion`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InlineList {
    /// The suggestions, best first.
    pub items: Vec<InlineItem>,
    /// Interline's own word on the answer as a whole.
    #[serde(
        rename = "_interline",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub interline: Option<ListFacts>,
}

/// One suggestion, as LSP 3.18 and Copilot's dialect have it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InlineItem {
    /// What replaces `range`.
    pub insert_text: String,
    /// What is replaced; always on one line, and the cursor is inside or at an end of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// Run by the client when the suggestion is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
    /// Where it came from.
    #[serde(
        rename = "_interline",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub interline: Option<ItemFacts>,
}

impl std::fmt::Debug for InlineItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InlineItem")
            .field(
                "insert_text",
                &format_args!("<{} bytes>", self.insert_text.len()),
            )
            .field("range", &self.range)
            .field("command", &self.command)
            .field("interline", &self.interline)
            .finish()
    }
}

/// A command, with what to call it with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// For people.
    pub title: String,
    /// For the server.
    pub command: String,
    /// Here: the id of the suggestion.
    #[serde(default)]
    pub arguments: Vec<Value>,
}

/// Facts about one suggestion that no standard field has room for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemFacts {
    /// The id that `interline/explain` takes.
    pub id: String,
    /// How sure the engine was, 0 to 1.
    pub probability: f32,
    /// Which road it came by: the engine, a cache, type-through, a request in flight.
    pub source: String,
    /// The place in the repository that it was drawn from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginFacts>,
    /// How much of it one key takes. Absent when the range starts before the cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextFacts>,
    /// What is to be known of it before it is taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<RemarkFacts>,
    /// Microseconds from the request to the answer.
    pub timing_us: u64,
}

/// Something to know of a suggestion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemarkFacts {
    /// `weakness`, `copy`, `personal`.
    pub kind: String,
    /// For people.
    pub text: String,
    /// Which part of the inserted text it is about, in UTF-16 units.
    pub start: usize,
    pub end: usize,
    /// What it goes by elsewhere: `CWE-89`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Of a copy: an SPDX expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Of a copy: whose code, and where in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// How much one key takes, in UTF-16 units from the start of the inserted text, so that no editor has to
/// know what a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextFacts {
    /// To the end of the next word.
    pub word: usize,
    /// To the end of the next line.
    pub line: usize,
}

/// A place in the repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OriginFacts {
    /// Path inside the repository.
    pub path: String,
    /// 1-based line.
    pub line: u32,
}

/// Facts about an answer as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListFacts {
    /// The id that `interline/explain` takes.
    pub id: String,
    /// Why there is no suggestion: a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Microseconds from the request to the answer.
    pub timing_us: u64,
}

/// `textDocument/didShowCompletion` and `textDocument/didPartiallyAcceptCompletion`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AboutItem {
    pub(crate) item: ItemWithCommand,
    /// UTF-16 units from the start of the inserted text.
    #[serde(default)]
    pub(crate) accepted_length: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ItemWithCommand {
    #[serde(default)]
    pub(crate) command: Option<Command>,
}

impl AboutItem {
    /// The id that this server put into the item's command.
    pub(crate) fn suggestion(&self) -> Option<&str> {
        self.item.command.as_ref()?.arguments.first()?.as_str()
    }
}

/// `workspace/executeCommand`.
#[derive(Debug, Deserialize)]
pub(crate) struct ExecuteCommand {
    pub(crate) command: String,
    #[serde(default)]
    pub(crate) arguments: Vec<Value>,
}

/// `workspace/didChangeWorkspaceFolders`.
#[derive(Debug, Deserialize)]
pub(crate) struct DidChangeFolders {
    pub(crate) event: FoldersEvent,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FoldersEvent {
    #[serde(default)]
    pub(crate) added: Vec<Folder>,
    #[serde(default)]
    pub(crate) removed: Vec<Folder>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Folder {
    pub(crate) uri: String,
}

/// `workspace/didChangeWatchedFiles`.
#[derive(Debug, Deserialize)]
pub(crate) struct DidChangeWatched {
    pub(crate) changes: Vec<FileEvent>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FileEvent {
    pub(crate) uri: String,
}

/// `$/cancelRequest`.
#[derive(Debug, Deserialize)]
pub(crate) struct Cancel {
    pub(crate) id: lsp_server::RequestId,
}

/// `interline/explain`: a request or suggestion by id, or the latest.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Explain {
    #[serde(default)]
    pub(crate) id: Option<String>,
}

/// `initialize`, as far as the server looks at it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Initialize {
    #[serde(default)]
    pub(crate) root_uri: Option<String>,
    #[serde(default)]
    pub(crate) root_path: Option<String>,
    #[serde(default)]
    pub(crate) workspace_folders: Option<Vec<Folder>>,
    #[serde(default)]
    pub(crate) capabilities: Value,
    #[serde(default)]
    pub(crate) initialization_options: Option<Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What `Debug` shows of the parameters that hold text of a document.
    #[test]
    fn debug_prints_no_text() {
        let range = json!({
            "start": { "line": 0, "character": 0 },
            "end": { "line": 0, "character": 0 },
        });
        let opened: DidOpen = serde_json::from_value(json!({
            "textDocument": { "uri": "file:///a", "text": "hunter2" },
        }))
        .unwrap();
        let changed: DidChange = serde_json::from_value(json!({
            "textDocument": { "uri": "file:///a" },
            "contentChanges": [{ "range": range, "text": "hunter2" }, { "text": "hunter2" }],
        }))
        .unwrap();
        let asked: InlineParams = serde_json::from_value(json!({
            "textDocument": { "uri": "file:///a" },
            "position": { "line": 0, "character": 0 },
            "context": { "selectedCompletionInfo": { "range": range, "text": "hunter2" } },
        }))
        .unwrap();
        let item: InlineItem = serde_json::from_value(json!({ "insertText": "hunter2" })).unwrap();
        let shown = format!("{opened:?} {changed:?} {asked:?} {item:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(shown.matches("<7 bytes>").count(), 5, "{shown}");
    }
}
