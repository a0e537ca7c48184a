//! The server: one loop over a closed set of events, one answer to each request.
//!
//! The one idea: every request is registered before anything is done for it, and answering is taking it
//! out of the register. What is not there cannot be answered again, and what goes wrong (a panic, a
//! refusal, a cancel that crosses an answer) finds the register in a state that says whether an answer
//! is still owed.
//!
//! The loop does no work of its own: documents change behind the façade's short lock, suggestions come
//! back as events. A turn that takes long is logged with the event that caused it.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::bail;
use crossbeam_channel::{Receiver, Sender, never, select, unbounded};
use il_assist::{AskId, Clock, Host, Notice, Reply, Repositories, Settings, Surface};
use lsp_server::{
    Connection, ErrorCode, Message, Notification, Request, RequestId, Response, ResponseError,
};
use serde_json::{Value, json};

use crate::{
    client::Client, handlers, progress, progress::Reports, translate, uri, wire::Initialize,
};

/// A turn of the loop should take microseconds.
const LONG_TURN: Duration = Duration::from_millis(50);

/// What a server needs from outside.
#[derive(Clone)]
pub struct Ports {
    /// Opens repositories.
    pub repositories: Arc<dyn Repositories>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What the client is told the server's version is.
    pub version: String,
    /// Engine threads; 0 for as many as fit the machine.
    pub workers: usize,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Serves one client until it says `exit` or hangs up.
///
/// `Err` means that the session ended against the protocol, and a process should exit with 1.
pub fn serve(connection: Connection, ports: Ports) -> anyhow::Result<()> {
    let Connection { sender, receiver } = connection;
    let mut server = Server::new(sender, ports);
    loop {
        let event = server.next_event(&receiver);
        if let Turn::End(end) = server.turn(event) {
            return end;
        }
    }
}

/// Everything that can happen.
enum Event {
    /// The client said something.
    Client(Message),
    /// An ask was replied to.
    Reply {
        request: RequestId,
        serial: u64,
        reply: Reply,
    },
    /// Something happened behind the façade.
    Notice(Notice),
    /// The client is gone.
    HungUp,
}

impl Event {
    fn label(&self) -> &str {
        match self {
            Self::Client(Message::Request(it)) => &it.method,
            Self::Client(Message::Notification(it)) => &it.method,
            Self::Client(Message::Response(_)) => "response",
            Self::Reply { .. } => "reply",
            Self::Notice(_) => "notice",
            Self::HungUp => "hang-up",
        }
    }
}

/// Whether the loop goes on.
enum Turn {
    Continue,
    End(anyhow::Result<()>),
}

/// Where the session is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Fresh,
    Running,
    ShutDown,
}

/// A request that is owed an answer.
#[derive(Debug)]
struct Owed {
    serial: u64,
    ask: Option<(AskId, Surface)>,
}

/// One session.
pub(crate) struct Server {
    to_client: Sender<Message>,
    ports: Ports,
    phase: Phase,
    owed: HashMap<RequestId, Owed>,
    serial: u64,
    replies: (Sender<Event>, Receiver<Event>),
    notices: Receiver<Notice>,
    host: Option<Host>,
    client: Client,
    reports: Reports,
}

impl Server {
    fn new(to_client: Sender<Message>, ports: Ports) -> Self {
        Self {
            to_client,
            ports,
            phase: Phase::Fresh,
            owed: HashMap::new(),
            serial: 0,
            replies: unbounded(),
            notices: never(),
            host: None,
            client: Client::default(),
            reports: Reports::default(),
        }
    }

    fn next_event(&self, client: &Receiver<Message>) -> Event {
        select! {
            recv(client) -> message => message.map_or(Event::HungUp, Event::Client),
            recv(self.replies.1) -> event => event.unwrap_or(Event::HungUp),
            recv(self.notices) -> notice => notice.map_or(Event::HungUp, Event::Notice),
        }
    }

    /// One turn. A panic in it costs the request it was about, never the session.
    fn turn(&mut self, event: Event) -> Turn {
        let label = event.label().to_owned();
        let request = match &event {
            Event::Client(Message::Request(it)) => Some(it.id.clone()),
            Event::Reply { request, .. } => Some(request.clone()),
            _ => None,
        };
        let started = self.ports.clock.now();
        let turn = catch_unwind(AssertUnwindSafe(|| self.handle_event(event)));
        let took = self.ports.clock.now().saturating_sub(started);
        if took > LONG_TURN {
            tracing::info!(event = label, ?took, "a turn of the loop took long");
        }
        turn.unwrap_or_else(|_| {
            tracing::error!(event = label, "a handler panicked");
            if let Some(id) = request {
                let message = format!("`{label}` failed inside the server: see its log");
                self.refuse(id, ErrorCode::InternalError, message);
            }
            Turn::Continue
        })
    }

