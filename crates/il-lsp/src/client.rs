//! What a client told about itself in `initialize`, and what it is told back.
//!
//! The one idea: everything that depends on the client is decided here, once, from its own words; the
//! rest of the server asks plain questions of this record.

use il_assist::Encoding;
use serde_json::{Value, json};

use crate::wire::Initialize;

/// The command that accepting a suggestion runs, by the name that clients made for Copilot know.
pub(crate) const ACCEPT_COMMAND: &str = "github.copilot.didAcceptCompletionItem";

/// Facts about the client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Client {
    /// How it counts columns.
    pub(crate) encoding: Encoding,
    /// It shows work-done progress that the server starts.
    pub(crate) progress: bool,
    /// It was made for Copilot's server and understands `didChangeStatus`.
    pub(crate) copilot: bool,
    /// It wants suggestions as entries of its completion list.
    pub(crate) completion_list: bool,
}

impl Client {
    pub(crate) fn from_initialize(params: &Initialize) -> Self {
        let capability = |pointer: &str| params.capabilities.pointer(pointer);
        let option = |name: &str| {
            params
                .initialization_options
                .as_ref()
                .and_then(|it| it.get(name))
        };
        let copilot = option("editorPluginInfo").is_some() || option("editorInfo").is_some();
        let ghost_text = copilot || capability("/textDocument/inlineCompletion").is_some();
        Self {
            encoding: encoding(capability("/general/positionEncodings")),
            progress: capability("/window/workDoneProgress") == Some(&Value::Bool(true)),
            copilot,
            completion_list: match option("completionList") {
                Some(Value::Bool(wanted)) => *wanted,
                _ => !ghost_text,
            },
        }
    }

    /// What the server can do for this client.
    pub(crate) fn server_capabilities(self) -> Value {
        let mut capabilities = json!({
            "positionEncoding": name(self.encoding),
            "textDocumentSync": {
                "openClose": true,
                "change": 2, // incremental; a change without a range is a full text
                "save": { "includeText": false },
            },
            "inlineCompletionProvider": true,
            "executeCommandProvider": { "commands": [ACCEPT_COMMAND] },
            "workspace": {
                "workspaceFolders": { "supported": true, "changeNotifications": true },
            },
            "experimental": { "interline": { "explain": true, "status": true } },
        });
        if self.completion_list {
            capabilities["completionProvider"] =
                json!({ "triggerCharacters": [".", "(", " ", "=", ":", ","] });
        }
        capabilities
    }
}

/// The first encoding, in the server's order of preference, that the client offers. A client that
/// offers nothing counts in UTF-16, as ever.
fn encoding(offered: Option<&Value>) -> Encoding {
    let offered = offered.and_then(Value::as_array);
    let offers = |name: &str| offered.is_some_and(|it| it.iter().any(|it| it == name));
    [Encoding::Utf8, Encoding::Utf32]
        .into_iter()
        .find(|&it| offers(name(it)))
        .unwrap_or(Encoding::Utf16)
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "utf-8",
        Encoding::Utf16 => "utf-16",
        Encoding::Utf32 => "utf-32",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(params: Value) -> Client {
        Client::from_initialize(&serde_json::from_value(params).unwrap())
    }

    #[test]
    fn the_best_offered_encoding_wins() {
        for (offered, expected) in [
            (json!(["utf-16", "utf-8"]), "utf-8"),
            (json!(["utf-16", "utf-32"]), "utf-32"),
            (json!(["utf-16"]), "utf-16"),
            (json!(["utf-7"]), "utf-16"),
            (json!([]), "utf-16"),
            (json!("utf-8"), "utf-16"),
            (Value::Null, "utf-16"),
        ] {
            let client =
                client(json!({"capabilities": {"general": {"positionEncodings": offered}}}));
            assert_eq!(client.server_capabilities()["positionEncoding"], expected);
        }
    }

    #[test]
    fn the_completion_list_is_for_clients_without_ghost_text() {
        let offers = |params| {
            client(params)
                .server_capabilities()
                .get("completionProvider")
                .is_some()
        };
        assert!(offers(json!({"capabilities": {}})));
        assert!(!offers(
            json!({"capabilities": {"textDocument": {"inlineCompletion": {}}}})
        ));
        assert!(!offers(
            json!({"initializationOptions": {"editorInfo": {"name": "x"}}})
        ));
        assert!(offers(json!({
            "capabilities": {"textDocument": {"inlineCompletion": {}}},
            "initializationOptions": {"completionList": true},
        })));
    }
}
