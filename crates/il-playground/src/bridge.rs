//! Between a WebSocket and a language server: one text frame is one JSON-RPC message, both ways.
//!
//! The server runs on a thread of its own, on the same channels it has over stdio; a second thread carries
//! its messages to the socket. When the page goes away the server's channel is closed, which it takes as a hang-up.

use std::{sync::Arc, thread};

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, close_code};
use lsp_server::{Connection, Message};
use serde::Serialize;
use tokio::sync::{mpsc, watch};

use crate::ports::LanguageServer;

/// Messages on their way to a page that is slow to read; the server waits when they are full.
const OUTGOING: usize = 256;

/// Carries messages until the page, the server or the playground ends.
pub(crate) async fn run(
    mut socket: WebSocket,
    server: Arc<dyn LanguageServer>,
    mut stopped: watch::Receiver<bool>,
) {
    let (ours, theirs) = Connection::memory();
    let (outgoing, mut to_page) = mpsc::channel::<String>(OUTGOING);
    let Connection {
        sender: to_server,
        receiver: from_server,
    } = ours;
    let started = spawn("playground-lsp", move || {
        if let Err(error) = server.serve(theirs) {
            tracing::debug!(error = %format_args!("{error:#}"), "the page's language server ended");
        }
    })
    .and_then(|()| {
        spawn("playground-out", move || {
            // Ends when the server drops its sender, or when the page is gone.
            for message in from_server {
                if outgoing.blocking_send(frame(&message)).is_err() {
                    break;
                }
            }
        })
    });
    if let Err(error) = started {
        tracing::warn!(%error, "cannot start a language server for the page");
        close(
            &mut socket,
            close_code::AGAIN,
            "cannot start a language server",
        )
        .await;
        return;
    }

    loop {
        tokio::select! {
            received = socket.recv() => match received {
                Some(Ok(Frame::Text(text))) => match serde_json::from_str::<Message>(&text) {
                    Ok(message) => {
                        if to_server.send(message).is_err() {
                            close(&mut socket, close_code::ERROR, "the language server ended").await;
                            break;
                        }
                    }
                    Err(_) => {
                        if socket.send(Frame::text(PARSE_ERROR)).await.is_err() {
                            break;
                        }
                    }
                },
                Some(Ok(Frame::Binary(_))) => {
                    close(&mut socket, close_code::UNSUPPORTED, "send text frames").await;
                    break;
                }
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                Some(Ok(Frame::Close(_)) | Err(_)) | None => break,
            },
            text = to_page.recv() => match text {
                Some(text) => {
                    if socket.send(Frame::text(text)).await.is_err() {
                        break;
                    }
                }
                None => {
                    close(&mut socket, close_code::ERROR, "the language server ended").await;
                    break;
                }
            },
            () = until_stopped(&mut stopped) => {
                close(&mut socket, close_code::AWAY, "the playground stopped").await;
                break;
            }
        }
    }
}

/// Ends when the playground is told to stop, or its handle is gone.
async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

const PARSE_ERROR: &str =
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"not a JSON-RPC message"}}"#;

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
}

/// One message as it goes over the wire.
fn frame(message: &Message) -> String {
    #[derive(Serialize)]
    struct JsonRpc<'m> {
        jsonrpc: &'static str,
        #[serde(flatten)]
        message: &'m Message,
    }
    serde_json::to_string(&JsonRpc {
        jsonrpc: "2.0",
        message,
    })
    .unwrap_or_else(|_| PARSE_ERROR.to_owned())
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    // The page may be gone already; then there is nobody to tell.
    let _ = socket
        .send(Frame::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        })))
        .await;
}