    fn handle_event(&mut self, event: Event) -> Turn {
        match event {
            Event::Client(Message::Request(request)) => self.on_request(request),
            Event::Client(Message::Notification(notification)) => {
                return self.on_notification(notification);
            }
            Event::Client(Message::Response(response)) => self.on_response(&response),
            Event::Reply {
                request,
                serial,
                reply,
            } => self.on_reply(request, serial, &reply),
            Event::Notice(notice) => self.on_notice(notice),
            Event::HungUp => {
                tracing::info!("the client hung up");
                return Turn::End(Ok(()));
            }
        }
        Turn::Continue
    }

    fn on_request(&mut self, request: Request) {
        if self.owed.contains_key(&request.id) {
            let message = format!(
                "request id `{}` is in use: its answer is not out yet",
                request.id
            );
            self.send(error(request.id, ErrorCode::InvalidRequest, message));
            return;
        }
        self.serial += 1;
        self.owed.insert(
            request.id.clone(),
            Owed {
                serial: self.serial,
                ask: None,
            },
        );
        match (self.phase, request.method.as_str()) {
            (Phase::Fresh, "initialize") => self.initialize(request),
            (Phase::Fresh, method) => {
                let message = format!("`{method}` came before `initialize`");
                self.refuse(request.id, ErrorCode::ServerNotInitialized, message);
            }
            (Phase::Running, "shutdown") => self.shut_down(&request.id),
            (Phase::Running, "initialize") => {
                let message = "`initialize` came twice".to_owned();
                self.refuse(request.id, ErrorCode::InvalidRequest, message);
            }
            (Phase::Running, _) => handlers::request(self, request),
            (Phase::ShutDown, method) => {
                let message = format!("`{method}` came after `shutdown`");
                self.refuse(request.id, ErrorCode::InvalidRequest, message);
            }
        }
    }

    fn on_notification(&mut self, notification: Notification) -> Turn {
        match (self.phase, notification.method.as_str()) {
            (Phase::ShutDown, "exit") => return Turn::End(Ok(())),
            (_, "exit") => return Turn::End(exit_without_shutdown()),
            (Phase::Running, _) => handlers::notification(self, notification),
            (Phase::Fresh | Phase::ShutDown, _) => {} // the protocol wants these dropped
        }
        Turn::Continue
    }

    fn on_response(&mut self, response: &Response) {
        let agreed = response.response_result.is_ok();
        let messages = self.reports.created(&response.id, agreed);
        self.send_all(messages);
    }

    fn initialize(&mut self, request: Request) {
        let params: Initialize = match serde_json::from_value(request.params) {
            Ok(params) => params,
            Err(why) => {
                let message = format!("cannot read the parameters of `initialize`: {why}");
                return self.refuse(request.id, ErrorCode::InvalidParams, message);
            }
        };
        let client = Client::from_initialize(&params);
        let settings = Settings {
            encoding: client.encoding,
            workers: self.ports.workers,
            assume_shown: !client.copilot, // only those clients say what they show
            ..Settings::default()
        };
        let started = Host::new(
            self.ports.repositories.clone(),
            self.ports.clock.clone(),
            settings,
        );
        let (host, notices) = match started {
            Ok(started) => started,
            Err(why) => {
                let message = format!("cannot start: {why}");
                return self.refuse(request.id, ErrorCode::InternalError, message);
            }
        };
        let roots = roots(params);
        tracing::info!(?client, roots = roots.len(), "initialized");
        self.notices = notices;
        self.client = client;
        self.phase = Phase::Running;
        let result = json!({
            "capabilities": client.server_capabilities(),
            "serverInfo": { "name": "interline", "version": self.ports.version },
        });
        self.answer(&request.id, result);
        for root in roots {
            host.open_repository(root);
        }
        self.host = Some(host);
    }

    /// Everything that is owed is answered before `shutdown` itself is.
    fn shut_down(&mut self, id: &RequestId) {
        self.phase = Phase::ShutDown;
        self.notices = never();
        drop(self.host.take());
        let waiting: Vec<RequestId> = self.owed.keys().filter(|&it| it != id).cloned().collect();
        for request in waiting {
            let message = "the server is shutting down".to_owned();
            self.refuse(request, ErrorCode::RequestCanceled, message);
        }
        self.answer(id, Value::Null);
    }

    fn on_reply(&mut self, request: RequestId, serial: u64, reply: &Reply) {
        let surface = match self.owed.get(&request) {
            Some(Owed {
                serial: owed,
                ask: Some((_, surface)),
            }) if *owed == serial => *surface,
            _ => return, // cancelled meanwhile
        };
        match (reply, surface) {
            (Reply::Answered(answer), Surface::GhostText) => {
                self.answer(&request, json!(translate::inline_list(answer)));
            }
            (Reply::Answered(answer), Surface::List) => {
                self.answer(&request, translate::completion_list(answer));
            }
            (Reply::Cancelled, _) => self.refuse_cancelled(request),
            (Reply::Superseded, _) => {
                let message = "a newer request for the same document took its place".to_owned();
                self.refuse(request, ErrorCode::RequestCanceled, message);
            }
            (Reply::Refused(why), _) => {
                self.refuse(request, ErrorCode::InvalidParams, why.to_string());
            }
        }
    }

