//! The client's end of a connection: as much of an editor as replay and tests need.
//!
//! Synchronous: it asks, waits, and answers meanwhile what the server asks of it. What the server says by
//! itself is kept for whoever wants to look.

use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use crossbeam_channel::RecvTimeoutError;
use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

/// A server that says nothing for this long has broken its promise.
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor without a screen.
pub struct Editor {
    connection: Connection,
    requests: i32,
    responses: Vec<Response>,
    said: Vec<Message>,
}

impl std::fmt::Debug for Editor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Editor")
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

impl Editor {
    /// At the client's end of `connection`.
    pub fn new(connection: Connection) -> Self {
        Self {
            connection,
            requests: 0,
            responses: Vec::new(),
            said: Vec::new(),
        }
    }

    /// Says something that wants no answer.
    pub fn notify(&self, method: &str, params: Value) -> anyhow::Result<()> {
        let notification = Notification {
            method: method.to_owned(),
            params,
        };
        self.send(notification)
    }

    /// Asks, and does not wait.
    pub fn request(&mut self, method: &str, params: Value) -> anyhow::Result<RequestId> {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        self.send(Request {
            id: id.clone(),
            method: method.to_owned(),
            params,
        })?;
        Ok(id)
    }

    /// Asks with an id that was used before, as no editor should.
    pub fn repeat(&self, id: &RequestId, method: &str, params: Value) -> anyhow::Result<()> {
        self.send(Request {
            id: id.clone(),
            method: method.to_owned(),
            params,
        })
    }

    /// Asks and waits for the answer, which may be an error.
    pub fn ask(&mut self, method: &str, params: Value) -> anyhow::Result<Response> {
        let id = self.request(method, params)?;
        self.wait(&id)
            .with_context(|| format!("no answer to `{method}`"))
    }

    /// Asks and waits for a result.
    pub fn call(&mut self, method: &str, params: Value) -> anyhow::Result<Value> {
        self.ask(method, params)?
            .response_result
            .map_err(|it| anyhow!("`{method}` was refused: {} ({})", it.message, it.code))
    }

    /// Asks that a request be cancelled. It is answered all the same.
    pub fn cancel(&self, id: &RequestId) -> anyhow::Result<()> {
        self.notify("$/cancelRequest", json!({ "id": id }))
    }

    /// Waits for the answer to a request.
    pub fn wait(&mut self, id: &RequestId) -> anyhow::Result<Response> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.responses.iter().position(|it| it.id == *id) {
                return Ok(self.responses.swap_remove(at));
            }
            self.hear(until)?;
        }
    }

    /// Waits until the server has said something that `wanted` finds, and takes it.
    pub fn wait_for(&mut self, wanted: impl Fn(&Message) -> bool) -> anyhow::Result<Message> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.said.iter().position(&wanted) {
                return Ok(self.said.remove(at));
            }
            self.hear(until)?;
        }
    }

    /// Everything that the server has said by itself so far, answers apart.
    pub fn said(&mut self) -> Vec<Message> {
        while let Ok(message) = self.connection.receiver.try_recv() {
            self.take(message);
        }
        std::mem::take(&mut self.said)
    }

    /// The answers that have come in and that nobody has waited for.
    pub fn unclaimed(&mut self) -> Vec<Response> {
        std::mem::take(&mut self.responses)
    }

    /// Opens a session: `initialize` and `initialized`. What the server answered to the first.
    pub fn initialize(&mut self, params: Value) -> anyhow::Result<Value> {
        let result = self.call("initialize", params)?;
        self.notify("initialized", json!({}))?;
        Ok(result)
    }

    /// Closes a session as the protocol wants it.
    pub fn shut_down(&mut self) -> anyhow::Result<()> {
        self.call("shutdown", Value::Null)?;
        self.notify("exit", Value::Null)
    }

    fn hear(&mut self, until: Instant) -> anyhow::Result<()> {
        let left = until.saturating_duration_since(Instant::now());
        match self.connection.receiver.recv_timeout(left) {
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Timeout) => bail!("the server has said nothing for {PATIENCE:?}"),
            Err(RecvTimeoutError::Disconnected) => bail!("the server is gone"),
        }
        Ok(())
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Response(response) => self.responses.push(response),
            Message::Request(request) => {
                let answer = Response {
                    id: request.id.clone(),
                    response_result: Ok(Value::Null),
                };
                // A server that is gone is noticed by whoever waits.
                let _ = self.connection.sender.send(answer.into());
                self.said.push(Message::Request(request));
            }
            Message::Notification(it) => self.said.push(Message::Notification(it)),
        }
    }

    fn send(&self, message: impl Into<Message>) -> anyhow::Result<()> {
        let sent = self.connection.sender.send(message.into());
        sent.map_err(|_| anyhow!("the server is gone"))
    }
}
