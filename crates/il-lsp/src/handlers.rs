//! What each request and notification does, one line each in two tables.
//!
//! The one idea: a handler reads its parameters, tells or asks the façade, and is done. Parameters that
//! cannot be read are the client's mistake and are said to be; a notification has no answer to say it in,
//! so it is logged.

use il_assist::Host;
use lsp_server::{ErrorCode, Notification, Request, RequestId};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{client::ACCEPT_COMMAND, server::Server, translate, uri, wire};

/// There is no account: who runs the server is signed in.
const USER: &str = "interline";

type Handled = Result<Value, (ErrorCode, String)>;

pub(crate) fn request(server: &mut Server, request: Request) {
    let Request { id, method, params } = request;
    let handled = match method.as_str() {
        "textDocument/inlineCompletion" => {
            return inline_completion(server, id, &method, params);
        }
        "textDocument/completion" => return completion(server, id, &method, params),
        "workspace/executeCommand" => execute_command(server, &method, params),
        "interline/explain" => explain(server, &method, params),
        "interline/status" => Ok(status(server)),
        "checkStatus" => Ok(json!({ "status": "OK", "user": USER })),
        "signIn" | "signInInitiate" => Ok(json!({ "status": "AlreadySignedIn", "user": USER })),
        "signInConfirm" => Ok(json!({ "status": "OK", "user": USER })),
        "signOut" => Ok(json!({ "status": "NotSignedIn" })),
        "getVersion" => Ok(json!({ "version": server.version() })),
        "setEditorInfo" => Ok(json!("OK")),
        _ => Err((
            ErrorCode::MethodNotFound,
            format!("unknown request `{method}`"),
        )),
    };
    match handled {
        Ok(result) => server.answer(&id, result),
        Err((code, message)) => server.refuse(id, code, message),
    }
}

pub(crate) fn notification(server: &mut Server, notification: Notification) {
    let Notification { method, params } = notification;
    if method == "$/cancelRequest" {
        if let Some(cancel) = heard::<wire::Cancel>(&method, params) {
            server.cancel(cancel.id);
        }
        return;
    }
    let Some(host) = server.host() else { return };
    match method.as_str() {
        "textDocument/didOpen" => with(&method, params, |it| did_open(host, it)),
        "textDocument/didChange" => with(&method, params, |it| did_change(host, it)),
        "textDocument/didClose" => {
            with(&method, params, |it: wire::About| {
                host.did_close(&it.text_document.uri)
            });
        }
        "textDocument/didSave" => {
            with(&method, params, |it: wire::About| {
                host.did_save(&it.text_document.uri)
            });
        }
        "textDocument/didFocus" => with(&method, params, |it| did_focus(host, it)),
        "textDocument/didShowCompletion" => with(&method, params, |it| did_show(host, &it)),
        "textDocument/didPartiallyAcceptCompletion" => {
            with(&method, params, |it| did_partially_accept(host, &it));
        }
        "workspace/didChangeWorkspaceFolders" => {
            with(&method, params, |it| did_change_folders(host, it));
        }
        "workspace/didChangeWatchedFiles" => {
            with(&method, params, |it| did_change_watched_files(host, &it));
        }
        // Nothing to do: settings live in Interline's own configuration, and tracing has its own switch.
        "initialized"
        | "workspace/didChangeConfiguration"
        | "$/setTrace"
        | "$/logTrace"
        | "window/workDoneProgress/cancel" => {}
        _ if method.starts_with("$/") => {} // optional by the protocol
        _ => tracing::debug!(method, "unknown notification"),
    }
}

/// Reads the parameters of a request.
fn read<T: DeserializeOwned>(method: &str, params: Value) -> Result<T, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|why| {
        (
            ErrorCode::InvalidParams,
            format!("cannot read the parameters of `{method}`: {why}"),
        )
    })
}

/// Reads the parameters of a notification. What exactly is wrong may quote text, and is not logged.
fn heard<T: DeserializeOwned>(method: &str, params: Value) -> Option<T> {
    let params = serde_json::from_value(params);
    if params.is_err() {
        tracing::warn!(method, "cannot read the parameters of a notification");
    }
    params.ok()
}