    fn on_notice(&mut self, notice: Notice) {
        match notice {
            Notice::Progress { root, progress } => {
                self.say_status(true, "Normal", &progress::sentence(progress));
                if self.client.progress {
                    let now = self.ports.clock.now();
                    let messages = self.reports.advance(&root, progress, now);
                    self.send_all(messages);
                }
            }
            Notice::Ready { root, took } => {
                tracing::info!(root = %root.display(), ?took, "repository is ready");
                self.end_progress(&root, "ready");
                self.say_status(false, "Normal", "");
            }
            Notice::Failed { root, why } => {
                tracing::error!(root = %root.display(), %why, "cannot open the repository");
                self.end_progress(&root, "failed");
                self.say_status(false, "Warning", &why);
                let message = format!("Interline cannot learn from `{}`: {why}", root.display());
                self.notify(
                    "window/logMessage",
                    json!({ "type": 2, "message": message }),
                );
            }
            Notice::Closed { root } => {
                self.end_progress(&root, "closed");
                self.say_status(false, "Normal", "");
            }
        }
    }

    fn end_progress(&mut self, root: &std::path::Path, message: &str) {
        let messages = self.reports.end(root, message);
        self.send_all(messages);
    }

    /// Copilot's status line; other clients would complain about a notification they do not know.
    fn say_status(&self, busy: bool, kind: &str, message: &str) {
        if self.client.copilot {
            let params = json!({ "busy": busy, "message": message, "kind": kind });
            self.notify("didChangeStatus", params);
        }
    }

    /// What a handler sees of the façade. Handlers run in [`Phase::Running`] only.
    pub(crate) fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    pub(crate) fn version(&self) -> &str {
        &self.ports.version
    }

    /// Hands an ask to the façade; its reply comes back as an event.
    pub(crate) fn ask(&mut self, request: &RequestId, ask: il_assist::Ask) {
        let (Some(host), Some(owed)) = (self.host.as_ref(), self.owed.get_mut(request)) else {
            return;
        };
        let (surface, serial) = (ask.surface, owed.serial);
        let replies = self.replies.0.clone();
        let id = request.clone();
        let ask = host.complete(ask, move |reply| {
            // The loop may be gone by then, and the session with it.
            let _ = replies.send(Event::Reply {
                request: id,
                serial,
                reply,
            });
        });
        owed.ask = Some((ask, surface));
    }

    /// The client no longer waits: it is told so at once, and the façade too.
    pub(crate) fn cancel(&mut self, request: RequestId) {
        let Some(owed) = self.owed.get(&request) else {
            return;
        };
        if let (Some((ask, _)), Some(host)) = (owed.ask, self.host.as_ref()) {
            host.cancel(ask);
        }
        self.refuse_cancelled(request);
    }

    fn refuse_cancelled(&mut self, request: RequestId) {
        self.refuse(
            request,
            ErrorCode::RequestCanceled,
            "cancelled by the client".to_owned(),
        );
    }

    /// Answers a request, if an answer is still owed.
    pub(crate) fn answer(&mut self, id: &RequestId, result: Value) {
        if self.owed.remove(id).is_some() {
            self.send(Response {
                id: id.clone(),
                response_result: Ok(result),
            });
        }
    }

    /// Answers a request with an error, if an answer is still owed.
    pub(crate) fn refuse(&mut self, id: RequestId, code: ErrorCode, message: String) {
        if self.owed.remove(&id).is_some() {
            self.send(error(id, code, message));
        }
    }

    fn notify(&self, method: &str, params: Value) {
        self.send(Notification {
            method: method.to_owned(),
            params,
        });
    }

    fn send_all(&self, messages: Vec<Message>) {
        for message in messages {
            self.send(message);
        }
    }

    /// A client that has hung up hears nothing; the loop notices by itself.
    fn send(&self, message: impl Into<Message>) {
        let _ = self.to_client.send(message.into());
    }
}

fn error(id: RequestId, code: ErrorCode, message: String) -> Response {
    let error = ResponseError {
        code: code as i32,
        message,
        data: None,
    };
    Response {
        id,
        response_result: Err(error),
    }
}

fn exit_without_shutdown() -> anyhow::Result<()> {
    bail!("the client sent `exit` without `shutdown`")
}

/// Workspace folders; failing that, the one root that older clients send.
fn roots(params: Initialize) -> Vec<PathBuf> {
    let folders = params.workspace_folders.unwrap_or_default();
    if !folders.is_empty() {
        return folders
            .iter()
            .filter_map(|it| uri::to_path(&it.uri))
            .collect();
    }
    let root = params.root_uri.as_deref().and_then(uri::to_path);
    root.or_else(|| params.root_path.map(PathBuf::from))
        .into_iter()
        .collect()
}
