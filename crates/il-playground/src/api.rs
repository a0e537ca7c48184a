//! What the page asks over HTTP: itself, the list of files, one file, the status, and the editor's socket.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{
        Path, Query, Request, State as Shared,
        rejection::QueryRejection,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Semaphore, watch};

use crate::{
    assets, bridge, guard,
    ports::{Fact, LanguageServer},
    repository::{ReadError, Repository},
    token::Token,
};

/// So many pages may be connected at once.
const MAX_SOCKETS: usize = 8;

/// The largest message a page may send: a file of the largest size with every byte escaped fits.
const MAX_FRAME_BYTES: usize = 16 << 20;

/// What every handler may look at.
#[derive(Clone)]
pub(crate) struct State(Arc<Inner>);

struct Inner {
    repository: Repository,
    language_server: Arc<dyn LanguageServer>,
    open: Option<String>,
    token: Token,
    port: u16,
    sockets: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
}

impl State {
    pub(crate) fn new(
        repository: Repository,
        language_server: Arc<dyn LanguageServer>,
        open: Option<String>,
        token: Token,
        port: u16,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let sockets = Arc::new(Semaphore::new(MAX_SOCKETS));
        Self(Arc::new(Inner {
            repository,
            language_server,
            open,
            token,
            port,
            sockets,
            stopped,
        }))
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port
    }

    /// Waits until every page is disconnected.
    pub(crate) async fn all_gone(&self) {
        // It is never closed.
        let _ = self.0.sockets.acquire_many(MAX_SOCKETS as u32).await;
    }
}

/// An answer that says no: a status, a stable code for programs, words for people.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    fn token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "token",
            "the token is missing or wrong: open the address that `interline playground` printed",
        )
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        let (status, code) = match &error {
            ReadError::Path(_) => (StatusCode::BAD_REQUEST, "path"),
            ReadError::NotListed => (StatusCode::NOT_FOUND, "not-listed"),
            ReadError::LeadsAway => (StatusCode::FORBIDDEN, "leads-away"),
            ReadError::NotAFile => (StatusCode::BAD_REQUEST, "not-a-file"),
            ReadError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            ReadError::NotText => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-text"),
            ReadError::Io(_) => (StatusCode::INTERNAL_SERVER_ERROR, "io"),
        };
        Self::new(status, code, error.to_string())
    }
}

pub(crate) fn router(state: State) -> Router {
    let api = Router::new()
        .route("/api/files", get(files))
        .route("/api/file", get(file))
        .route("/api/status", get(status))
        .route_layer(middleware::from_fn_with_state(state.clone(), require_token));
    Router::new()
        .route("/", get(page))
        .route("/assets/{name}", get(asset))
        .route("/ws", get(socket))
        .merge(api)
        .fallback(|| async {
            Refusal::new(StatusCode::NOT_FOUND, "not-found", "nothing is served here")
        })
        .layer(middleware::from_fn_with_state(state.clone(), guard::check))
        .with_state(state)
}

async fn require_token(
    Shared(state): Shared<State>,
    request: Request,
    next: middleware::Next,
) -> Response {
    match guard::bearer(request.headers()) {
        Some(offered) if state.0.token.matches(offered) => next.run(request).await,
        _ => Refusal::token().into_response(),
    }
}

#[derive(Deserialize)]
struct PageQuery {
    #[serde(default)]
    token: String,
}

async fn page(
    Shared(state): Shared<State>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Response {
    let offered = query.map(|Query(query)| query.token).unwrap_or_default();
    if !state.0.token.matches(&offered) {
        return (StatusCode::UNAUTHORIZED, Html(NO_TOKEN)).into_response();
    }
    // A fresh token is as good a nonce as any.
    let Ok(nonce) = Token::new() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let nonce = nonce.reveal();
    let Some(html) = assets::page(nonce) else {
        return (StatusCode::SERVICE_UNAVAILABLE, Html(NO_PAGE)).into_response();
    };
    let mut response = Html(html).into_response();
    if let Ok(policy) = HeaderValue::from_str(&guard::page_policy(nonce)) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

const NO_TOKEN: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Interline</title>\
    <h1>This address lacks its token</h1>\
    <p>Open the whole address that <code>interline playground</code> printed, with <code>?token=…</code> at its end.</p>";

const NO_PAGE: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Interline</title>\
    <h1>Built without the page</h1>\
    <p>This binary was built before the page was. Run <code>cargo xtask run</code>, which builds both.</p>";

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    assets::asset(&name, &headers)
}

#[derive(Serialize)]
struct FileList {
    files: Vec<String>,
    truncated: bool,
}

async fn files(Shared(state): Shared<State>) -> Result<Json<FileList>, Refusal> {
    let listed = on_disk(move || state.0.repository.listed()).await?;
    let listed = listed.map_err(|error| listing_failed(&error))?;
    Ok(Json(FileList {
        files: listed.paths.iter().cloned().collect(),
        truncated: listed.truncated,
    }))
}

fn listing_failed(error: &anyhow::Error) -> Refusal {
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "listing",
        format!("the repository's files cannot be listed: {error:#}"),
    )
}

#[derive(Deserialize)]
struct FileQuery {
    path: String,
}

#[derive(Serialize)]
struct FileText {
    path: String,
    language: String,
    text: String,
}

async fn file(
    Shared(state): Shared<State>,
    query: Result<Query<FileQuery>, QueryRejection>,
) -> Result<Json<FileText>, Refusal> {
    let Query(FileQuery { path }) = query.map_err(|_| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "path",
            "the query must be `path=` and one path in UTF-8",
        )
    })?;
    on_disk(move || {
        let read = state.0.repository.read(&path)?;
        Ok(Json(FileText {
            path,
            language: read.language,
            text: read.text,
        }))
    })
    .await?
}

#[derive(Serialize)]
struct Overview {
    version: &'static str,
    /// The repository's directory, as the editor's workspace folder.
    root: String,
    name: String,
    /// The file to open first.
    open: Option<String>,
    facts: Vec<Fact>,
}

async fn status(Shared(state): Shared<State>) -> Result<Json<Overview>, Refusal> {
    on_disk(move || {
        let Inner {
            repository,
            language_server,
            open,
            ..
        } = &*state.0;
        let open = match open {
            Some(path) => Some(path.clone()),
            None => repository
                .first_file()
                .map_err(|error| listing_failed(&error))?,
        };
        let root = repository.root();
        Ok(Json(Overview {
            version: env!("CARGO_PKG_VERSION"),
            root: root.to_string_lossy().into_owned(),
            name: root
                .file_name()
                .unwrap_or(root.as_os_str())
                .to_string_lossy()
                .into_owned(),
            open,
            facts: language_server.facts(),
        }))
    })
    .await?
}

/// Runs what waits for the disk where it holds up nobody.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the request failed inside the playground",
        )
    })
}

async fn socket(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let offered = guard::protocol_token(&headers).unwrap_or_default();
    if !state.0.token.matches(offered) {
        return Err(Refusal::token());
    }
    let upgrade = upgrade.map_err(|_| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "websocket",
            "connect to `/ws` with a WebSocket",
        )
    })?;
    let permit = Arc::clone(&state.0.sockets)
        .try_acquire_owned()
        .map_err(|_| {
            Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "sockets",
                format!("{MAX_SOCKETS} pages are connected already: close one"),
            )
        })?;
    let server = Arc::clone(&state.0.language_server);
    let stopped = state.0.stopped.clone();
    Ok(upgrade
        .protocols([guard::PROTOCOL])
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .on_upgrade(move |socket| async move {
            bridge::run(socket, server, stopped).await;
            drop(permit);
        }))
}