fn with<T: DeserializeOwned>(method: &str, params: Value, run: impl FnOnce(T)) {
    if let Some(params) = heard(method, params) {
        run(params);
    }
}

fn inline_completion(server: &mut Server, id: RequestId, method: &str, params: Value) {
    match read(method, params) {
        Ok(params) => server.ask(&id, translate::inline_ask(params)),
        Err((code, message)) => server.refuse(id, code, message),
    }
}

fn completion(server: &mut Server, id: RequestId, method: &str, params: Value) {
    match read(method, params) {
        Ok(params) => server.ask(&id, translate::list_ask(params)),
        Err((code, message)) => server.refuse(id, code, message),
    }
}

fn execute_command(server: &Server, method: &str, params: Value) -> Handled {
    let params: wire::ExecuteCommand = read(method, params)?;
    if params.command != ACCEPT_COMMAND {
        let message = format!("unknown command `{}`", params.command);
        return Err((ErrorCode::InvalidParams, message));
    }
    let Some(suggestion) = params.arguments.first().and_then(Value::as_str) else {
        let message = format!("`{ACCEPT_COMMAND}` takes the id of a suggestion as its argument");
        return Err((ErrorCode::InvalidParams, message));
    };
    if let Some(host) = server.host() {
        host.accepted(suggestion);
    }
    Ok(Value::Null)
}

fn explain(server: &Server, method: &str, params: Value) -> Handled {
    let params: wire::Explain = match params {
        Value::Null => wire::Explain::default(),
        params => read(method, params)?,
    };
    let explained = server
        .host()
        .and_then(|host| host.explain(params.id.as_deref()));
    match (explained, params.id) {
        (Some(it), _) => Ok(translate::explanation(&it)),
        (None, None) => Ok(Value::Null), // nothing has been asked yet
        (None, Some(id)) => {
            let message = format!("unknown id `{id}`: it is not a request or suggestion of late");
            Err((ErrorCode::InvalidParams, message))
        }
    }
}

fn status(server: &Server) -> Value {
    match server.host() {
        Some(host) => translate::status(&host.status(), server.version()),
        None => Value::Null,
    }
}

fn did_open(host: &Host, params: wire::DidOpen) {
    let document = params.text_document;
    host.did_open(&il_assist::Opened {
        path: uri::to_path(&document.uri),
        uri: document.uri.into(),
        language: document.language_id,
        version: document.version,
        text: document.text.0,
    });
}

fn did_change(host: &Host, params: wire::DidChange) {
    let wire::TextDocument { uri, version } = params.text_document;
    let changes = translate::changes(params.content_changes);
    if let Err(why) = host.did_change(&uri, version, changes) {
        tracing::warn!(%why, "cannot follow an edit");
    }
}

fn did_focus(host: &Host, params: wire::DidFocus) {
    let uri = params.text_document.map(|it| it.uri).or(params.uri);
    host.did_focus(uri.as_deref());
}

fn did_show(host: &Host, params: &wire::AboutItem) {
    if let Some(suggestion) = params.suggestion() {
        host.shown(suggestion);
    }
}

fn did_partially_accept(host: &Host, params: &wire::AboutItem) {
    if let (Some(suggestion), Some(length)) = (params.suggestion(), params.accepted_length) {
        host.partially_accepted(suggestion, usize::try_from(length).unwrap_or(usize::MAX));
    }
}

fn did_change_folders(host: &Host, params: wire::DidChangeFolders) {
    for folder in params.event.removed {
        if let Some(root) = uri::to_path(&folder.uri) {
            host.close_repository(&root);
        }
    }
    for folder in params.event.added {
        if let Some(root) = uri::to_path(&folder.uri) {
            host.open_repository(root);
        }
    }
}

fn did_change_watched_files(host: &Host, params: &wire::DidChangeWatched) {
    let paths = params
        .changes
        .iter()
        .filter_map(|it| uri::to_path(&it.uri))
        .collect();
    host.did_change_watched_files(paths);
}
